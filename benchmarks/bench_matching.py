"""Local features and their comparison: a photo described, and held against ten candidates.

Run as `python -m benchmarks.bench_matching`; prints a Markdown table of milliseconds, computed and
waited for, the best of several rounds. The pictures are the samples that come with the program,
and parts of them, in the size at which photos are described.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from PIL import Image

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.matching import LocalFeatures, describe, verify_candidates
from geoguess_app.core.matching.features import LONG_SIDE_PX
from geoguess_app.core.matching.opencv import opencv
from geoguess_app.paths import resource_dir

_ROUNDS = 8
_CANDIDATES = 10


def _pictures() -> list[Image.Image]:
    """A photo, and ten others of the same size."""
    found = []
    for path in sorted((resource_dir() / "samples").iterdir()):
        if path.suffix in (".jpg", ".webp"):
            with Image.open(path) as opened:
                whole = opened.convert("RGB")
            wide, high = whole.size
            for part in (whole, whole.crop((wide // 8, high // 8, wide, high))):
                found.append(part.resize((LONG_SIDE_PX, LONG_SIDE_PX * 3 // 4)))
    return found[: _CANDIDATES + 1]


def _best_ms(work: Callable[[], object]) -> tuple[float, float]:
    """Computing and waiting, in milliseconds, of the round that computed least."""
    rounds = []
    for _ in range(_ROUNDS):
        computed, waited = time.process_time(), time.perf_counter()
        work()
        rounds.append((time.process_time() - computed, time.perf_counter() - waited))
    computed, waited = min(rounds)
    return 1000 * computed, 1000 * waited


def main() -> None:
    """Measure describing, comparing and packing."""
    opencv()
    first, *others = _pictures()
    query, *references = [describe(picture) for picture in (first, *others)]
    packed = query.to_bytes()
    loaders = [lambda found=found: found for found in references]
    rows: dict[str, Callable[[], object]] = {
        "describe a picture": lambda: describe(first),
        f"compare with {len(references)} candidates": lambda: list(
            verify_candidates(query, loaders, CancelToken())
        ),
        "read features from a cache": lambda: LocalFeatures.from_bytes(packed),
    }
    sys.stdout.write(f"{len(query):,} points, {len(packed):,} bytes\n\n")
    sys.stdout.write("| | computing, ms | waiting, ms |\n|---|---|---|\n")
    for name, work in rows.items():
        computed, waited = _best_ms(work)
        sys.stdout.write(f"| {name} | {computed:.1f} | {waited:.1f} |\n")


if __name__ == "__main__":
    main()
