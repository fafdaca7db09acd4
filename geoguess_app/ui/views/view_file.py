"""A ``.geoview`` file: mode, place and zoom of the map, its layer, the photos, the mode's choices.

JSON. Such files are passed on, so one is read as if a stranger had written it: every value is
checked, nothing is loaded from the network, and no model is changed by opening one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from geoguess_app import __version__
from geoguess_app.core.records.marks import Count, Range
from geoguess_app.core.types import Coordinate
from geoguess_app.files.atomic import atomic_text_file
from geoguess_app.ui.views.values import (
    Latitude,
    Longitude,
    OptionalViewPath,
    ViewError,
    ViewPath,
    Words,
    read_part,
    write_part,
)

SUFFIX = ".geoview"
FORMAT = "geoguess-view"
FORMAT_VERSION = 1
MOST_PHOTOS = 20_000
_MOST_BYTES = 8_000_000
_Pixels = Annotated[int, Range(0, 100_000)]


@dataclass(frozen=True, slots=True)
class ViewFile:
    """The contents of a view; paths are absolute here, and relative to the file inside it."""

    mode: str
    center: Coordinate
    zoom: float
    layer: str = ""
    size: tuple[int, int] = (0, 0)
    """Width and height of the map in pixels; 0 where nobody knows."""
    display: Mapping[str, Any] = field(default_factory=dict)
    model: str = ""
    """Name of the model that the view was made with."""
    photos: tuple[Path, ...] = ()
    """Of the list."""
    photo: Path | None = None
    """The one that was looked at."""
    state: Mapping[str, Any] = field(default_factory=dict)
    """The mode's own choices."""


@dataclass(frozen=True, slots=True)
class _MapPart:
    latitude: Latitude
    longitude: Longitude
    zoom: Annotated[float, Range(0.0, 22.0)]
    width: _Pixels = 0
    height: _Pixels = 0
    layer: Words = ""
    display: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Content:
    """The file but for what every version of it begins with."""

    mode: Words
    map: _MapPart
    model: Words = ""
    photos: Annotated[tuple[ViewPath, ...], Count(MOST_PHOTOS)] = ()
    photo: OptionalViewPath | None = None
    state: Mapping[str, Any] = field(default_factory=dict)


def write_view(path: Path, view: ViewFile) -> None:
    """Write the file, whole or not at all; raises ViewError."""
    where = _MapPart(
        view.center.latitude_deg,
        view.center.longitude_deg,
        view.zoom,
        *view.size,
        view.layer,
        view.display,
    )
    content = _Content(view.mode, where, view.model, view.photos, view.photo, view.state)
    head = {"format": FORMAT, "format_version": FORMAT_VERSION, "program": __version__}
    written = head | write_part(content, path.absolute().parent)
    try:
        with atomic_text_file(path) as stream:
            json.dump(written, stream, indent=1, allow_nan=False)
    except OSError as error:
        raise ViewError(
            f"{path}: cannot be written ({error.strerror or error}).", code="unwritable"
        ) from error


def read_view(path: Path) -> ViewFile:
    """Read and check a file; raises ViewError with one sentence."""
    found = _json(path)
    if found.get("format_version") != FORMAT_VERSION:
        raise ViewError(
            f"{path}: saved by another version of the program (format "
            f"{found.get('format_version')!r}); save it again with this version.",
            code="version",
        )
    content = read_part(_Content, found, path, where="")
    where = content.map
    return ViewFile(
        mode=content.mode,
        center=Coordinate(where.latitude, where.longitude),
        zoom=where.zoom,
        size=(where.width, where.height),
        layer=where.layer,
        display=where.display,
        model=content.model,
        photos=content.photos,
        photo=content.photo,
        state=content.state,
    )


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
        raise ViewError(f"{path}: not a GeoGuess view.", code="foreign")
    return found
