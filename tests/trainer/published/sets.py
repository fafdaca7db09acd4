"""Photos that look alike where they were taken, and models that know some of them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.bundle.manifest import GalleryConfig
from geoguess_app.core.bundle.networks import L2NORM, TrunkConfig, linear
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.predictor import Predictor
from geoguess_app.models.geoclip.card import model_card
from tests.core.tiny_bundle import clustered, make_manifest, make_parts, shared_parts

PHOTOS = 320
POINTS = 400


def look_alike_photos(folder: Path) -> Path:
    """A table of small pictures: those of one place look alike, a quarter of nowhere."""
    random = np.random.default_rng(0)
    _, places = clustered(POINTS, 5)
    with (folder / "photos.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["file", "latitude", "longitude"])
        for number in range(PHOTOS):
            index = number % POINTS
            look = np.random.default_rng(index if number % 4 else 10_000 + number)
            coarse = look.integers(0, 255, (4, 4, 3)) + random.integers(0, 12, (4, 4, 3))
            picture = Image.fromarray(np.uint8(np.clip(coarse, 0, 255)))
            picture.resize((64, 64), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
            table.writerow([f"{number}.png", *places[index]])
    return folder / "photos.csv"


def gallery_of(
    photos: Path, folder: Path, knows: Callable[[int], bool], *, levels: int = 3, name: str = "Tiny"
) -> Path:
    """A gallery whose embeddings are those of the photos that it ``knows``, by number: it is right
    there. The others' are random."""
    partitions, places = clustered(POINTS, 5)
    partitions = partitions[:levels]
    trunk = TrunkConfig("efficientnet_lite_tiny", "avg", 64, "weights/trunk.safetensors")
    gallery = GalleryConfig(
        "weights/gallery.safetensors",
        POINTS,
        64,
        "main",
        30.0,
        (linear(64, 64), L2NORM),
        "weights/projection.safetensors",
    )
    plain = make_manifest(partitions, {"main": trunk}, {}, None)
    manifest = replace(
        plain,
        preprocessing=replace(plain.preprocessing, crops=1),  # the pictures are square
        kind="gallery",
        name=name,
        gallery=gallery,
        calibration={"basis": "published", "hierarchy_exponent": 1 / levels, "answer": "score"},
    )
    parts = make_parts(manifest, partitions, 1)
    folder.mkdir(exist_ok=True)
    looks = _twin(folder / "twin", parts.tensors["weights/trunk.safetensors"])
    crops = [looks.prepare(photos.parent / f"{number}.png")[:1] for number in range(PHOTOS)]
    features = looks.engine.run(np.concatenate(crops)).features("main")
    # What all photos have in common says nothing: the layer behind the trunk takes it away.
    middle = features.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(features.T))
    scale = 1.0 / np.sqrt(np.maximum(values, values.max() * 1e-5))
    matrix = ((vectors * scale) @ vectors.T).astype(np.float32)
    shown = np.array([number for number in range(PHOTOS) if knows(number)])
    embeddings = np.random.default_rng(1).normal(size=(POINTS, 64))
    embeddings[shown] = (features[shown] - middle) @ matrix.T
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    tensors = {
        **parts.tensors,
        "weights/projection.safetensors": {
            "layers.0.weight": matrix,
            "layers.0.bias": -(matrix @ middle),
        },
        "weights/gallery.safetensors": {
            "embeddings": embeddings.astype(np.float16),
            "latitude_deg": places[:, 0],
            "longitude_deg": places[:, 1],
        },
    }
    card = model_card(manifest, ["vision_model.onnx"]).encode()
    target = folder / "gallery.geomodel"
    return write_bundle(target, manifest, partitions, tensors, {"MODEL_CARD.md": card})


def _twin(folder: Path, trunk: dict[str, np.ndarray]) -> Predictor:
    """A model with the same trunk, to ask what its features are."""
    parts = shared_parts()
    tensors = {**parts.tensors, "weights/trunk.safetensors": trunk}
    return Predictor(
        open_bundle(
            write_bundle(folder, parts.manifest, parts.partitions, tensors, parts.extra_files)
        ),
        device="cpu",
    )


def answers_to(predictor: Predictor, photos: Path, count: int) -> tuple[list[bool], list[float]]:
    """Of the table's first photos: whether the answer is right within 25 km, and its confidence."""
    with photos.open(newline="") as stream:
        rows = list(csv.DictReader(stream))[:count]
    answers = predictor.predict_paths([photos.parent / row["file"] for row in rows])
    off_km = [
        great_circle_km(
            answer.coordinate.latitude_deg,
            answer.coordinate.longitude_deg,
            float(row["latitude"]),
            float(row["longitude"]),
        )
        for row, answer in zip(rows, answers, strict=True)
    ]
    return [bool(km <= 25.0) for km in off_km], [answer.confidence for answer in answers]
