"""A folder of photos, from files to answers that are remembered, beside the network alone, and
beside the loop that public code uses: open, transform, one forward, one photo after another.

Run as `python -m benchmarks throughput [MODEL…]`, models: starter, five-trunks, shared-trunk,
gallery. All sides take turns on the same photos; the loop has the same weights, in torch.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from benchmarks.models import geoclip, report_a
from benchmarks.photos import copies
from benchmarks.results import QUICK, Figures, in_turn_with_busy
from benchmarks.world_cells import photo_places, world_partitions
from geoguess_app.core.bundle import Bundle, open_bundle
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.network.network import load_from_config, load_network, load_trunk
from geoguess_app.core.predictor import Predictor, make_predictor
from geoguess_app.core.types import LocatedPhoto, Prediction
from geoguess_app.locating.answer_store import AnswerStore
from geoguess_app.locating.memory import AnswerMemory, model_key
from geoguess_app.locating.stream import locate
from geoguess_app.paths import starter_bundle_dir

_OF_FORWARD, _OF_LOOP, _SAME = 0.9, 1.5, 0.99
_SIDE_PX = 1024


def _five_trunks(folder: Path) -> Bundle:
    return report_a(folder, world_partitions(), shared=False)


def _shared_trunk(folder: Path) -> Bundle:
    return report_a(folder, world_partitions(), shared=True)


def _gallery(folder: Path) -> Bundle:
    return geoclip(folder, world_partitions(), np.stack(photo_places(), axis=1))


_MODELS: dict[str, tuple[Callable[[Path], Bundle], int]] = {
    "starter": (lambda _folder: open_bundle(starter_bundle_dir()), 24),
    "five-trunks": (_five_trunks, 5),
    "shared-trunk": (_shared_trunk, 8),
    "gallery": (_gallery, 6),
}
"""How each model is made, and how many photos it locates."""


class PlainLoop:
    """Public code's way: torch as it comes, whole files, one photo after another."""

    def __init__(self, predictor: Predictor) -> None:
        bundle, self._predictor = predictor.bundle, predictor
        self._trunks = {name: load_trunk(bundle, name).eval() for name in bundle.manifest.trunks}
        self._networks = {n: load_network(bundle, n).eval() for n in bundle.manifest.networks}
        compared = bundle.manifest.embedding
        self._projection = load_from_config(bundle, compared.projection) if compared else None
        self._crops = torch.empty(0)
        self._features: dict[str, torch.Tensor] = {}

    def answer(self, path: Path) -> Prediction:
        """Open, transform, forward, decide."""
        with Image.open(path) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGB")
        self._crops = torch.from_numpy(self._predictor.prepare_image(picture))
        self._features.clear()
        with torch.inference_mode():
            raw = self._predictor.raw_outputs(self, np.arange(len(self._crops)))  # type: ignore[arg-type]
        return self._predictor.answer(raw)

    def logits(self, name: str, _rows: np.ndarray) -> dict[str, np.ndarray]:
        """As the engine gives them."""
        found = self._networks[name](self._pooled(self._networks[name].config.trunk))
        return {head: values.numpy() for head, values in found.items()}

    def embeddings(self, _rows: np.ndarray) -> np.ndarray:
        """As the engine gives them."""
        assert self._projection is not None
        vectors = self._projection.embed(self._pooled(self._projection.config.trunk))
        found: np.ndarray = torch.nn.functional.normalize(vectors, dim=1).numpy()
        return found

    def _pooled(self, name: str) -> torch.Tensor:
        if name not in self._features:
            trunk = self._trunks[name]
            self._features[name] = trunk.pool(trunk.run_blocks(self._crops))
        return self._features[name]


def bench(figures: Figures, name: str, folder: Path, rounds: int) -> None:
    """Three sides of one model, and whether the answers agree."""
    make, count = _MODELS[name]
    folder.mkdir()
    bundle = make(folder / "model.geomodel")
    paths = copies(folder / "photos", max(3, count // 3) if QUICK else count, side_px=_SIDE_PX)
    predictor, places = make_predictor(bundle, "cpu"), PlaceFinder()
    places.load()
    predictor.warm_up()
    loop = PlainLoop(predictor)
    prepared = [predictor.prepare(path) for path in paths]
    answers: dict[str, list[Prediction]] = {}

    def whole() -> None:
        kept = folder / "answers.sqlite"
        kept.unlink(missing_ok=True)
        with closing(AnswerStore(kept)) as store:
            memory = AnswerMemory(store, model_key(bundle))
            found = list(locate(paths, predictor, memory=memory, places=places))
        answers["ours"] = [f.prediction for f in found if isinstance(f, LocatedPhoto)]

    def forward() -> None:
        for crops in prepared:
            predictor.raw_outputs(predictor.engine.run(crops), np.arange(len(crops)))

    def plain() -> None:
        answers["loop"] = [loop.answer(path) for path in paths]
        places.at_many([answer.coordinate for answer in answers["loop"]])

    sides: dict[str, Callable[[], object]] = {"whole": whole, "forward": forward, "loop": plain}
    taken_s, busy_s = in_turn_with_busy(sides, rounds)
    per_s = {side: len(paths) / seconds for side, seconds in taken_s.items()}
    add = partial(figures.add, unit="photos/s", value=per_s["whole"], short=True)
    add(f"{name}: folder", ratio=per_s["whole"] / per_s["forward"], beside="the network alone",
        least=_OF_FORWARD)  # fmt: skip
    add(f"{name}: folder", ratio=per_s["whole"] / per_s["loop"], beside="a plain loop in torch",
        least=_OF_LOOP)  # fmt: skip
    figures.add(f"{name}: processor's time of a photo", 1000 * busy_s["whole"] / len(paths), "ms",
                ratio=busy_s["whole"] / busy_s["forward"], beside="the network alone")  # fmt: skip
    same = [_cell(a) == _cell(b) for a, b in zip(*answers.values(), strict=True)]
    figures.add(f"{name}: same likeliest cell as the loop", float(np.mean(same)), "of photos",
                least=_SAME)  # fmt: skip


def _cell(answer: Prediction) -> dict[str, int]:
    return {name: int(np.argmax(p)) for name, p in answer.cell_probabilities.items()}


def main(names: list[str]) -> None:
    """Every model, or those named."""
    figures = Figures(__file__, __doc__)
    with tempfile.TemporaryDirectory() as name:
        os.environ["GEOGUESS_CACHE_DIR"] = str(Path(name) / "cache")
        for model in names or _MODELS:
            bench(figures, model, Path(name) / model, rounds=1 if QUICK else 3)
            figures.save()  # after each: the large ones take minutes on a busy machine


if __name__ == "__main__":
    main(sys.argv[1:])
