"""Answers of a review given that its photos were taken inside an area."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from geoguess_app.core.area.areas import Area
from geoguess_app.core.area.atlas import Atlas
from geoguess_app.core.area.condition import condition
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.locating.posteriors import Posteriors
from geoguess_app.review.summary import prediction_of
from geoguess_app.review.values import AnswerSummary, ReviewPhoto, pack


def narrow_answers(
    photos: Iterable[ReviewPhoto],
    area: Area,
    atlas: Atlas,
    posteriors: Posteriors,
    places: PlaceFinder,
) -> tuple[Mapping[int, AnswerSummary], list[int]]:
    """Condition the answers of photos on an area, for ``ReviewSession.narrow``.

    Also returns the numbers of the photos for which nothing is left there, or that the atlas's
    model has not answered. Always from the model's own answer, so that a second area replaces the
    first. Raises SessionError for an area that is none.
    """
    answers: dict[int, AnswerSummary] = {}
    nothing: list[int] = []
    for photo in photos:
        found = _narrow_answer(photo, area, atlas, posteriors)
        if found is None:
            nothing.append(photo.id)
        else:
            answers[photo.id] = found
    names = places.at_many([answer.coordinate for answer in answers.values()])
    named = zip(answers.items(), names, strict=True)
    return {number: replace(answer, place=place) for (number, answer), place in named}, nothing


def _narrow_answer(
    photo: ReviewPhoto, area: Area, atlas: Atlas, posteriors: Posteriors
) -> AnswerSummary | None:
    answer = photo.answer
    if answer is None:
        return None
    whole = prediction_of(answer, posteriors(photo.path))
    inside = condition(whole, area, atlas, answer.similarity)
    if inside is None:
        return None
    return replace(
        answer,
        coordinate=inside.coordinate,
        radii=inside.radii,
        confidence=inside.confidence,
        level=inside.level,
        packed=pack(inside.candidates),
    )
