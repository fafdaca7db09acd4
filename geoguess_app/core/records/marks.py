"""Marks of a field in ``Annotated``: bounds, and how its value stands in the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of a number, both included."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Text:
    """The number of characters that a text may have; none of them may be a control character."""

    longest: int
    shortest: int = 1


@dataclass(frozen=True, slots=True)
class Count:
    """The number of items that a list or an object may have."""

    most: int
    least: int = 0


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of some words that are a constant of the program, so that no Literal can name them."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A further condition, and what it wants, in words that follow "must be"."""

    holds: Callable[[Any], object]
    wanted: str


@dataclass(frozen=True, slots=True)
class Via:
    """A mark for a value that stands as one of another kind in the file.

    ``read`` makes the field's value of it and may raise ValueError or GeoGuessError; ``write`` is
    its inverse. ``wanted`` follows "must be"; without it the error's own words are passed on.
    """

    kind: Any
    read: Callable[[Any], Any]
    write: Callable[[Any], Any]
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A dataclass, and those inside it, as lists of their values instead of objects."""


@dataclass(frozen=True, slots=True)
class Free:
    """Any JSON values: finite numbers, printable texts, not nested too deeply."""


@dataclass(frozen=True, slots=True)
class Key:
    """The field's name in the file, where it is another."""

    name: str


@dataclass(frozen=True, slots=True)
class OmitDefault:
    """The key is left out of the file where the value is the default."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The last field keeps all keys that are not known; they are written back as they were."""


@dataclass(frozen=True, slots=True)
class When:
    """The key is there where an earlier field has one of these values, and only there."""

    field: str
    values: tuple[object, ...]
