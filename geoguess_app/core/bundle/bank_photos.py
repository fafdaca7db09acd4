"""Facts about the single photos in a bundle's bank: whose they are, and how they look.

A table with one line a photo, in the bank's order: ``source`` (a line of the manifest's
``provenance``, from 0; empty where unknown), ``author``, ``thumbnail_bytes``. The thumbnails lie
one after the other in a file of their own, as WebP. Bundles without either are as good as before.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from geoguess_app.core.errors import BundleError

if TYPE_CHECKING:
    from geoguess_app.core.bundle.manifest import Manifest, Provenance
    from geoguess_app.core.bundle.reader import Bundle
    from geoguess_app.core.types import IntArray

THUMBNAIL_PX = 128
"""The longer side of a thumbnail, at most."""
THUMBNAIL_TENSOR = "webp"
BANK_COLUMNS = ("source", "author", "thumbnail_bytes")
_MOST_BYTES = 64_000
"""Of one thumbnail; usual are two to six thousand."""
_MOST_AUTHOR = 200


@dataclass(frozen=True, slots=True)
class BankPhoto:
    """One photo of the bank, as far as the bundle tells."""

    source: Provenance | None
    author: str = ""
    thumbnail: bytes = b""
    """A WebP picture of at most ``THUMBNAIL_PX`` pixels; empty for most photos."""


@dataclass(frozen=True, eq=False)
class BankPhotos:
    """All photos of a bank, by their index there."""

    provenance: tuple[Provenance, ...]
    source: IntArray
    """(n) lines of ``provenance``, -1 where unknown."""
    author: tuple[str, ...]
    stop: IntArray
    """(n) where each thumbnail ends in ``thumbnails``; it begins where the one before ends."""
    thumbnails: bytes = b""

    def photo(self, index: int) -> BankPhoto:
        """Return what is known of one photo."""
        line, stop = int(self.source[index]), int(self.stop[index])
        start = int(self.stop[index - 1]) if index else 0
        source = self.provenance[line] if line >= 0 else None
        return BankPhoto(source, self.author[index], self.thumbnails[start:stop])

    @property
    def pictured(self) -> int:
        """Count the photos that have a thumbnail."""
        return int((np.diff(self.stop, prepend=0) > 0).sum())


def bank_photos(bundle: Bundle) -> BankPhotos | None:
    """The photos of a bundle's bank; None where it says nothing of them. Raises BundleError."""
    retrieval = bundle.manifest.retrieval
    if retrieval is None or retrieval.photos is None:
        return None
    found = read_bank_photos(bundle.read_file(retrieval.photos), bundle.manifest)
    if retrieval.thumbnails is None:
        return found
    pictures = bundle.tensors(retrieval.thumbnails)[THUMBNAIL_TENSOR].tobytes()
    return BankPhotos(found.provenance, found.source, found.author, found.stop, pictures)


def read_bank_photos(data: bytes, manifest: Manifest) -> BankPhotos:
    """The table of a bank's photos, without the pictures. Raises BundleError naming the file."""
    retrieval = manifest.retrieval
    assert retrieval is not None
    assert retrieval.photos is not None
    file, count, sources = retrieval.photos, retrieval.count, len(manifest.provenance)
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        _refuse(f"{file} is not a CSV table in UTF-8.")
    if not rows or tuple(rows[0]) != BANK_COLUMNS:
        _refuse(f"{file} must have the columns {', '.join(BANK_COLUMNS)}.")
    if len(rows) - 1 != count:
        _refuse(f"{file} has {len(rows) - 1:,} photos, but the bank has {count:,}.")
    source, size = np.full(count, -1, dtype=np.int64), np.zeros(count, dtype=np.int64)
    for index, row in enumerate(rows[1:]):
        if len(row) != len(BANK_COLUMNS) or len(row[1]) > _MOST_AUTHOR:
            _refuse(f"line {index + 2} of {file} is not a photo's.")
        source[index] = _number(row[0], sources - 1, -1, f"line {index + 2} of {file}")
        size[index] = _number(row[2], _MOST_BYTES, 0, f"line {index + 2} of {file}")
    authors = tuple(row[1] for row in rows[1:])
    return BankPhotos(manifest.provenance, source, authors, np.cumsum(size))


def check_thumbnails(file: str, pictures: np.ndarray | None, photos: BankPhotos) -> None:
    """Raise BundleError unless the pictures are as long as the table says, and small WebP."""
    if pictures is None or pictures.dtype != np.uint8 or pictures.ndim != 1:
        _refuse(f"{file} must hold bytes, called {THUMBNAIL_TENSOR}.")
    total = int(photos.stop[-1])
    if len(pictures) != total:
        _refuse(f"{file} holds {len(pictures):,} bytes, but its table says {total:,}.")
    data, start = pictures.tobytes(), 0
    for index, stop in enumerate(photos.stop.tolist()):
        if stop > start and not _small_webp(data[start:stop]):
            _refuse(f"thumbnail {index + 1:,} in {file} is not a WebP picture of at most "
                    f"{THUMBNAIL_PX} × {THUMBNAIL_PX} pixels.")  # fmt: skip
        start = stop


def _small_webp(data: bytes) -> bool:
    """Whether the head says so; only plain lossy WebP is written, so nothing else is read."""
    if len(data) < 30 or data[:4] != b"RIFF" or data[8:16] != b"WEBPVP8 ":
        return False
    width, height = (int.from_bytes(data[i : i + 2], "little") & 0x3FFF for i in (26, 28))
    return data[23:26] == b"\x9d\x01\x2a" and 0 < max(width, height) <= THUMBNAIL_PX


def _number(text: str, most: int, empty: int, where: str) -> int:
    if not text:
        return empty
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) > most:
        _refuse(f"{where} has the number {text[:20]!r}, which must be from 0 to {most:,}.")
    return int(text)


def _refuse(sentence: str) -> NoReturn:
    raise BundleError(sentence, code="bank-photos")
