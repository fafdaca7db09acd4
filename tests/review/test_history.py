"""Undo and redo over any course of a review."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from geoguess_app.core.area.areas import Country
from geoguess_app.core.types import Coordinate
from geoguess_app.review.session import ReviewSession
from tests.review.samples import LYON, PLACES, answer, filled

PHOTOS = 12
selections = st.lists(st.integers(1, PHOTOS), max_size=6)
Action = Callable[[ReviewSession], object]


def action(name: str, *options: object) -> st.SearchStrategy[Action]:
    return selections.map(lambda photos: lambda s: getattr(s, name)(photos, *options))


actions = st.one_of(
    action("accept"),
    action("reject"),
    action("clear"),
    action("remove"),
    action("permit_replacing"),
    *(action("choose", rank) for rank in (1, 2, 3)),
    *(action("place", Coordinate(spot, spot)) for spot in (10.0, 20.0)),
    st.tuples(st.integers(1, PHOTOS), selections).map(lambda x: lambda s: s.paste(*x)),
    selections.map(
        lambda photos: lambda s: s.narrow({p: answer(0.3, LYON) for p in photos}, Country("FR"))
    ),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(actions, max_size=15))
def test_all_the_way_back_and_forth(course: list[Action]) -> None:
    with filled(PHOTOS) as session:
        states = [list(session)]
        for act in course:
            act(session)
            if list(session) != states[-1]:
                states.append(list(session))
        for expected in reversed(states[:-1]):
            assert session.undo() is not None
            assert list(session) == expected
        assert session.undo() is None
        for expected in states[1:]:
            assert session.redo() is not None
            assert list(session) == expected
        assert session.redo() is None


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.one_of(actions, st.sampled_from([ReviewSession.undo, ReviewSession.redo])), max_size=15
    )
)
def test_closing_and_opening_changes_nothing(course: list[Action]) -> None:
    """The same course in one sitting and with the program closed after every action."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "review.sqlite"
        filled(PHOTOS, file).close()
        with filled(PHOTOS) as sitting:
            for act in course:
                act(sitting)
                with ReviewSession(file, PLACES) as reopened:
                    act(reopened)
                with ReviewSession(file, PLACES) as reopened:
                    assert list(reopened) == list(sitting)
                    assert reopened.next_actions() == sitting.next_actions()
