"""Raster tiles out of one local file: MBTiles (SQLite) or PMTiles."""

from __future__ import annotations

import re
import sqlite3
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from geoguess_app.core.errors import GeoGuessError

RASTER_FORMATS = ("png", "jpg", "jpeg", "webp", "avif")
_SQLITE_MAGIC = b"SQLite format 3\0"
_PMTILES_MAGIC = b"PMTiles"
_DEEPEST_ZOOM = 22
DAMAGED = (
    *(sqlite3.Error, OSError, ValueError, LookupError, EOFError, zlib.error, struct.error),
    *(TypeError, OverflowError, MemoryError),  # values of other types, sizes beyond all measure
)
"""What reading a damaged tile file may raise."""


class TileError(GeoGuessError):
    """A tile file or address that cannot be used; one sentence for the user."""


@dataclass(frozen=True, slots=True)
class TileFacts:
    """The facts that the map must know about a source of tiles."""

    name: str
    """A file's name or a host."""
    least_zoom: int
    most_zoom: int
    attribution: str
    """Plain text; "" where the source says nothing."""


class TileFile(Protocol):
    """Tiles of the usual square grid of Web Mercator (XYZ: y counts downwards from the north)."""

    facts: TileFacts

    def tile(self, zoom: int, x: int, y: int) -> bytes | None:
        """One tile as PNG, JPEG, WebP or AVIF; None where the file has none."""

    def close(self) -> None:
        """Let go of the file."""


def open_tile_file(path: Path) -> TileFile:
    """An MBTiles or PMTiles file, told apart by content.

    Raises TileError where it is neither, is broken, or holds vector tiles, which are not drawn.
    """
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise TileError(f"Could not read {path}: {error.strerror}.", code="unreadable") from error
    if start.startswith(_SQLITE_MAGIC):
        return MBTiles(path)
    if start.startswith(_PMTILES_MAGIC):
        return PMTiles(path)
    raise TileError(
        f"{path.name} is not an MBTiles or PMTiles file; choose one with raster tiles.",
        code="not-tiles",
    )


class MBTiles:
    """An SQLite file as the MBTiles specification 1.3 describes (rows count from the south)."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            facts: dict[str, str] = dict(self._file.execute("SELECT name, value FROM metadata"))
            row = self._file.execute("SELECT min(zoom_level), max(zoom_level) FROM tiles")
            least, most = row.fetchone()
            if least is None:
                raise TileError(f"{path.name} contains no tiles.", code="not-tiles")
            _refuse_vectors(path, facts.get("format", "png"))
            self.facts = TileFacts(
                path.name, int(least), int(most), plain_attribution(facts.get("attribution", ""))
            )
        except DAMAGED as error:
            self.close()
            raise TileError(
                f"{path.name} is not a valid MBTiles file: {error}.", code="not-tiles"
            ) from error
        except TileError:
            self.close()
            raise

    def tile(self, zoom: int, x: int, y: int) -> bytes | None:
        found = self._file.execute(
            "SELECT tile_data FROM tiles WHERE zoom_level=? AND tile_column=? AND tile_row=?",
            (zoom, x, (1 << zoom) - 1 - y),
        ).fetchone()
        return None if found is None else bytes(found[0])

    def close(self) -> None:
        self._file.close()


class PMTiles:
    """A PMTiles archive of version 3."""

    def __init__(self, path: Path) -> None:
        from pmtiles import reader as library
        from pmtiles import tile

        untyped: Any = library
        try:
            with path.open("rb") as file:
                self._reader = untyped.Reader(untyped.MmapSource(file))
            header: dict[str, Any] = self._reader.header()
            facts = self._reader.metadata()
        except (*DAMAGED, tile.SpecVersionUnsupported, tile.MagicNumberNotFound) as error:
            raise TileError(f"{path.name} is damaged.", code="not-tiles") from error
        _refuse_vectors(path, str(getattr(header["tile_type"], "name", "unknown")))
        self.facts = TileFacts(
            path.name,
            int(header["min_zoom"]),
            min(int(header["max_zoom"]), _DEEPEST_ZOOM),
            plain_attribution(str(facts.get("attribution", "")) if isinstance(facts, dict) else ""),
        )

    def tile(self, zoom: int, x: int, y: int) -> bytes | None:
        found = self._reader.get(zoom, x, y)
        return None if found is None else bytes(found)

    def close(self) -> None:
        """The archive is mapped into memory and let go of with this object."""


def plain_attribution(text: str) -> str:
    """Attribution as plain text: sources write it with links."""
    without_tags = re.sub(r"<[^>]*>", "", text)
    entities = {"&copy;": "©", "&amp;": "&", "&nbsp;": " ", "&lt;": "<", "&gt;": ">"}
    for entity, character in entities.items():
        without_tags = without_tags.replace(entity, character)
    return " ".join(without_tags.split())[:200]


def source_payload(facts: TileFacts, key: str) -> dict[str, object]:
    """Return what the page is told; ``key`` keeps tiles of different sources apart."""
    zooms: dict[str, object] = {"least": facts.least_zoom, "most": facts.most_zoom}
    return {"key": key, **zooms, "attribution": facts.attribution or facts.name}


def _refuse_vectors(path: Path, form: str) -> None:
    if form.lower() not in RASTER_FORMATS:
        raise TileError(
            f"{path.name} contains {form} tiles, which are not supported; "
            "choose a file with raster tiles (PNG, JPEG or WebP).",
            code="vector-tiles",
        )
