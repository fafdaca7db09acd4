"""Strict reading of JSON values: every surprise becomes one sentence that names the key.

Used for `bundle.json`, which may come from a stranger: nothing is coerced, numbers are finite
and bounded, unknown and missing keys are refused.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, TypeVar

from geoguess_app.core.errors import BundleError

MANIFEST_FILE = "bundle.json"
MAX_SIZE = 1_000_000
"""Largest layer, head or partition that a manifest may declare."""
NAME_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
"""Names of trunks, networks, heads and partitions: safe in file names and parameter names."""
MAX_DEPTH = 32
"""How deeply lists and objects may nest."""

Value = TypeVar("Value")


def refuse(sentence: str) -> NoReturn:
    """Raise the BundleError for a manifest that says something impossible."""
    raise BundleError(f"{MANIFEST_FILE}: {sentence}", code="manifest")


def shown(value: object) -> str:
    """A short form of a value from the file, safe to put into a sentence."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


class Fields:
    """One JSON object, read key by key; ``close`` refuses what nobody asked for."""

    def __init__(self, value: object, where: str) -> None:
        self.where = where
        if not isinstance(value, dict):
            refuse(f"{where or 'the file'} must be an object, not {shown(value)}.")
        self._values: dict[str, Any] = value
        self._seen: set[str] = set()

    def name(self, key: str) -> str:
        """The key with its path, as the user would look for it."""
        return f"{self.where}.{key}" if self.where else key

    def fail(self, key: str, wanted: str) -> NoReturn:
        """Refuse the key's value, saying what was wanted."""
        refuse(f"{self.name(key)} must be {wanted}, not {shown(self._values.get(key))}.")

    def has(self, key: str) -> bool:
        """True when the key is there and not null."""
        self._seen.add(key)
        return self._values.get(key) is not None

    def raw(self, key: str) -> object:
        """The value as JSON gave it; a missing key is refused."""
        self._seen.add(key)
        if key not in self._values:
            refuse(f"{self.name(key)} is missing.")
        return self._values[key]

    def text(self, key: str, *, longest: int = 200, empty: bool = False) -> str:
        """A printable string."""
        value = self.raw(key)
        if not isinstance(value, str) or len(value) > longest or not (value or empty):
            self.fail(key, f"a text of {0 if empty else 1} to {longest} characters")
        if not is_printable(value):
            self.fail(key, "a text without control characters")
        return value

    def identifier(self, key: str) -> str:
        """A short name of letters, digits, _ and -."""
        value = self.raw(key)
        if not isinstance(value, str) or not NAME_PATTERN.fullmatch(value):
            self.fail(key, "a name of letters, digits, _ and -")
        return value

    def choice(self, key: str, choices: Iterable[str]) -> str:
        """One of the given words."""
        value, allowed = self.raw(key), sorted(choices)
        if not isinstance(value, str) or value not in allowed:
            self.fail(key, f"one of {', '.join(allowed)}")
        return value

    def integer(self, key: str, low: int = 1, high: int = MAX_SIZE) -> int:
        """A whole number, bounds included."""
        value = self.raw(key)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.fail(key, f"a whole number from {low} to {high}")
        return value

    def number(self, key: str, low: float, high: float) -> float:
        """A finite number, bounds included."""
        value = self.raw(key)
        if not is_number(value) or not low <= value <= high:  # type: ignore[operator]
            self.fail(key, f"a number from {low:g} to {high:g}")
        return float(value)  # type: ignore[arg-type]

    def numbers(self, key: str, count: int, low: float, high: float) -> tuple[float, ...]:
        """A list of so many finite numbers, bounds included."""
        value = self.raw(key)
        fine = isinstance(value, list) and len(value) == count
        if not fine or not all(is_number(v) and low <= v <= high for v in value):  # type: ignore[attr-defined]
            self.fail(key, f"a list of {count} numbers from {low:g} to {high:g}")
        return tuple(float(v) for v in value)  # type: ignore[attr-defined]

    def items(
        self, key: str, read: Callable[[object, str], Value], *, most: int
    ) -> tuple[Value, ...]:
        """A list, each item read by ``read(value, where)``."""
        value = self.raw(key)
        if not isinstance(value, list) or len(value) > most:
            self.fail(key, f"a list of at most {most} items")
        return tuple(read(item, f"{self.name(key)}[{i}]") for i, item in enumerate(value))

    def named(
        self, key: str, read: Callable[[object, str], Value], *, most: int
    ) -> dict[str, Value]:
        """An object from names to values, each read by ``read(value, where)``."""
        value = self.raw(key)
        if not isinstance(value, dict) or len(value) > most:
            self.fail(key, f"an object of at most {most} entries")
        for name in value:
            if not NAME_PATTERN.fullmatch(name):
                refuse(f"{self.name(key)} has the unusable name {shown(name)}.")
        return {name: read(item, f"{self.name(key)}.{name}") for name, item in value.items()}

    def free(self, key: str) -> dict[str, Any]:
        """An object of any finite content, no deeper than MAX_DEPTH."""
        value = self.raw(key)
        if not isinstance(value, dict):
            self.fail(key, "an object")
        check_free(value, self.name(key))
        return value

    def close(self) -> None:
        """Refuse keys that nobody has read: a misspelt key must not be silently ignored."""
        unknown = sorted(set(self._values) - self._seen)
        if unknown:
            refuse(f"{self.name(shown(unknown[0]).strip(chr(34)))} is not a known key.")


def is_number(value: object) -> bool:
    """True for a finite int or float; JSON's true and false are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e300 and math.isfinite(value)


def check_free(value: object, where: str, depth: int = 0) -> None:
    """Refuse numbers that are not finite, unprintable text and nesting beyond MAX_DEPTH."""
    if depth > MAX_DEPTH:
        refuse(f"{where} is nested too deeply.")
    if isinstance(value, dict):
        for key, item in value.items():
            check_free(key, where)
            check_free(item, f"{where}.{key[:60]}", depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_free(item, f"{where}[{index}]", depth + 1)
    elif isinstance(value, str):
        if not is_printable(value):
            refuse(f"{where} holds a text with control characters.")
    elif isinstance(value, int | float) and not isinstance(value, bool) and not is_number(value):
        refuse(f"{where} must be a finite number.")


def is_printable(text: str) -> bool:
    """True for text without control characters (line breaks and tabs are fine)."""
    return all(c.isprintable() or c in "\n\t" for c in text)
