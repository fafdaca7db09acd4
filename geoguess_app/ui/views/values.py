"""Parts of a view's file: dataclasses whose types say what a stranger's file may hold."""

from __future__ import annotations

import os
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any, TypeVar

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.records.forms import decode, encode
from geoguess_app.core.records.marks import Check, Range, Text, Via
from geoguess_app.files.relative import relative_name

Part = TypeVar("Part")
_folder: ContextVar[Path] = ContextVar("folder of the view that is read or written")


class ViewError(GeoGuessError):
    """A view that cannot be read, or speaks of what is not there."""


def read_part(kind: type[Part], found: object, source: Path, where: str = "state") -> Part:
    """Read a part of the view in ``source``; absent keys take their defaults. Raises ViewError."""
    token = _folder.set(source.absolute().parent)
    try:
        return decode(
            kind,
            found,
            where=where,
            refuse=lambda said: ViewError(
                f"{source}: {said.removesuffix('.')}; save the view again.", code="wrong"
            ),
            ignore_unknown=True,
        )
    finally:
        _folder.reset(token)


def write_part(part: object, folder: Path) -> dict[str, Any]:
    """Return a part as JSON values, for a file in that folder."""
    token = _folder.set(folder)
    try:
        written: dict[str, Any] = encode(part)
        return written
    finally:
        _folder.reset(token)


def resolve_path(name: str, folder: Path) -> Path | None:
    """The path that a name in a view means; None for a machine's share, which opening would ask."""
    if name.replace("\\", "/").startswith("//") or "\0" in name or not name:
        return None
    return Path(os.path.normpath(folder / name))


def _resolve(name: str) -> Path:
    found = resolve_path(name, _folder.get())
    if found is None:
        raise ValueError("not a path on this computer")
    return found


def _relative(path: Path) -> str:
    return relative_name(path, _folder.get())


_ON_THIS_COMPUTER = "a path on this computer"
ViewPath = Annotated[Path, Via(str, _resolve, _relative, _ON_THIS_COMPUTER)]
"""Absolute here, and relative to the view's file inside it."""
OptionalViewPath = Annotated[
    Path | None,
    Via(
        str | None,
        lambda name: _resolve(name) if name else None,
        lambda path: _relative(path) if path is not None else "",
        _ON_THIS_COMPUTER,
    ),
]
"""None: an empty name."""
Word = Annotated[str, Text(200, shortest=0)]
Words = Annotated[str, Text(500, shortest=0)]
FileName = Annotated[str, Check(lambda name: len(name) <= 4000, "at most 4000 characters long")]
Latitude = Annotated[float, Range(-90.0, 90.0)]
Longitude = Annotated[float, Range(-180.0, 180.0)]
