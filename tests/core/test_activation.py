"""Activation maps: exact where the head is linear, true to the decision, and in the right place."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from geoguess_app.core.activation import (
    ActivationMap,
    AnswerTarget,
    CellTarget,
    LookAlikeTarget,
    Method,
    SceneTarget,
    activation_map,
    look_at,
)
from geoguess_app.core.activation_alike import bank_votes, look_alikes
from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.manifest import Manifest, PartitionEntry, RegressionConfig, RetrievalConfig
from geoguess_app.core.manifest_networks import L2NORM, NetworkConfig, TrunkConfig, linear
from geoguess_app.core.network import build_trunk, load_network, load_trunk
from geoguess_app.core.partition import Partition
from geoguess_app.core.predictor import Predictor
from geoguess_app.core.preprocess import Preprocessing, load_crops
from geoguess_app.core.torch_activation import cell_grid
from geoguess_app.core.trunk_designs import ARCHITECTURES
from geoguess_app.paths import resource_dir
from tests.core.decision_samples import partition
from tests.core.test_torch_backend import with_tails
from tests.core.tiny_bundle import Parts, make_parts, shared_parts, trunk_arrays

CHINA = resource_dir() / "samples" / "china.jpg"
TRUNK = TrunkConfig("efficientnet_lite_tiny", "avg", 64, "weights/trunk.safetensors")


@pytest.fixture(scope="module", autouse=True)
def _threads() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def save(parts: Parts, path: Path) -> Predictor:
    target = write_bundle(path, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)
    return Predictor(open_bundle(target), device="cpu")


def plain(partitions: tuple[Partition, ...], **changes: Any) -> Manifest:
    """A bundle of kind cells with one linear network, no scenes and no bank."""
    heads = {p.name: p.size for p in partitions}
    return replace(
        shared_parts().manifest,
        trunks={"main": TRUNK},
        networks={"base": NetworkConfig("main", (), heads, "weights/base.safetensors")},
        partitions=tuple(
            PartitionEntry(p.name, f"partitions/{p.name}.csv", p.size) for p in partitions
        ),
        scene_network=None,
        context_networks={},
        retrieval=None,
        calibration={},
        **changes,
    )


def two_cells() -> Partition:
    whole = partition("fine", 7)
    parts = (
        whole.cell_ids,
        whole.photo_counts,
        whole.mean_latitude_deg,
        whole.mean_longitude_deg,
    )
    return Partition("only", *(values[:2] for values in parts))


# --- exactness ----------------------------------------------------------------------------


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

    assert method is Method.CLASS_ACTIVATION
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
    assert method is Method.HELD_LENGTHS
    assert score == pytest.approx(look.similarity[5] - look.similarity.mean(), abs=1e-5)
    assert contributions["main"].sum() == pytest.approx(score, abs=2e-4)


# --- true to the decision -----------------------------------------------------------------

FITTED = {
    "temperatures": {"coarse": 1.5, "middle": 0.7, "fine": 1.3},
    "scene_temperature": 1.2,
    "hierarchy_exponent": 0.6,
    "retrieval": {
        "temperature": 0.05,
        "inside_temperature": 0.04,
        "bias": -1.0,
        "similarity": 2.0,
        "margin": 1.5,
    },
}


BUNDLES = ("one trunk", "a trunk each", "own last blocks", "scenes mixed", "loudest crop")


@cache
def bundles() -> dict[str, Parts]:
    shared = shared_parts()
    own_trunks = replace(
        shared.manifest,
        trunks={
            name: replace(TRUNK, weights=f"weights/trunk-{name}.safetensors")
            for name in shared.manifest.networks
        },
        networks={
            name: replace(network, trunk=name) for name, network in shared.manifest.networks.items()
        },
        retrieval=replace(shared.manifest.retrieval, trunk="base"),  # type: ignore[type-var]
    )
    tuned = trunk_arrays(TRUNK, seed=77)
    stem = shared.tensors["weights/trunk.safetensors"]
    tuned |= {n: a for n, a in stem.items() if n.split(".")[1] in "0123"}
    loudest = replace(shared.manifest.preprocessing, fusion="max")
    return {
        "one trunk": shared,
        "a trunk each": make_parts(own_trunks, shared.partitions, 20),
        "own last blocks": with_tails(shared, tuned),
        "scenes mixed": shared.but(routing="mix"),
        "loudest crop": shared.but(preprocessing=loudest),
    }


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
    assert method is Method.CLASS_ACTIVATION
    assert contributions["main"].shape == (3, 8, 8)

    look = look_at(save(neighbours_alone(), tmp_path / "retrieval"), CHINA)
    assert look.activation().speaks
    assert len(look.neighbours) == 5
    found = look_alikes(look)
    assert found is not None
    assert found.votes == pytest.approx(1.0)
    assert not found.there


def neighbours_alone() -> Parts:
    """A local model that answers by look-alikes and nothing else."""
    bank = RetrievalConfig("weights/bank.safetensors", 30, 64, "main", neighbours=5)
    return make_parts(replace(plain(()), kind="retrieval", networks={}, retrieval=bank), (), 6)


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


# --- in the right place -------------------------------------------------------------------


def red_finder(tmp_path: Path, **preprocessing: Any) -> Predictor:
    """A network whose second cell's logit is the mean red of the picture, and nothing else."""
    only = two_cells()
    spec = Preprocessing(
        **{"size": 64, "mean": (0.0,) * 3, "std": (255.0,) * 3, "crops": 1, **preprocessing}
    )
    parts = make_parts(plain((only,), preprocessing=spec), (only,), 3)
    trunk = {}
    for name, array in parts.tensors["weights/trunk.safetensors"].items():
        ones = name.endswith(("norm.weight", "running_var"))
        trunk[name] = np.full(array.shape, 1.0 if ones else 0.0, np.float32)
        if name.endswith("conv.weight"):
            trunk[name][0, 0, array.shape[2] // 2, array.shape[3] // 2] = 1.0
    head = {"heads.only.weight": np.zeros((2, 64), np.float32)}
    head["heads.only.weight"][1, 0] = 5.0
    head["heads.only.bias"] = np.zeros(2, np.float32)
    tensors = {"weights/trunk.safetensors": trunk, "weights/base.safetensors": head}
    return save(replace(parts, tensors=tensors), tmp_path / "red")


def red_patch(width: int, height: int, x: float, y: float, side: int) -> Image.Image:
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 2] = 90  # blue: the network does not care
    left, top = round(x - side / 2), round(y - side / 2)
    pixels[top : top + side, left : left + side] = (255, 0, 0)
    return Image.fromarray(pixels)


def middle(found: ActivationMap) -> tuple[float, float]:
    """The centre of what speaks, in pixels of the photo."""
    values = np.maximum(found.values.astype(np.float64), 0.0)
    width, height = found.photo_shape
    y, x = (np.arange(n) + 0.5 for n in values.shape)
    return (
        float((values.sum(0) @ x) / values.sum() * width / values.shape[1]),
        float((values.sum(1) @ y) / values.sum() * height / values.shape[0]),
    )


@pytest.mark.parametrize(
    ("shape", "crops", "resize"),
    [
        ((384, 256), 1, "short_side"),
        ((384, 256), 3, "short_side"),
        ((256, 384), 3, "short_side"),
        ((384, 256), 5, "short_side"),
        ((256, 384), 10, "short_side"),
        ((384, 256), 3, "square"),
        ((256, 384), 10, "square"),
    ],
)
def test_the_map_peaks_where_the_cause_is(
    tmp_path: Path, shape: tuple[int, int], crops: int, resize: str
) -> None:
    predictor = red_finder(tmp_path, resize=resize, crops=crops)
    width, height = shape
    errors = []
    for dx, dy in np.random.default_rng(crops).uniform(-62, 62, (8, 2)):
        # Inside the middle square, which one crop sees as well, and off its rim.
        x, y = width / 2 + dx, height / 2 + dy
        found = activation_map(predictor, red_patch(width, height, x, y, 60), CellTarget("only", 1))
        assert found.method is Method.CLASS_ACTIVATION
        row, column = np.unravel_index(int(found.values.argmax()), found.values.shape)
        peak = (
            (column + 0.5) / found.values.shape[1] * width,
            (row + 0.5) / found.values.shape[0] * height,
        )
        assert max(abs(peak[0] - x), abs(peak[1] - y)) <= 32.0, "outside the patch"
        mx, my = middle(found)
        errors.append((mx - x, my - y))
    # A cell of the map covers 32 pixels; on average it must not be off by more than a tenth.
    assert np.abs(np.mean(errors, axis=0)).max() < 6.0
    assert np.abs(errors).max() < 20.0


@pytest.mark.parametrize("orientation", [1, 2, 3, 4, 5, 6, 7, 8])
def test_a_turned_photo_is_explained_upright(tmp_path: Path, orientation: int) -> None:
    predictor = red_finder(tmp_path, crops=3)
    upright = red_patch(384, 256, 300, 70, 60)
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(back[orientation]) if orientation in back else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    stored.save(file, "JPEG", exif=exif, quality=95)
    found = activation_map(predictor, file.getvalue(), CellTarget("only", 1))
    assert found.photo_shape[0] > found.photo_shape[1]
    width, height = found.photo_shape
    x, y = middle(found)
    assert (x / width, y / height) == pytest.approx((300 / 384, 70 / 256), abs=0.07)


def test_what_no_crop_covers_is_not_seen(tmp_path: Path) -> None:
    predictor = red_finder(tmp_path, crops=1)
    found = activation_map(predictor, red_patch(512, 128, 40, 64, 40), CellTarget("only", 1))
    columns = np.flatnonzero(found.seen.any(axis=0)) / found.seen.shape[1]
    assert columns.min() == pytest.approx(0.375, abs=0.02)
    assert columns.max() == pytest.approx(0.625, abs=0.04)
    assert not found.values[~found.seen].any()
    assert not found.speaks
    assert found.strongest_ninths() == ()
    found = activation_map(predictor, red_patch(512, 128, 256, 20, 40), CellTarget("only", 1))
    assert found.strongest_ninths()[0] == (0, 1)
    left, top, right, bottom = found.window(0.3)
    assert left < 0.5 < right
    assert top < 20 / 128 < bottom
    assert found.smooth(64, 16).shape == (16, 64)
    assert found.seen_at(64, 16).sum() == 16 * 16


@pytest.mark.parametrize(
    ("architecture", "size", "first_px", "step_px"),
    [
        # By hand: every stride of 2 with kernel 3 looks at 2i+1 (no padding before) or 2i.
        ("efficientnet_lite_tiny", 64, 7.5, 8.0),
        ("efficientnet_lite2", 320, 31.5, 32.0),
        # 260 → 130 → 65 → 33 → 17 → 9: from the odd 65 on, padding is the same on both sides.
        ("efficientnet_lite2", 260, 3.5, 32.0),
        ("resnet18", 224, 0.5, 32.0),
        ("resnet50", 224, 0.5, 32.0),
        ("convnext_tiny", 224, 16.0, 32.0),
    ],
)
def test_where_the_cells_of_a_trunk_look(
    architecture: str, size: int, first_px: float, step_px: float
) -> None:
    channels = ARCHITECTURES[architecture].channels
    with torch.device("meta"):
        trunk = build_trunk(TrunkConfig(architecture, "avg", channels, "weights/trunk.safetensors"))
    blocks = [trunk.blocks[str(i)] for i in range(trunk.block_count)]
    grid = cell_grid(blocks, size)
    assert (grid.first_px, grid.step_px) == (first_px, step_px)


# --- look-alikes --------------------------------------------------------------------------


def test_votes_are_those_of_the_decision(tmp_path: Path) -> None:
    predictor = save(shared_parts().but(calibration=FITTED), tmp_path / "b")
    look = look_at(predictor, CHINA)
    found = look_alikes(look, count=5)
    assert found is not None
    assert [a.bank_index for a in found.nearest] == [
        n.bank_index for n in look.prediction.neighbours[:5]
    ]
    assert [a.rank for a in found.nearest] == [1, 2, 3, 4, 5]
    # Taking the bank away takes exactly these votes off the cells.
    model = predictor.decision_model
    alone = predictor.answer(look.raw, replace(model, bank=None)).cell_probabilities["combined"]
    together = look.prediction.cell_probabilities["combined"]
    votes = np.bincount(model.bank.fine_class, bank_votes(look), len(together))  # type: ignore[union-attr]
    np.testing.assert_allclose((1 - found.votes) * alone + votes, together, atol=1e-9)
    answer = look.prediction.candidates[0].cell_index
    assert found.part_of_chance == pytest.approx(votes[answer] / together[answer])
    assert all(a.here == (model.bank.fine_class[a.bank_index] == answer) for a in found.nearest)  # type: ignore[union-attr]


def test_look_alikes_of_another_place_lie_there(tmp_path: Path) -> None:
    predictor = save(shared_parts().but(calibration=FITTED), tmp_path / "b")
    look = look_at(predictor, CHINA)
    model = predictor.decision_model
    bank = model.bank
    assert bank is not None
    cell = int(bank.fine_class[3])
    found = look_alikes(look, CellTarget("combined", cell))
    assert found is not None
    assert 3 in [a.bank_index for a in found.there]
    assert all(bank.fine_class[a.bank_index] == cell for a in found.there)
    similar = [a.similarity for a in found.there]
    assert similar == sorted(similar, reverse=True)
    coarse = int(model.hierarchy.ancestors[0][cell])
    wider = look_alikes(look, CellTarget("coarse", coarse), count=40)
    assert wider is not None
    assert {a.bank_index for a in found.there} <= {a.bank_index for a in wider.there}
    assert wider.part_of_chance is None
    with pytest.raises(ValueError, match="no place"):
        look_alikes(look, SceneTarget("s3", 0))
    only = two_cells()
    without = look_at(save(make_parts(plain((only,)), (only,), 3), tmp_path / "none"), CHINA)
    assert look_alikes(without) is None
