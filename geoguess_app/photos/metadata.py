"""Metadata of a photo file: position, time, camera, size."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from PIL import ExifTags, Image

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.boxes import box_content
from geoguess_app.core.picture.decode import (
    PILLOW_FORMATS,
    PhotoBytes,
    not_a_photo,
    open_stream,
    path_of,
    shown_name,
)
from geoguess_app.core.picture.heif import open_heif
from geoguess_app.core.picture.jxl import jxl_box, jxl_size
from geoguess_app.core.picture.sniff import HEAD_BYTES, Kind, picture_kind
from geoguess_app.core.types import Coordinate
from geoguess_app.photos.exiv2_exif import exif_by_exiv2
from geoguess_app.photos.file_position import FilePosition, PositionState, position_of_exif
from geoguess_app.photos.formats import jpeg
from geoguess_app.photos.formats.edits import reader_of
from geoguess_app.photos.formats.png import raw_profile

log = logging.getLogger(__name__)

_JP2_EXIF = b"JpgTiffExif->JP2"
_SIDEWAYS = (5, 6, 7, 8)
_OFFSET = re.compile(r"([+-])(0\d|1[0-4]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class PhotoMetadata:
    """Facts from a photo's own metadata; None where it does not say."""

    position: FilePosition | None
    """The position in its EXIF, judged."""
    taken: datetime | None
    """Local time where the photo was taken, to the fraction given, without a time zone."""
    camera: str | None
    """Maker and model, e.g. "Apple iPhone 8"."""
    width_px: int
    height_px: int
    """Size of the upright picture; 0 × 0 for RAW files, whose header does not tell it simply."""
    fixed_utc: datetime | None = None
    """When the receiver found the position, UTC without a time zone; phones repeat old ones."""
    utc_offset: timedelta | None = None
    """By how much ``taken`` is ahead of UTC, where the photo says so (phones and new cameras)."""

    @property
    def coordinate(self) -> Coordinate | None:
        """Return where its EXIF say that it was taken, also if this program wrote that."""
        return self.position.coordinate if self.position is not None else None

    @property
    def position_unusable(self) -> bool:
        """Tell whether it gives a position, but an impossible, incomplete or empty (0, 0) one."""
        return self.position is not None and self.position.state is PositionState.UNUSABLE


def read_metadata(photo: Path | PhotoBytes) -> PhotoMetadata:
    """Read position, time, camera and size from a photo's header; its pixels are not decoded.

    Broken metadata gives None for what cannot be read. Raises PhotoError where the file is no photo
    or cannot be opened. Safe in any thread.
    """
    name = shown_name(path_of(photo))
    with open_stream(photo, name) as stream:
        head = stream.read(HEAD_BYTES)
        kind = picture_kind(head)
        stream.seek(0)
        if kind is None:
            raise not_a_photo(name, head)
        try:
            exif, size = _read_header(stream, kind, path_of(photo))
            return _metadata(exif, size, path_of(photo), turned_already=kind == "heif")
        except Exception as problem:
            # As in decoding: damaged headers raise whatever they like.
            log.debug("reading the header of %s failed: %r", name, problem)
            raise PhotoError(
                f"{name} is damaged: its header cannot be read; copy it again.", code="broken"
            ) from problem


def _read_header(stream: IO[bytes], kind: Kind, file: Path) -> tuple[Image.Exif, tuple[int, int]]:
    if kind == "raw":
        return _raw_exif(stream, file), (0, 0)
    if kind == "jp2":
        return _jp2_header(stream)
    if kind == "jxl":
        return _jxl_header(stream)
    if kind == "heif":
        heif = open_heif(stream)
        exif = Image.Exif()
        exif.load(heif.info.get("exif") or b"")
        return exif, heif.size
    with Image.open(stream, formats=PILLOW_FORMATS[kind]) as image:
        exif = _exif_of(image)
        # Sub-directories are read through the file, so they must be read while it is open.
        for directory in (ExifTags.IFD.GPSInfo, ExifTags.IFD.Exif):
            _directory(exif, directory)
        if kind == "jpeg" and not _directory(exif, ExifTags.IFD.GPSInfo):
            _directory(exif, ExifTags.IFD.GPSInfo).update(_later_gps(stream))
        return exif, image.size


def _later_gps(stream: IO[bytes]) -> dict[int, Any]:
    """The GPS tags of a second EXIF block, which some editors add where there is one already."""
    read = reader_of(stream)
    try:
        later = jpeg.blocks(read, jpeg.segments(read), jpeg.EXIF_MARK)[1:]
        for block in later:
            exif = Image.Exif()
            exif.load(block)
            if gps := exif.get_ifd(ExifTags.IFD.GPSInfo):
                return dict(gps)
    except Exception as problem:  # noqa: BLE001 - a block may go on where the first one ends
        log.debug("no second EXIF block: %r", problem)
    return {}


def _jp2_header(stream: IO[bytes]) -> tuple[Image.Exif, tuple[int, int]]:
    """Size by Pillow; EXIF, which it does not look for, in a box of its own."""
    exif = Image.Exif()
    with Image.open(stream, formats=PILLOW_FORMATS["jp2"]) as image:
        size = image.size
    block = box_content(stream, b"uuid", _JP2_EXIF)
    if block:
        exif.load(block)
    return exif, size


def _jxl_header(stream: IO[bytes]) -> tuple[Image.Exif, tuple[int, int]]:
    exif = Image.Exif()
    size = jxl_size(stream)
    block = jxl_box(stream, b"Exif")
    if block:
        exif.load(block)
    return exif, size


def _exif_of(image: Image.Image) -> Image.Exif:
    try:
        exif = image.getexif()
        legacy = raw_profile(image.info, "APP1") if not exif else b""
        if legacy:
            exif.load(legacy)
        return exif
    except Exception as problem:  # noqa: BLE001 - the EXIF block is garbage, the picture is not
        log.debug("unreadable EXIF block: %r", problem)
        return Image.Exif()


def _raw_exif(stream: IO[bytes], file: Path) -> Image.Exif:
    """CR2, NEF, ARW, DNG and the like are TIFF files; of the others Exiv2 knows most."""
    if stream.read(4) not in (b"II*\0", b"MM\0*"):
        return exif_by_exiv2(file)
    exif = Image.Exif()
    exif.load_from_fp(stream, 0)
    return exif


def _metadata(
    exif: Image.Exif, size: tuple[int, int], file: Path, *, turned_already: bool
) -> PhotoMetadata:
    details = _directory(exif, ExifTags.IFD.Exif)
    sideways = not turned_already and exif.get(ExifTags.Base.Orientation) in _SIDEWAYS
    width, height = reversed(size) if sideways else size
    gps = _directory(exif, ExifTags.IFD.GPSInfo)
    return PhotoMetadata(
        position=_position(gps, file),
        taken=_capture_time(details),
        camera=_camera(exif.get(ExifTags.Base.Make), exif.get(ExifTags.Base.Model)),
        width_px=width,
        height_px=height,
        fixed_utc=_fix_time(gps),
        utc_offset=_offset(details),
    )


def _directory(exif: Image.Exif, directory: ExifTags.IFD) -> dict[int, Any]:
    try:
        return exif.get_ifd(directory)
    except Exception as problem:  # noqa: BLE001 - as above
        log.debug("unreadable EXIF directory %s: %r", directory, problem)
        return {}


def _position(gps: Mapping[int, Any], file: Path) -> FilePosition | None:
    tags = ExifTags.GPS
    return position_of_exif(
        _angle(gps, tags.GPSLatitude, tags.GPSLatitudeRef),
        _angle(gps, tags.GPSLongitude, tags.GPSLongitudeRef),
        _method(gps),
        file,
    )


def _angle(
    gps: Mapping[int, Any], value_tag: int, hemisphere_tag: int
) -> tuple[list[float], str] | None:
    """Degrees, minutes, seconds and a hemisphere letter; None without the tag."""
    if value_tag not in gps:
        return None
    values = gps[value_tag]
    parts = values if isinstance(values, tuple) else (values,)
    return [_number(part) for part in parts[:3]], _text(gps.get(hemisphere_tag))


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return math.nan


def _method(gps: Mapping[int, Any]) -> str | None:
    """GPSProcessingMethod without the name of its character set, which takes eight bytes."""
    value = gps.get(ExifTags.GPS.GPSProcessingMethod)
    return _text(value[8:]) if isinstance(value, bytes) else None


def _capture_time(details: Mapping[int, Any]) -> datetime | None:
    """DateTimeOriginal with the decimals that SubSecTimeOriginal gives."""
    taken = _time(details.get(ExifTags.Base.DateTimeOriginal))
    decimals = _text(details.get(ExifTags.Base.SubsecTimeOriginal))
    if taken is None or not (decimals.isascii() and decimals.isdigit()):
        return taken
    return taken.replace(microsecond=int(decimals[:6].ljust(6, "0")))


def _offset(details: Mapping[int, Any]) -> timedelta | None:
    """OffsetTimeOriginal, such as "+02:00", else OffsetTime: some write only that of the file."""
    for tag in (ExifTags.Base.OffsetTimeOriginal, ExifTags.Base.OffsetTime):
        found = _OFFSET.fullmatch(_text(details.get(tag)))
        if found is not None:
            offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
            return -offset if found[1] == "-" else offset
    return None


def _time(value: Any) -> datetime | None:
    try:
        return datetime.strptime(_text(value)[:19], "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None


def _fix_time(gps: Mapping[int, Any]) -> datetime | None:
    clock = gps.get(ExifTags.GPS.GPSTimeStamp)
    try:
        day = datetime.strptime(_text(gps.get(ExifTags.GPS.GPSDateStamp)), "%Y:%m:%d")
        hours, minutes, seconds = (float(part) for part in clock or ())
        return day + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None


def _camera(make: Any, model: Any) -> str | None:
    maker, name = _text(make), _text(model)
    if name.casefold().startswith(maker.casefold()):
        maker = ""
    return f"{maker} {name}".strip() or None


def _text(value: Any) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value or "")
    return "".join(letter for letter in text if letter.isprintable()).strip()
