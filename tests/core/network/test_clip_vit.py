"""CLIP's vision transformer against that of `transformers`, on the true architecture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from geoguess_app.core.bundle.networks import NetworkConfig, TrunkConfig
from geoguess_app.core.bundle.trunk_designs import VIT_DESIGNS, VitDesign
from geoguess_app.core.errors import BundleError
from geoguess_app.core.explain.activation import CellTarget, ExplanationMethod, look_at
from geoguess_app.core.network.network import build_trunk
from geoguess_app.core.network.trunks.clip_vit import clip_from_openai, clip_from_transformers
from geoguess_app.core.network.trunks.trunk import Trunk
from geoguess_app.core.picture.preprocess import CLIP_INPUT, load_crops
from tests.core.explained import CHINA, plain, save, two_cells
from tests.core.tiny_bundle import make_parts

pytestmark = pytest.mark.usefixtures("one_thread")

TINY = TrunkConfig("clip_vit_tiny", "class", 24, "weights/trunk.safetensors")
LARGE = TrunkConfig("clip_vit_l14", "class", 768, "weights/trunk.safetensors")


def their_tower(design: VitDesign) -> Any:
    """The vision tower of `transformers`, with random weights of trained sizes."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    config = CLIPVisionConfig(
        hidden_size=design.width,
        intermediate_size=design.hidden,
        projection_dim=design.projection,
        num_hidden_layers=design.layers,
        num_attention_heads=design.heads,
        image_size=design.size_px,
        patch_size=design.patch_px,
    )
    # 300 million random numbers take longer than both networks: one million, again and again.
    numbers = torch.randn(1_000_003, generator=torch.Generator().manual_seed(4))
    with torch.device("meta"):
        tower = CLIPVisionModelWithProjection(config)
    tower = tower.to_empty(device="cpu").eval().requires_grad_(False)
    for name, tensor in tower.named_parameters():
        scale = 0.1 if "norm" in name or name.endswith("bias") else 1.5 * tensor[0].numel() ** -0.5
        if "embed" in name:
            scale = 0.05
        places = torch.arange(tensor.numel()).remainder_(len(numbers)).reshape(tensor.shape)
        torch.mul(numbers[places], scale, out=tensor)
        if "norm" in name and name.endswith("weight"):
            tensor.add_(1.0)
    positions = tower.vision_model.embeddings.position_ids
    positions.copy_(torch.arange(positions.numel())[None])
    return tower


def ours(config: TrunkConfig, state: dict[str, torch.Tensor]) -> Trunk:
    with torch.device("meta"):
        trunk = build_trunk(config)
    trunk.load_state_dict(state, strict=True, assign=True)
    return trunk.eval().requires_grad_(False)


@pytest.mark.parametrize("config", [TINY, LARGE], ids=lambda config: config.architecture)
def test_features_are_those_of_transformers(config: TrunkConfig) -> None:
    design = VIT_DESIGNS[config.architecture]
    tower = their_tower(design)
    trunk = ours(config, clip_from_transformers(tower.state_dict(), design))
    images = torch.randn(1, 3, design.size_px, design.size_px)
    with torch.inference_mode():
        theirs = tower(images).image_embeds
        found = trunk(images)
    assert found.shape == (1, design.projection)
    assert theirs.std() > 0.05
    assert torch.abs(found - theirs).max() < 1e-4
    if config is LARGE:
        assert sum(p.numel() for p in trunk.parameters()) == 303_966_208


def test_openais_own_layout_gives_the_same_trunk() -> None:
    design = VIT_DESIGNS["clip_vit_tiny"]
    expected = clip_from_transformers(their_tower(design).state_dict(), design)
    theirs = {"text_projection": torch.zeros(1), "visual.proj": None}
    theirs["visual.proj"] = expected["after_pool.projection.weight"].T
    names = {
        "attention.qkv": "attn.in_proj",
        "attention.out": "attn.out_proj",
        "perceptron.wide": "mlp.c_fc",
        "perceptron.narrow": "mlp.c_proj",
        "perceptron.norm": "ln_2",
        "norm": "ln_1",
    }
    firsts = {
        "blocks.0.class_token": "class_embedding",
        "blocks.0.positions": "positional_embedding",
        "blocks.0.patches.weight": "conv1.weight",
        "blocks.0.norm.weight": "ln_pre.weight",
        "blocks.0.norm.bias": "ln_pre.bias",
        "after_pool.last_norm.weight": "ln_post.weight",
        "after_pool.last_norm.bias": "ln_post.bias",
    }
    for name, tensor in expected.items():
        if name in firsts:
            theirs[f"visual.{firsts[name]}"] = tensor
        elif name != "after_pool.projection.weight":
            block, _, inner = name.replace("after_pool.", "blocks.3.")[7:].partition(".")
            part, _, kind = inner.rpartition(".")
            joint = "_" if part == "attention.qkv" else "."
            layer = f"visual.transformer.resblocks.{int(block) - 1}"
            theirs[f"{layer}.{names[part]}{joint}{kind}"] = tensor
    found = clip_from_openai(theirs, design)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_another_models_tensors_are_refused() -> None:
    design = VIT_DESIGNS["clip_vit_tiny"]
    state = dict(their_tower(design).state_dict())
    with pytest.raises(KeyError):
        clip_from_transformers(state | {"vision_model.head.weight": torch.zeros(1)}, design)
    del state["visual_projection.weight"]
    with pytest.raises(KeyError):
        clip_from_transformers(state, design)


def test_pictures_are_prepared_as_clips_own_processor_does() -> None:
    from transformers import CLIPImageProcessorPil

    photo = Image.open(CHINA).convert("RGB")
    theirs = CLIPImageProcessorPil()(photo, return_tensors="np")["pixel_values"]
    found = load_crops(photo, CLIP_INPUT)
    assert found.shape == theirs.shape == (1, 3, 224, 224)
    # We scale only what we cut out, they scale the whole: the same pixels, but for rounding.
    levels = np.abs(found - theirs) * np.asarray(CLIP_INPUT.std)[None, :, None, None]
    assert levels.mean() < 0.01
    assert levels.max() < 2.5


def test_a_trunk_can_stop_and_go_on_at_any_block() -> None:
    trunk = build_trunk(TINY).eval()
    images = torch.randn(2, 3, 56, 56)
    with torch.inference_mode():
        for cut in range(1, trunk.block_count + 1):
            before = trunk.run_blocks(images, stop=cut)
            assert torch.equal(trunk.pool(trunk.run_blocks(before, start=cut)), trunk(images))
    with pytest.raises(ValueError, match="not 56 px"):
        trunk(torch.zeros(1, 3, 64, 64))


def test_a_bundle_says_which_crops_and_pooling_it_needs(tmp_path: Any) -> None:
    only = two_cells()
    small = replace(CLIP_INPUT, size=56)
    head = NetworkConfig("main", (), {"only": 2}, "weights/base.safetensors")
    good = replace(
        plain((only,), preprocessing=small), trunks={"main": TINY}, networks={"base": head}
    )
    parts = make_parts(good, (only,), 3)
    for bad, reason in (
        (replace(good, preprocessing=CLIP_INPUT), "takes crops of 56 pixels"),
        (replace(good, trunks={"main": replace(TINY, pooling="avg")}), "pooling is avg"),
    ):
        with pytest.raises(BundleError, match=reason):
            save(replace(parts, manifest=bad), tmp_path / "bad")
    predictor = save(parts, tmp_path / "good")
    answer = predictor.predict([predictor.prepare(CHINA)])[0]
    assert sum(c.weight for c in answer.candidates) == pytest.approx(1.0, abs=1e-3)


def test_the_map_holds_what_the_last_attention_gathers(tmp_path: Any) -> None:
    """To first order: changing what a patch gives to the class token changes the score so."""
    only = two_cells()
    manifest = replace(
        plain((only,), preprocessing=replace(CLIP_INPUT, size=56)),
        trunks={"main": TINY},
        networks={"base": NetworkConfig("main", (), {"only": 2}, "weights/base.safetensors")},
    )
    predictor = save(make_parts(manifest, (only,), 3), tmp_path / "b")
    look = look_at(predictor, CHINA)
    found = look.activation(CellTarget("only", 1))
    assert found.method is ExplanationMethod.HELD_LENGTHS
    assert np.abs(found.values).max() == 1.0
    score, maps, _ = look.explained(CellTarget("only", 1))
    assert maps["main"].shape == (1, 4, 4)
    trunk, head = predictor.engine.trunk("main"), predictor.engine.network("base")
    images = torch.from_numpy(load_crops(CHINA, manifest.preprocessing))
    with torch.inference_mode():
        given = trunk.feature_map(images)

        def log_odds(changed: torch.Tensor) -> float:
            logits = head(trunk.pool(changed))["only"][0].double()
            return float(logits[1] - logits[0])

        assert log_odds(given) == pytest.approx(score, abs=1e-4)
        # Norms are held in the map, so only the order of magnitude and the sign must agree.
        effects = []
        for patch in range(16):
            less = given.clone()
            less[:, :, 1 + patch] *= 0.5
            effects.append(2 * (score - log_odds(less)))
    assert np.corrcoef(effects, maps["main"].ravel())[0, 1] > 0.8
