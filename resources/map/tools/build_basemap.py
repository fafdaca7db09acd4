"""Make `resources/map/data/land-*.json` from the npm package world-atlas (Natural Earth).

A maker's tool, not part of the running program. Usage:

    npm pack world-atlas@2.0.2
    python resources/map/tools/build_basemap.py world-atlas-2.0.2.tgz

world-atlas holds Natural Earth 4.1 (public domain) as TopoJSON. The page needs no topology, only
land to fill and borders to stroke, so both are written as plain rings and lines: whole numbers on
a Web Mercator grid (0…`GRID` across the world, y downwards), each point as the difference from
the one before. That is a fifth of the same as GeoJSON, and needs no library to read.
"""

from __future__ import annotations

import argparse
import json
import sys
import tarfile
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

GRID = 1 << 21
"""Steps across the world: 19 m at the equator, a pixel at zoom 13."""
LATITUDE_LIMIT_DEG = 85.3
"""A little beyond the edge of the Mercator square, so that Antarctica leaves no line there."""
SOURCES = {"50m": 0.0, "10m": 0.75 / (256 * 2**8)}
"""Per scale: tolerance of simplification in world widths (0.75 pixels at zoom 8 for 10m)."""

Points = npt.NDArray[np.float64]


def project(lon_lat: Points) -> Points:
    """Degrees (n, 2) lon, lat → Web Mercator world coordinates, 0…1, y downwards."""
    latitude = np.radians(np.clip(lon_lat[:, 1], -LATITUDE_LIMIT_DEG, LATITUDE_LIMIT_DEG))
    x = lon_lat[:, 0] / 360.0 + 0.5
    y = 0.5 - np.log(np.tan(np.pi / 4 + latitude / 2)) / (2 * np.pi)
    return np.column_stack([x, y])


def without_jumps(points: Points) -> Points:
    """A line that steps across ±180° runs on beyond the edge of the world instead."""
    return np.column_stack([np.unwrap(points[:, 0], period=1.0), points[:, 1]])


def decode_arcs(topology: dict[str, Any]) -> list[Points]:
    """Every arc of a TopoJSON topology, projected."""
    scale, translate = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    steps = (np.array(arc, dtype=np.float64) for arc in topology["arcs"])
    return [without_jumps(project(np.cumsum(s, axis=0) * scale + translate)) for s in steps]


def simplify(points: Points, tolerance: float) -> Points:
    """Douglas–Peucker; both ends stay, so arcs that meet keep meeting. Loops keep 4 points."""
    if tolerance <= 0 or len(points) <= 4:
        return points
    keep = np.zeros(len(points), dtype=bool)
    keep[[0, -1]] = True
    if np.array_equal(points[0], points[-1]):
        keep[[len(points) // 3, 2 * len(points) // 3]] = True
    anchors = np.flatnonzero(keep)
    stack = list(pairwise(anchors))
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        start, along = points[first], points[last] - points[first]
        offsets = points[first + 1 : last] - start
        length = float(np.hypot(*along))
        if length == 0:
            distances = np.hypot(offsets[:, 0], offsets[:, 1])
        else:
            distances = np.abs(offsets[:, 0] * along[1] - offsets[:, 1] * along[0]) / length
        farthest = int(np.argmax(distances))
        if distances[farthest] > tolerance:
            middle = first + 1 + farthest
            keep[middle] = True
            stack += [(first, middle), (middle, last)]
    return points[keep]


def ring_of(indices: list[int], arcs: list[Points]) -> Points:
    """The closed ring that a list of signed arc numbers describes (~n is arc n backwards).

    It may reach beyond 0…1 sideways; a ring around a pole is closed along the edge of the map.
    """
    parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indices]
    ring = without_jumps(np.concatenate([parts[0], *(part[1:] for part in parts[1:])]))
    if abs(ring[-1, 0] - ring[0, 0]) > 0.5:
        edge = project(np.array([[0.0, 90.0 if ring[:, 1].mean() < 0.5 else -90.0]]))[0, 1]
        corners = [[ring[-1, 0], edge], [ring[0, 0], edge], ring[0]]
        ring = np.concatenate([ring, corners])
    return ring - [np.floor(ring[:, 0].min()), 0.0]


def polygons_of(geometry: dict[str, Any]) -> list[list[list[int]]]:
    """Polygons of a TopoJSON geometry, each a list of rings of signed arc numbers."""
    if geometry["type"] == "Polygon":
        return [geometry["arcs"]]
    if geometry["type"] == "MultiPolygon":
        return list(geometry["arcs"])
    if geometry["type"] == "GeometryCollection":
        return [p for part in geometry["geometries"] for p in polygons_of(part)]
    return []


def land_rings(topology: dict[str, Any], arcs: list[Points]) -> list[Points]:
    """Outer and inner rings of all land, for one even-odd or non-zero fill."""
    return [ring_of(r, arcs) for p in polygons_of(topology["objects"]["land"]) for r in p]


def border_lines(topology: dict[str, Any], arcs: list[Points]) -> list[Points]:
    """Arcs that two countries share."""
    users: dict[int, set[int]] = defaultdict(set)
    for number, country in enumerate(topology["objects"]["countries"]["geometries"]):
        for polygon in polygons_of(country):
            for ring in polygon:
                for index in ring:
                    users[index if index >= 0 else ~index].add(number)
    return [arcs[i] for i, countries in sorted(users.items()) if len(countries) > 1]


def encode(points: Points) -> list[int]:
    """Whole numbers on the grid, first point absolute, the rest as differences, x and y in turn."""
    grid = np.rint(points * GRID).astype(np.int64)
    moved = np.concatenate([[True], np.any(np.diff(grid, axis=0) != 0, axis=1)])
    grid = grid[moved]
    grid[1:] = np.diff(grid, axis=0)
    return [int(value) for value in grid.ravel()]


def convert(topology: dict[str, Any], tolerance: float) -> dict[str, Any]:
    """One scale as the page reads it."""
    arcs = [simplify(arc, tolerance) for arc in decode_arcs(topology)]
    land = [encode(ring) for ring in land_rings(topology, arcs)]
    return {
        "source": "Natural Earth 4.1 (public domain), through world-atlas 2.0.2",
        "grid": GRID,
        "land": [ring for ring in land if len(ring) >= 6],
        "borders": [encode(line) for line in border_lines(topology, arcs)],
    }


def main() -> None:
    """Convert each scale and say how large it became."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", type=Path, help="world-atlas-2.0.2.tgz, as npm pack gives it")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "data")
    arguments = parser.parse_args()
    with tarfile.open(arguments.package) as package:
        for scale, tolerance in SOURCES.items():
            member = package.extractfile(f"package/countries-{scale}.json")
            assert member is not None
            converted = convert(json.load(member), tolerance)
            target = arguments.out / f"land-{scale}.json"
            target.write_text(json.dumps(converted, separators=(",", ":")), encoding="utf-8")
            count = sum(len(ring) // 2 for ring in converted["land"] + converted["borders"])
            sys.stdout.write(f"{target.name}: {count} points, {target.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
