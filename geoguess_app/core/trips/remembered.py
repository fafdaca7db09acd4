"""A photo of a trip from a finished answer, so that remembered answers need no computing again."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from geoguess_app.core.calibration.curve import radius_grid
from geoguess_app.core.calibration.model import EARTH_HALF_ROUND_KM, RADIUS_SHARES
from geoguess_app.core.decision.posterior import PointPosterior
from geoguess_app.core.decision.types import DecisionModel
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.trips.types import Shot, calibrate_posterior
from geoguess_app.core.types import Candidate, Coordinate, FloatArray, Radii


class StatedAnswer(Protocol):
    """An answer's statements about itself; ``Prediction`` and the answers of a review have them."""

    @property
    def coordinate(self) -> Coordinate:
        """The position that is the answer."""

    @property
    def radii(self) -> Radii:
        """Radii that hold the truth with the model's three probabilities."""

    @property
    def confidence(self) -> float:
        """The probability of being right within 25 km."""

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The possible places, likeliest first."""


def shot_of_answer(
    prediction: StatedAnswer,
    cells: FloatArray | None,
    model: DecisionModel,
    folder: str,
    taken_h: float | None,
    fixed: Coordinate | None = None,
) -> Shot:
    """Make a shot, as ``shot_of`` does, from what an answer keeps: radii, confidence, candidates
    and, where they are still known, its ``cells``' combined probabilities (n_fine).

    Within a cell only the best point is known, so short distances are a little less sure. An
    answer without cells (a local model's) speaks for its own coordinate alone.
    """
    answer = _vector(prediction.coordinate)
    curve = stated_curve(prediction)
    if cells is None or not len(cells) or len(cells) != len(model.cell_vectors):
        posterior = PointPosterior(answer[None], np.ones(1), np.full(1, 0.01), np.full(1, -1))
    else:
        posterior = _cells(prediction, cells, model)
    return Shot(
        folder, taken_h, calibrate_posterior(posterior, answer, curve), answer, curve, fixed
    )


def shot_of_place(where: Coordinate, folder: str, taken_h: float | None) -> Shot:
    """A photo of which nothing is known but its position."""
    answer = _vector(where)
    alone = PointPosterior(answer[None], np.ones(1), np.full(1, 0.01), np.full(1, -1))
    return Shot(folder, taken_h, alone, answer, np.ones(len(radius_grid())), where)


def _cells(prediction: StatedAnswer, cells: FloatArray, model: DecisionModel) -> PointPosterior:
    vectors, spread_km = model.cell_vectors.copy(), model.cell_spread_km.copy()
    for candidate in prediction.candidates:
        vectors[candidate.cell_index] = _vector(candidate.coordinate)
        spread_km[candidate.cell_index] = model.calibration.smallest_radius_km / 2.0
    return PointPosterior(vectors, np.asarray(cells), spread_km, np.arange(len(cells)))


def stated_curve(prediction: StatedAnswer) -> FloatArray:
    """P(truth within each radius of ``radius_grid``) through the numbers that an answer states."""
    radii = prediction.radii
    known = [
        (25.0, prediction.confidence),
        *zip(
            (radii.r50_km, radii.r80_km, radii.r95_km),
            RADIUS_SHARES,
            strict=True,
        ),
        (EARTH_HALF_ROUND_KM, 1.0),
    ]
    known.sort()
    smallest = min(0.05, known[0][0] / 2.0)
    logs = np.log([smallest, *(radius for radius, _ in known)])
    shares = np.maximum.accumulate([0.0, *(share for _, share in known)])
    return np.asarray(np.interp(np.log(radius_grid()), logs, shares))


def _vector(coordinate: Coordinate) -> FloatArray:
    return unit_vectors(coordinate.latitude_deg, coordinate.longitude_deg)
