"""The independent check of the regions: covering the loudest hurts the answer more than covering
the quietest. `benchmarks/why_occlusion.py` does it for many photos and more comparisons."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoguess_app.core.explain.activation import CellTarget, look_at
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.core.predictor import Predictor, load_predictor

PHOTOS = 6


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return load_predictor(device="cpu")


def covered(photo: Image.Image, box: tuple[float, float, float, float]) -> Image.Image:
    """The photo with a box (shares of its sides) in its own mean colour."""
    pixels = np.array(photo)
    height, width = pixels.shape[:2]
    left, right = round(box[0] * width), round(box[2] * width)
    top, bottom = round(box[1] * height), round(box[3] * height)
    pixels[top:bottom, left:right] = pixels.mean((0, 1))
    return Image.fromarray(pixels)


@pytest.mark.long
def test_covering_the_loudest_region_hurts_most(predictor: Predictor, some_photos: Path) -> None:
    with (some_photos / "world.csv").open(encoding="utf-8", newline="") as table:
        files = [row["file"] for row in csv.DictReader(table) if row["split"] == "val"]
    falls = []
    for file in files[:: len(files) // PHOTOS][:PHOTOS]:
        photo = open_upright(some_photos / file)
        found = look_at(predictor, photo).activation()
        assert isinstance(found.target, CellTarget)
        tries = [covered(photo, found.window(1 / 3, strongest=loud)) for loud in (True, False)]
        cell = found.target.index
        left = [a.cell_probabilities["combined"][cell] for a in predictor.predict(tries)]
        falls.append((found.score - np.log(left / (1 - np.array(left)))).tolist())
    assert sum(loud > quiet for loud, quiet in falls) >= PHOTOS - 1, falls
