"""Dimensions of the trunks, and the tensors that follow: known without torch.

So a bundle's trunk can be checked when it is opened, long before anything is built.
EfficientNet: Tan and Le (ICML 2019), Lite variant; ResNet: He et al. (CVPR 2016); ConvNeXt: Liu
et al. (CVPR 2022), as torchvision builds them; CLIP's vision transformer: Radford et al. (ICML
2021) after Dosovitskiy et al. (ICLR 2021).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Shape = tuple[int, ...]
Named = Iterator[tuple[str, Shape]]
_NORM = ("weight", "bias", "running_mean", "running_var")
MAP_POOLINGS = ("avg", "max", "gem", "avg+gem", "avg+max", "max+gem", "avg+max+gem")
CLASS_POOLING = "class"
"""What a transformer's class token has gathered."""
ONNX = "onnx"
"""The architecture of a trunk that comes as an ONNX graph, whatever is in it."""
NO_POOLING = "none"
"""Of an ONNX graph, which gives features itself."""
POOLINGS = (*MAP_POOLINGS, CLASS_POOLING, NO_POOLING)
_CLASS_ONLY = (CLASS_POOLING,)


@dataclass(frozen=True)
class Architecture:
    """The properties of a trunk that the rest of the program must know without building it."""

    channels: int
    """Numbers that one pooling gives: the channels of the last map, or what a transformer projects
    its class token to."""
    blocks: int
    """How many blocks run one after the other."""
    input_px: int | None = None
    """The only side of crops that it takes; None: any."""
    poolings: tuple[str, ...] = MAP_POOLINGS
    """What can be made of its last map."""


ARCHITECTURES: Mapping[str, Architecture] = {
    "efficientnet_lite2": Architecture(1280, 23),
    "efficientnet_lite_tiny": Architecture(64, 6),
    "resnet18": Architecture(512, 9),
    "resnet50": Architecture(2048, 17),
    "resnet101": Architecture(2048, 34),
    "convnext_tiny": Architecture(768, 22),
    "clip_vit_l14": Architecture(768, 25, 224, _CLASS_ONLY),
    "clip_vit_tiny": Architecture(24, 4, 56, _CLASS_ONLY),
}


@dataclass(frozen=True)
class BlockStage:
    """A row of EfficientNet blocks; only the first one strides and changes the width."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels_in: int
    channels_out: int


@dataclass(frozen=True)
class LiteBlock:
    """One inverted residual block, after scaling."""

    channels_in: int
    channels_out: int
    kernel: int
    stride: int
    expansion: int


@dataclass(frozen=True)
class LiteDesign:
    """EfficientNet-Lite: stages before scaling, and how they are scaled."""

    stem: int
    stages: tuple[BlockStage, ...]
    head: int
    width: float
    depth: float

    def blocks(self) -> Iterator[LiteBlock]:
        """The scaled inverted residual blocks, between stem and head."""
        channels, last = self.stem, len(self.stages) - 1
        for index, stage in enumerate(self.stages):
            channels_out = round_width(stage.channels_out, self.width)
            fixed = index in (0, last)
            for repeat in range(stage.repeats if fixed else math.ceil(stage.repeats * self.depth)):
                stride = stage.stride if repeat == 0 else 1
                yield LiteBlock(channels, channels_out, stage.kernel, stride, stage.expansion)
                channels = channels_out


def round_width(channels: int, factor: float) -> int:
    """Scaled width, to the nearest multiple of 8, never more than 10% below the exact one."""
    exact = channels * factor
    rounded = max(8, int(exact + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * exact else rounded


LITE_DESIGNS: Mapping[str, LiteDesign] = {
    # 260 px, 1280 features, 4.81 million parameters without a head.
    "efficientnet_lite2": LiteDesign(
        stem=32,
        stages=(
            BlockStage(1, 3, 1, 1, 32, 16),
            BlockStage(2, 3, 2, 6, 16, 24),
            BlockStage(2, 5, 2, 6, 24, 40),
            BlockStage(3, 3, 2, 6, 40, 80),
            BlockStage(3, 5, 1, 6, 80, 112),
            BlockStage(4, 5, 2, 6, 112, 192),
            BlockStage(1, 3, 1, 6, 192, 320),
        ),
        head=1280,
        width=1.1,
        depth=1.2,
    ),
    # 64 features, about 10,000 parameters: to try a recipe in seconds, not for results.
    "efficientnet_lite_tiny": LiteDesign(
        stem=8,
        stages=(
            BlockStage(1, 3, 1, 1, 8, 8),
            BlockStage(2, 3, 2, 4, 8, 16),
            BlockStage(1, 5, 2, 4, 16, 24),
        ),
        head=64,
        width=1.0,
        depth=1.0,
    ),
}

RESNET_LAYERS: Mapping[str, tuple[int, int, int, int]] = {
    "resnet18": (2, 2, 2, 2),
    "resnet50": (3, 4, 6, 3),
    "resnet101": (3, 4, 23, 3),
}
"""Residual blocks in each of the four stages."""

CONVNEXT_TINY_STAGES = ((3, 96), (3, 192), (9, 384), (3, 768))
"""Blocks and channels of the four stages."""


@dataclass(frozen=True)
class VitDesign:
    """CLIP's vision transformer: the sides of crop and patch in pixels, layers, and widths."""

    size_px: int
    patch_px: int
    layers: int
    width: int
    heads: int
    projection: int

    @property
    def tokens(self) -> int:
        """The class token and one a patch."""
        return 1 + (self.size_px // self.patch_px) ** 2

    @property
    def hidden(self) -> int:
        """Width inside a layer's perceptron."""
        return 4 * self.width


VIT_DESIGNS: Mapping[str, VitDesign] = {
    # 304 million parameters; the image encoder of GeoCLIP.
    "clip_vit_l14": VitDesign(224, 14, layers=24, width=1024, heads=16, projection=768),
    # 24 features, 56,000 parameters: to try a recipe or a bundle in seconds, not for results.
    "clip_vit_tiny": VitDesign(56, 14, layers=3, width=32, heads=2, projection=24),
}
"""Blocks: the patches' embedding, then every layer; the last one ends with what the class token
gathers, and its perceptron, the last norm and the projection follow the pooling."""


def trunk_shapes(architecture: str, first_block: int = 0) -> dict[str, Shape]:
    """Name and shape of every tensor of a trunk that owns the blocks from ``first_block`` on."""
    if architecture in LITE_DESIGNS:
        named = _lite(LITE_DESIGNS[architecture])
    elif architecture in RESNET_LAYERS:
        named = _resnet(architecture)
    elif architecture in VIT_DESIGNS:
        named = _vit(VIT_DESIGNS[architecture])
    else:
        named = _convnext_tiny()
    return {name: shape for name, shape in named if _owned_tensors(name, first_block)}


def _owned_tensors(name: str, first_block: int) -> bool:
    kind, number = name.split(".")[:2]
    return kind != "blocks" or int(number) >= first_block


def _norm(prefix: str, channels: int) -> Named:
    return ((f"{prefix}.{part}", (channels,)) for part in _NORM)


def _lite(design: LiteDesign) -> Named:
    yield from _conv_norm("blocks.0", design.stem, 3, 3)
    number, channels = 0, design.stem
    for number, block in enumerate(design.blocks(), start=1):
        prefix, inner = f"blocks.{number}", block.channels_in * block.expansion
        if block.expansion > 1:
            yield from _conv_norm(f"{prefix}.expand", inner, block.channels_in, 1)
        yield from _conv_norm(f"{prefix}.depthwise", inner, 1, block.kernel)
        yield from _conv_norm(f"{prefix}.project", block.channels_out, inner, 1)
        channels = block.channels_out
    yield from _conv_norm(f"blocks.{number + 1}", design.head, channels, 1)


def _conv_norm(prefix: str, channels_out: int, channels_in: int, kernel: int) -> Named:
    yield f"{prefix}.conv.weight", (channels_out, channels_in, kernel, kernel)
    yield from _norm(f"{prefix}.norm", channels_out)


def _resnet(architecture: str) -> Named:
    bottleneck = architecture != "resnet18"
    yield "blocks.0.conv1.weight", (64, 3, 7, 7)
    yield from _norm("blocks.0.bn1", 64)
    channels, number = 64, 0
    for stage, count in enumerate(RESNET_LAYERS[architecture]):
        width = 64 << stage
        out = width * 4 if bottleneck else width
        for index in range(count):
            number += 1
            prefix = f"blocks.{number}"
            convs = (
                [(width, channels, 1), (width, width, 3), (out, width, 1)]
                if bottleneck
                else [(width, channels, 3), (width, width, 3)]
            )
            for part, (o, i, k) in enumerate(convs, start=1):
                yield f"{prefix}.conv{part}.weight", (o, i, k, k)
                yield from _norm(f"{prefix}.bn{part}", o)
            if index == 0 and (bottleneck or stage):
                yield f"{prefix}.downsample.0.weight", (out, channels, 1, 1)
                yield from _norm(f"{prefix}.downsample.1", out)
            channels = out


def _convnext_tiny() -> Named:
    number, before = 0, 3
    for count, channels in CONVNEXT_TINY_STAGES:
        conv, norm, kernel = (0, 1, 4) if before == 3 else (1, 0, 2)
        yield from _weight_bias(f"blocks.{number}.{conv}", channels, before, kernel, kernel)
        yield from _weight_bias(f"blocks.{number}.{norm}", channels if before == 3 else before)
        for number in range(number + 1, number + 1 + count):  # noqa: B020
            prefix = f"blocks.{number}"
            yield f"{prefix}.layer_scale", (channels, 1, 1)
            yield from _weight_bias(f"{prefix}.block.0", channels, 1, 7, 7)
            yield from _weight_bias(f"{prefix}.block.2", channels)
            yield from _weight_bias(f"{prefix}.block.3", 4 * channels, channels)
            yield from _weight_bias(f"{prefix}.block.5", channels, 4 * channels)
        number, before = number + 1, channels
    yield from _weight_bias("after_pool", before)


def _vit(design: VitDesign) -> Named:
    width = design.width
    yield "blocks.0.class_token", (width,)
    yield "blocks.0.positions", (design.tokens, width)
    yield "blocks.0.patches.weight", (width, 3, design.patch_px, design.patch_px)
    yield from _weight_bias("blocks.0.norm", width)
    for number in range(1, design.layers + 1):
        prefix = f"blocks.{number}"
        yield from _weight_bias(f"{prefix}.norm", width)
        yield from _weight_bias(f"{prefix}.attention.qkv", 3 * width, width)
        yield from _weight_bias(f"{prefix}.attention.out", width, width)
        yield from _perceptron(prefix if number < design.layers else "after_pool", design)
    yield from _weight_bias("after_pool.last_norm", width)
    yield "after_pool.projection.weight", (design.projection, width)


def _perceptron(prefix: str, design: VitDesign) -> Named:
    yield from _weight_bias(f"{prefix}.perceptron.norm", design.width)
    yield from _weight_bias(f"{prefix}.perceptron.wide", design.hidden, design.width)
    yield from _weight_bias(f"{prefix}.perceptron.narrow", design.width, design.hidden)


def _weight_bias(prefix: str, channels: int, *others: int) -> Named:
    yield f"{prefix}.weight", (channels, *others)
    yield f"{prefix}.bias", (channels,)
