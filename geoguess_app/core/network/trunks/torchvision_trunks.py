"""ResNet and ConvNeXt trunks, from torchvision.

He et al., "Deep Residual Learning for Image Recognition" (CVPR 2016); Liu et al., "A ConvNet
for the 2020s" (CVPR 2022). torchvision is imported only when such a trunk is asked for: it
costs half a second that the starter model does not need to spend.
"""

from __future__ import annotations

import functools
import re
from collections import OrderedDict
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from geoguess_app.core.bundle.trunk_designs import RESNET_LAYERS
from geoguess_app.core.network.trunks.trunk import TrunkParts

if TYPE_CHECKING:
    from torchvision.models import ConvNeXt, ResNet

_CONVNEXT_CHANNELS = 768
_MISSED = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
"""Operators that torchvision describes at its import whether or not it has them."""


@functools.cache
def torchvision_models() -> ModuleType:
    """Import torchvision's networks, also where its compiled operators belong to another build of
    torch than the one that is installed.

    The package index has torchvision for CUDA only; beside torch for processors its import ends in
    "operator torchvision::nms does not exist". Its networks need no operator of its own.
    """
    try:
        import torchvision.models
    except RuntimeError:
        _declare_missed_operators()
        import torchvision.models
    models: ModuleType = torchvision.models
    return models


@functools.cache
def _declare_missed_operators() -> Any:
    """Return what declared them: they go when it does."""
    library: Any = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for schema in _MISSED:
        library.define(schema)
    return library


def resnet_parts(name: str) -> TrunkParts:
    """Make the blocks: the stem with its max pooling, then every residual block."""
    net: ResNet = getattr(torchvision_models(), name)(weights=None)
    stem = OrderedDict(conv1=net.conv1, bn1=net.bn1, relu=net.relu, maxpool=net.maxpool)
    blocks: list[nn.Module] = [nn.Sequential(stem)]
    for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
        blocks.extend(stage)
    return TrunkParts(blocks, net.fc.in_features)


def convnext_tiny_parts() -> TrunkParts:
    """Make the blocks: the stem, then every residual block and every down-sampling between stages.

    As in torchvision a layer norm follows the pooling.
    """
    net: ConvNeXt = torchvision_models().convnext_tiny(weights=None)
    blocks: list[nn.Module] = []
    for index, part in enumerate(net.features):
        # Odd parts are stages, even ones the stem and the down-sampling between them.
        blocks.extend(part if index % 2 else [part])
    return TrunkParts(
        blocks, _CONVNEXT_CHANNELS, lambda: nn.LayerNorm(_CONVNEXT_CHANNELS, eps=1e-6)
    )


def resnet_from_torchvision(name: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our names for a torchvision ResNet state dict; its last layer (``fc``) is left out."""
    starts = [1]
    for count in RESNET_LAYERS[name][:-1]:
        starts.append(starts[-1] + count)
    renamed: dict[str, Tensor] = {}
    for key, value in state.items():
        match = re.match(r"layer(\d)\.(\d+)\.(.+)", key)
        if match:
            renamed[f"blocks.{starts[int(match[1]) - 1] + int(match[2])}.{match[3]}"] = value
        elif not key.startswith("fc."):
            renamed[f"blocks.0.{key}"] = value
    return renamed


def convnext_from_torchvision(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our names for a torchvision ConvNeXt-Tiny state dict; its last layer is left out."""
    numbers: dict[str, int] = {}
    renamed: dict[str, Tensor] = {}
    for key, value in state.items():
        match = re.match(r"features\.(\d)\.(\d+)\.(.+)", key)
        if match is None:
            if key.startswith("classifier.0."):
                renamed[key.replace("classifier.0.", "after_pool.")] = value
            continue
        stage = int(match[1]) % 2 == 1
        part = f"{match[1]}.{match[2]}" if stage else match[1]
        number = numbers.setdefault(part, len(numbers))
        renamed[f"blocks.{number}.{match[3] if stage else f'{match[2]}.{match[3]}'}"] = value
    return renamed


def fuse_resnet_block(block: nn.Module) -> None:
    """Fold every norm of a ResNet stem or residual block into its convolution, in place."""
    for number in ("1", "2", "3"):
        conv = getattr(block, f"conv{number}", None)
        norm = getattr(block, f"bn{number}", None)
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            setattr(block, f"conv{number}", fuse_conv_bn_eval(conv, norm))
            setattr(block, f"bn{number}", nn.Identity())
    down = getattr(block, "downsample", None)
    if isinstance(down, nn.Sequential):
        conv, norm = down[0], down[1]
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            down[0], down[1] = fuse_conv_bn_eval(conv, norm), nn.Identity()
