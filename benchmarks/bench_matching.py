"""Local features and their comparison: a photo described, and held against ten candidates.

Run as `python -m benchmarks matching`. The pictures are the samples that come with the program,
and parts of them, in the size at which photos are described.
"""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from benchmarks.results import Figures, in_turn_with_busy
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
    figures = Figures(__file__, __doc__)
    figures.add("points described", len(query), "points")
    figures.add("their size", len(packed) / 1000, "kB")
    taken_s, busy_s = in_turn_with_busy(rows, _ROUNDS)
    for name in rows:
        figures.add(name, 1000 * taken_s[name], "ms")
        figures.add(f"{name}: processor", 1000 * busy_s[name], "ms")
    figures.save()


if __name__ == "__main__":
    main()
