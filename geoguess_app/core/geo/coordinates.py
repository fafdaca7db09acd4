"""A coordinate as people write it: decimal, degrees-minutes-seconds, geo: link, map address."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum

from geoguess_app.core.errors import CoordinateError
from geoguess_app.core.geo.angles import typed_pair
from geoguess_app.core.types import Coordinate

_NUMBER = r"[-+−]?\d+(?:\.\d+)?"
_PAIR = rf"(?P<lat>{_NUMBER})\s*,\s*(?P<lon>{_NUMBER})"


class CoordinateFormat(StrEnum):
    """The ways in which a coordinate can be copied."""

    DECIMAL = "decimal"
    DMS = "dms"
    GEO_URI = "geo"
    MAP_URL = "map"


def decimal(coordinate: Coordinate, digits: int = 5) -> str:
    """Latitude and longitude in degrees, ``48.85840, 2.29450``; 5 digits are about one metre."""
    return f"{coordinate.latitude_deg:.{digits}f}, {coordinate.longitude_deg:.{digits}f}"


def dms(coordinate: Coordinate) -> str:
    """Degrees, minutes and seconds to a tenth (about 3 m), ``48°51′30.2″N 2°17′40.2″E``."""
    return (
        f"{_dms_part(coordinate.latitude_deg, 'N', 'S')} "
        f"{_dms_part(coordinate.longitude_deg, 'E', 'W')}"
    )


def geo_uri(coordinate: Coordinate, radius_km: float | None = None) -> str:
    """A ``geo:`` link (RFC 5870), the radius as its uncertainty ``u`` in whole metres."""
    plain = f"geo:{coordinate.latitude_deg:.5f},{coordinate.longitude_deg:.5f}"
    return plain if radius_km is None else f"{plain};u={max(1, round(radius_km * 1000))}"


def map_url(coordinate: Coordinate, zoom: int = 12) -> str:
    """The address of this point on openstreetmap.org (only text: nothing is opened)."""
    lat, lon = f"{coordinate.latitude_deg:.5f}", f"{coordinate.longitude_deg:.5f}"
    return f"https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map={zoom}/{lat}/{lon}"


def format_coordinate(coordinate: Coordinate, form: CoordinateFormat | str) -> str:
    """The coordinate in the format asked for; an unknown one falls back to decimal."""
    writers: dict[str, Callable[[Coordinate], str]] = {
        CoordinateFormat.DECIMAL: decimal,
        CoordinateFormat.DMS: dms,
        CoordinateFormat.GEO_URI: geo_uri,
        CoordinateFormat.MAP_URL: map_url,
    }
    return writers.get(str(form), decimal)(coordinate)


def parse(text: str) -> Coordinate:
    """A coordinate from two angles (see ``typed_pair``), a ``geo:`` link or a map address.

    Raises CoordinateError when the text is none of these or lies off the Earth.
    """
    cleaned = text.strip()
    for attempt in (_from_geo_uri, _from_url, _from_decimal, _from_typed):
        try:
            found = attempt(cleaned)
        except ValueError as error:
            raise CoordinateError(f"“{_short(text)}”: {error}.", code="out-of-range") from error
        if found is not None:
            return found
    raise CoordinateError(
        f"“{_short(text)}” is not a position; enter it like 48.8584, 2.2945.", code="not-a-position"
    )


def _dms_part(value_deg: float, positive: str, negative: str) -> str:
    tenths = round(abs(value_deg) * 36000)
    degrees, rest = divmod(tenths, 36000)
    minutes, tenths = divmod(rest, 600)
    side = negative if value_deg < 0 and round(abs(value_deg) * 36000) else positive
    return f"{degrees}°{minutes:02d}′{tenths / 10:04.1f}″{side}"


def _coordinate(latitude: str, longitude: str) -> Coordinate:
    lat, lon = (float(part.replace("−", "-")) for part in (latitude, longitude))
    if not -180.0 <= lon <= 180.0:
        raise ValueError(f"longitude {lon} is outside -180..180")
    return Coordinate(lat, lon)


def _from_geo_uri(text: str) -> Coordinate | None:
    match = re.match(rf"geo:{_PAIR}(?:,{_NUMBER})?(?:[;?].*)?$", text, re.IGNORECASE)
    return _coordinate(match["lat"], match["lon"]) if match else None


def _from_url(text: str) -> Coordinate | None:
    if not re.match(r"https?://", text, re.IGNORECASE):
        return None
    patterns = (
        rf"[?&]mlat=(?P<lat>{_NUMBER})&mlon=(?P<lon>{_NUMBER})",
        rf"#map=\d+(?:\.\d+)?/(?P<lat>{_NUMBER})/(?P<lon>{_NUMBER})",
        rf"!3d(?P<lat>{_NUMBER})!4d(?P<lon>{_NUMBER})",
        rf"@{_PAIR}",
        rf"[?&](?:q|query|ll|center|coordinate|destination)=(?:loc:)?{_PAIR}",
        rf"[?&]cp=(?P<lat>{_NUMBER})~(?P<lon>{_NUMBER})",
    )
    plain = text.replace("%2C", ",").replace("%2c", ",")
    for pattern in patterns:
        match = re.search(pattern, plain)
        if match:
            return _coordinate(match["lat"], match["lon"])
    return None


def _from_decimal(text: str) -> Coordinate | None:
    match = re.match(
        rf"\(?\s*(?P<lat>{_NUMBER})°?(?:\s*[,;]\s*|\s+)(?P<lon>{_NUMBER})°?\s*\)?$", text
    )
    return _coordinate(match["lat"], match["lon"]) if match else None


def _from_typed(text: str) -> Coordinate | None:
    found = typed_pair(text)
    return Coordinate(*found) if found is not None else None


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 40 else f"{flat[:39]}…"
