"""Values out of a view's file, each checked; what is wrong is one sentence."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.types import Coordinate

Bounds = Sequence[tuple[float, float]]
"""Least and most of each of some numbers."""
_WORD = 200


class ViewError(GeoGuessError):
    """A view that cannot be read, or speaks of what is not there."""


class ViewValues:
    """One part of a view. What is absent has its default; what makes no sense is a ViewError."""

    def __init__(self, source: Path, found: Mapping[str, Any]) -> None:
        self._source, self._found = source, found

    def wrong(self, what: str) -> ViewError:
        """The error for something that cannot be."""
        return ViewError(f"{self._source}: {what} is not valid; save the view again.", code="wrong")

    def has(self, name: str) -> bool:
        """Tell whether there is anything by that name."""
        return self._found.get(name) is not None

    def part(self, name: str) -> ViewValues:
        """Values inside; none of them where the part is absent."""
        return ViewValues(self._source, self.mapping(name))

    def mapping(self, name: str) -> dict[str, Any]:
        """The same, not looked into yet."""
        value = self._found.get(name, {})
        if not isinstance(value, dict):
            raise self.wrong(f"the section “{name}”")
        return value

    def parts(self, name: str, most: int) -> list[ViewValues]:
        """A list of parts."""
        found = self._list(name, most)
        if not all(isinstance(value, dict) for value in found):
            raise self.wrong(f"the list “{name}”")
        return [ViewValues(self._source, value) for value in found]

    def text(self, name: str, most: int = 500) -> str:
        """At most so many letters."""
        value = self._found.get(name, "")
        if not isinstance(value, str) or len(value) > most:
            raise self.wrong(f"“{name}”")
        return value

    def choice(self, name: str, choices: Collection[str], default: str = "") -> str:
        """One of some words."""
        value = self.text(name) if self.has(name) else default
        if value != default and value not in choices:
            raise self.wrong(f"“{name}” ({value[:40]})")
        return value

    def choices(self, name: str, choices: Collection[str]) -> tuple[str, ...]:
        """Some of some words."""
        found = self._list(name, len(choices))
        if not all(isinstance(value, str) and value in choices for value in found):
            raise self.wrong(f"“{name}”")
        return tuple(found)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self._found.get(name, default)
        if not isinstance(value, bool):
            raise self.wrong(f"“{name}”")
        return value

    def number(self, name: str, least: float, most: float, default: float | None = None) -> float:
        """Between two bounds; without a default it has to be there."""
        return self._number(name, self._found.get(name, default), least, most)

    def whole(self, name: str, least: int, most: int, default: int) -> int:
        """A whole number between two bounds."""
        value = self._number(name, self._found.get(name, default), least, most)
        if not value.is_integer():
            raise self.wrong(f"“{name}”")
        return int(value)

    def numbers(self, name: str, bounds: Bounds) -> tuple[float, ...]:
        """A list of numbers, each between its bounds."""
        found = self._list(name, len(bounds))
        if len(found) != len(bounds):
            raise self.wrong(f"“{name}”")
        pairs = zip(found, bounds, strict=True)
        return tuple(self._number(name, value, *bound) for value, bound in pairs)

    def position(self) -> Coordinate:
        """The values “latitude” and “longitude”."""
        latitude_deg = self.number("latitude", -90.0, 90.0)
        return Coordinate(latitude_deg, self.number("longitude", -180.0, 180.0))

    def path(self, name: str) -> Path | None:
        """An absolute path, None where there is none."""
        value = self._found.get(name)
        return None if value is None or value == "" else self._path(value)

    def paths(self, name: str, most: int, what: str = "") -> tuple[Path, ...]:
        """A list of paths, called ``what`` in a sentence."""
        found = self._list(name, most, what)
        return tuple(self._path(value) for value in found)

    def texts(self, name: str, most: int) -> tuple[str, ...]:
        """A list of words."""
        found = self._list(name, most)
        if not all(isinstance(value, str) and len(value) <= _WORD for value in found):
            raise self.wrong(f"the list “{name}”")
        return tuple(found)

    def points(self, name: str, most: int, bounds: Bounds) -> tuple[tuple[float, ...], ...]:
        """A list of lists of numbers, all with the same bounds."""
        found = self._list(name, most)
        return tuple(
            ViewValues(self._source, {name: value}).numbers(name, bounds) for value in found
        )

    def _list(self, name: str, most: int, what: str = "") -> list[Any]:
        value = self._found.get(name, [])
        if not isinstance(value, list) or len(value) > most:
            raise self.wrong(what or f"the list “{name}”")
        return value

    def _number(self, name: str, value: object, least: float, most: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(f"“{name}”")
        if not least <= value <= most:  # neither is what is no number
            raise self.wrong(f"“{name}” ({str(value)[:20]})")
        return float(value)

    def _path(self, name: object) -> Path:
        folder = self._source.absolute().parent
        found = resolve_path(name, folder) if isinstance(name, str) else None
        if found is None:
            raise self.wrong("a path")
        return found


def relative_name(path: Path, folder: Path) -> str:
    """As seen from a folder, so that files may move together; absolute from another drive."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.absolute().as_posix()


def resolve_path(name: str, folder: Path) -> Path | None:
    """The path that a name in a view means; None for a machine's share, which opening would ask."""
    if name.replace("\\", "/").startswith("//") or "\0" in name or not name:
        return None
    return Path(os.path.normpath(folder / name))
