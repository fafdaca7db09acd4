"""A position that a file's metadata give, judged: known, an estimate of ours, or unusable and why.

Both readers of metadata, Pillow with our own XMP reader and Exiv2, end here, so that every part of
the program comes to the same answer about the same file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from geoguess_app.core.geo.angles import LATITUDE, LONGITUDE, angle_deg
from geoguess_app.core.types import Coordinate
from geoguess_app.photos.position_tags import is_estimate


class PositionState(StrEnum):
    """The worth of a position; a file without any has no ``FilePosition``."""

    KNOWN = "known"
    ESTIMATE = "estimate"
    """This program wrote it: no truth to learn from or to measure against."""
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class FilePosition:
    """A position found beside the pixels."""

    coordinate: Coordinate | None
    """None where it is there but makes no sense, such as 0, 0."""
    method: str | None
    """GPSProcessingMethod, as far as given."""
    file: Path
    """The photo, its sidecar or its album's file that has it."""
    problem: str = ""
    """Why it is unusable: "its position is 0, 0"."""
    of_another: bool = False
    """It may be the position of another file with a similar name, so it must not be replaced."""

    @property
    def is_estimate(self) -> bool:
        """Tell whether this program guessed it."""
        return is_estimate(self.method)

    @property
    def state(self) -> PositionState:
        """The outcome of the judgement."""
        if self.coordinate is None or self.of_another:
            return PositionState.UNUSABLE
        return PositionState.ESTIMATE if self.is_estimate else PositionState.KNOWN


def most_trusted_position(found: Iterable[FilePosition | None]) -> FilePosition | None:
    """The position to go by among those found in a photo's EXIF, XMP, sidecars and album, in that
    order: the first known one, else the first estimate of ours, else the first unusable one."""
    there = [one for one in found if one is not None]
    order = list(PositionState)
    return min(there, key=lambda one: order.index(one.state), default=None)


def true_position(*found: FilePosition | None) -> Coordinate | None:
    """The coordinate of the most trusted position where that is known, not estimated."""
    best = most_trusted_position(found)
    return best.coordinate if best is not None and best.state is PositionState.KNOWN else None


def position_of_exif(
    latitude: tuple[Sequence[float], str] | None,
    longitude: tuple[Sequence[float], str] | None,
    method: str | None,
    file: Path,
) -> FilePosition | None:
    """The position of EXIF's numbers (degrees, minutes, seconds; NaN for 0/0) and letters.

    None where there is neither latitude nor longitude. A number's sign does not count: EXIF has
    only unsigned ones (Exif 2.32, 4.6.6), and who writes signed ones writes the letter, too.
    """
    if latitude is None and longitude is None:
        return None
    if latitude is None or longitude is None:
        missing = "longitude" if longitude is None else "latitude"
        return FilePosition(None, method, file, f"its position has no {missing}")
    parts = []
    for (numbers, letter), axis in ((latitude, LATITUDE), (longitude, LONGITUDE)):
        side = letter[:1].upper()
        if not side or side not in axis:
            return FilePosition(None, method, file, "its position has no hemisphere")
        size = _exif_angle(numbers)
        if size is None:
            return FilePosition(None, method, file, "its position is not a number")
        parts.append(-size if side == axis[1] else size)
    return _judge(parts[0], parts[1], method, file)


def _exif_angle(numbers: Sequence[float]) -> float | None:
    # Some cameras write 0/0 for seconds they do not know; degrees must be there.
    if not numbers or not math.isfinite(numbers[0]):
        return None
    known = ((power, abs(n)) for power, n in enumerate(numbers[:3]) if math.isfinite(n))
    size: float = sum(number / 60**power for power, number in known)
    return size


def position_of_texts(texts: Mapping[str, str], file: Path) -> FilePosition | None:
    """The position of XMP's texts, by names of the exif schema; None where there is none.

    The forms are those of ``core.geo.angles``; a hemisphere may stand in ``GPSLatitudeRef`` and
    ``GPSLongitudeRef``, as in EXIF.
    """
    latitude, longitude = texts.get("GPSLatitude", ""), texts.get("GPSLongitude", "")
    method = texts.get("GPSProcessingMethod")
    if not latitude and not longitude:
        return None
    if not latitude or not longitude:
        missing = "latitude" if longitude else "longitude"
        return FilePosition(None, method, file, f"its position has no {missing}")
    north = angle_deg(latitude, LATITUDE, texts.get("GPSLatitudeRef", ""))
    east = angle_deg(longitude, LONGITUDE, texts.get("GPSLongitudeRef", ""))
    if north is None or east is None:
        unread = latitude if north is None else longitude
        return FilePosition(None, method, file, f"its position “{unread[:40]}” cannot be read")
    return _judge(north, east, method, file)


def position_of_degrees(latitude: object, longitude: object, file: Path) -> FilePosition | None:
    """The position of two plain numbers, as albums have it; None where they are none or 0, 0,
    which albums write for "not known"."""
    numbers = [float(n) for n in (latitude, longitude) if isinstance(n, int | float)]
    if len(numbers) != 2 or not all(map(math.isfinite, numbers)) or numbers == [0.0, 0.0]:
        return None
    return _judge(numbers[0], numbers[1], None, file)


def _judge(
    latitude_deg: float, longitude_deg: float, method: str | None, file: Path
) -> FilePosition:
    if latitude_deg == longitude_deg == 0:
        return FilePosition(None, method, file, "its position is 0, 0")
    if abs(latitude_deg) > 90 or abs(longitude_deg) > 180:
        return FilePosition(None, method, file, "its position is out of range")
    return FilePosition(Coordinate(latitude_deg, longitude_deg), method, file)
