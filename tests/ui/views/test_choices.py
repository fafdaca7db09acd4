"""A stranger's view: whatever stands for a mode's choices is read, or refused in one sentence."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoguess_app.ui.accuracy.view_state import AccuracyChoices
from geoguess_app.ui.compare.view_state import CompareChoices
from geoguess_app.ui.explore.view_state import ExploreChoices
from geoguess_app.ui.locate.view_state import LocateChoices
from geoguess_app.ui.review.view_state import ReviewChoices
from geoguess_app.ui.train.view_state import TrainChoices
from geoguess_app.ui.views.values import ViewError, read_part, write_part

KINDS = (
    AccuracyChoices,
    CompareChoices,
    ExploreChoices,
    LocateChoices,
    ReviewChoices,
    TrainChoices,
)
VIEW = Path("/views/a.geoview")
INNER = ("photo", "model", "way", "latitude", "longitude", "cell", "box", "ring", "countries")
WORDS = ("", "a.jpg", "//share/a.jpg", "/\\share", "\0", "both", "density", "recipe", "FR", "47e67")

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1000, 1000)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(INNER), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_choices_are_read_or_refused(kind: type[Any], data: st.DataObject) -> None:
    names = st.sampled_from([field.name for field in fields(kind)])
    found = data.draw(st.dictionaries(names, json_values, max_size=3) | json_values)
    said = "; save the view again."
    try:
        choices = read_part(kind, found, VIEW)
    except ViewError as error:
        said = str(error).removeprefix(f"{VIEW}: state")
    else:
        assert read_part(kind, write_part(choices, VIEW.parent), VIEW) == choices
    assert said.endswith("; save the view again.")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("kind", "found", "words"),
    [
        (CompareChoices, {"sides": [{}]}, "state.sides must be a list of two sides, not a list"),
        (CompareChoices, {"shown": "c"}, "state.shown must be one of both, a, b, difference"),
        (
            CompareChoices,
            {"sides": [{"photo": "//share/a.jpg"}, {}]},
            "state.sides[0].photo must be a path on this computer",
        ),
        (ExploreChoices, {"spot": {"latitude": 91, "longitude": 0}}, "state.spot.latitude must be"),
        (LocateChoices, {"area": {"box": [1, 2, 3]}}, "state.area.box must be a list of 4 items"),
        (LocateChoices, {"area": {"box": [3, 2, 1, 4]}}, "state.area: The southern edge"),
        (ReviewChoices, {"states": ["burnt"]}, "state.states[0] must be one of waiting, located"),
        (TrainChoices, {"within_km": True}, "state.within_km must be a number from 0 to 20000"),
    ],
)
def test_what_is_wrong_is_named(kind: type[Any], found: dict[str, Any], words: str) -> None:
    with pytest.raises(ViewError) as caught:
        read_part(kind, found, VIEW)
    assert words in str(caught.value)
