"""Do the regions of "Why here" matter? Covers them up and looks how far the answer falls.

    python -m benchmarks.why_occlusion PHOTOS_FOLDER TABLE.csv [--count N]
        [--split train|val] [--unknown]

TABLE.csv names the files (`file`) and their positions (`latitude`, `longitude`); rows whose `split`
is test are left out. Of every photo the square (a third of the short side) that speaks loudest for
the answer is covered with the photo's mean colour, then the quietest, the loudest's mirror image,
and the middle of the photo; each time the log-odds of the answer's cell are asked anew. With
--unknown the model first forgets its known photos within 2 km, as if the photo were new to it.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from geoguess_app.core.decision.decide import DecisionModel
from geoguess_app.core.decision.retrieval import build_bank
from geoguess_app.core.explain.activation import CellTarget, look_at
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.core.predictor import Predictor, load_predictor

SIDE = 1 / 3
FORGOTTEN_KM = 2.0
OFF_CENTRE = 0.15
Box = tuple[float, float, float, float]


def main() -> int:
    """Measure and print; takes about four forward passes a photo."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("table", type=Path)
    parser.add_argument("--count", type=int, default=140)
    parser.add_argument("--unknown", action="store_true")
    parser.add_argument("--split", choices=("train", "val"), help="only photos of this part")
    options = parser.parse_args()
    with options.table.open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table) if row.get("split") != "test"]
    if options.split:
        rows = [row for row in rows if row["split"] == options.split]
    chosen = np.random.default_rng(1).permutation(len(rows))[: options.count]
    predictor = load_predictor(device="cpu")
    whole = predictor.decision_model
    falls = []
    for index in chosen:
        row = rows[index]
        model = _forgetting(whole, row) if options.unknown else whole
        falls.append(_falls(predictor, model, options.folder / row["file"]))
    _print(np.array(falls))
    return 0


def _forgetting(model: DecisionModel, row: dict[str, str]) -> DecisionModel:
    """The model without the known photos near a position."""
    bank = model.bank
    assert bank is not None
    here = (float(row["latitude"]), float(row["longitude"]))
    away = great_circle_km(bank.latitude_deg, bank.longitude_deg, *here) > FORGOTTEN_KM
    left = build_bank(
        bank.embeddings[away],
        bank.latitude_deg[away],
        bank.longitude_deg[away],
        bank.fine_class[away],
        len(model.cell_tokens),
    )
    return replace(model, bank=left)


def _falls(predictor: Predictor, model: DecisionModel, path: Path) -> list[float]:
    """How far the log-odds fall for loudest, quietest, mirrored and middle square, and how far
    the loudest lies from the middle (a share of the long side)."""
    photo = open_upright(path)
    look = look_at(predictor, photo, model)
    regions = look.activation()
    assert isinstance(regions.target, CellTarget)
    wide = photo.width >= photo.height
    loud = regions.window(SIDE)
    quiet = regions.window(SIDE, strongest=False)
    left, top, right, bottom = loud
    mirrored = (1 - right, top, 1 - left, bottom) if wide else (left, 1 - bottom, right, 1 - top)
    off = abs(left + right - 1) if wide else abs(top + bottom - 1)
    boxes = (loud, quiet, mirrored, _middle(photo))
    pictures = [_covered(photo, box) for box in boxes]
    chances = [
        look_at(predictor, picture, model).prediction.cell_probabilities["combined"]
        for picture in pictures
    ]
    odds = [np.log(c[regions.target.index]) - np.log1p(-c[regions.target.index]) for c in chances]
    return [*(regions.score - np.array(odds)), off]


def _middle(photo: Image.Image) -> Box:
    side = SIDE * min(photo.size)
    x, y = side / photo.width / 2, side / photo.height / 2
    return (0.5 - x, 0.5 - y, 0.5 + x, 0.5 + y)


def _covered(photo: Image.Image, box: Box) -> Image.Image:
    pixels = np.array(photo)
    height, width = pixels.shape[:2]
    left, top, right, bottom = box
    rows, columns = (
        slice(round(top * height), round(bottom * height)),
        slice(round(left * width), round(right * width)),
    )
    pixels[rows, columns] = pixels.mean((0, 1))
    return Image.fromarray(pixels)


def _print(falls: np.ndarray) -> None:
    loud, quiet, mirrored, middle, off = falls.T
    aside = off > OFF_CENTRE
    lines = (
        f"{len(falls)} photos; covering the loudest third-of-a-side square costs the answer",
        f"more than the quietest in {np.mean(loud > quiet):.0%}",
        f"more than the middle in {np.mean(loud >= middle):.0%}",
        f"more than its mirror image in {np.mean((loud > mirrored)[aside]):.0%} "
        f"({aside.sum()} photos in which it lies aside)",
        f"log-odds lost, median: loudest {np.median(loud):.2f}, quietest {np.median(quiet):.2f}, "
        f"middle {np.median(middle):.2f}",
    )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
