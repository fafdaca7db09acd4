"""`geoguess-train partition` on as many photos as MP-16 has: seconds and memory, end to end.

Run as `python -m benchmarks partition`. Ratios are of processor
time, so that whatever else the machine does leaves them alone. The photos are the 100,000
real positions in the folder that GEOGUESS_TEST_DATA names, each repeated with a jitter that grows
with the distance to the next, so that crowds stay crowds; without them, invented crowds.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import s2sphere

from benchmarks.bench_cells import MP16_PHOTOS, photo_like_points
from benchmarks.results import QUICK, Figures
from geoguess_app.core.types import FloatArray

REAL = Path(os.environ.get("GEOGUESS_TEST_DATA", "")) / "data" / "coordinates_100K.csv"
PHOTOS = MP16_PHOTOS // 20 if QUICK else MP16_PHOTOS
TAUS = ((50, 5000), (50, 2000), (50, 1000))
"""Report A's world recipe."""
_EXACT_COPIES = 0.3
"""Share of the photos that keep the very coordinates of another, as uploads in bursts do."""
_S2SPHERE_POINTS = 50_000


def mp16_like_points(count: int, seed: int = 16) -> tuple[FloatArray, FloatArray]:
    """Positions crowded as those of real photos are, degrees."""
    if not REAL.is_file():
        return photo_like_points(count, seed)
    lat, lon = np.loadtxt(REAL, delimiter=",", skiprows=1).T
    rng = np.random.default_rng(seed)
    chosen = rng.integers(lat.size, size=count)
    jitter = rng.normal(0, 1, (2, count)) * _spread_deg(lat, lon)[chosen]
    jitter[:, rng.random(count) < _EXACT_COPIES] = 0.0
    lat_new = np.clip(lat[chosen] + jitter[0], -89.9, 89.9)
    lon_new = lon[chosen] + jitter[1] / np.cos(np.radians(lat_new))
    return lat_new, (lon_new + 180) % 360 - 180


def _spread_deg(latitude: FloatArray, longitude: FloatArray) -> FloatArray:
    """A third of each place's distance to its eighth neighbour, at most 0.5°."""
    from scipy.spatial import cKDTree

    from geoguess_app.core.geo.sphere import unit_vectors

    points = unit_vectors(latitude, longitude)
    distance, _ = cKDTree(points).query(points, k=[8])
    return np.asarray(np.clip(np.degrees(distance[:, 0]) / 3, 1e-5, 0.5))


def write_tables(folder: Path) -> tuple[Path, Path]:
    """The photos as MP-16's CSV (ids that are texts) and as Parquet."""
    lat, lon = mp16_like_points(PHOTOS)
    names = pa.array([f"{k % 256:02x}/{k * 2654435761 % 2**32:08x}.jpg" for k in range(lat.size)])
    table = pa.table({"IMG_ID": names, "LAT": lat, "LON": lon})
    pa_csv.write_csv(table, folder / "mp16.csv")
    pq.write_table(table, folder / "mp16.parquet")
    return folder / "mp16.csv", folder / "mp16.parquet"


_STAGES = """
import resource, sys, time
from pathlib import Path
start, busy = time.perf_counter(), time.process_time()
def peak_bytes():
    # The kernel's own count starts anew with this process, getrusage's with its parent's.
    status = Path("/proc/self/status")
    if status.is_file():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
def stage(name):
    global start, busy
    took, worked = time.perf_counter() - start, time.process_time() - busy
    print(f"{name}|{took:.2f}|{worked:.2f}|{peak_bytes() / 2**30:.2f}", flush=True)
    start, busy = time.perf_counter(), time.process_time()
import numpy, pyarrow.csv, pyarrow.parquet, scipy.spatial
from geoguess_app.core.partition import PartitionRules, PhotoPlaces, build_partitions
from trainer.partitions.statistics import account_of
from trainer.partitions.points import read_points
from trainer.partitions.report import write_report
stage("libraries")
points = read_points(Path(sys.argv[1]))
stage("read the table")
places = PhotoPlaces(points.latitude_deg, points.longitude_deg)
stage("S2 ids")
taus = [tuple(map(int, text.split(":"))) for text in sys.argv[3:]]
rules = [PartitionRules(f"cells_{a}_{b}", a, b) for a, b in taus]
builds = build_partitions(places, rules)
stage("three partitions")
account = account_of(points, places, builds)
stage("ceilings, coverage")
write_report(Path(sys.argv[2]), account)
stage("report")
"""


def _stages(table: Path, out: Path) -> list[list[str]]:
    """Name, seconds, processor seconds and peak GiB so far of each stage; then the counts."""
    out.mkdir(exist_ok=True)
    taus = [f"{low}:{high}" for low, high in TAUS]
    command = [sys.executable, "-c", _STAGES, str(table), str(out), *taus]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split("|") for line in done.stdout.splitlines()]


def _s2sphere_seconds_a_point() -> float:
    lat, lon = mp16_like_points(_S2SPHERE_POINTS)
    points = list(zip(lat.tolist(), lon.tolist(), strict=True))
    start = time.process_time()
    for a, b in points:
        s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(a, b)).id()
    return (time.process_time() - start) / len(points)


def _csv_seconds_a_row(table: Path) -> float:
    """What Python's own csv module takes to make numbers of two columns."""
    start, rows = time.process_time(), 0
    with table.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        next(reader)
        for fields in reader:
            float(fields[1]), float(fields[2])
            rows += 1
            if rows == 200_000:
                break
    return (time.process_time() - start) / rows


def main() -> None:
    """Measure both kinds of table."""
    figures = Figures(__file__, __doc__)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tables = write_tables(folder)
        per_point, per_row = _s2sphere_seconds_a_point(), _csv_seconds_a_row(tables[0])
        compared = {
            "read the table": (per_row, "csv module"),
            "S2 ids": (per_point, "s2sphere's ids"),
        }
        for table in tables:
            for stage, _, busy, peak_gib in _stages(table, folder / "out"):
                other, what = compared.get(stage, (0.0, ""))
                ratio = other * PHOTOS / float(busy) if other else None
                title = f"{table.suffix.removeprefix('.')}: {stage}"
                figures.add(title, float(busy), "s of processor", ratio=ratio, beside=what)
                figures.add(f"{title}: peak memory by then", 1024 * float(peak_gib), "MiB")
    figures.save()


if __name__ == "__main__":
    main()
