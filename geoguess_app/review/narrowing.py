"""An answer given that the photo was taken inside an area: the same evidence, the rest left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from geoguess_app.core.area.areas import Area, Countries, Country, Ring
from geoguess_app.core.area.atlas import Atlas, Cover
from geoguess_app.core.calibration.candidates import calibrated_candidates
from geoguess_app.core.calibration.curve import (
    ConfidenceCurve,
    radius_grid,
    within_curve,
)
from geoguess_app.core.decision.decide import CANDIDATES, COMBINED
from geoguess_app.core.decision.heatmap import restrict
from geoguess_app.core.decision.posterior import PointPosterior, mass_within, scores
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.geo.sphere import lat_lon, unit_vectors
from geoguess_app.core.types import Candidate, Coordinate, FloatArray, IntArray
from geoguess_app.locating.answer_store import AnswerStore
from geoguess_app.review.values import AnswerSummary, ReviewPhoto, pack

Posteriors = Callable[[Path], FloatArray | None]
"""A photo's probabilities over the finest cells; None where they are not remembered."""

_CENTERS = 128


def remembered(store: AnswerStore, model: str) -> Posteriors:
    """Probabilities from the store of answers of a model, by its `locating.memory.model_key`."""

    def look_up(path: Path) -> FloatArray | None:
        prediction = store.prediction(path, model)
        return None if prediction is None else prediction.cell_probabilities.get(COMBINED)

    return look_up


def narrowed(
    photos: Iterable[ReviewPhoto],
    area: Area,
    atlas: Atlas,
    posteriors: Posteriors,
    places: PlaceFinder,
) -> tuple[Mapping[int, AnswerSummary], list[int]]:
    """The answers of photos inside an area, for `Session.narrow`; and the photos for which
    nothing is left there, or that this model has not answered.

    Always from the model's own answer, so that a second area replaces the first. Probabilities
    outside go, those inside are scaled to 1, and of a cell that lies inside in part its share
    counts. Where the probabilities are not remembered, the candidates stand in for them. Radii
    and confidence go through the model's calibration, which was not fitted to areas. Raises
    SessionError for an area that is none.
    """
    cover = atlas.cover(area)
    answers: dict[int, AnswerSummary] = {}
    nothing: list[int] = []
    for photo in photos:
        found = _narrowed(photo, cover, atlas, posteriors)
        if found is None:
            nothing.append(photo.id)
        else:
            answers[photo.id] = found
    names = places.at_many([answer.coordinate for answer in answers.values()])
    named = zip(answers.items(), names, strict=True)
    return {number: replace(answer, place=place) for (number, answer), place in named}, nothing


def _narrowed(
    photo: ReviewPhoto, cover: Cover, atlas: Atlas, posteriors: Posteriors
) -> AnswerSummary | None:
    answer = photo.answer
    if answer is None or answer.model != atlas.model:
        return None
    probabilities = posteriors(photo.path)
    if probabilities is None or len(probabilities) != atlas.partition.size:
        probabilities = _of_candidates(answer, atlas.partition.size)
    try:
        inside = restrict(probabilities * cover.share, cover.share > 0)
    except ValueError:
        return None
    return _decide(answer, inside, _points(answer, cover, atlas), cover, atlas)


def _of_candidates(answer: AnswerSummary, size: int) -> FloatArray:
    probabilities = np.zeros(size)
    for candidate in answer.candidates:
        probabilities[candidate.cell_index] = candidate.weight
    return probabilities


def _points(answer: AnswerSummary, cover: Cover, atlas: Atlas) -> FloatArray:
    """For each cell its point in the area; a candidate's own spot where that lies inside."""
    vectors = cover.vectors.copy()
    for candidate in answer.candidates:
        here = candidate.coordinate
        if _lies_in(here, candidate.cell_index, cover):
            vectors[candidate.cell_index] = unit_vectors(here.latitude_deg, here.longitude_deg)
    return vectors


def _lies_in(here: Coordinate, cell: int, cover: Cover) -> bool:
    area = cover.area
    if isinstance(area, Country | Countries):
        return bool(cover.share[cell] == 1.0)
    ring = area if isinstance(area, Ring) else area.ring()
    inside = ring.holds(np.array([here.latitude_deg]), np.array([here.longitude_deg]))
    return bool(inside[0])


def _decide(
    answer: AnswerSummary, inside: FloatArray, vectors: FloatArray, cover: Cover, atlas: Atlas
) -> AnswerSummary:
    order = np.argsort(-inside, kind="stable")
    posterior = PointPosterior(
        vectors, inside, atlas.spread_km * np.sqrt(cover.share), np.arange(len(inside))
    )
    best = int(order[0])
    if atlas.calibration.answer != "cell":
        heaviest = order[:_CENTERS]
        best = int(heaviest[int(scores(posterior, vectors[heaviest]).argmax())])
    curve = _curve(posterior, vectors[best], answer.similarity, atlas)
    calibration = atlas.calibration
    candidates = _candidates(best, order, inside, vectors, atlas)
    share = calibration.candidate_share
    return replace(
        answer,
        coordinate=_coordinate(vectors[best]),
        radii=curve.radii(calibration.smallest_radius_km),
        confidence=curve.confidence,
        level=curve.level(calibration),
        packed=pack(calibrated_candidates(candidates, curve.confidence, share)),
    )


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
        Candidate(rank, tokens[c], c, _coordinate(vectors[c]), 0.0, float(inside[c]))
        for rank, c in enumerate(cells, start=1)
    )


def _coordinate(vector: FloatArray) -> Coordinate:
    latitude, longitude = lat_lon(vector)
    return Coordinate(float(latitude), float(longitude))
