"""Errors in six bands: their words, and colours that stay apart for colour-blind readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoguess_app.core.format import threshold
from geoguess_app.evaluation.figures import error_colours
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.core.types import FloatArray, IntArray
    from geoguess_app.evaluation.metrics.scale import Scale

COLOURS = {"light": error_colours.LIGHT, "dark": error_colours.DARK}
"""By theme, from near to far."""


def band_of(error_km: FloatArray, scale: Scale) -> IntArray:
    """(n,) 0 for within the first distance … 5 for farther than the last."""
    found = np.searchsorted(np.asarray(scale.thresholds_km), error_km, side="left")
    return np.asarray(found, dtype=np.int64)


def limits_km(band: int, scale: Scale) -> tuple[float, float]:
    """Errors of a band lie above the first and up to the second."""
    edges = (-np.inf, *scale.thresholds_km, np.inf)
    return edges[band], edges[band + 1]


def short(band: int, scale: Scale) -> str:
    """``≤ 25 km``, ``> 2,500 km``."""
    edges = scale.thresholds_km
    return f"≤ {threshold(edges[band])}" if band < len(edges) else f"> {threshold(edges[-1])}"


def title(band: int, scale: Scale) -> str:
    """The same in words, with both ends."""
    edges = scale.thresholds_km
    if band == 0:
        return tr("Within {far}").format(far=threshold(edges[0]))
    if band == len(edges):
        return tr("Farther than {near}").format(near=threshold(edges[-1]))
    return tr("{near} to {far}").format(near=threshold(edges[band - 1]), far=threshold(edges[band]))
