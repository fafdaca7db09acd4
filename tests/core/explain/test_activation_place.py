"""Activation maps point at the right place of the photo, however it is cropped and turned."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from geoguess_app.core.bundle.networks import TrunkConfig
from geoguess_app.core.bundle.trunk_designs import ARCHITECTURES
from geoguess_app.core.explain.activation import (
    ActivationMap,
    CellTarget,
    ExplanationMethod,
    activation_map,
)
from geoguess_app.core.explain.torch_activation import cell_grid
from geoguess_app.core.network.network import build_trunk
from geoguess_app.core.picture.preprocess import Preprocessing
from geoguess_app.core.predictor import Predictor
from tests.core.explained import plain, save, two_cells
from tests.core.tiny_bundle import make_parts

pytestmark = pytest.mark.usefixtures("one_thread")


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
        assert found.method is ExplanationMethod.CLASS_ACTIVATION
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
        ("clip_vit_l14", 224, 7.0, 14.0),
    ],
)
def test_where_the_cells_of_a_trunk_look(
    architecture: str, size: int, first_px: float, step_px: float
) -> None:
    known = ARCHITECTURES[architecture]
    config = TrunkConfig(architecture, known.poolings[0], known.channels, "weights/t.safetensors")
    with torch.device("meta"):
        trunk = build_trunk(config)
    blocks = [trunk.blocks[str(i)] for i in range(trunk.block_count)]
    grid = cell_grid(blocks, size)
    assert (grid.first_px, grid.step_px) == (first_px, step_px)
