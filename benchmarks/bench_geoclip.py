"""GeoCLIP here beside its own Python package: the same weights, the same photos, one run.

Needs a Python with the package `geoclip` (1.3.0) and its pins; name it in GEOGUESS_GEOCLIP_PYTHON.
CLIP's weights are random, of the true architecture; the small weights and the gallery are the
package's own. Run as `python -m benchmarks geoclip`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.results import Figures

PYTHON = "GEOGUESS_GEOCLIP_PYTHON"
_THEIRS, _OURS = 2, 8
"""Photos: the package encodes its gallery anew for each, which takes a minute on two cores."""
_PACKAGE = """
import json, sys, time
import torch
from geoclip import GeoCLIP
from safetensors.torch import load_file
folder, names = sys.argv[1], sys.argv[2:]
model = GeoCLIP(from_pretrained=True, clip_pretrained=False).eval()
state = load_file(f"{folder}/clip/model.safetensors")
model.image_encoder.CLIP.load_state_dict(state, strict=False)
start = time.perf_counter()
top = []
for name in names:
    places, chances = model.predict(name, top_k=3)
    top.append([places.tolist(), chances.tolist()])
print(json.dumps({"s": (time.perf_counter() - start) / len(names), "top": top}))
"""
_FILES = """
import shutil, sys
from pathlib import Path
import geoclip.model, torch
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection
from safetensors.torch import save_file
folder = Path(sys.argv[1]); own = Path(geoclip.model.__file__).parent
for file in [*own.glob("weights/*.pth"), *own.glob("gps_gallery/*.csv")]:
    shutil.copy(file, folder)
(folder / "clip").mkdir()
torch.manual_seed(0)
config = CLIPVisionConfig(hidden_size=1024, intermediate_size=4096, num_hidden_layers=24,
    num_attention_heads=16, patch_size=14, projection_dim=768)
state = CLIPVisionModelWithProjection(config).state_dict()
save_file({n: t.contiguous() for n, t in state.items()}, folder / "clip" / "model.safetensors")
"""


def main() -> None:
    """Make the files, build the bundle, time both, compare the probabilities."""
    python = os.environ.get(PYTHON)
    if python is None:
        sys.stdout.write(f"left out: {PYTHON} names no Python with the package geoclip\n")
        return
    samples = sorted((Path(__file__).parents[1] / "resources" / "samples").glob("*.*"))
    photos = [path for path in samples if path.suffix in (".jpg", ".webp")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "files").mkdir()
        _run(python, _FILES, str(folder / "files"))
        theirs = json.loads(
            _run(python, _PACKAGE, str(folder / "files"), *map(str, photos[:_THEIRS]))
        )
        found = _ours(folder, (photos * _OURS)[:_OURS], theirs["top"])
    figures, whole_s = Figures(__file__, __doc__), found.pop("a photo")
    ratio = theirs["s"] / whole_s
    figures.add("a photo", whole_s, "s", ratio=ratio, beside="the package geoclip", least=1.5)
    off = found.pop("difference")
    figures.add("largest difference of a probability", off, "of 1", most=1e-3)
    for name, seconds in found.items():
        figures.add(name, seconds, "s")
    figures.save()


def _run(python: str, program: str, *arguments: str) -> str:
    done = subprocess.run(
        [python, "-c", program, *arguments], stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def _ours(
    folder: Path, photos: list[Path], top: list[tuple[list[list[float]], list[float]]]
) -> dict[str, float]:
    """Seconds a photo, and of these what the encoder takes; how far the package's three likeliest
    places have other probabilities here."""
    from geoguess_app.core.calibration.model import GalleryWeights
    from geoguess_app.core.decision.decide import decide
    from geoguess_app.core.decision.gallery import cosine_similarities, point_probabilities
    from geoguess_app.core.decision.types import RawOutputs
    from geoguess_app.core.predictor import load_predictor
    from geoguess_app.models.geoclip.build import build_geoclip

    start = time.perf_counter()
    bundle = build_geoclip(folder / "files", folder / "geoclip.geomodel")
    built = time.perf_counter() - start
    predictor = load_predictor(bundle, "cpu")
    predictor.warm_up()
    gallery = predictor.decision_model.gallery
    assert gallery is not None
    start = time.perf_counter()
    predictor.predict([predictor.prepare(path) for path in photos])
    whole = (time.perf_counter() - start) / len(photos)
    crops = predictor.prepare(photos[0])
    start = time.perf_counter()
    embedding = predictor.engine.run(crops).embeddings()
    encoder = time.perf_counter() - start
    start = time.perf_counter()
    cosine_similarities(gallery, embedding)
    product = time.perf_counter() - start
    start = time.perf_counter()
    decide(RawOutputs({}, embedding), predictor.decision_model)
    decision = time.perf_counter() - start
    off = 0.0
    for path, (places, chances) in zip(photos, top, strict=False):
        own = predictor.engine.run(predictor.prepare(path)).embeddings()
        points = point_probabilities(gallery, cosine_similarities(gallery, own), GalleryWeights())
        for place, chance in zip(places, chances, strict=True):
            away = np.abs(gallery.latitude_deg - place[0]) + np.abs(
                gallery.longitude_deg - place[1]
            )
            off = max(off, abs(float(points[away.argmin()]) - chance))

    return {
        "model built": built,
        "a photo": whole,
        "encoder": encoder,
        "product with the gallery": product,
        "whole decision": decision,
        "difference": off,
    }


if __name__ == "__main__":
    main()
