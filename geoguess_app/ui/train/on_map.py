"""Payloads of the Train mode, as the page's part "train" wants them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from geoguess_app.core.geo.mercator import world_points
from geoguess_app.core.geo.sphere import great_circle_km, spherical_mean
from geoguess_app.core.types import Coordinate, FloatArray
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.map.mercator import arc
from geoguess_app.ui.train.report import DataReport
from geoguess_app.ui.train.result import TestPhoto, TrainingResult

MOST_POINTS = 5000
"""More cannot be told apart; they are thinned out evenly, which the legend says."""
_ROOM = 1.25
_LEAST_KM = 0.2
_DIGITS = 9
_STRAIGHT_KM = 50.0


def report_payload(report: DataReport) -> dict[str, Any] | None:
    """Points of all photos that can be learned from."""
    if not report.kept:
        return None
    rows = np.linspace(0, report.kept - 1, min(report.kept, MOST_POINTS)).astype(int)
    points = world_points(report.latitude_deg[rows], report.longitude_deg[rows])
    text = tr("Usable photos")
    if rows.size < report.kept:
        text = tr("{shown} of {all} usable photos").format(
            shown=f"{rows.size:,}", all=f"{report.kept:,}"
        )
    return {
        "points": [
            {
                "role": "learn",
                "text": text,
                "at": _flat(points),
                "names": [report.names[row] for row in rows.tolist()],
            }
        ],
        "links": [],
    }


def result_payload(result: TrainingResult, chosen: TestPhoto | None) -> dict[str, Any] | None:
    """Return where test photos were taken, where they were placed, and a line between."""
    if not result.tests:
        return None
    tests = result.tests[:MOST_POINTS]
    names = [str(test.path) for test in tests]
    return {
        "points": [
            {
                "role": "truth",
                "text": tr("Where test photos were taken"),
                "at": _places([test.truth for test in tests]),
                "names": names,
            },
            {
                "role": "answer",
                "text": tr("Where the model placed them"),
                "at": _places([test.answer for test in tests]),
                "names": names,
            },
        ],
        "links": [_link(test) for test in tests],
        "chosen": tests.index(chosen) if chosen in tests else None,
    }


def region(latitude_deg: FloatArray, longitude_deg: FloatArray) -> tuple[Coordinate, float]:
    """A circle (centre, radius in km) that nearly all points lie in."""
    middle = spherical_mean(latitude_deg, longitude_deg)
    apart = great_circle_km(middle.latitude_deg, middle.longitude_deg, latitude_deg, longitude_deg)
    return middle, max(_ROOM * float(np.quantile(apart, 0.98)), _LEAST_KM)


def region_of_tests(tests: Sequence[TestPhoto]) -> tuple[Coordinate, float]:
    """Around truths and answers."""
    places = [place for test in tests for place in (test.truth, test.answer)]
    lat = np.array([place.latitude_deg for place in places])
    lon = np.array([place.longitude_deg for place in places])
    return region(lat, lon)


def _link(test: TestPhoto) -> list[float]:
    # Short ways are straight on the map as well.
    return _flat(arc(test.truth, test.answer, 2 if test.error_km < _STRAIGHT_KM else 48))


def _places(places: Sequence[Coordinate]) -> list[float]:
    lat = np.array([place.latitude_deg for place in places])
    lon = np.array([place.longitude_deg for place in places])
    return _flat(world_points(lat, lon))


def _flat(points: FloatArray) -> list[float]:
    # Nine digits of the world are 4 cm.
    flat: list[float] = np.asarray(points).round(_DIGITS).ravel().tolist()
    return flat
