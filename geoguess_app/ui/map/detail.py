"""Coasts, waters and towns of near views, as the map page fetches them from one packed file."""

from __future__ import annotations

import json
import struct
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

from geoguess_app.core.geo.mercator import world_points
from geoguess_app.core.types import Coordinate
from geoguess_app.paths import resource_dir

PREFIX = "detail/"
WORLD = f"{PREFIX}world.json"
"""Lakes, main rivers and states for views of countries."""
NEAR_FROM_ZOOM = 7.5
"""From here on the page asks for tiles; see detail.js."""
_TILE_ZOOM = 7
_LENGTH = struct.Struct("<I")
_EMPTY = b'{"land":[],"rivers":[],"states":[],"towns":[]}'


class DetailFile:
    """A reader of ``resources/map/data/detail.bin``; see tools/build_detail.py for its form.

    Nothing is read before it is asked for. Safe to use from several threads.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file or resource_dir() / "map/data/detail.bin"
        self._lock = threading.Lock()
        self._index: dict[str, tuple[int, int]] | None = None
        self._start = 0

    def content(self, path: str) -> bytes:
        """Return the JSON under ``detail/world.json`` or ``detail/7/x/y.json``, empty for open
        sea."""
        name = path.removeprefix(PREFIX).removesuffix(".json")
        with self._lock, self._file.open("rb") as stream:
            if self._index is None:
                (length,) = _LENGTH.unpack(stream.read(_LENGTH.size))
                self._index = json.loads(zlib.decompress(stream.read(length)))
                self._start = stream.tell()
            if name not in self._index:
                return _EMPTY
            offset, length = self._index[name]
            stream.seek(self._start + offset)
            return zlib.decompress(stream.read(length))


def tiles_around(center: Coordinate, zoom: float, width_px: int, height_px: int) -> Iterator[str]:
    """Yield the paths of all tiles that a near view shows; none for a far one."""
    if zoom < NEAR_FROM_ZOOM:
        return
    count = 2**_TILE_ZOOM
    x, y = (count * world_points(center.latitude_deg, center.longitude_deg)).tolist()
    half = [size / 2 / (256 * 2 ** (zoom - _TILE_ZOOM)) for size in (width_px, height_px)]
    for row in range(max(0, int(y - half[1])), min(count - 1, int(y + half[1])) + 1):
        for column in range(int(x - half[0] // 1), int(x + half[0]) + 1):
            yield f"{PREFIX}{_TILE_ZOOM}/{column % count}/{row}.json"
