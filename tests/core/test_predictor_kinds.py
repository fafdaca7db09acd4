"""Bundles of the other kinds, and one without scenes or bank, answer through the same door."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.bundle.manifest import (
    Manifest,
    PartitionEntry,
    RegressionConfig,
    RetrievalConfig,
)
from geoguess_app.core.bundle.networks import NetworkConfig, TrunkConfig
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.network.network import Network, build_trunk, numpy_state
from geoguess_app.core.picture.preprocess import Preprocessing
from geoguess_app.core.predictor import Predictor
from geoguess_app.paths import resource_dir
from tests.core.decision_samples import partition

CHINA = resource_dir() / "samples" / "china.jpg"
TRUNK = TrunkConfig("efficientnet_lite_tiny", "avg", 64, "weights/trunk.safetensors")
PLAIN = Manifest(
    kind="cells",
    name="Tiny",
    version="1",
    license="GPL-3.0-or-later",
    description="",
    intended_area="",
    created="2030-01-31",
    preprocessing=Preprocessing(size=64, mean=(127, 127, 127), std=(128, 128, 128), crops=1),
    trunks={"main": TRUNK},
    networks={},
)


def write(
    tmp_path: Path, manifest: Manifest, tensors: dict[str, dict[str, np.ndarray]], parts=()
) -> Predictor:
    trunk = build_trunk(TRUNK)
    files = {"weights/trunk.safetensors": numpy_state(trunk)}
    for network in manifest.networks.values():
        files[str(network.weights)] = numpy_state(Network(network, 64))
    target = write_bundle(tmp_path / "tiny.geomodel", manifest, parts, {**files, **tensors})
    return Predictor(open_bundle(target), device="cpu")


def test_a_cells_bundle_without_scenes_bank_or_calibration(tmp_path: Path) -> None:
    parts = (partition("coarse", 2), partition("fine", 7))
    heads = {part.name: part.size for part in parts}
    manifest = replace(
        PLAIN,
        networks={"base": NetworkConfig("main", (), heads, "weights/base.safetensors")},
        partitions=tuple(PartitionEntry(p.name, f"partitions/{p.name}.csv", p.size) for p in parts),
    )
    answer = write(tmp_path, manifest, {}, parts).predict_paths([CHINA])[0]
    assert answer.scene is None
    assert answer.network == "base"
    assert answer.neighbours == ()
    best = int(answer.cell_probabilities["combined"].argmax())
    assert answer.candidates[0].cell_index == best
    # The answer is the mean location of the likeliest fine cell's photos.
    assert great_circle_km(
        answer.coordinate.latitude_deg,
        answer.coordinate.longitude_deg,
        parts[-1].mean_latitude_deg[best],
        parts[-1].mean_longitude_deg[best],
    ) == pytest.approx(0.0, abs=1e-6)


def test_a_regression_bundle(tmp_path: Path) -> None:
    manifest = replace(
        PLAIN,
        kind="regression",
        networks={
            "base": NetworkConfig("main", (), {"coordinates": 2}, "weights/base.safetensors")
        },
        regression=RegressionConfig(mean=(48.0, 11.0), std=(0.01, 0.02)),
    )
    answer = write(tmp_path, manifest, {}).predict_paths([CHINA])[0]
    assert answer.coordinate.latitude_deg == pytest.approx(48.0, abs=0.1)
    assert answer.coordinate.longitude_deg == pytest.approx(11.0, abs=0.2)
    assert 0.0 < answer.radii.r50_km < answer.radii.r95_km
    assert answer.cell_probabilities == {}


def test_a_retrieval_bundle(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    bank = {
        "embeddings": random.normal(size=(30, 64)).astype(np.float16),
        "latitude_deg": 48.0 + random.uniform(-0.01, 0.01, 30),
        "longitude_deg": 11.0 + random.uniform(-0.01, 0.01, 30),
        "fine_class": np.full(30, -1, dtype=np.int32),
    }
    bank["embeddings"] /= np.linalg.norm(bank["embeddings"], axis=1, keepdims=True)
    manifest = replace(
        PLAIN,
        kind="retrieval",
        retrieval=RetrievalConfig("weights/bank.safetensors", 30, 64, "main", neighbours=5),
    )
    answer = write(tmp_path, manifest, {"weights/bank.safetensors": bank}).predict_paths([CHINA])[0]
    assert answer.coordinate.latitude_deg == pytest.approx(48.0, abs=0.02)
    assert len(answer.neighbours) == 5
    assert answer.radii.r95_km < 5.0
