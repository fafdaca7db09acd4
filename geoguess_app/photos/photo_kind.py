"""The kind of a photo file, as it matters for writing."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from geoguess_app.core.picture.decode import not_a_photo, open_stream, shown_name
from geoguess_app.core.picture.raw import has_raw_tags
from geoguess_app.core.picture.sniff import HEAD_BYTES, Kind, picture_kind
from geoguess_app.photos.scan import RAW_SUFFIXES

_LABELS = {
    **{"jpeg": "JPEG", "heif": "HEIC", "raw": "RAW", "webp": "WebP"},
    **{"jp2": "JPEG 2000", "jxl": "JPEG XL"},
}


def kind_of(photo: Path) -> tuple[Kind, str]:
    """The kind of a photo by its content, and what people call it.

    Raises PhotoError where it is no photo.
    """
    with open_stream(photo, shown_name(photo)) as stream:
        head = stream.read(HEAD_BYTES)
    kind = picture_kind(head)
    if kind is None:
        raise not_a_photo(shown_name(photo), head)
    if kind == "tiff" and _is_raw(photo):
        kind = "raw"
    return kind, _LABELS.get(kind, kind.upper())


def _is_raw(photo: Path) -> bool:
    """Most RAW files are TIFF files by their first bytes; nobody may write into those."""
    if photo.suffix.lower() in RAW_SUFFIXES:
        return True
    try:
        with Image.open(photo, formats=("TIFF",)) as image:
            return has_raw_tags(image)
    except Exception:  # noqa: BLE001 - what Pillow cannot open as TIFF is left alone
        return True
