"""Located photos and an embedder that is real but needs no model: it sees a photo's colours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from geoguess_app.core.decision.retrieval import Bank
from geoguess_app.core.picture.decode import PhotoBytes, open_upright, path_of
from geoguess_app.references.values import ReferenceSpace

SIZE = 48


class ColourEmbedder:
    """A photo's colours in a grid of 4 × 4, as a vector."""

    def __init__(self, key: str = "colours", sign: float = 1.0) -> None:
        self.space = ReferenceSpace(key, f"The eye {key}", SIZE)
        self.decoded: list[str] = []
        self.bank: Bank | None = None
        self._sign = sign

    def prepare(self, photo: Path | PhotoBytes) -> np.ndarray:
        self.decoded.append(path_of(photo).name)
        small = open_upright(photo).resize((4, 4), Image.Resampling.BOX)
        return np.asarray(small, np.float32).reshape(1, SIZE) - 127.5

    def embed(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        rows = np.concatenate(crops) * self._sign
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def picture(seed: int) -> Image.Image:
    """A picture like no other: a grid of random colours."""
    grid = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return Image.fromarray(grid).resize((64, 64), Image.Resampling.NEAREST)


def located_photo(path: Path, seed: int, lat_deg: float | None, taken: str = "") -> Path:
    """Save a JPEG with a position on the meridian of Greenwich, or without any."""
    exif = Image.Exif()
    if lat_deg is not None:
        degrees = (float(abs(lat_deg)), 0.0, 0.0)
        exif.get_ifd(0x8825).update(
            {1: "N" if lat_deg > 0 else "S", 2: degrees, 3: "E", 4: (0.0,) * 3}
        )
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(seed).save(path, exif=exif, quality=95)
    return path
