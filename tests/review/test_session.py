"""Actions on a review, as a person at the keyboard does them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from geoguess_app.core.errors import CoordinateError, SessionError
from geoguess_app.core.types import Coordinate, FailedPhoto, Level
from geoguess_app.photos.position_tags import MANUAL, WrittenPosition
from geoguess_app.review.accuracy import accuracy
from geoguess_app.review.intake import FileFacts
from geoguess_app.review.saving import position_of, requests
from geoguess_app.review.session import ReviewSession
from geoguess_app.review.values import Origin, ReviewedFileIdentity, State
from geoguess_app.review.views import Order, PhotoFilter
from tests.review.samples import LYON, MODEL, PARIS, answer, facts, filled


def test_working_through_the_list_by_keyboard() -> None:
    """Enter accepts and goes to the next until nothing is left."""
    session = filled(10)
    shown = session.view(order=Order.UNCERTAIN_FIRST)
    here: int | None = shown[0]
    visited = []
    while here is not None:
        visited.append(here)
        assert session.accept([here]) == [here]
        here = session.next_open(shown, here)
    assert visited == [1, 2, 3, 4, 5, 6, 7, 8, 9]  # the tenth has GPS
    assert session[10].state is State.HAS_GPS
    assert {session[n].state for n in visited} == {State.ACCEPTED}


def test_the_next_photo_is_found_from_the_top_again() -> None:
    session = filled(5)
    session.accept([4, 5])
    assert session.next_open([1, 2, 3, 4, 5], 3) == 1
    assert session.next_open([4, 5], 5) is None
    assert session.next_open([], 1) is None


def test_accepting_takes_the_estimate_with_its_radius() -> None:
    session = filled(1)
    session.accept([1])
    chosen = session[1].decision.chosen
    assert chosen is not None
    assert (chosen.coordinate, chosen.radius_km, chosen.origin) == (PARIS, 12.5, Origin.ESTIMATE)
    position = position_of(chosen)
    assert (position.error_m, position.method) == (12500.0, f"ML-ESTIMATE {MODEL}")


def test_a_candidate_that_is_picked_is_placed_by_hand() -> None:
    session = filled(1)
    assert session.choose([1], 2) == [1]
    assert session[1].state is State.LOCATED
    session.accept([1])
    chosen = session[1].decision.chosen
    assert chosen is not None
    assert session[1].state is State.PLACED
    assert (chosen.coordinate, chosen.rank, chosen.origin) == (LYON, 2, Origin.CANDIDATE)
    assert chosen.place.country_code == "FR"
    # The model said so of its first candidate, not of this one.
    assert (chosen.model, chosen.radius_km) == ("", None)
    assert position_of(chosen) == WrittenPosition(LYON, None, MANUAL)
    assert session.choose([1], 9) == []
    session.choose([1], 1)
    assert session[1].proposed == filled(1)[1].proposed


def test_a_best_guess_is_accepted_in_a_step_of_its_own_only() -> None:
    session = filled(3)
    answer = session[2].answer
    assert answer is not None
    unsure = replace(answer, level=Level.CANNOT_TELL)
    session.update([replace(session[2], answer=unsure)])
    assert session[2].is_unsure
    assert session.accept([1, 2, 3]) == [1, 3]
    assert session[2].state is State.LOCATED
    assert session.accept([1, 2, 3], unsure=True) == [2]
    assert session[2].state is State.ACCEPTED
    session.undo()
    assert session[2].state is State.LOCATED
    # A candidate that somebody picks, or a place by hand, is no guess of the model.
    session.choose([2], 2)
    assert not session[2].is_unsure
    assert session.accept([2]) == [2]


@pytest.mark.parametrize(
    "text",
    ["45.76, 4.84", "45°45′36″N 4°50′24″E", "geo:45.76,4.84", "https://maps/?q=45.76,4.84"],
)
def test_any_way_to_write_a_position_places_a_photo(text: str) -> None:
    session = filled(2)
    assert session.place([1, 2], text) == [1, 2]
    chosen = session[2].decision.chosen
    assert chosen is not None
    assert chosen.coordinate.latitude_deg == pytest.approx(45.76)
    assert (chosen.origin, chosen.place.city) == (Origin.MANUAL, "Lyon")
    assert position_of(chosen).method == MANUAL
    assert session[1].state is State.PLACED


def test_what_is_no_position_changes_nothing() -> None:
    session = filled(1)
    with pytest.raises(CoordinateError):
        session.place([1], "somewhere nice")
    assert session.next_actions() == (None, None)


def test_a_pasted_estimate_stays_an_estimate_and_a_pasted_fix_does_not() -> None:
    """`geoguess revoke` finds estimates wherever they were pasted."""
    session = filled(10)
    session.paste(1, [2])
    session.paste(10, [3])
    session.place([4], "59.91, 10.75")
    session.paste(4, [5])
    chosen = [session[n].decision.chosen for n in (2, 3, 5)]
    assert all(c is not None and c.origin is Origin.PASTED for c in chosen)
    assert [position_of(c).method for c in chosen if c] == [f"ML-ESTIMATE {MODEL}", MANUAL, MANUAL]
    assert [c.coordinate for c in chosen if c][1] == LYON
    session.add(facts(1, "/new"))
    with pytest.raises(SessionError, match="no location to copy"):
        session.paste(11, [2])


def test_a_position_of_its_own_is_replaced_only_with_permission() -> None:
    session = filled(10)
    assert session.accept(range(1, 11)) == list(range(1, 10))
    session.place([10], "1, 2")
    plan = {request.path.name: request.replace_gps for request in requests(session)}
    assert plan["IMG_9.jpg"] is False  # the plan then skips it and says so
    session.permit_replacing([10])
    plan = {request.path.name: request.replace_gps for request in requests(session)}
    assert [name for name, replaced in plan.items() if replaced] == ["IMG_9.jpg"]
    session.clear([10])
    session.permit_replacing([10])
    assert session.accept([10]) == [10]


def test_rejected_photos_are_not_written_and_can_be_taken_back() -> None:
    session = filled(2)
    session.choose([1], 2)
    session.reject([1, 2])
    assert {p.state for p in session} == {State.REJECTED}
    assert list(requests(session)) == []
    session.accept([1])
    assert session[1].proposed is not None
    assert session[1].proposed.coordinate == LYON


def test_a_step_for_a_selection_is_undone_at_once() -> None:
    session = filled(10)
    session.place([1, 2, 3], "1, 2")
    session.reject([3])
    assert session.next_actions() == ("reject", None)
    step = session.undo()
    assert step is not None
    assert [c.photo for c in step.changes] == [3]
    assert session[3].state is State.PLACED
    step = session.undo()
    assert step is not None
    assert len(step.changes) == 3
    assert {session[n].state for n in (1, 2, 3)} == {State.LOCATED}
    assert session.undo() is None
    assert session.next_actions() == (None, "place")
    session.redo()
    session.accept([5])
    assert session.redo() is None, "a new step ends what could be redone"


def test_three_hundred_steps_go_back_and_forth() -> None:
    session = filled(1)
    for step in range(300):
        session.place([1], Coordinate(step / 10, 1))
    for _ in range(300):
        assert session.undo() is not None
    assert session[1].state is State.LOCATED
    for _ in range(300):
        assert session.redo() is not None
    assert session[1].proposed is not None
    assert session[1].proposed.coordinate == Coordinate(29.9, 1)


def test_undoing_never_loses_an_answer_that_came_meanwhile() -> None:
    session = ReviewSession()
    session.add(facts(1))
    session.place([1], "1, 2")
    session.take([FailedPhoto(Path("/photos/IMG_0.jpg"), "broken", "It is damaged.")])
    session.undo()
    assert session[1].state is State.FAILED
    session.retry()
    assert session[1].state is State.WAITING
    assert session.unlocated() == [Path("/photos/IMG_0.jpg")]


def test_a_changed_file_is_located_again_and_keeps_its_decision() -> None:
    session = filled(2)
    session.accept([1])
    same = list(facts(2))
    assert session.add(same) == []
    changed = FileFacts(same[0].path, ReviewedFileIdentity(7, 7), same[0].taken)
    assert session.add([changed]) == [1]
    assert session.unlocated() == [same[0].path]
    assert session[1].state is State.ACCEPTED
    assert len(session) == 2


def test_the_same_file_twice_in_one_go_is_one_photo() -> None:
    session = ReviewSession()
    session.add([*facts(3), *facts(4)])
    assert [p.path.name for p in session] == [f"IMG_{n}.jpg" for n in range(4)]


def test_filters() -> None:
    session = filled(10)
    session.accept([1, 2])
    session.place([3], "59.91, 10.75")
    session.reject([4])
    accepted = PhotoFilter(states=frozenset({State.ACCEPTED}))
    assert session.view(accepted) == [1, 2]
    assert session.view(PhotoFilter(has_gps=True)) == [10]
    assert session.view(PhotoFilter(country_code="NO")) == [3]
    assert session.view(PhotoFilter(min_confidence=6.5 / 11, max_confidence=8.5 / 11)) == [7, 8]
    assert session.view(PhotoFilter(text="oslo")) == [3]
    assert session.view(PhotoFilter(text="img_7")) == [8]
    assert session.view(PhotoFilter(text=" ÎLE-de-france ", has_gps=True)) == [10]
    assert session.view(PhotoFilter(text="nowhere")) == []


def test_orders() -> None:
    session = filled(12)
    session.add([FileFacts(Path("/other/IMG_3.jpg"), None)])
    assert session.view(order=Order.UNCERTAIN_FIRST) == list(range(1, 14))
    assert session.view(order=Order.CERTAIN_FIRST) == [*range(12, 0, -1), 13]
    assert session.view(order=Order.TIME) == list(range(1, 14))
    by_name = session.view(order=Order.NAME)
    assert by_name == [1, 2, 3, 13, *range(4, 13)]


def test_the_accuracy_report_by_hand() -> None:
    """Paris to Lyon is 392 km (great circle); only one of two radii holds it."""
    session = filled(20)
    near = answer(0.9, LYON)
    session.update([replace(session[20], answer=near)])
    report = accuracy(session)
    assert report.count == 2
    assert report.errors_km[0] == pytest.approx(392, abs=2)
    assert report.median_km == pytest.approx(196, abs=1)
    assert report.share_inside == 0.5


def test_removed_photos_are_gone_until_undone_or_added_again(tmp_path: Path) -> None:
    file = tmp_path / "review.sqlite"
    with filled(10, file) as session:
        session.accept([2, 3])
        before = list(session)
        assert session.remove([2, 10]) == [2, 10]
        assert session.remove([2]) == [], "no step for nothing"
        assert len(session) == 8
        assert [p.id for p in session] == session.view() == [1, 3, 4, 5, 6, 7, 8, 9]
        assert session.number_of(before[1].path) is None
        assert [r.path for r in requests(session)] == [before[2].path]
        assert session.accept([2]) == [], "whatever still names it changes nothing"
        assert session.take([FailedPhoto(before[1].path, "broken", "Broken.")]) == []
        assert accuracy(session).count == 0, "the tenth had GPS"
        session.undo()
        assert list(session) == before
        session.redo()
    with ReviewSession(file) as session:
        assert len(session) == 8
        assert session.add(facts(3)) == [2], "named once more, the second comes back"
        assert session[2].state is State.LOCATED, "undecided"
        assert session[2].answer == before[1].answer
        session.undo()
        assert len(session) == 8
