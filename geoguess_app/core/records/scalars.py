"""Forms of single values: numbers, texts, words of a list."""

from __future__ import annotations

import base64
import math
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.records.faults import Fault, check_free, is_printable, wrong_kind
from geoguess_app.core.records.marks import Check, Range, Text, Via

REFUSED = (ValueError, OverflowError, GeoGuessError)
"""What constructors and conversions raise for values that cannot be."""


class How(NamedTuple):
    """The options of one ``decode``."""

    complete: bool
    ignore_unknown: bool
    warn: Callable[[str], None] | None


class Form(NamedTuple):
    """The form of one type hint's values in files; reading raises Fault."""

    read: Callable[[Any, How], Any]
    write: Callable[[Any], Any]


def unchanged_form(value: Any) -> Any:
    """Take what stands in the file as the value."""
    return value


def number(kind: type, bounds: Range | None = None) -> Form:
    """Read a finite number. A whole one may stand for a float; nothing else is converted."""
    whole, largest = kind is int, sys.float_info.max
    accepted = (int,) if whole else (float, int)
    wanted = "a whole number" if whole else "a number"
    if bounds:
        wanted += f" from {_figure(bounds.least)} to {_figure(bounds.most)}"
    elif not whole:
        bounds = Range(-largest, largest)

    least, most = (bounds.least, bounds.most) if bounds else (-math.inf, math.inf)

    def read(value: Any, how: How) -> Any:
        # Not a number is in no range; infinity is beyond the largest; true and false are neither.
        if type(value) in accepted and least <= value <= most:
            return value if whole else float(value)
        raise wrong_kind(wanted, value)

    return Form(read, unchanged_form)


def _figure(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def text(bounds: Text) -> Form:
    """Read a printable text within its bounds."""
    wanted = f"a text of {bounds.shortest} to {bounds.longest} characters"

    def read(value: Any, how: How) -> Any:
        if not isinstance(value, str) or not bounds.shortest <= len(value) <= bounds.longest:
            raise wrong_kind(wanted, value)
        if not is_printable(value):
            raise wrong_kind("a text without control characters", value)
        return value

    return Form(read, unchanged_form)


def choice(values: Mapping[Any, Any]) -> Form:
    """Read one of some values, given by what stands for them in the file."""
    wanted = f"one of {', '.join(map(str, values))}"
    kinds = {type(value) for value in values}

    def read(value: Any, how: How) -> Any:
        if type(value) in kinds and value in values:  # true does not stand for 1
            return values[value]
        raise wrong_kind(wanted, value)

    return Form(read, lambda value: value.value if isinstance(value, StrEnum) else value)


def optional_form(form: Form) -> Form:
    """Extend a form to null, which is None."""
    read, write = form
    return Form(
        lambda value, how: None if value is None else read(value, how),
        unchanged_form
        if write is unchanged_form
        else lambda value: None if value is None else write(value),
    )


def restrict_form(check: Check, form: Form) -> Form:
    """Restrict a form to values for which a condition holds."""

    def read(value: Any, how: How) -> Any:
        found = form.read(value, how)
        if not check.holds(found):
            raise wrong_kind(check.wanted, value)
        return found

    return Form(read, form.write)


def free(form: Form) -> Form:
    """Restrict a form to finite numbers and printable texts, however deep inside."""

    def read(value: Any, how: How) -> Any:
        found = form.read(value, how)
        check_free(found)
        return found

    return Form(read, form.write)


def convert_form(way: Via, form: Form) -> Form:
    """Convert what ``form`` reads, and convert back before it writes."""

    def read(value: Any, how: How) -> Any:
        found = form.read(value, how)
        try:
            return way.read(found)
        except REFUSED as error:
            raise wrong_kind(way.wanted, value) if way.wanted else refusal(error) from error

    return Form(read, lambda value: form.write(way.write(value)))


def refusal(error: Exception) -> Fault:
    """Return the fault of parts that do not go together, in the error's own words."""
    return Fault(f": {str(error).rstrip('.')}")


def _plain(kind: Any, wanted: str) -> Form:
    def read(value: Any, how: How) -> Any:
        if isinstance(value, kind):
            return value
        raise wrong_kind(wanted, value)

    return Form(read, unchanged_form)


def _bytes(value: str) -> bytes:
    return base64.b64decode(value, validate=True)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


_TEXT = _plain(str, "a text")
PLAIN: Mapping[Any, Form] = {
    Any: Form(lambda value, how: value, unchanged_form),
    object: Form(lambda value, how: value, unchanged_form),
    str: _TEXT,
    bool: _plain(bool, "true or false"),
    int: number(int),
    float: number(float),
    Path: convert_form(Via(str, Path, str), _TEXT),
    bytes: convert_form(Via(str, _bytes, _base64, "a text in Base64"), _TEXT),
    date: convert_form(
        Via(str, date.fromisoformat, date.isoformat, "a day such as 2030-01-31"), _TEXT
    ),
    datetime: convert_form(
        Via(str, datetime.fromisoformat, datetime.isoformat, "a time such as 2030-01-31T12:00:00"),
        _TEXT,
    ),
}
"""Type hints that stand for themselves."""
