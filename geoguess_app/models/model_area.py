"""The area in which a model answers: the places of its cells, read without the rest of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from geoguess_app.core.bundle.archive import open_source
from geoguess_app.core.bundle.contents import MAX_TABLE_BYTES, read_partition
from geoguess_app.core.bundle.reader import current_folder, read_manifest
from geoguess_app.core.types import FloatArray

_MOST_CELLS = 3_000
"""A small map shows no more; a coarser partition of the same photos does as well."""


def model_places(path: Path) -> FloatArray:
    """Return latitude and longitude (n, 2) in degrees of the photos in each of a model's cells.

    Empty for a model without cells. Raises BundleError.
    """
    entries = [entry for entry in read_manifest(path).partitions if entry.cells <= _MOST_CELLS]
    if not entries:
        return np.empty((0, 2))
    entry = max(entries, key=lambda entry: entry.cells)
    data = open_source(current_folder(path)).read(entry.file, MAX_TABLE_BYTES)
    cells = read_partition(data, entry)
    return np.stack([cells.mean_latitude_deg, cells.mean_longitude_deg], axis=1)
