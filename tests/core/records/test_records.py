"""Dataclasses out of JSON: what is read, what is refused in which words, and the way back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoguess_app.core.errors import BundleError
from geoguess_app.core.records.forms import decode, encode
from geoguess_app.core.records.marks import (
    Check,
    Count,
    Free,
    Key,
    OmitDefault,
    Range,
    Rest,
    Row,
    Text,
    Via,
    When,
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: Annotated[float, Range(-1.0, 1.0)] = 0.0

    def __post_init__(self) -> None:
        if self.x == self.y:
            raise ValueError("x and y must differ")


@dataclass(frozen=True, slots=True)
class Entry:
    place: Point
    colour: Colour
    more: Annotated[tuple[int, ...], OmitDefault()] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    kind: Literal["round", "square"]
    width: Annotated[int, Range(1, 9), Key("w"), When("kind", ("square",))] = 0
    radius: Annotated[float, Range(0.0, 9.0), When("kind", ("round",))] = 0.0


@dataclass(frozen=True, slots=True)
class Everything:
    name: Annotated[str, Text(5)]
    count: Annotated[int, Range(0, 10)]
    colour: Colour
    shape: Shape
    on: bool = True
    pair: tuple[int, str] = (0, "")
    points: Annotated[tuple[Point, ...], Count(2)] = ()
    row: Annotated[Entry | None, Row()] = None
    by_colour: Mapping[Colour, float] = field(default_factory=dict)
    by_word: Annotated[Mapping[Annotated[str, Check(str.isalpha, "a word")], int], Count(3)] = (
        field(default_factory=dict)
    )
    free: Annotated[Mapping[str, Any], Free()] = field(default_factory=dict)
    folder: Path | None = None
    taken: datetime | None = None
    data: bytes = b""
    tripled: Annotated[int, Via(int, lambda v: v * 3, lambda v: v // 3)] = 0
    plain: Any = None
    note: Annotated[str, Text(9), OmitDefault()] = "none"


LEAST: dict[str, Any] = {
    "name": "ab",
    "count": 3,
    "colour": "red",
    "shape": {"kind": "round", "radius": 1},
}
FULL = Everything(
    "ab",
    3,
    Colour.RED,
    Shape("square", width=4),
    on=False,
    pair=(1, "b"),
    points=(Point(1.0), Point(2.0, 1.0)),
    row=Entry(Point(3.0), Colour.BLUE, (1, 2)),
    by_colour={Colour.RED: 0.5},
    by_word={"word": 1},
    free={"any": [1, "thing", None]},
    folder=Path("a/b"),
    taken=datetime(2030, 1, 31, 12, tzinfo=UTC),
    data=b"\0\xff",
    tripled=6,
    plain=[{}],
    note="text",
)


def refusal(kind: Any, value: object, **options: Any) -> str:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the sentence is looked at
        decode(kind, value, **options)
    return str(caught.value)


def test_what_is_written_is_read_back() -> None:
    written = json.loads(json.dumps(encode(FULL)))
    assert decode(Everything, written) == FULL
    assert written["shape"] == {"kind": "square", "w": 4}
    assert written["row"] == [[3.0, 0.0], "blue", [1, 2]]
    assert (written["data"], written["tripled"]) == ("AP8=", 2)


def test_absent_keys_take_their_defaults_and_whole_numbers_become_floats() -> None:
    found = decode(Everything, LEAST)
    assert found == Everything("ab", 3, Colour.RED, Shape("round", radius=1.0))
    assert isinstance(found.shape.radius, float)
    assert "note" not in encode(found)


def test_a_row_may_end_early_only_where_its_end_is_left_out() -> None:
    short = {**LEAST, "row": [[1, 0.5], "red"]}
    assert decode(Everything, short).row == Entry(Point(1.0, 0.5), Colour.RED)
    assert encode(decode(Everything, short))["row"] == [[1.0, 0.5], "red"]
    assert refusal(Everything, {**LEAST, "row": [[1, 0]]}) == (
        "row must be a list of 2 to 3 items, not a list."
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, 'name must be a text of 1 to 5 characters, not "".'),
        ({"name": "a\x07"}, 'name must be a text without control characters, not "a\\u0007".'),
        ({"count": True}, "count must be a whole number from 0 to 10, not true."),
        ({"count": 2.0}, "count must be a whole number from 0 to 10, not 2.0."),
        ({"count": 10**5000}, "count must be a whole number from 0 to 10, not a number of thous"),
        ({"colour": "green"}, 'colour must be one of red, blue, not "green".'),
        ({"colour": ["red"]}, "colour must be one of red, blue, not a list."),
        ({"shape": {"kind": "round"}}, "shape.radius is missing."),
        ({"shape": {"kind": "round", "radius": 1, "w": 3}}, "shape.w is not a known key (known ar"),
        ({"on": 1}, "on must be true or false, not 1."),
        ({"pair": [1]}, "pair must be a list of 2 items, not a list."),
        ({"pair": [1, 2]}, "pair[1] must be a text, not 2."),
        ({"points": [{}] * 3}, "points must be a list of at most 2 items, not a list."),
        ({"points": [{"x": 1}, {"x": math.nan}]}, "points[1].x must be a number, not NaN."),
        ({"points": [{"x": 1e999}]}, "points[0].x must be a number, not Infinity."),
        ({"points": [{"x": 10**400}]}, "points[0].x must be a number, not 1000"),
        ({"points": [{"x": 1, "y": 2}]}, "points[0].y must be a number from -1 to 1, not 2."),
        ({"points": [{"x": 1, "y": 1}]}, "points[0]: x and y must differ."),
        ({"row": {}}, "row must be a list of 2 to 3 items, not an object."),
        ({"by_colour": {"pink": 1}}, 'by_colour has the unusable name "pink": it must be one of r'),
        ({"by_colour": {"red": "a"}}, 'by_colour.red must be a number, not "a".'),
        ({"by_word": {"a b": 1}}, 'by_word has the unusable name "a b": it must be a word.'),
        ({"by_word": dict.fromkeys("abcd", 1)}, "by_word must be an object of at most 3 entries"),
        ({"free": {"a": [1, {"b": math.inf}]}}, "free.a[1].b must be a finite number."),
        ({"free": {"a": "\x1b"}}, "free.a holds a text with control characters."),
        ({"folder": 1}, "folder must be a text, not 1."),
        ({"taken": "soon"}, 'taken must be a time such as 2030-01-31T12:00:00, not "soon".'),
        ({"data": "?"}, 'data must be a text in Base64, not "?".'),
        ({"nmae": "x"}, "nmae is not a known key (known are name, count, "),
    ],
)
def test_each_mistake_is_named(change: dict[str, Any], sentence: str) -> None:
    said = refusal(Everything, LEAST | change)
    assert said.startswith(sentence)
    assert said.endswith(".")


def test_a_sentence_begins_where_the_caller_says_and_is_raised_as_it_wants() -> None:
    assert refusal(Point, [], where="here") == "here must be an object, not a list."
    assert refusal(Point, None) == "the file must be an object, not null."
    assert refusal(Point, {}, where="here") == "here.x is missing."
    assert refusal(Point, {"x": 0}) == "x and y must differ."
    with pytest.raises(BundleError, match=r"^a file: x is missing\."):
        decode(Point, {}, refuse=lambda said: BundleError(f"a file: {said}", code="x"))


def test_complete_files_lack_only_what_may_be_left_out() -> None:
    whole = {key: item for key, item in encode(FULL).items() if key != "note"}
    assert decode(Everything, whole, complete=True).note == "none"
    del whole["on"]
    assert refusal(Everything, whole, complete=True) == "on is missing."


def test_unknown_keys_are_ignored_where_the_caller_wants_it() -> None:
    found = decode(
        Everything, {**LEAST, "shape": {**LEAST["shape"], "new": 1}}, ignore_unknown=True
    )
    assert found.shape.radius == 1.0


@dataclass(frozen=True, slots=True)
class Kept:
    size: Annotated[int, Range(1, 9)] = 3
    rest: Annotated[Mapping[str, Any], Rest()] = field(default_factory=dict)


def test_unknown_keys_are_kept_and_written_back() -> None:
    kept = decode(Kept, {"size": 2, "new": [1]})
    assert kept == Kept(2, {"new": [1]})
    assert encode(kept) == {"new": [1], "size": 2}


def test_a_bad_value_falls_back_to_its_default_with_a_warning() -> None:
    said: list[str] = []
    assert decode(Kept, {"size": 99}, warn=said.append) == Kept()
    assert said == ["size must be a whole number from 1 to 9, not 99."]
    with pytest.raises(ValueError, match="x is missing"):
        decode(Point, {}, warn=said.append)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["red", "round", "AP8=", "2030-01-31"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.sampled_from(["x", "w", "kind"]), inner)
    ),
    max_leaves=8,
)
changes = st.dictionaries(st.sampled_from([*encode(FULL), "else"]), json_values, max_size=3)


@settings(max_examples=500, deadline=None)
@given(change=changes, whole=st.none() | json_values, lenient=st.booleans())
def test_any_value_is_read_or_refused_in_one_sentence(
    change: dict[str, Any], whole: object, lenient: bool
) -> None:
    value = {**encode(FULL), **change} if whole is None else whole
    said: list[str] = []
    try:
        found = decode(
            Everything,
            value,
            refuse=lambda sentence: BundleError(sentence, code="x"),
            warn=said.append if lenient else None,
        )
    except BundleError as error:
        said.append(str(error))
    else:
        # Thirds of other numbers do not come back.
        if found.tripled % 3 == 0:
            assert decode(Everything, encode(found)) == found
    for sentence in said:
        assert sentence.endswith(".")
        assert "\n" not in sentence
        assert len(sentence) < 400
