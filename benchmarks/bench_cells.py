"""S2 cells beside s2sphere, and partitions from 100,000 points to ten times as many as MP-16 has.

Run as `python -m benchmarks cells`. Each size of partitions gets a process of its own, whose peak
memory is told; the largest needs 8 GiB and is left out of quick runs.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

import numpy as np
import s2sphere

from benchmarks.results import QUICK, Figures, in_turn
from geoguess_app.core.cells import bounds, leaf_ids, parents, polygons, tokens
from geoguess_app.core.partition import PartitionRules, PhotoPlaces, build_partitions
from geoguess_app.core.types import FloatArray

MP16_PHOTOS = 4_720_000
_SIZES = (100_000, 1_000_000) if QUICK else (100_000, MP16_PHOTOS, 10 * MP16_PHOTOS)
_SAMPLE, _PLAIN = 100_000, 20_000
_FASTER = 30.0
_TAUS = ((50, 5000), (50, 2000), (50, 1000))
"""Report A's world recipe."""


def photo_like_points(count: int, seed: int = 16) -> tuple[FloatArray, FloatArray]:
    """Points that crowd as photos do: around 20,000 places of very unequal fame, land or not."""
    rng = np.random.default_rng(seed)
    places = 20_000
    lat = np.degrees(np.arcsin(rng.uniform(-0.75, 0.95, places)))
    lon = rng.uniform(-180, 180, places)
    fame = 1.0 / np.arange(1, places + 1)
    where = rng.choice(places, count, p=fame / fame.sum())
    spread = rng.exponential(0.2, count)
    lat = np.clip(lat[where] + rng.normal(0, 1, count) * spread, -90, 90)
    lon = (lon[where] + rng.normal(0, 1, count) * spread + 180) % 360 - 180
    return lat, lon


def bench_geometry(figures: Figures) -> None:
    """The same results, one call on arrays against one call per point or cell."""
    lat, lon = photo_like_points(_SAMPLE)
    ids = leaf_ids(lat, lon)
    cells = parents(ids[:10_000], 10)
    boxed = [s2sphere.CellId(i) for i in ids.tolist()]
    boxed_cells = [s2sphere.CellId(i) for i in cells.tolist()]
    for name, ours, theirs in (
        (
            "100,000 ids to parents",
            lambda: parents(ids, 10),
            lambda: [cell.parent(10) for cell in boxed],
        ),
        ("100,000 ids to tokens", lambda: tokens(ids), lambda: [c.to_token() for c in boxed]),
        ("10,000 cells to outlines", lambda: polygons(cells), lambda: _outlines(boxed_cells)),
        (
            "10,000 cells to boxes",
            lambda: bounds(cells),
            lambda: [s2sphere.Cell(c).get_rect_bound() for c in boxed_cells],
        ),
    ):
        taken_s = in_turn({"ours": ours, "theirs": theirs}, 1 if QUICK else 3)
        ratio = taken_s["theirs"] / taken_s["ours"]
        figures.add(name, 1000 * taken_s["ours"], "ms", ratio=ratio, beside="s2sphere")


def _outlines(cells: list[s2sphere.CellId]) -> list[list[s2sphere.LatLng]]:
    return [
        [s2sphere.LatLng.from_point(s2sphere.Cell(cell).get_vertex(k)) for k in range(4)]
        for cell in cells
    ]


def bench_partitions(figures: Figures) -> None:
    """Report A's three partitions, ids included, beside the s2sphere loop that makes the ids and
    divides full cells, as the published code does for each of the three."""
    for size in _SIZES:
        command = [sys.executable, "-m", "benchmarks.bench_cells", str(size)]
        found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        target = _FASTER if size == MP16_PHOTOS else None
        figures.add(
            f"three partitions of {size:,} points",
            found["busy_s"],
            "s of processor",
            ratio=found["loop_s"] / found["busy_s"],
            beside="the s2sphere loop",
            least=target,
            short=size == MP16_PHOTOS,
        )
        figures.add(f"three partitions of {size:,} points: peak memory", found["peak_mib"], "MiB")


def _partitions(size: int) -> dict[str, float]:
    """Processor time of all three, of the plain loop at the same size, and peak memory."""
    lat, lon = photo_like_points(size)
    start = time.process_time()
    rules = [PartitionRules(f"cells_{a}_{b}", a, b) for a, b in _TAUS]
    builds = build_partitions(PhotoPlaces(lat, lon), rules)
    busy_s = time.process_time() - start
    assert all(build.report.cells for build in builds)
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10  # bytes there, KiB elsewhere
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    start = time.process_time()
    for _, most in _TAUS:
        _plain_partition(lat[:_PLAIN], lon[:_PLAIN], max(2, most * _PLAIN // size))
    loop_s = (time.process_time() - start) * size / _PLAIN
    return {"busy_s": busy_s, "loop_s": loop_s, "peak_mib": peak_mib}


def _plain_partition(lat: FloatArray, lon: FloatArray, most: int) -> dict[int, list[int]]:
    """Cells with at most ``most`` points each, the way the published code divides them."""
    make, position = s2sphere.CellId.from_lat_lng, s2sphere.LatLng.from_degrees
    leaves = [make(position(a, b)) for a, b in zip(lat.tolist(), lon.tolist(), strict=True)]
    done: dict[int, list[int]] = {}
    waiting = [(0, list(range(len(leaves))))]
    while waiting:
        level, members = waiting.pop()
        inside: dict[int, list[int]] = {}
        for index in members:
            inside.setdefault(leaves[index].parent(level).id(), []).append(index)
        for cell, own in inside.items():
            if len(own) > most and level < 30:
                waiting.append((level + 1, own))
            else:
                done[cell] = own
    return done


def main(arguments: list[str]) -> None:
    """Measure all, or print what one size takes."""
    if arguments:
        sys.stdout.write(json.dumps(_partitions(int(arguments[0]))))
        return
    figures = Figures(__file__, __doc__)
    bench_geometry(figures)
    bench_partitions(figures)
    figures.save()


if __name__ == "__main__":
    main(sys.argv[1:])
