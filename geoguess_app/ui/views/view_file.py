"""A ``.geoview`` file: mode, place and zoom of the map, its layer, the photos, the mode's choices.

JSON. Such files are passed on, so one is read as if a stranger had written it: every value is
checked, nothing is loaded from the network, and no model is changed by opening one.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geoguess_app import __version__
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.types import Coordinate
from geoguess_app.files import replacing

SUFFIX = ".geoview"
FORMAT = "geoguess-view"
FORMAT_VERSION = 1
MOST_PHOTOS = 20_000
_MOST_BYTES = 8_000_000
_MOST_ZOOM = 22.0


class ViewError(GeoGuessError):
    """A view that cannot be read, or speaks of what is not there."""


@dataclass(frozen=True, slots=True)
class ViewFile:
    """What a view says; paths are absolute here, and relative to the file inside it."""

    mode: str
    center: Coordinate
    zoom: float
    layer: str = ""
    display: Mapping[str, Any] = field(default_factory=dict)
    model: str = ""
    """Name of the model that the view was made with."""
    photos: tuple[Path, ...] = ()
    """Of the list."""
    photo: Path | None = None
    """The one that was looked at."""
    state: Mapping[str, Any] = field(default_factory=dict)
    """The mode's own choices."""


def write_view(path: Path, view: ViewFile) -> None:
    """Write the file, whole or not at all; raises ViewError."""
    folder = path.absolute().parent
    content = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "program": __version__,
        "mode": view.mode,
        "map": {
            "latitude": view.center.latitude_deg,
            "longitude": view.center.longitude_deg,
            "zoom": view.zoom,
            "layer": view.layer,
            "display": dict(view.display),
        },
        "model": view.model,
        "photos": [relative(photo, folder) for photo in view.photos],
        "photo": relative(view.photo, folder) if view.photo is not None else None,
        "state": dict(view.state),
    }
    try:
        with replacing(path) as stream:
            json.dump(content, stream, indent=1, allow_nan=False)
    except OSError as error:
        raise ViewError(
            f"{path}: cannot be written ({error.strerror or error}).", code="unwritable"
        ) from error


def read_view(path: Path) -> ViewFile:
    """Read and check a file; raises ViewError with one sentence."""
    found = _json(path)
    if found.get("format_version") != FORMAT_VERSION:
        raise ViewError(
            f"{path}: a view of another version of the program (format "
            f"{found.get('format_version')!r}); save it anew with this one.",
            code="version",
        )
    reader = _Reader(path)
    of_map = reader.part(found, "map")
    photos = found.get("photos", [])
    if not isinstance(photos, list) or len(photos) > MOST_PHOTOS:
        raise reader.wrong("its list of photos")
    photo = found.get("photo")
    return ViewFile(
        mode=reader.text(found, "mode"),
        center=reader.position(of_map),
        zoom=reader.number(of_map, "zoom", 0.0, _MOST_ZOOM),
        layer=reader.text(of_map, "layer"),
        display=reader.part(of_map, "display"),
        model=reader.text(found, "model"),
        photos=tuple(reader.path(name) for name in photos),
        photo=reader.path(photo) if photo is not None else None,
        state=reader.part(found, "state"),
    )


def relative(path: Path, folder: Path) -> str:
    """As seen from a folder, so that files may move together; absolute from another drive."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.absolute().as_posix()


def resolved(name: str, folder: Path) -> Path | None:
    """The path that a name in a view means; None for a machine's share, which opening would ask."""
    if name.startswith(("\\\\", "//")) or "\0" in name or not name:
        return None
    return Path(os.path.normpath(folder / name))


def _json(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ViewError(
            f"{path}: cannot be read ({error.strerror or error}).", code="unreadable"
        ) from error
    try:
        found = json.loads(content) if len(content) <= _MOST_BYTES else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ViewError(f"{path}: not a view that this program has saved.", code="foreign")
    return found


class _Reader:
    """Takes values out of the file, or says which one is wrong."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def wrong(self, what: str) -> ViewError:
        return ViewError(f"{self._path}: {what} makes no sense; save the view anew.", code="wrong")

    def part(self, found: Mapping[str, Any], name: str) -> dict[str, Any]:
        value = found.get(name, {})
        if not isinstance(value, dict):
            raise self.wrong(f"its part “{name}”")
        return value

    def text(self, found: Mapping[str, Any], name: str) -> str:
        value = found.get(name, "")
        if not isinstance(value, str) or len(value) > 500:
            raise self.wrong(f"“{name}”")
        return value

    def number(self, found: Mapping[str, Any], name: str, least: float, most: float) -> float:
        value = found.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(f"“{name}”")
        if not (math.isfinite(value) and least <= value <= most):
            raise self.wrong(f"“{name}” ({value:g})")
        return float(value)

    def position(self, found: Mapping[str, Any]) -> Coordinate:
        latitude = self.number(found, "latitude", -90.0, 90.0)
        return Coordinate(latitude, self.number(found, "longitude", -180.0, 180.0))

    def path(self, name: object) -> Path:
        found = resolved(name, self._path.absolute().parent) if isinstance(name, str) else None
        if found is None:
            raise self.wrong("a path in it")
        return found
