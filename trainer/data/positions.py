"""Positions that cannot be meant: impossible ones, and latitude and longitude swapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoguess_app.core.format import distance, percent, plain_spaces
from geoguess_app.core.geo.places import FARTHEST_KM, PlaceFinder
from geoguess_app.core.types import Coordinate, FloatArray, IntArray
from geoguess_app.evaluation.answers.table import SWAPPED_SHARE

BoolArray = npt.NDArray[np.bool_]

_SAMPLE = 2000
_COUNTRY_LEAD = 0.3
_NEARER = 5.0
_FAR_KM = 50.0


@dataclass(frozen=True)
class SwapEvidence:
    """Evidence that latitude and longitude of a whole table are swapped."""

    reason: str
    certain: bool
    """False for nearness to towns, which photos taken at sea may lack."""


@dataclass(frozen=True)
class PositionFaults:
    """(n) masks of rows by what is wrong with their position; no row is in two of them."""

    missing: BoolArray
    """No number at all."""
    empty: BoolArray
    """0, 0: the usual mark of a missing position."""
    swapped: BoolArray
    """The latitude is impossible and would be a longitude, the longitude would be a latitude."""
    impossible: BoolArray


def position_faults(latitude_deg: FloatArray, longitude_deg: FloatArray) -> PositionFaults:
    """Sort out positions that are none. NaN means that the table says nothing usable."""
    missing = ~(np.isfinite(latitude_deg) & np.isfinite(longitude_deg))
    lat, lon = np.where(missing, 0.5, latitude_deg), np.where(missing, 0.5, longitude_deg)
    empty = (lat == 0) & (lon == 0)
    swapped = (np.abs(lat) > 90) & (np.abs(lat) <= 180) & (np.abs(lon) <= 90)
    impossible = ((np.abs(lat) > 90) | (np.abs(lon) > 180)) & ~swapped
    return PositionFaults(missing, empty, swapped, impossible)


def swap_evidence(
    latitude_deg: FloatArray, longitude_deg: FloatArray, countries: Sequence[str] | None = None
) -> SwapEvidence | None:
    """Say why latitude and longitude of a whole table look swapped, or None.

    Three signs: many impossible latitudes and no longitude beyond ±90; the stated countries (ISO
    codes) fit the swapped positions far better; photos lie near towns only if swapped (the usual
    mark of a table within ±90, where no number is impossible). The last two look at a sample of
    2,000 usable rows.
    """
    faults = position_faults(latitude_deg, longitude_deg)
    known = ~faults.missing
    beyond = int(faults.swapped.sum())
    usable = known & ~faults.swapped & ~faults.impossible & ~faults.empty
    if beyond and beyond >= SWAPPED_SHARE * known.sum():
        if not np.any(np.abs(longitude_deg[usable]) > 90):
            return SwapEvidence(
                f"{beyond:,} of {int(known.sum()):,} latitudes are outside ±90, no longitude is",
                certain=True,
            )
        return None
    # Only where both numbers could be a latitude does a swap go unseen by the range.
    rows = np.flatnonzero(usable & (np.abs(longitude_deg) <= 90))
    if rows.size < 20 or rows.size < 0.9 * usable.sum():
        return None
    rows = rows[np.linspace(0, rows.size - 1, min(_SAMPLE, rows.size)).astype(np.int64)]
    return _better_the_other_way(latitude_deg, longitude_deg, rows, countries)


def _better_the_other_way(
    latitude_deg: FloatArray,
    longitude_deg: FloatArray,
    rows: IntArray,
    countries: Sequence[str] | None,
) -> SwapEvidence | None:
    as_is = _towns(latitude_deg[rows], longitude_deg[rows])
    other = _towns(longitude_deg[rows], latitude_deg[rows])
    if countries is not None:
        said = [countries[int(row)].strip().upper() for row in rows]
        stated = [index for index, country in enumerate(said) if len(country) == 2]
        if len(stated) >= 20:
            fits, fits_other = (
                float(np.mean([towns[1][index] == said[index] for index in stated]))
                for towns in (as_is, other)
            )
            if fits_other > fits + _COUNTRY_LEAD:
                return SwapEvidence(
                    f"{percent(fits_other)} of the stated countries fit the positions with "
                    f"latitude and longitude swapped, {percent(fits)} as they are",
                    certain=True,
                )
            return None
    km, km_other = float(np.median(as_is[0])), float(np.median(other[0]))
    if km > _FAR_KM and km > _NEARER * km_other:
        return SwapEvidence(
            f"half of the photos are {_length(km)} or more from every town, but "
            f"{_length(km_other)} with latitude and longitude swapped",
            certain=False,
        )
    return None


def _length(km: float) -> str:
    return plain_spaces(distance(km))


def _towns(latitude_deg: FloatArray, longitude_deg: FloatArray) -> tuple[FloatArray, list[str]]:
    """Distance in km to the nearest named place, and its country code."""
    places = PlaceFinder().at_many(
        [
            Coordinate(lat, lon)
            for lat, lon in zip(latitude_deg.tolist(), longitude_deg.tolist(), strict=True)
        ]
    )
    # Where nothing is named within 150 km, the distance is not told.
    km = np.array(
        [place.distance_km if place.country_code else 2 * FARTHEST_KM for place in places]
    )
    return km, [place.country_code for place in places]
