"""Reference photos: time of a search, memory and disk at 50,000 and 1,000,000 photos.

Computing time is what this process used; waiting is what a clock shows, which grows when the
machine is busy with other things. Memory is what belongs to the process alone: mapped files are the
operating system's and go when room is needed.

Run as `python -m benchmarks references`. The vectors are random, of the
starter's size; each photo asked about is one of them with noise, so that it has a true nearest.
Needs 1.2 GB on the drive for the million; `python -m benchmarks.bench_references 50000` for less.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.results import QUICK, Figures
from geoguess_app.core.types import Coordinate
from geoguess_app.references.collection import ReferenceCollection
from geoguess_app.references.values import FileStamp, PositionSource, Reference, ReferenceSpace

_SIZE = 512
_SIZES = (50_000,) if QUICK else (50_000, 1_000_000)
_SPACE = ReferenceSpace("benchmark", "Random", _SIZE)
_BLOCK = 10_000
_ASKED = 40
_NOISE = 1.5
"""Length of what is added to a vector: a cosine of 0.55 with it stays."""


def main(sizes: list[int]) -> None:
    """Measure each size of the collection."""
    figures = Figures(__file__, __doc__)
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            _measure(figures, Path(name), size)
    figures.save()


def _measure(figures: Figures, folder: Path, size: int) -> None:
    asked = _fill(folder, size)
    before = _mib()
    begun = time.perf_counter()
    with ReferenceCollection(folder) as collection:
        collection.nearest(_SPACE, asked[0][1], 10)
        opening_s = time.perf_counter() - begun
        times, waits, right = [], [], 0
        for name, vector in asked:
            begun, used = time.perf_counter(), time.process_time()
            near = collection.nearest(_SPACE, vector, 10)
            times.append(1000 * (time.process_time() - used))
            waits.append(1000 * (time.perf_counter() - begun))
            right += near[0].reference.path.name == name
        disk_mb = collection.counts().size_bytes / 1e6
    title = f"{size:,} references"
    figures.add(f"{title}: search", statistics.median(waits), "ms", short=size == max(_SIZES))
    figures.add(f"{title}: search, processor", statistics.median(times), "ms")
    figures.add(f"{title}: true nearest found", right / len(asked), "of photos")
    figures.add(f"{title}: memory", _mib() - before, "MiB more")
    figures.add(f"{title}: disk", disk_mb, "MB")
    figures.add(f"{title}: opening", opening_s, "s")


def _fill(folder: Path, size: int) -> list[tuple[str, np.ndarray]]:
    """Write a collection; some of its photos' names, and vectors near theirs."""
    random, asked = np.random.default_rng(1), []
    with ReferenceCollection(folder) as collection, collection.writing():
        for block in range(0, size, _BLOCK):
            count = min(_BLOCK, size - block)
            rows = _unit(random.normal(size=(count, _SIZE)))
            photos = list(_photos(block, count))
            collection.add_vectors(_SPACE, rows, [photo.content for photo in photos])
            with collection.table.transaction():
                for photo in photos:
                    collection.table.put_photo(photo)
            row = int(random.integers(count))
            noise = _NOISE * _unit(random.normal(size=(1, _SIZE)))
            asked.append((photos[row].path.name, _unit(rows[row : row + 1] + noise)[0]))
    return (asked * _ASKED)[:_ASKED]


def _photos(first: int, count: int) -> Iterator[Reference]:
    for number in range(first, first + count):
        path = Path(f"/home/somebody/Pictures/phone/2024/{number // 1000:04}/IMG_{number:07}.jpg")
        stamp = FileStamp(3_000_000 + number, 1_700_000_000_000_000_000 + number)
        where = Coordinate(number % 90, number % 180)
        yield Reference(path, stamp, f"jpeg-{number:064}", where, None, PositionSource.EXIF)


def _unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _mib() -> float:
    """Memory of this process without mapped files; only Linux tells."""
    status = Path("/proc/self/status")
    found = re.search(r"RssAnon:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else float("nan")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(_SIZES))
