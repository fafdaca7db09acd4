"""The form of an area in a file: an object whose only key says which kind it is."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated

from geoguess_app.core.area.areas import (
    Area,
    Box,
    Countries,
    Country,
    Intersection,
    Land,
    PlainArea,
    Ring,
    UtcOffset,
)
from geoguess_app.core.records.marks import Count, OmitDefault, Row, Via

_Corners = tuple[tuple[float, float], ...]
_Country = Annotated[Country, Via(str, Country, lambda country: country.code)]
_Countries = Annotated[Countries, Via(tuple[str, ...], Countries, lambda several: several.codes)]
_Ring = Annotated[Ring, Via(_Corners, Ring, lambda ring: ring.corners)]


_ONE_OF = "an area must be one of country, countries, box, ring, utc_offset, land and all"


@dataclass(frozen=True, slots=True)
class _AreaObject:
    country: Annotated[_Country | None, OmitDefault()] = None
    countries: Annotated[_Countries | None, OmitDefault()] = None
    box: Annotated[Annotated[Box, Row()] | None, OmitDefault()] = None
    ring: Annotated[_Ring | None, OmitDefault()] = None
    utc_offset: Annotated[UtcOffset | None, OmitDefault()] = None
    land: Annotated[Land | None, OmitDefault()] = None


@dataclass(frozen=True, slots=True)
class _AnyAreaObject(_AreaObject):
    all: Annotated[tuple[_AreaObject, ...], Count(8), OmitDefault()] = ()


def _area(found: _AnyAreaObject) -> Area:
    if found.all and _plain_areas(found):
        raise ValueError(_ONE_OF)
    return Intersection(tuple(map(_plain, found.all))) if found.all else _plain(found)


def _plain_areas(found: _AreaObject) -> list[PlainArea]:
    several = (found.country, found.countries, found.box, found.ring, found.utc_offset, found.land)
    return [area for area in several if area]


def _plain(found: _AreaObject) -> PlainArea:
    areas = _plain_areas(found)
    if len(areas) != 1:
        raise ValueError(_ONE_OF)
    return areas[0]


def _any_object(area: Area) -> _AnyAreaObject:
    if isinstance(area, Intersection):
        return _AnyAreaObject(all=tuple(map(_object, area.areas)))
    plain = _object(area)
    return _AnyAreaObject(*(getattr(plain, field.name) for field in fields(plain)))


def _object(area: PlainArea) -> _AreaObject:
    if isinstance(area, UtcOffset):
        return _AreaObject(utc_offset=area)
    if isinstance(area, Land):
        return _AreaObject(land=area)
    if isinstance(area, Country):
        return _AreaObject(country=area)
    if isinstance(area, Countries):
        return _AreaObject(countries=area)
    return _AreaObject(box=area) if isinstance(area, Box) else _AreaObject(ring=area)


StoredArea = Annotated[Area, Via(_AnyAreaObject, _area, _any_object)]
