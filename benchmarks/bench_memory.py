"""Memory and time over thousands of photos: locating, tagging, and tagging again from memory.

Run as `python -m benchmarks memory`; 100,000 photos with `GEOGUESS_BENCH_MANY=100000`. The photos
are small and made, the model is tiny and knows nothing: what grows with their number is what
counts.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from benchmarks.results import QUICK, Figures

_MANY = 1_000 if QUICK else int(os.environ.get("GEOGUESS_BENCH_MANY", "10000"))
_COUNTS = (100, *(count for count in (10_000,) if count < _MANY), _MANY)
"""A run with hardly any photos tells what the program itself takes."""
_FLAT = 1.1
_MODEL = """
import sys
from pathlib import Path
from geoguess_app.core.bundle import write_bundle
from tests.core.tiny_bundle import shared_parts
parts = shared_parts()
write_bundle(
    Path(sys.argv[1]), parts.manifest, parts.partitions, parts.tensors, parts.extra_files
)
"""


def main() -> None:
    """Measure each command and number of photos."""
    figures = Figures(__file__, __doc__)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = folder / "tiny.geomodel"
        # In another process: what this one takes counts as memory of those it starts.
        subprocess.run([sys.executable, "-c", _MODEL, str(model)], check=True)
        few: dict[str, float] = {}
        for count in _COUNTS:
            photos = folder / f"{count}"
            _generate(photos, count)
            os.environ["GEOGUESS_DATA_DIR"] = str(folder / f"data {count}")
            options = (str(photos), "--model", str(model), "--crops", "1")
            tag = ("tag", *options, "--dry-run", "--include-uncertain")
            runs = {
                "locate": ("locate", *options, "--format", "jsonl", "--no-cache"),
                "tag --dry-run": tag,
                "tag again": tag,
                "tag again, by trips": (*tag, "--trips"),
            }
            for command, arguments in runs.items():
                mib, seconds = _run(*arguments)
                base = few.setdefault(command, mib)
                ratio, most = (
                    (mib / base, _FLAT) if command in ("locate", "tag --dry-run") else (None, None)
                )
                figures.add(
                    f"{command}, {count:,} photos", mib, "MiB", ratio=ratio,
                    beside=f"{_COUNTS[0]} photos", most=most, short=count == _COUNTS[-1],
                )  # fmt: skip
                figures.add(f"{command}, {count:,} photos: photos", count / seconds, "photos/s")
    figures.save()


def _generate(folder: Path, count: int) -> None:
    """Small JPEGs of different content, 20 seconds apart, in folders of a thousand."""
    for index in range(count):
        if index % 1000 == 0:
            (folder / f"{index // 1000}").mkdir(parents=True)
        exif = Image.Exif()
        day, second = divmod(index * 20 % (28 * 86_400), 86_400)
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        exif.get_ifd(0x8769)[0x9003] = f"2024:07:{day + 1:02} {clock}"
        if index % 50 == 0:
            where = {1: "N", 2: (39.0, 54.0, 0.0), 3: "E", 4: (116.0, 24.0, 0.0)}
            exif.get_ifd(0x8825).update(where)
        colour = (index % 256, index // 256 % 256, 99 + index // 65_536)
        picture = Image.new("RGB", (320, 240), colour)
        picture.save(folder / f"{index // 1000}" / f"{index:06}.jpg", exif=exif)


def _run(*arguments: str) -> tuple[float, float]:
    """The greatest memory a command took, MiB, and its seconds."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "geoguess_app", *arguments], stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise SystemExit(output.read().decode()[-2000:])
    return _mib(usage), time.perf_counter() - start


def _mib(usage: resource.struct_rusage) -> float:
    # macOS counts bytes, Linux kilobytes.
    return usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    main()
