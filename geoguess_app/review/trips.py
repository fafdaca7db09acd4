"""Photos of one trip help to place each other: better answers for a review or a folder.

Whoever shows a review calls ``rescore_trips`` once all is located, and again with the numbers of
photos whose anchor may have changed, that is whatever ``ReviewSession.place``, ``paste``,
``clear``, ``reject``, ``permit_replacing``, ``undo``, ``redo`` or ``add`` returned:

    trips = TripModel(bundle)                      # once for each model, 0.1 s
    posteriors = remembered_posteriors(store, key) # from the store of answers
    for answers in rescore_trips(list(session), trips, posteriors, places, changed=numbers):
        session.support(answers)                   # in the session's thread

``rescore_trips`` only reads frozen photos, so it runs in any thread: give it ``list(session)``. It
is no step of its own for undo: after an undo the same call takes back what had followed from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from geoguess_app.core.bundle import Bundle
from geoguess_app.core.calibration.candidates import calibrated_candidates
from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.decision.decide import CANDIDATES
from geoguess_app.core.decision.model import cell_at, decision_model
from geoguess_app.core.errors import SessionError
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.trips import (
    Shot,
    TripAnswer,
    TripSettings,
    group_trips,
    place_trips,
    prior_of,
    shot_of_answer,
    shot_of_place,
)
from geoguess_app.core.types import Candidate, Coordinate, FloatArray
from geoguess_app.locating.posteriors import Posteriors
from geoguess_app.review.values import AnswerSummary, ReviewPhoto, pack

_EPOCH = datetime(1970, 1, 1)


class TripModel:
    """The parts of a model that help to place trips: its cells, its training photos' places.

    Raises SessionError for a model without cells.
    """

    def __init__(self, bundle: Bundle, settings: TripSettings | None = None) -> None:
        if not bundle.partitions or not bundle.manifest.has_cells:
            raise SessionError(
                f"{bundle.manifest.title} does not support trips; load another model.",
                code="no-cells",
            )
        self.model = decision_model(bundle)
        self.prior = prior_of(self.model)
        self.settings = settings or TripSettings()

    def cell_of(self, where: Coordinate) -> tuple[int, str]:
        """Index and token of the finest cell that a point lies in, else of the nearest one."""
        return cell_at(self.model, where)


def rescore_trips(
    photos: Sequence[ReviewPhoto],
    trips: TripModel,
    posteriors: Posteriors,
    places: PlaceFinder,
    changed: Iterable[int] | None = None,
    token: CancelToken | None = None,
) -> Iterator[Mapping[int, AnswerSummary | None]]:
    """New answers for ``Session.support``, one mapping per trip in which something is new.

    A trip is one folder without a pause of more than a day; without any photo of known position
    (GPS, or placed by hand: ``ReviewPhoto.anchor``) its photos keep their own answers, which is
    what None says. With ``changed`` only the trips of these photos are looked at. Photos that this
    model has not answered take no part, unless their position is known. ``posteriors`` gives the
    probabilities over cells where they are remembered; else the candidates stand in for them. About
    10 ms a photo of a trip with a known position. Stops between trips.
    """
    part = [p for p in photos if p.anchor is not None or _is_answered(p, trips)]
    wanted = None if changed is None else set(changed)
    for members in group_trips(hours_of(part), [_folder(p) for p in part], trips.settings.gap_h):
        if token is not None and token.cancelled:
            return
        trip = [part[int(index)] for index in members]
        if wanted is not None and not any(photo.id in wanted for photo in trip):
            continue
        answers = _trip_answers(trip, trips, posteriors)
        new = {p.id: answers[p.id] for p in trip if p.id in answers and answers[p.id] != p.trip}
        if new:
            yield _with_names(new, places)


def hours_of(photos: Sequence[ReviewPhoto]) -> list[float | None]:
    """Capture times in hours, comparable within each folder.

    In UTC where all photos of the folder say how far they are from it (a trip across time zones),
    else in local time, which is what cameras without zones share with phones.
    """
    local = {_folder(p) for p in photos if p.taken is not None and p.utc_offset is None}
    result: list[float | None] = []
    for photo in photos:
        if photo.taken is None:
            result.append(None)
            continue
        since = photo.taken - _EPOCH
        if photo.utc_offset is not None and _folder(photo) not in local:
            since -= photo.utc_offset
        result.append(since.total_seconds() / 3600.0)
    return result


def _is_answered(photo: ReviewPhoto, trips: TripModel) -> bool:
    return photo.answer is not None and photo.answer.model == trips.model.name


def _folder(photo: ReviewPhoto) -> str:
    return str(photo.path.parent)


def _trip_answers(
    trip: Sequence[ReviewPhoto], trips: TripModel, posteriors: Posteriors
) -> dict[int, AnswerSummary | None]:
    """What each photo with an answer of its own gets; None: its own."""
    answered = [p for p in trip if _is_answered(p, trips)]
    if len(trip) < 2 or not (trips.settings.without_known or any(p.anchor for p in trip)):
        return {photo.id: None for photo in answered}
    shots = [
        _shot(photo, hours, trips, posteriors)
        for photo, hours in zip(trip, hours_of(trip), strict=True)
    ]
    placed = place_trips(shots, trips.prior, trips.model.calibration, trips.settings)
    found = dict(zip((p.id for p in trip), placed, strict=True))
    return {photo.id: _answer(photo, found[photo.id], trip, trips) for photo in answered}


def _shot(
    photo: ReviewPhoto, hours: float | None, trips: TripModel, posteriors: Posteriors
) -> Shot:
    if photo.anchor is not None:
        return shot_of_place(photo.anchor, _folder(photo), hours)
    assert photo.answer is not None
    cells = posteriors(photo.path)
    if cells is None:
        cells = _of_candidates(photo.answer, len(trips.model.cell_vectors))
    return shot_of_answer(photo.answer, cells, trips.model, _folder(photo), hours)


def _of_candidates(answer: AnswerSummary, size: int) -> FloatArray | None:
    probabilities = np.zeros(size)
    for candidate in answer.candidates:
        if not 0 <= candidate.cell_index < size:
            return None
        probabilities[candidate.cell_index] = candidate.weight
    return probabilities


def _answer(
    photo: ReviewPhoto, placed: TripAnswer, trip: Sequence[ReviewPhoto], trips: TripModel
) -> AnswerSummary | None:
    if photo.answer is None or photo.anchor is not None or not placed.changed:
        return None
    return replace(
        photo.answer,
        coordinate=placed.coordinate,
        radii=placed.radii,
        confidence=placed.confidence,
        level=placed.level,
        packed=pack(_candidates(photo.answer, placed, trips)),
        supporters=tuple(trip[index].id for index in placed.supporters),
    )


def _candidates(own: AnswerSummary, placed: TripAnswer, trips: TripModel) -> tuple[Candidate, ...]:
    """The trip's place first; the model's own candidates share what its confidence leaves."""
    index, token = trips.cell_of(placed.coordinate)
    others = [c for c in own.candidates if c.cell_index != index][: CANDIDATES - 1]
    here = sum(c.weight for c in own.candidates if c.cell_index == index)
    first = Candidate(1, token, index, placed.coordinate, 0.0, here)
    ranked = (first, *(replace(c, rank=rank) for rank, c in enumerate(others, start=2)))
    share = trips.model.calibration.candidate_share
    return calibrated_candidates(ranked, placed.confidence, share)


def _with_names(
    answers: Mapping[int, AnswerSummary | None], places: PlaceFinder
) -> dict[int, AnswerSummary | None]:
    moved = [answer.coordinate for answer in answers.values() if answer is not None]
    names = iter(places.at_many(moved))
    return {n: a if a is None else replace(a, place=next(names)) for n, a in answers.items()}
