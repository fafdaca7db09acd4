"""Activation maps: exact where the head is linear, and true to the decision."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from geoguess_app.core.bundle.manifest import RegressionConfig, RetrievalConfig
from geoguess_app.core.bundle.networks import L2NORM, NetworkConfig, TrunkConfig, linear
from geoguess_app.core.explain.activation import (
    AnswerTarget,
    CellTarget,
    ExplanationMethod,
    LookAlikeTarget,
    SceneTarget,
    look_at,
)
from geoguess_app.core.explain.alike import look_alikes
from geoguess_app.core.network.network import load_network, load_trunk
from geoguess_app.core.picture.preprocess import load_crops
from tests.core.explained import (
    BUNDLES,
    CHINA,
    FITTED,
    bundles,
    neighbours_alone,
    plain,
    save,
    two_cells,
)
from tests.core.tiny_bundle import make_parts

pytestmark = pytest.mark.usefixtures("one_thread")


def test_the_cells_of_a_linear_head_add_up_to_the_difference_of_logits(tmp_path: Path) -> None:
    only = two_cells()
    predictor = save(make_parts(plain((only,)), (only,), 3), tmp_path / "b")
    predictor.crops = 1
    look = look_at(predictor, CHINA)
    score, contributions, method = look.explained(CellTarget("only", 1))

    network = load_network(predictor.bundle, "base")
    crop = torch.from_numpy(load_crops(CHINA, predictor.bundle.manifest.preprocessing, 1))
    with torch.inference_mode():
        trunk = load_trunk(predictor.bundle, "main")
        last = trunk.feature_map(crop).double().numpy()[0]
        logits = network(trunk(crop))["only"].double().numpy()[0]
    weight = network.heads._modules["only"].weight.double().numpy()  # type: ignore[union-attr]
    bias = network.heads._modules["only"].bias.double().numpy()  # type: ignore[union-attr]
    by_hand = np.einsum("c,chw->hw", weight[1] - weight[0], last) / last[0].size

    assert method is ExplanationMethod.CLASS_ACTIVATION
    assert score == pytest.approx(logits[1] - logits[0], abs=1e-5)
    np.testing.assert_allclose(contributions["main"][0], by_hand, atol=1e-6)
    assert contributions["main"].sum() == pytest.approx(score - (bias[1] - bias[0]), abs=1e-5)


@pytest.mark.parametrize("pooling", ["avg", "max", "gem", "avg+gem", "avg+max+gem"])
def test_any_pooling_and_held_lengths_add_up_to_the_similarity(
    tmp_path: Path, pooling: str
) -> None:
    size = 64 * len(pooling.split("+"))
    only = two_cells()
    bank = RetrievalConfig(
        "weights/bank.safetensors",
        12,
        16,
        "main",
        (L2NORM, linear(size, 16), L2NORM),
        "weights/projection.safetensors",
    )
    trunk = TrunkConfig("efficientnet_lite_tiny", pooling, size, "weights/trunk.safetensors")
    manifest = replace(plain((only,)), retrieval=bank, trunks={"main": trunk})
    parts = make_parts(manifest, (only,), 4)
    projection = dict(parts.tensors["weights/projection.safetensors"])
    projection["layers.1.bias"] = np.zeros(16, np.float32)
    tensors = {**parts.tensors, "weights/projection.safetensors": projection}
    look = look_at(save(replace(parts, tensors=tensors), tmp_path / "b"), CHINA)

    score, contributions, method = look.explained(LookAlikeTarget(5))
    assert method is ExplanationMethod.HELD_LENGTHS
    assert score == pytest.approx(look.similarity[5] - look.similarity.mean(), abs=1e-5)
    assert contributions["main"].sum() == pytest.approx(score, abs=2e-4)


@pytest.mark.parametrize("name", BUNDLES)
def test_what_is_explained_is_the_number_that_is_shown(name: str, tmp_path: Path) -> None:
    predictor = save(bundles()[name].but(calibration=FITTED), tmp_path / "b")
    look = look_at(predictor, CHINA)
    shown = predictor.predict_paths([CHINA])[0]
    assert look.prediction.network == shown.network
    assert shown.scene is not None
    for layer, probabilities in shown.cell_probabilities.items():
        for cell in (int(probabilities.argmax()), 0):
            score, contributions, _ = look.explained(CellTarget(layer, cell))
            assert 1 / (1 + np.exp(-score)) == pytest.approx(probabilities[cell], rel=1e-3)
            assert all(np.abs(maps).max() > 0 for maps in contributions.values())
    for granularity in ("s3", "s16", "s365"):
        labels = getattr(shown.scene, granularity)
        score, _, _ = look.explained(SceneTarget(granularity, 2))
        assert 1 / (1 + np.exp(-score)) == pytest.approx(labels[2], rel=1e-3)
    answer = look.activation()
    assert answer.target == CellTarget("combined", shown.candidates[0].cell_index)


def test_local_models_are_explained_too(tmp_path: Path) -> None:
    manifest = replace(
        plain(()),
        kind="regression",
        networks={"base": NetworkConfig("main", (), {"coordinates": 2}, "weights/b.safetensors")},
        regression=RegressionConfig(mean=(48.0, 11.0), std=(0.01, 0.02)),
    )
    look = look_at(save(make_parts(manifest, (), 5), tmp_path / "regression"), CHINA)
    score, contributions, method = look.explained(AnswerTarget())
    away = (look.prediction.coordinate.latitude_deg - 48.0) / 0.01
    along = (look.prediction.coordinate.longitude_deg - 11.0) / 0.02
    assert score == pytest.approx(np.hypot(away, along), rel=1e-4)
    assert method is ExplanationMethod.CLASS_ACTIVATION
    assert contributions["main"].shape == (3, 8, 8)

    look = look_at(save(neighbours_alone(), tmp_path / "retrieval"), CHINA)
    assert look.activation().speaks
    assert len(look.neighbours) == 5
    found = look_alikes(look)
    assert found is not None
    assert found.votes == pytest.approx(1.0)
    assert not found.there


def test_what_the_model_does_not_have_is_refused(tmp_path: Path) -> None:
    only = two_cells()
    look = look_at(save(make_parts(plain((only,)), (only,), 3), tmp_path / "b"), CHINA)
    for target in (
        CellTarget("only", 2),
        CellTarget("middle", 0),
        CellTarget("combined", -1),
        SceneTarget("s365", 0),
        LookAlikeTarget(0),
    ):
        with pytest.raises(ValueError, match="has no"):
            look.activation(target)
