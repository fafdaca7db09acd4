"""A position as the tags that carry it, in EXIF and in XMP.

Sources: Exif 2.32 (CIPA DC-008), 4.6.6; XMP specification part 2, the exif schema.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from geoguess_app.core.types import Coordinate, Level
from geoguess_app.photos.formats.tiff import ASCII, BYTE, RATIONAL, UNDEFINED, TiffField

MANUAL = "MANUAL"
"""GPSProcessingMethod of a position that a person placed; a word of the EXIF standard."""
TRACK = "GPS TRACK"
"""GPSProcessingMethod of a position from a recorded track: as measured as the camera's clock is
right, so it must be told from one that the camera measured itself."""
ESTIMATE_MARK = "ML-ESTIMATE"
"""GPSProcessingMethod of an estimate begins with this; the model's name follows."""
MATCH_MARK = "ML-MATCH"
"""That of the position of a reference photo which shows the same place; an estimate, too."""

VERSION, LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE = range(5)
MAP_DATUM, PROCESSING_METHOD, POSITIONING_ERROR = 0x12, 0x1B, 0x1F
OUR_TAGS = frozenset(
    (LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE, MAP_DATUM, PROCESSING_METHOD)
) | {POSITIONING_ERROR}
"""The GPS tags that say where; altitude, time and direction are somebody else's."""

_CHARSET_ASCII = b"ASCII\0\0\0"
_DATUM = "WGS-84"
_SECOND_PARTS = 10_000
"""Seconds are written to a ten-thousandth: 3 mm."""
_MINUTE_DIGITS = 6
"""XMP has minutes with a fraction: 2 mm."""
_LARGEST_ERROR_M = 0xFFFFFFFF // 10


@dataclass(frozen=True, slots=True)
class WrittenPosition:
    """The position of a photo as it is written into files."""

    coordinate: Coordinate
    error_m: float | None
    """Radius that holds the truth with 80% probability, in metres; None: nobody knows."""
    method: str
    """``MANUAL``, ``GPS TRACK``, or ``ML-ESTIMATE`` or ``ML-MATCH`` and the model's name."""

    @property
    def is_estimate(self) -> bool:
        """Tell whether a program guessed it."""
        return is_estimate(self.method)


def estimate_by(model: str) -> str:
    """The processing method of an estimate accepted as it is."""
    return f"{ESTIMATE_MARK} {plain_ascii(model)}".strip()


def match_by(model: str) -> str:
    """The processing method of a position that a reference photo gave."""
    return f"{MATCH_MARK} {plain_ascii(model)}".strip()


def method_by(model: str, level: Level) -> str:
    """The processing method of an answer accepted as it is."""
    return match_by(model) if level is Level.SAME_PLACE else estimate_by(model)


def is_estimate(method: str | None) -> bool:
    """Tell whether a GPSProcessingMethod is one that this program writes for estimates."""
    marks = (f"{ESTIMATE_MARK} ", f"{MATCH_MARK} ")
    return method is not None and (method + " ").startswith(marks)


def plain_ascii(text: str) -> str:
    """Text in the letters that every reader of EXIF shows; others become "?"."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    printable = plain.encode("ascii", "replace").decode()
    return "".join(letter if letter.isprintable() else " " for letter in printable)


def exif_fields(position: WrittenPosition) -> dict[int, TiffField]:
    """The GPS tags of a position, all that belong together."""
    here = position.coordinate
    fields = {
        VERSION: TiffField(BYTE, numbers=(2, 3, 0, 0)),
        LATITUDE_REF: _text("S" if here.latitude_deg < 0 else "N"),
        LATITUDE: _angle(here.latitude_deg),
        LONGITUDE_REF: _text("W" if here.longitude_deg < 0 else "E"),
        LONGITUDE: _angle(here.longitude_deg),
        MAP_DATUM: _text(_DATUM),
        PROCESSING_METHOD: TiffField(
            UNDEFINED, data=_CHARSET_ASCII + plain_ascii(position.method).encode("ascii")
        ),
    }
    if position.error_m is not None:
        tenths = round(min(position.error_m, _LARGEST_ERROR_M) * 10)
        error = Fraction(tenths, 10)
        fields[POSITIONING_ERROR] = TiffField(
            RATIONAL, numbers=(error.numerator, error.denominator)
        )
    return fields


def _text(text: str) -> TiffField:
    return TiffField(ASCII, data=text.encode("ascii") + b"\0")


def _angle(degrees: float) -> TiffField:
    """Degrees, minutes and seconds as three fractions; rounding carries, 60″ never appears."""
    parts = round(Fraction(abs(degrees)) * 3600 * _SECOND_PARTS)
    minutes, seconds = divmod(parts, 60 * _SECOND_PARTS)
    whole_degrees, minutes = divmod(minutes, 60)
    return TiffField(RATIONAL, numbers=(whole_degrees, 1, minutes, 1, seconds, _SECOND_PARTS))


def xmp_values(position: WrittenPosition) -> dict[str, str]:
    """The same for XMP, by names of the exif schema without prefix."""
    here = position.coordinate
    values = {
        "GPSVersionID": "2.3.0.0",
        "GPSLatitude": _xmp_angle(here.latitude_deg, "NS"),
        "GPSLongitude": _xmp_angle(here.longitude_deg, "EW"),
        "GPSMapDatum": _DATUM,
        "GPSProcessingMethod": plain_ascii(position.method),
    }
    if position.error_m is not None:
        tenths = Fraction(round(min(position.error_m, _LARGEST_ERROR_M) * 10), 10)
        values["GPSHPositioningError"] = f"{tenths.numerator}/{tenths.denominator}"
    return values


XMP_NAMES = (
    "GPSVersionID",
    "GPSLatitude",
    "GPSLongitude",
    "GPSMapDatum",
    "GPSProcessingMethod",
    "GPSHPositioningError",
)


def _xmp_angle(degrees: float, letters: str) -> str:
    """``48,51.502200N``: the sign is part of the text, so that no reader can lose it."""
    scale = 10**_MINUTE_DIGITS
    parts = round(Fraction(abs(degrees)) * 60 * scale)
    whole_degrees, minutes = divmod(parts, 60 * scale)
    whole, fraction = divmod(minutes, scale)
    return f"{whole_degrees},{whole}.{fraction:0{_MINUTE_DIGITS}d}{letters[degrees < 0]}"
