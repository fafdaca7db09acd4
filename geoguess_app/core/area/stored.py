"""The form of an area in a file: an object whose only key says which kind it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from geoguess_app.core.area.areas import Area, Box, Countries, Country, Ring
from geoguess_app.core.records.marks import OmitDefault, Row, Via

_Corners = tuple[tuple[float, float], ...]
_Country = Annotated[Country, Via(str, Country, lambda country: country.code)]
_Countries = Annotated[Countries, Via(tuple[str, ...], Countries, lambda several: several.codes)]
_Ring = Annotated[Ring, Via(_Corners, Ring, lambda ring: ring.corners)]


@dataclass(frozen=True, slots=True)
class _AreaObject:
    country: Annotated[_Country | None, OmitDefault()] = None
    countries: Annotated[_Countries | None, OmitDefault()] = None
    box: Annotated[Annotated[Box, Row()] | None, OmitDefault()] = None
    ring: Annotated[_Ring | None, OmitDefault()] = None


def _area(found: _AreaObject) -> Area:
    areas = [area for area in (found.country, found.countries, found.box, found.ring) if area]
    if len(areas) != 1:
        raise ValueError("an area must be one of country, countries, box and ring")
    return areas[0]


def _object(area: Area) -> _AreaObject:
    if isinstance(area, Country):
        return _AreaObject(country=area)
    if isinstance(area, Countries):
        return _AreaObject(countries=area)
    return _AreaObject(box=area) if isinstance(area, Box) else _AreaObject(ring=area)


StoredArea = Annotated[Area, Via(_AreaObject, _area, _object)]
