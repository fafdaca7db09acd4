"""A copy of a photo that says nothing of where it was taken, but for what its pixels show."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import ExifTags, Image

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.decode import open_stream, open_upright, shown_name
from geoguess_app.core.picture.sniff import HEAD_BYTES, picture_kind
from geoguess_app.files.atomic import atomic_binary_file
from geoguess_app.photos.known_position import embedded_position
from geoguess_app.photos.metadata import read_metadata

Edit = Callable[[Image.Image], Image.Image]
"""Turns an upright RGB picture into the one to be saved."""

_QUALITY = 95
_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF"}
_RGB_PROFILE = b"RGB "
"""At byte 16 of an ICC profile: the colour space of what it describes."""
_ICC, _ADOBE = b"ICC_PROFILE\0", b"Adobe"
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_APP0, _APP1, _APP2, _APP14, _APP15, _COM = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))


def save_clean_copy(source: Path, target: Path, edit: Edit | None = None) -> None:
    """Write the photo ``source`` to ``target`` without any metadata but its colour profile.

    An unedited JPEG keeps its very pixels; anything else is written anew, upright, in the format
    that the target's suffix names (JPEG, PNG, WebP, TIFF). What follows the picture in the file,
    such as a phone's short film, is left out. The target appears whole or not at all, and never
    replaces the source. Raises PhotoError.
    """
    _refuse_source(source, target)
    form = _FORMATS.get(target.suffix.lower())
    if form is None:
        raise PhotoError(
            f"{target.name} has no image file suffix; use .jpg, .png, .webp or .tif.",
            code="unknown-format",
        )
    content = _same_pixels(source) if edit is None and form == "JPEG" else None
    if content is None:
        content = _written_anew(source, form, edit)
    try:
        with atomic_binary_file(target) as stream:
            stream.write(content)
    except OSError as error:
        raise PhotoError(
            f"{target} could not be written: {error.strerror}.", code="unwritable"
        ) from error
    if embedded_position(target, read_metadata(target)) is not None:
        target.unlink()
        raise PhotoError(
            f"The copy of {shown_name(source)} still contained a position and was deleted.",
            code="not-clean",
        )


def _refuse_source(source: Path, target: Path) -> None:
    same = os.path.realpath(source) == os.path.realpath(target)
    if same or (target.exists() and source.exists() and target.samefile(source)):
        raise PhotoError(
            f"{shown_name(source)} is the photo itself; choose another name for the copy.",
            code="same-file",
        )


def _written_anew(source: Path, form: str, edit: Edit | None) -> bytes:
    image = open_upright(source)
    profile = image.info.get("icc_profile") or b""
    made = image if edit is None else edit(image)
    how = {"quality": _QUALITY, "subsampling": 0} if form == "JPEG" else {}
    if form == "WEBP":
        how = {"quality": _QUALITY}
    clean = Image.new("RGB", made.size)
    clean.paste(made)
    stream = io.BytesIO()
    # A profile of another colour space, such as a printer's, does not fit the RGB written here.
    fits = profile[16:20] == _RGB_PROFILE
    clean.save(stream, form, icc_profile=profile if fits else None, **how)
    return stream.getvalue()


def _same_pixels(source: Path) -> bytes | None:
    """The JPEG without its metadata; None where the photo is none or cannot be taken apart."""
    with open_stream(source, shown_name(source)) as stream:
        data = stream.read()
    if picture_kind(data[:HEAD_BYTES]) != "jpeg":
        return None
    turn = _orientation(data)
    parts = [b"\xff\xd8"]
    try:
        for marker, part in _parts(data):
            if marker is None or not _tells(marker, part):
                parts.append(part)
    except (IndexError, ValueError):
        return None
    if turn != 1:
        # Behind a JFIF segment, which has to be first.
        parts.insert(2 if parts[1][1] == _APP0 else 1, _orientation_segment(turn))
    return b"".join(parts)


def _parts(data: bytes) -> Iterator[tuple[int | None, bytes]]:
    """Segments (marker and bytes) and scan data (None) up to the end of the first picture."""
    at = 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("a marker is missing")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == _EOI:
            yield None, data[at : at + 2]
            return
        elif marker in _ALONE:
            yield None, data[at : at + 2]
            at += 2
        else:
            end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if end > len(data) or end < at + 4:
                raise ValueError("a segment extends past the end of the file")
            yield marker, data[at:end]
            at = end
            if marker == _SOS:
                at = _end_of_scan(data, end)
                yield None, data[end:at]


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker that is not part of the scan stands."""
    while True:
        at = data.index(0xFF, at)
        if data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
        elif data[at + 1] == 0xFF:
            at += 1
        else:
            return at


def _tells(marker: int, part: bytes) -> bool:
    """Whether a segment may say something about the photo beyond how to decode it."""
    if marker == _COM:
        return True
    if not _APP0 <= marker <= _APP15:
        return False
    payload = part[4:]
    decoding = (
        (marker == _APP0 and payload.startswith(b"JFIF\0"))
        or (marker == _APP2 and payload.startswith(_ICC))
        or (marker == _APP14 and payload.startswith(_ADOBE))
    )
    return not decoding


def _orientation(data: bytes) -> int:
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        found = image.getexif().get(ExifTags.Base.Orientation, 1)
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _orientation_segment(turn: int) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = turn
    payload = exif.tobytes()
    if not payload.startswith(b"Exif\0\0"):
        payload = b"Exif\0\0" + payload
    return bytes((0xFF, _APP1)) + (len(payload) + 2).to_bytes(2, "big") + payload
