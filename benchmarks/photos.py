"""Photos for benchmarks: copies of the samples, each a picture that no memory of answers knows."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from geoguess_app.paths import resource_dir


def copies(
    folder: Path, count: int, *, side_px: int | None = None, different: int | None = None
) -> list[Path]:
    """Make ``folder`` with ``count`` JPEGs, scaled to ``side_px`` where that is given.

    What follows the end of a JPEG makes each its own picture; those beyond ``different`` are links
    to the first ones.
    """
    folder.mkdir(parents=True)
    pictures = [_scaled(path, side_px) for path in sorted(_samples())]
    paths = [folder / f"photo {number}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        if different is not None and number >= different:
            path.hardlink_to(paths[number % different])
            continue
        mark = str(folder).encode() + number.to_bytes(4, "big")
        path.write_bytes(pictures[number % len(pictures)] + mark)
    return paths


def _samples() -> list[Path]:
    return list((resource_dir() / "samples").glob("*.jpg"))


def _scaled(path: Path, side_px: int | None) -> bytes:
    if side_px is None:
        return path.read_bytes()
    with Image.open(path) as picture:
        picture.thumbnail((side_px, side_px))
        data = io.BytesIO()
        picture.save(data, "JPEG", quality=90)
    return data.getvalue()
