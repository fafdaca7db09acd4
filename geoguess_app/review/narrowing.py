"""Answers of a review given that its photos were taken inside an area."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from geoguess_app.core.area.areas import Area
from geoguess_app.core.area.atlas import Atlas
from geoguess_app.core.clues.apply import keep_to
from geoguess_app.core.clues.clue import Clue
from geoguess_app.core.clues.restriction import restricted
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.types import Prediction
from geoguess_app.locating.posteriors import Posteriors
from geoguess_app.review.summary import prediction_of
from geoguess_app.review.values import AnswerSummary, NarrowedAnswer, ReviewPhoto, pack


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
    wishes = ((photo, AreaWish(area)) for photo in photos)
    found, nothing = narrow_each(wishes, atlas, posteriors, places)
    return {number: narrowed.answer for number, narrowed in found.items()}, nothing


@dataclass(frozen=True, slots=True)
class AreaWish:
    """The area and the clues that a photo's answer shall be kept to, at least one of them."""

    area: Area | None = None
    clues: tuple[Clue, ...] = ()


def wish_for(photo: ReviewPhoto, area: Area | None, clues: Iterable[Clue]) -> AreaWish | None:
    """Return what a photo's answer shall be kept to; None for nothing.

    Clues change nothing about an answer that a matched reference photo proves; an area does.
    """
    kept = () if is_proven(photo) else tuple(dict.fromkeys(clues))
    return AreaWish(area, kept) if kept or area is not None else None


def is_proven(photo: ReviewPhoto) -> bool:
    """Tell whether matching points with a reference photo prove a photo's own answer."""
    return photo.answer is not None and photo.answer.is_match


def narrow_each(
    wishes: Iterable[tuple[ReviewPhoto, AreaWish]],
    atlas: Atlas,
    posteriors: Posteriors,
    places: PlaceFinder,
) -> tuple[Mapping[int, NarrowedAnswer], list[int]]:
    """Do the same with an area and clues for each photo, clocks on its day.

    Where clues and picture contradict each other, the answer is one of a model that cannot tell.
    """
    answers: dict[int, NarrowedAnswer] = {}
    nothing: list[int] = []
    for photo, wish in wishes:
        found = _narrow(photo, wish, atlas, posteriors)
        if found is None:
            nothing.append(photo.id)
        else:
            answers[photo.id] = found
    names = places.at_many([found.answer.coordinate for found in answers.values()])
    named = zip(answers.items(), names, strict=True)
    return {
        number: replace(found, answer=replace(found.answer, place=place))
        for (number, found), place in named
    }, nothing


def _narrow(
    photo: ReviewPhoto, wish: AreaWish, atlas: Atlas, posteriors: Posteriors
) -> NarrowedAnswer | None:
    day = photo.taken.date() if photo.taken is not None else None
    where = restricted(wish.area, wish.clues, day)
    if photo.answer is None or where is None or where.area is None:
        return None
    whole = prediction_of(photo.answer, posteriors(photo.path))
    inside, used = keep_to(whole, wish.clues, where.area, atlas, photo.answer.similarity)
    if inside is None:
        return None
    answer = _summary(photo.answer, inside)
    if not wish.clues:
        return NarrowedAnswer(answer, where.area)
    left = used.probability_left
    return NarrowedAnswer(answer, where.area, used.clues, wish.area, left)


def _summary(answer: AnswerSummary, inside: Prediction) -> AnswerSummary:
    return replace(
        answer,
        coordinate=inside.coordinate,
        radii=inside.radii,
        confidence=inside.confidence,
        level=inside.level,
        packed=pack(inside.candidates),
    )
