"""Located photos of the user's own, to try a published model on: a table, or folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoguess_app.core.cells import leaf_ids, parents
from geoguess_app.core.errors import PhotoError
from geoguess_app.core.types import FloatArray, IntArray
from geoguess_app.evaluation.answers.photo_files import PhotoFiles
from geoguess_app.evaluation.answers.table import read_table
from geoguess_app.photos.file_position import PositionState
from geoguess_app.photos.known_position import photo_position
from geoguess_app.photos.metadata import read_metadata
from geoguess_app.photos.scan import scan
from geoguess_app.photos.sidecars import Sidecars
from trainer.common.photo_table import COARSE_PRECISIONS

_PLACE_LEVEL = 8
"""S2 cells of some 30 km: photos of one trip are one source where a table names none."""


@dataclass(frozen=True, eq=False)
class LocatedPhotos:
    """Photos (n) and where they were taken; ``exact`` is False where only the town is known.

    ``source`` (n) numbers the group that a photo belongs to: photos of one group resemble each
    other. ``left_out`` counts photos without a position, and those missing.
    """

    paths: tuple[Path, ...]
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    exact: np.ndarray
    source: IntArray
    left_out: int


def read_located(photos: Path, images: Path | None = None) -> LocatedPhotos:
    """Read a table of photos with true positions, or find them below a folder.

    Of a folder only photos count whose files, sidecars or albums give a position that this program
    did not estimate. Raises TableError for a table that cannot be used.
    """
    return _of_folder(photos) if photos.is_dir() else _of_table(photos, images)


def _of_table(file: Path, images: Path | None) -> LocatedPhotos:
    table = read_table(file)
    files = PhotoFiles(images or file.resolve().parent)
    found = [(row, path) for row in table.rows if (path := files.find(row.file)) is not None]
    rows = [row for row, _ in found]
    named = [row.group or row.values.get("source", "") for row in rows]
    latitude = np.array([row.latitude_deg for row in rows])
    longitude = np.array([row.longitude_deg for row in rows])
    return LocatedPhotos(
        tuple(path for _, path in found),
        latitude,
        longitude,
        np.array([row.precision not in COARSE_PRECISIONS for row in rows], dtype=bool),
        _numbered(named) if all(named) and rows else _places(latitude, longitude),
        len(table.rows) + len(table.bad_rows) - len(rows),
    )


def _of_folder(folder: Path) -> LocatedPhotos:
    sidecars, left_out = Sidecars(), 0
    paths: list[Path] = []
    places: list[tuple[float, float]] = []
    for path in scan([folder]):
        try:
            found = photo_position(path, path, read_metadata(path), sidecars)
        except (PhotoError, OSError):
            found = None
        if found is None or found.state is not PositionState.KNOWN or found.coordinate is None:
            left_out += 1
            continue
        paths.append(path)
        places.append((found.coordinate.latitude_deg, found.coordinate.longitude_deg))
    degrees = np.array(places, dtype=np.float64).reshape(-1, 2)
    return LocatedPhotos(
        tuple(paths),
        degrees[:, 0],
        degrees[:, 1],
        np.ones(len(paths), dtype=bool),
        _places(degrees[:, 0], degrees[:, 1]),
        left_out,
    )


def _places(latitude_deg: FloatArray, longitude_deg: FloatArray) -> IntArray:
    cells = parents(leaf_ids(latitude_deg, longitude_deg), _PLACE_LEVEL)
    return np.asarray(np.unique(cells, return_inverse=True)[1], dtype=np.int64)


def _numbered(names: list[str]) -> IntArray:
    return np.asarray(np.unique(np.array(names), return_inverse=True)[1], dtype=np.int64)
