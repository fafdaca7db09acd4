"""Bundles that only label scenes: what they must hold, and what they answer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.bundle.manifest import RegressionConfig
from geoguess_app.core.bundle.manifest_reader import parse_manifest
from geoguess_app.core.bundle.networks import NetworkConfig
from geoguess_app.core.errors import BundleError
from geoguess_app.core.predictor import Predictor, load_predictor
from geoguess_app.locating.scenes import label_scenes
from geoguess_app.paths import resource_dir
from tests.core.tiny_bundle import Parts, make_parts, shared_parts
from tests.data import FLOWER

CHINA = resource_dir() / "samples" / "china.jpg"
SCENE_FILE = "weights/scene.safetensors"


def scene_parts(**changes: Any) -> Parts:
    """The tiny bundle's scene network alone."""
    whole = shared_parts().manifest
    manifest = replace(
        whole,
        kind="scenes",
        networks={"scene": whole.networks["scene"]},
        partitions=(),
        context_networks={},
        retrieval=None,
        calibration={"scene_temperature": 1.5},
    )
    parts = make_parts(manifest, (), seed=1)
    return parts.but(**changes)


def write(target: Path, parts: Parts) -> Path:
    return write_bundle(target, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)


@pytest.fixture(scope="module")
def scene_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("scenes") / "tiny.geomodel", scene_parts())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scene_network": None}, "scene_network is missing"),
        ({"networks": shared_parts().manifest.networks}, "networks must hold the scene network"),
        ({"partitions": shared_parts().manifest.partitions}, "partitions must be empty"),
        (
            {"context_networks": dict.fromkeys(("indoor", "natural", "urban"), "scene")},
            "context_networks must be empty",
        ),
        ({"retrieval": shared_parts().manifest.retrieval}, "retrieval must be empty"),
        ({"regression": RegressionConfig((0, 0), (1, 1))}, "regression must be given in"),
        (
            {"networks": {"scene": NetworkConfig("main", (), {"places365": 364}, SCENE_FILE)}},
            "a head places365 of 365 classes",
        ),
    ],
)
def test_a_scene_bundle_holds_its_scene_network_alone(changes: dict[str, Any], words: str) -> None:
    manifest = scene_parts(**changes).manifest
    files = dict.fromkeys(manifest.referenced_files(), "0" * 64)
    with pytest.raises(BundleError) as caught:
        parse_manifest(json.dumps(manifest.with_files(files).to_json()).encode())
    message = str(caught.value)
    assert words in message
    assert "\n" not in message


def test_scenes_are_those_of_a_whole_bundle_with_the_same_network(
    tmp_path: Path, scene_model: Path
) -> None:
    parts = shared_parts()
    whole = Predictor(
        open_bundle(write(tmp_path / "whole.geomodel", parts.but(calibration={}))), "cpu"
    )
    alone = load_predictor(scene_model, "cpu", for_scenes=True)
    assert alone.bundle.hierarchy is None
    photos = [CHINA, FLOWER]
    crops = [whole.prepare(photo) for photo in photos]
    labels = whole.label_scenes(crops)
    for label, answer in zip(labels, whole.predict(crops), strict=True):
        assert answer.scene is not None
        assert label.s365 == pytest.approx(answer.scene.s365)
        assert label.s365.sum() == pytest.approx(1.0)
        assert label.s3.sum() == pytest.approx(1.0)
        assert label.s16.sum() == pytest.approx(1.0)
    assert whole.label_scenes([]) == []
    # Another temperature, but the order of the categories is the same for a single crop.
    one = [crop[:1] for crop in crops]
    for mine, theirs in zip(alone.label_scenes(one), whole.label_scenes(one), strict=True):
        assert np.isfinite(mine.s365).all()
        assert mine.s365.shape == theirs.s365.shape


def test_crops_of_a_square_photo_are_looked_at_once(scene_model: Path) -> None:
    predictor = load_predictor(scene_model, "cpu", for_scenes=True)
    square = Image.open(CHINA).convert("RGB").crop((0, 0, 300, 300))
    three, one = predictor._crops(square), load_predictor(scene_model, "cpu", 1, for_scenes=True)
    assert len(three) == 3
    (label,) = predictor.label_scenes([square])
    (single,) = one.label_scenes([square])
    assert label.s365 == pytest.approx(single.s365, abs=1e-12)


def test_it_says_that_it_locates_nothing(scene_model: Path) -> None:
    with pytest.raises(BundleError, match=r"Tiny 0\.1 only labels scenes") as caught:
        load_predictor(scene_model, "cpu")
    assert caught.value.code == "scenes-only"
    predictor = load_predictor(scene_model, "cpu", for_scenes=True)
    predictor.warm_up()
    with pytest.raises(BundleError, match="cannot locate photos"):
        predictor.predict_paths([CHINA])


def test_a_model_without_scenes_labels_none(tmp_path: Path) -> None:
    parts = shared_parts().but(scene_network=None, context_networks={})
    target = write(tmp_path / "plain.geomodel", parts)
    with pytest.raises(BundleError, match="has no scene labels"):
        load_predictor(target, "cpu", for_scenes=True)
    with pytest.raises(BundleError, match="has no scene labels"):
        load_predictor(target, "cpu").label_scenes([])


def test_labels_come_in_order_and_broken_photos_stop_nothing(
    tmp_path: Path, scene_model: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(CHINA.read_bytes()[:3000])
    predictor = load_predictor(scene_model, "cpu", for_scenes=True)
    photos = [CHINA, broken, FLOWER.read_bytes(), tmp_path / "gone.jpg", CHINA]
    found = list(label_scenes(photos, predictor, threads=3))
    failed = [getattr(label, "code", "") for label in found]
    assert failed[0] == failed[2] == failed[4] == ""
    assert all(failed[row] for row in (1, 3))
    expected = predictor.label_scenes([predictor.prepare(CHINA), predictor.prepare(FLOWER)])
    for row, label in ((0, expected[0]), (2, expected[1]), (4, expected[0])):
        assert np.array_equal(found[row].s365, label.s365)  # type: ignore[union-attr]
