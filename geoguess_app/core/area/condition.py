"""Answers given that the photo was taken inside an area: the same evidence, the rest left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geoguess_app.core.area.areas import Area, Intersection, Mapped, Ring
from geoguess_app.core.area.atlas import Atlas, Cover
from geoguess_app.core.area.tables import holds
from geoguess_app.core.calibration.candidates import calibrated_candidates
from geoguess_app.core.calibration.curve import ConfidenceCurve, radius_grid, within_curve
from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.decision.decide import CANDIDATES
from geoguess_app.core.decision.posterior import PointPosterior, mass_within, scores
from geoguess_app.core.geo.earth_table import earth_table
from geoguess_app.core.geo.sphere import coordinate_of, destination, unit_vectors
from geoguess_app.core.types import (
    COMBINED,
    Candidate,
    Coordinate,
    FloatArray,
    IntArray,
    Prediction,
)

_NEARLY_ALL = 0.9
"""Where no more than a tenth of the probability is left out, an answer inside the area stays: it
knows the spots of look-alikes, which probabilities of cells do not."""
_STILL_SURE = 0.5
"""So does one that names a town while it is more likely right than wrong."""
_BEARINGS = 16
"""So many points of a circle around an answer are looked at."""
_CENTERS = 128
"""So many of the likeliest points are tried as the answer."""


def condition(
    prediction: Prediction, area: Area, atlas: Atlas, similarity: float | None = None
) -> Prediction | None:
    """Condition a prediction on the photo's lying inside an area.

    Probabilities outside go, those inside are scaled to 1, and of a cell that lies inside in part
    its share counts. Where a prediction comes without its probabilities over cells, its candidates
    stand in for them. An answer inside stays where nearly all of the probability lies in the area,
    or where it names a town and is still more likely right than wrong; else it is worked out anew
    from the cells. Radii and confidence go through the model's calibration, which was not fitted to
    areas. ``similarity`` is that of the most alike training photo, for a prediction that no longer
    lists its neighbours.

    Returns None where nothing is left inside, and for the prediction of another model than the
    atlas's. Raises SessionError for an area that is none.
    """
    if prediction.model != atlas.model:
        return None
    cover = _seen_from(prediction, atlas.cover(area), atlas)
    cells = prediction.cell_probabilities.get(COMBINED)
    if cells is not None and len(cells) != atlas.partition.size:
        cells = None
    inside = cover.condition(_of_candidates(prediction, atlas) if cells is None else cells)
    if inside is None:
        return None
    kept = replace(
        prediction, conflict=None, cell_probabilities={} if cells is None else {COMBINED: inside}
    )
    left = probability_inside(prediction, area, atlas)
    if _answer_is_inside(prediction, cover, atlas):
        stays = prediction.level.names_towns and _confidence(prediction, left) >= _STILL_SURE
        if left >= _NEARLY_ALL or stays:
            return _confirmed(kept, cover, left, atlas.calibration)
    if similarity is None:
        similarity = prediction.neighbours[0].similarity if prediction.neighbours else 0.0
    return _answered_anew(kept, cover, inside, similarity, atlas)


def _confirmed(
    prediction: Prediction, cover: Cover, left: float, calibration: Calibration
) -> Prediction:
    """The same answer."""
    confidence = _confidence(prediction, left)
    inside = [c for c in prediction.candidates if cover.share[c.cell_index] > 0]
    ranked = [
        replace(candidate, rank=rank, weight=min(1.0, candidate.weight / left))
        for rank, candidate in enumerate(inside, start=1)
    ]
    candidates = calibrated_candidates(ranked, confidence, calibration.candidate_share)
    return replace(prediction, confidence=confidence, candidates=candidates)


def _confidence(prediction: Prediction, left: float) -> float:
    """P(A | area) is at least (P(A) - what was left out) / P(area)."""
    return max(0.0, (prediction.confidence - (1.0 - left)) / left) if left > 0 else 0.0


def _answered_anew(
    prediction: Prediction, cover: Cover, inside: FloatArray, similarity: float, atlas: Atlas
) -> Prediction:
    """The answer that the cells' probabilities inside the area (n) give."""
    vectors = _points(prediction, cover)
    order = np.argsort(-inside, kind="stable")
    posterior = PointPosterior(
        vectors, inside, atlas.spread_km * np.sqrt(cover.share), np.arange(len(inside))
    )
    best = _best(posterior, order, atlas)
    calibration = atlas.calibration
    curve = _curve(posterior, vectors[best], similarity, atlas)
    candidates = _candidates(best, order, inside, vectors, atlas)
    return replace(
        prediction,
        coordinate=coordinate_of(vectors[best]),
        radii=curve.radii(calibration.smallest_radius_km),
        confidence=curve.confidence,
        level=curve.level(calibration),
        candidates=calibrated_candidates(candidates, curve.confidence, calibration.candidate_share),
    )


def _answer_is_inside(prediction: Prediction, cover: Cover, atlas: Atlas) -> bool:
    cell = _cell_of(prediction, atlas)
    return cell >= 0 and cover.share[cell] > 0 and _holds_one(cover.area, prediction.coordinate)


def probability_inside(prediction: Prediction, area: Area, atlas: Atlas) -> float:
    """The probability, 0…1, that a prediction gives to an area; of its candidates where it comes
    without its probabilities over cells."""
    cells = prediction.cell_probabilities.get(COMBINED)
    if cells is None or len(cells) != atlas.partition.size:
        cells = _of_candidates(prediction, atlas)
    cover = _seen_from(prediction, atlas.cover(area), atlas)
    return min(1.0, float(cells @ cover.share))


def _seen_from(prediction: Prediction, cover: Cover, atlas: Atlas) -> Cover:
    """The cover for an answer that names a town.

    Of its own cell, of which the area may hold little, counts how much of the circles around the
    answer lies inside, as far as they lie on land and in the cell.
    """
    cell = _cell_of(prediction, atlas)
    if not prediction.level.names_towns or cell < 0 or not cover.share[cell] > 0:
        return cover
    radii, bearings = prediction.radii, np.arange(_BEARINGS) * (360.0 / _BEARINGS)
    share = cover.share.copy()
    left = 1.0
    part = 0.0
    for weight, radius_km in (
        (0.5, radii.r50_km / 2),
        (0.3, (radii.r50_km + radii.r80_km) / 2),
        (0.15, (radii.r80_km + radii.r95_km) / 2),
    ):
        around = destination(prediction.coordinate, bearings, np.full(_BEARINGS, radius_km))
        there = (atlas.cells_of(*around) == cell) & _on_land(*around)
        if there.any():
            part += weight * _holds(cover.area, *around)[there].mean()
            left -= weight
    share[cell] = part + left * share[cell]
    return replace(cover, share=share)


def _on_land(latitude_deg: FloatArray, longitude_deg: FloatArray) -> np.ndarray:
    table = earth_table("countries")
    return ~table.fits(("",))[table.at(latitude_deg, longitude_deg)]


def _cell_of(prediction: Prediction, atlas: Atlas) -> int:
    here = prediction.coordinate
    latitude, longitude = np.array([here.latitude_deg]), np.array([here.longitude_deg])
    return int(atlas.cells_of(latitude, longitude)[0])


def _of_candidates(prediction: Prediction, atlas: Atlas) -> FloatArray:
    """The candidates' weights as probabilities over all cells (n)."""
    probabilities = np.zeros(atlas.partition.size)
    for candidate in prediction.candidates:
        probabilities[candidate.cell_index] = candidate.weight
    return probabilities


def _points(prediction: Prediction, cover: Cover) -> FloatArray:
    """For each cell its point in the area; a candidate's own spot where that lies inside."""
    vectors = cover.vectors.copy()
    for candidate in prediction.candidates:
        here = candidate.coordinate
        if cover.share[candidate.cell_index] > 0 and _holds_one(cover.area, here):
            vectors[candidate.cell_index] = unit_vectors(here.latitude_deg, here.longitude_deg)
    return vectors


def _holds_one(area: Area, here: Coordinate) -> bool:
    return bool(_holds(area, np.array([here.latitude_deg]), np.array([here.longitude_deg]))[0])


def _holds(area: Area, latitude_deg: FloatArray, longitude_deg: FloatArray) -> np.ndarray:
    if isinstance(area, Mapped):
        return holds(area, latitude_deg, longitude_deg)
    if isinstance(area, Intersection):
        parts = [_holds(part, latitude_deg, longitude_deg) for part in area.areas]
        return np.asarray(np.logical_and.reduce(parts))
    ring = area if isinstance(area, Ring) else area.ring()
    return ring.holds(latitude_deg, longitude_deg)


def _best(posterior: PointPosterior, order: IntArray, atlas: Atlas) -> int:
    """The cell whose point answers: the likeliest, or the one with most of the mass around it."""
    if atlas.calibration.answer == "cell":
        return int(order[0])
    heaviest = order[:_CENTERS]
    return int(heaviest[int(scores(posterior, posterior.vectors[heaviest]).argmax())])


def _curve(
    posterior: PointPosterior, center: FloatArray, similarity: float, atlas: Atlas
) -> ConfidenceCurve:
    radii = radius_grid()
    mass = mass_within(posterior, center, radii)
    return ConfidenceCurve(radii, within_curve(radii, mass, similarity, atlas.calibration))


def _candidates(
    best: int, order: IntArray, inside: FloatArray, vectors: FloatArray, atlas: Atlas
) -> tuple[Candidate, ...]:
    """The likeliest cells of the area, the answer's own first."""
    likely = [int(cell) for cell in order[: CANDIDATES + 1] if inside[cell] > 0]
    cells = [best, *(cell for cell in likely if cell != best)][:CANDIDATES]
    tokens = atlas.partition.tokens
    return tuple(
        Candidate(rank, tokens[c], c, coordinate_of(vectors[c]), 0.0, float(inside[c]))
        for rank, c in enumerate(cells, start=1)
    )
