"""Trips in a review: what a photo of known position does to its neighbours, and taking it back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import s2sphere

from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import Candidate, Coordinate, Level, Place, Radii
from geoguess_app.paths import starter_bundle_dir
from geoguess_app.review.codec import decision_to_json, facts_to_json, photo_from_json
from geoguess_app.review.intake import FileFacts
from geoguess_app.review.session import ReviewSession
from geoguess_app.review.trips import TripModel, hours_of, rescore_trips
from geoguess_app.review.values import (
    AnswerSummary,
    Decision,
    ReviewedFileIdentity,
    ReviewPhoto,
    State,
    pack,
)
from tests.review.samples import LYON, OSLO, PARIS, PLACES

pytestmark = pytest.mark.skipif(
    not (starter_bundle_dir() / "bundle.json").is_file(), reason="the starter model is not built"
)
START = datetime(2024, 7, 1, 8)


@pytest.fixture(scope="module")
def trips() -> TripModel:
    return TripModel(open_bundle(starter_bundle_dir()))


def doubtful(trips: TripModel) -> AnswerSummary:
    """Paris or Lyon or Oslo; the model would not bet on any."""
    listed = []
    for rank, (where, share) in enumerate(((PARIS, 0.4), (LYON, 0.3), (OSLO, 0.2)), start=1):
        index, token = trips.cell_of(where)
        listed.append(Candidate(rank, token, index, where, share))
    return AnswerSummary(
        PARIS,
        Radii(900.0, 5000.0, 12000.0),
        0.2,
        Level.CANNOT_TELL,
        Place("Paris", "", "France", "FR"),
        trips.model.name,
        packed=pack(tuple(listed)),
    )


@pytest.fixture
def session(trips: TripModel, tmp_path: Path) -> Iterator[ReviewSession]:
    """Two folders of five photos, 20 minutes apart, none of known position."""
    with ReviewSession(tmp_path / "review.sqlite", PLACES) as made:
        made.add(
            FileFacts(
                Path(f"/{folder}/IMG_{index}.jpg"),
                ReviewedFileIdentity(index, index),
                START + timedelta(minutes=20 * index),
            )
            for folder in "ab"
            for index in range(5)
        )
        made.update(replace(photo, answer=doubtful(trips)) for photo in list(made))
        yield made


def rescore(
    session: ReviewSession, trips: TripModel, changed: Sequence[int] | None = None
) -> list[int]:
    found = rescore_trips(list(session), trips, lambda path: None, PLACES, changed)
    return [number for answers in found for number in session.support(answers)]


def km(one: Coordinate, other: Coordinate) -> float:
    return float(
        great_circle_km(
            one.latitude_deg, one.longitude_deg, other.latitude_deg, other.longitude_deg
        )
    )


def test_nothing_known_changes_nothing(session: ReviewSession, trips: TripModel) -> None:
    assert rescore(session, trips) == []


def test_a_photo_placed_by_hand_moves_its_trip_and_undo_moves_it_back(
    session: ReviewSession, trips: TripModel
) -> None:
    before = list(session)
    changed = rescore(session, trips, session.place([3], LYON))
    assert changed == [1, 2, 4, 5], "its folder only, and not itself"
    for number in changed:
        photo = session[number]
        assert photo.trip is not None
        assert photo.current is photo.trip
        assert photo.state is State.LOCATED
        assert km(photo.trip.coordinate, LYON) < 5
        assert photo.trip.confidence > 0.5
        assert photo.trip.place.country_code == "FR"
        assert photo.trip.supporters[0] == 3
        assert photo.trip.candidates[0].coordinate == photo.trip.coordinate
        assert sum(c.probability for c in photo.trip.candidates) <= 1 + 1e-9
        assert [c.rank for c in photo.trip.candidates] == [1, 2, 3]
        assert photo.answer == before[number - 1].answer, "the model's own answer stays"
    step = session.undo()
    assert step is not None
    assert rescore(session, trips, [c.photo for c in step.changes]) == [1, 2, 4, 5]
    assert list(session) == before


def test_answers_of_trips_are_kept(
    session: ReviewSession, trips: TripModel, tmp_path: Path
) -> None:
    rescore(session, trips, session.place([3], LYON))
    session.accept([1])
    before = list(session)
    session.close()
    with ReviewSession(tmp_path / "review.sqlite", PLACES) as again:
        assert list(again) == before
        assert again[1].decision.chosen is not None
        assert km(again[1].decision.chosen.coordinate, LYON) < 5
        assert again[1].decision.chosen.model == trips.model.name, "still an estimate"
        rescore(again, trips, again.clear([3]))
        assert again[2].trip is None
        assert again[1].state is State.ACCEPTED, "what was decided stays"


def test_a_review_of_an_earlier_program_is_read(session: ReviewSession, trips: TripModel) -> None:
    """It knew neither zones nor trips, nor that photos can be taken off the list."""
    rescore(session, trips, session.place([3], LYON))
    zone = timedelta(hours=-3, minutes=-30)
    new = replace(session[1], utc_offset=zone)
    assert photo_from_json(1, new.path, facts_to_json(new), None) == replace(
        new, decision=Decision()
    )
    row = json.loads(facts_to_json(session[1]))
    del row["offset"], row["trip"]
    old = photo_from_json(1, new.path, json.dumps(row), decision_to_json(session[3].decision))
    assert old == replace(session[1], trip=None, decision=session[3].decision)


def test_what_counts_as_known(session: ReviewSession) -> None:
    session.place([1], LYON)
    session.accept([2])
    session.paste(2, [3])
    session.paste(1, [4])
    session.place([5], LYON)
    session.reject([5])
    session.update([replace(session[6], known=OSLO), replace(session[7], known=OSLO)])
    session.permit_replacing([7])
    assert [p.anchor for p in session][:7] == [LYON, None, None, LYON, None, OSLO, None]


def test_a_photo_with_gps_that_was_never_located_helps(
    session: ReviewSession, trips: TripModel
) -> None:
    new = session.add([FileFacts(Path("/b/GPS.jpg"), ReviewedFileIdentity(9, 9), START, OSLO)])
    assert rescore(session, trips, new) == [6, 7, 8, 9, 10]
    assert all(km(session[n].current.coordinate, OSLO) < 5 for n in range(6, 11))  # type: ignore[union-attr]


def test_answers_of_another_model_take_no_part(session: ReviewSession, trips: TripModel) -> None:
    old = doubtful(trips)
    session.update([replace(session[1], answer=replace(old, model="Other 2.0"))])
    assert rescore(session, trips, session.place([3], LYON)) == [2, 4, 5]


def test_a_new_answer_or_a_changed_file_forgets_what_the_trip_said(
    session: ReviewSession, trips: TripModel
) -> None:
    rescore(session, trips, session.place([3], LYON))
    session.add([FileFacts(session[1].path, ReviewedFileIdentity(77, 77), START)])
    assert session[1].trip is None


def test_cancelled_before_it_begins(session: ReviewSession, trips: TripModel) -> None:
    token = CancelToken()
    token.cancel()
    session.place([3], LYON)
    assert list(rescore_trips(list(session), trips, lambda _: None, PLACES, token=token)) == []


def photo(number: int, folder: str, hour: int, offset_h: int | None) -> ReviewPhoto:
    zone = None if offset_h is None else timedelta(hours=offset_h)
    return ReviewPhoto(
        number, Path(f"/{folder}/{number}"), taken=datetime(1970, 1, 2, hour), utc_offset=zone
    )


def test_hours_are_those_of_utc_only_where_all_zones_are_known() -> None:
    flight = [photo(1, "a", 10, 9), photo(2, "a", 5, 2), replace(photo(3, "a", 0, 0), taken=None)]
    mixed = [photo(4, "b", 10, 9), photo(5, "b", 11, None)]
    assert hours_of([*flight, *mixed]) == [25.0, 27.0, None, 34.0, 35.0]


def test_the_cell_of_a_point(trips: TripModel) -> None:
    finest = trips.model.partitions[-1]
    for number in range(0, finest.size, 7):
        middle = s2sphere.CellId(int(finest.cell_ids[number])).to_lat_lng()
        where = Coordinate(middle.lat().degrees, middle.lng().degrees)
        assert trips.cell_of(where) == (number, finest.tokens[number])
    nowhere = trips.cell_of(Coordinate(-60.0, -120.0))
    assert nowhere[1] == trips.model.partitions[-1].tokens[nowhere[0]]
