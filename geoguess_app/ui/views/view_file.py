"""A ``.geoview`` file: mode, place and zoom of the map, its layer, the photos, the mode's choices.

JSON. Such files are passed on, so one is read as if a stranger had written it: every value is
checked, nothing is loaded from the network, and no model is changed by opening one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geoguess_app import __version__
from geoguess_app.core.types import Coordinate
from geoguess_app.files.atomic import atomic_text_file
from geoguess_app.ui.views.values import ViewError, ViewValues, relative_name

SUFFIX = ".geoview"
FORMAT = "geoguess-view"
FORMAT_VERSION = 1
MOST_PHOTOS = 20_000
_MOST_BYTES = 8_000_000
_MOST_ZOOM = 22.0
_MOST_PX = 100_000


@dataclass(frozen=True, slots=True)
class ViewFile:
    """What a view says; paths are absolute here, and relative to the file inside it."""

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
            "width": view.size[0],
            "height": view.size[1],
            "layer": view.layer,
            "display": dict(view.display),
        },
        "model": view.model,
        "photos": [relative_name(photo, folder) for photo in view.photos],
        "photo": relative_name(view.photo, folder) if view.photo is not None else None,
        "state": dict(view.state),
    }
    try:
        with atomic_text_file(path) as stream:
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
            f"{path}: saved by another version of the program (format "
            f"{found.get('format_version')!r}); save it again with this version.",
            code="version",
        )
    values = ViewValues(path, found)
    of_map = values.part("map")
    return ViewFile(
        mode=values.text("mode"),
        center=of_map.position(),
        zoom=of_map.number("zoom", 0.0, _MOST_ZOOM),
        size=(of_map.whole("width", 0, _MOST_PX, 0), of_map.whole("height", 0, _MOST_PX, 0)),
        layer=of_map.text("layer"),
        display=of_map.mapping("display"),
        model=values.text("model"),
        photos=values.paths("photos", MOST_PHOTOS, "the list of photos"),
        photo=values.path("photo"),
        state=values.mapping("state"),
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
