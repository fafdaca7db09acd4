"""Facts about a bank's photos: source and author of each, thumbnails where that is allowed."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoguess_app.core.bundle.bank_photos import BANK_COLUMNS, THUMBNAIL_PX, THUMBNAIL_TENSOR
from geoguess_app.core.bundle.manifest import Provenance
from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.files.csv_text import csv_text
from trainer.common.licences import NO_SOURCE, stated_licence

PHOTOS_FILE = "bank/photos.csv"
THUMBNAILS_FILE = "bank/thumbnails.safetensors"
_QUALITY = 70

_FREE = re.compile(
    r"(?P<licence>CC0(?: 1\.0)?|CC BY(?:-SA)? \d\.\d(?: [a-z]{2})?|Public domain)"
    r" \((?P<author>[^\s].*)\)"
)


@dataclass(frozen=True, slots=True)
class BankMembers:
    """Files of a bundle that tell of its bank's photos."""

    files: Mapping[str, bytes]
    tensors: Mapping[str, Mapping[str, np.ndarray]]

    @property
    def thumbnails_file(self) -> str | None:
        """Return the file of the pictures; None without any."""
        return THUMBNAILS_FILE if self.tensors else None


def free_author(licence: str) -> str:
    """The author of a photo that may be passed on, or "".

    Only of remarks that name one photo's licence and author, such as "CC BY-SA 4.0 (Jane Doe)":
    "the repository is MIT" says nothing of the photos in it, and "Creative Commons" not which.
    """
    found = _FREE.fullmatch(" ".join(licence.split()))
    author = found.group("author").strip() if found else ""
    return "" if author.lower() in ("unknown", "?", "anonymous") else author


def thumbnail(path: Path) -> bytes:
    """The photo as a small WebP without metadata; empty for one that cannot be read."""
    try:
        image = open_upright(path, min_side=THUMBNAIL_PX)
    except PhotoError:
        return b""
    image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, format="WEBP", quality=_QUALITY, method=6)
    return buffer.getvalue()


def bank_members(
    sources: Sequence[str],
    licences: Sequence[str],
    provenance: Sequence[Provenance],
    authors: Sequence[str],
    pictures: Sequence[bytes],
) -> BankMembers:
    """The table, and the thumbnails if there are any; one of each per photo, in the bank's order.

    ``pictures``: WebP, or empty.
    """
    lines = {(entry.name, entry.license): line for line, entry in enumerate(provenance)}
    rows = []
    for source, licence, author, picture in zip(sources, licences, authors, pictures, strict=True):
        line = lines.get((source or NO_SOURCE, stated_licence(licence)), "")
        rows.append((line, author[:200], len(picture) or ""))
    joined = np.frombuffer(b"".join(pictures), dtype=np.uint8)
    return BankMembers(
        {PHOTOS_FILE: csv_text(BANK_COLUMNS, rows).encode()},
        {THUMBNAILS_FILE: {THUMBNAIL_TENSOR: joined}} if joined.size else {},
    )
