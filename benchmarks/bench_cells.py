"""S2 ids against s2sphere, and partitions of as many points as MP-16 has: time and memory.

Run as `python -m benchmarks.bench_cells`; prints Markdown tables.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable

import numpy as np
import s2sphere

from geoguess_app.core.cells import bounds, leaf_ids, parents, polygons, tokens
from geoguess_app.core.partition import PartitionBuild, build_partition
from geoguess_app.core.partition.hierarchy import build_hierarchy
from geoguess_app.core.types import FloatArray, IdArray

MP16_PHOTOS = 4_720_000
_SAMPLE = 100_000
_ROUNDS = 5


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


def _best_seconds(work: Callable[[], object], rounds: int = _ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def _row(*cells: str) -> None:
    sys.stdout.write("| " + " | ".join(cells) + " |\n")


def bench_against_s2sphere() -> None:
    """The same results, one call on arrays against one call per point or cell."""
    lat, lon = photo_like_points(_SAMPLE)
    ids = leaf_ids(lat, lon)
    cells = parents(ids[:10_000], 10)
    points = list(zip(lat.tolist(), lon.tolist(), strict=True))
    boxed = [s2sphere.CellId(i) for i in ids.tolist()]
    boxed_cells = [s2sphere.CellId(i) for i in cells.tolist()]
    _row("S2 geometry", "ours", "s2sphere", "faster by")
    _row("---", "---:", "---:", "---:")
    for name, ours, theirs in (
        ("100,000 points → leaf ids", lambda: leaf_ids(lat, lon), lambda: _s2_ids(points)),
        (
            "100,000 ids → parents",
            lambda: parents(ids, 10),
            lambda: [cell.parent(10) for cell in boxed],
        ),
        ("100,000 ids → tokens", lambda: tokens(ids), lambda: [c.to_token() for c in boxed]),
        ("10,000 cells → outlines", lambda: polygons(cells), lambda: _s2_polygons(boxed_cells)),
        (
            "10,000 cells → boxes",
            lambda: bounds(cells),
            lambda: [s2sphere.Cell(c).get_rect_bound() for c in boxed_cells],
        ),
    ):
        fast, slow = _best_seconds(ours), _best_seconds(theirs, 1)
        _row(name, f"{fast * 1e3:.1f} ms", f"{slow * 1e3:.0f} ms", f"{slow / fast:.0f} ×")


def _s2_ids(points: list[tuple[float, float]]) -> list[int]:
    make, position = s2sphere.CellId.from_lat_lng, s2sphere.LatLng.from_degrees
    return [make(position(lat, lon)).id() for lat, lon in points]


def _s2_polygons(cells: list[s2sphere.CellId]) -> list[list[s2sphere.LatLng]]:
    return [
        [s2sphere.LatLng.from_point(s2sphere.Cell(cell).get_vertex(k)) for k in range(4)]
        for cell in cells
    ]


def bench_mp16_size() -> None:
    """The world recipe (Report A) on as many points as MP-16 has."""
    lat, lon = photo_like_points(MP16_PHOTOS)
    _row(f"{MP16_PHOTOS:,} points", "seconds", "cells", "kept", "re-assigned", "dropped")
    _row("---", *["---:"] * 5)
    start = time.perf_counter()
    ids: IdArray = leaf_ids(lat, lon)
    _row("leaf ids", f"{time.perf_counter() - start:.1f}", f"{len(np.unique(ids)):,}", "", "", "")
    builds: list[PartitionBuild] = []
    for name, tau_max in (("coarse", 5000), ("middle", 2000), ("fine", 1000)):
        start = time.perf_counter()
        builds.append(build_partition(lat, lon, name=name, tau_min=50, tau_max=tau_max))
        r = builds[-1].report
        counts = (f"{n:,}" for n in (r.cells, r.kept, r.reassigned, r.dropped))
        _row(f"partition 50:{tau_max}", f"{time.perf_counter() - start:.1f}", *counts)
    start = time.perf_counter()
    build_hierarchy([build.partition for build in builds])
    _row("hierarchy of the three", f"{time.perf_counter() - start:.2f}", "", "", "", "")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30
    sys.stdout.write(f"\nPeak memory of the whole run: {peak:.2f} GiB.\n")


def main() -> None:
    """Print all tables."""
    bench_against_s2sphere()
    sys.stdout.write("\n")
    bench_mp16_size()


if __name__ == "__main__":
    main()
