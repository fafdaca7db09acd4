"""Areas that a table over the Earth knows: countries, clocks, kinds of land."""

from __future__ import annotations

import numpy as np

from geoguess_app.core.area.areas import Country, Land, Mapped, UtcOffset
from geoguess_app.core.errors import SessionError
from geoguess_app.core.geo.earth_table import EarthTable, Fits, earth_table
from geoguess_app.core.geo.time_zones import zones_at_offset
from geoguess_app.core.types import FloatArray


def table_of(area: Mapped) -> tuple[EarthTable, Fits]:
    """Return the table that knows an area, and which of its values lie in it.

    Raises SessionError for countries of which the table knows none.
    """
    if isinstance(area, UtcOffset):
        return earth_table("zones"), zones_at_offset(area.minutes, area.day)
    if isinstance(area, Land):
        table = earth_table(area.layer)
        return table, table.fits(area.values)
    codes = (area.code,) if isinstance(area, Country) else area.codes
    table = earth_table("countries")
    fits = table.fits(codes)
    if not fits.any():
        raise SessionError(f"There is no country with the code {codes[0]}.", code="area")
    return table, fits


def holds(area: Mapped, latitude_deg: FloatArray, longitude_deg: FloatArray) -> np.ndarray:
    """Tell which points lie in an area; booleans in the points' shape."""
    table, fits = table_of(area)
    return np.asarray(fits[table.at(latitude_deg, longitude_deg)])
