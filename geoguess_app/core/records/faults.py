"""Faults: what is wrong with a value from a file, and where it stands there."""

from __future__ import annotations

import json
from collections.abc import Mapping

_MAX_DEPTH = 32
"""How deeply lists and objects of free content may nest."""


class Fault(Exception):
    """A fault, and the path to it, which grows on the way outwards."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what, self.path = what, ""

    def under(self, step: str) -> Fault:
        """The same, one step further out."""
        self.path = step + self.path
        return self

    def sentence(self, where: str = "") -> str:
        """One sentence; ``where`` begins the path."""
        place = f"{where}{self.path}".removeprefix(".")
        if self.what.startswith(": "):
            return f"{place}{self.what}." if place else f"{self.what[2:]}."
        return f"{place or 'the file'} {self.what}."


def wrong_kind(wanted: str, value: object) -> Fault:
    """The fault of a value that should be something else."""
    return Fault(f"must be {wanted}, not {quote(value)}")


def quote(value: object) -> str:
    """A short form of a value from a file, safe to put into a sentence."""
    if isinstance(value, Mapping | list | tuple):
        return "an object" if isinstance(value, Mapping) else "a list"
    try:
        text = json.dumps(value, default=str)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}…"


def key_step(key: object) -> str:
    """A key as a step of a path."""
    return "." + quote(key).strip('"')


def is_printable(text: str) -> bool:
    """Tell whether this is text without control characters (line breaks and tabs are fine)."""
    return text.isprintable() or all(c.isprintable() or c in "\n\t" for c in text)


def check_free(value: object, depth: int = 0) -> None:
    """Raise Fault for numbers that are not finite, unprintable text and too deep nesting."""
    if depth > _MAX_DEPTH:
        raise Fault("is nested too deeply")
    if isinstance(value, Mapping):
        for key, item in value.items():
            check_free(key)
            try:
                check_free(item, depth + 1)
            except Fault as fault:
                raise fault.under(key_step(key)) from None
    elif isinstance(value, list):
        for index, item in enumerate(value):
            try:
                check_free(item, depth + 1)
            except Fault as fault:
                raise fault.under(f"[{index}]") from None
    elif isinstance(value, str) and not is_printable(value):
        raise Fault("holds a text with control characters")
    elif isinstance(value, int | float) and not abs(value) < 1e300:
        raise Fault("must be a finite number")
