"""The common parts of all trunks: a row of blocks, a pooling, features.

A trunk is numbered blocks run one after the other. Numbering them makes three things simple:
caching the map before the last blocks (cheap fine-tuning), networks that share the first blocks
and own the last ones, and class activation maps from the last feature map.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from geoguess_app.core.bundle.trunk_designs import CLASS_POOLING

_GEM_FLOOR = 1e-6
"""Smallest activation that enters the generalised mean: x^p has no real root below zero."""


@dataclass(frozen=True)
class TrunkParts:
    """The parts of an architecture, before pooling."""

    blocks: Sequence[nn.Module]
    """Run in order; the last one gives the feature map (B, channels, H, W), or a transformer's
    (B, width, tokens)."""
    channels: int
    """Numbers of each pooled vector after ``after_pool``."""
    after_pool: Callable[[], nn.Module] = field(default=nn.Identity)
    """Makes the module applied to each pooled vector (ConvNeXt's norm, CLIP's projection)."""


class Pooling(nn.Module):
    """Feature map (B, C, H, W) → features (B, C × number of parts).

    ``kind`` is "avg", "max", "gem" or several joined by "+", whose vectors are concatenated.
    "gem" is the generalised mean (mean x^p)^(1/p) of Radenović, Tolias and Chum, "Fine-tuning
    CNN Image Retrieval with No Human Annotation" (TPAMI 2018), with p given, not learned. "class",
    for a transformer's map (B, C, tokens), adds up what its class token gathers.
    """

    def __init__(self, kind: str, gem_p: float = 3.0) -> None:
        super().__init__()
        self.parts = tuple(kind.split("+"))
        unknown = set(self.parts) - {"avg", "max", "gem", CLASS_POOLING}
        if unknown:
            raise ValueError(f"unknown pooling {kind!r}")
        self.gem_p = gem_p

    def vectors(self, feature_map: Tensor) -> list[Tensor]:
        """One (B, C) vector per part, in the order of the parts' names."""
        return [self._pool(part, feature_map) for part in self.parts]

    def forward(self, feature_map: Tensor) -> Tensor:
        """The parts' vectors side by side, (B, C × parts)."""
        return torch.cat(self.vectors(feature_map), dim=1)

    def _pool(self, part: str, feature_map: Tensor) -> Tensor:
        if part == CLASS_POOLING:
            return feature_map.sum(dim=2)
        if part == "avg":
            return feature_map.mean(dim=(2, 3))
        if part == "max":
            return feature_map.amax(dim=(2, 3))
        # Powers of the values relative to the largest neither overflow nor vanish; it cancels out,
        # so no gradient need flow through it.
        values = feature_map.float().clamp(min=_GEM_FLOOR)
        largest = values.detach().amax(dim=(2, 3), keepdim=True)
        mean = (values / largest).pow(self.gem_p).mean(dim=(2, 3)).pow(1.0 / self.gem_p)
        return (mean * largest[:, :, 0, 0]).to(feature_map.dtype)


class Trunk(nn.Module):
    """Images (B, 3, H, W) → feature map → features (B, feature_size).

    With ``first_block`` > 0 the trunk owns only the blocks from that number on and is fed the
    map that another trunk of the same architecture gives before it: networks can share the
    first blocks. Parameter names keep their numbers either way (``blocks.23.…``).
    """

    def __init__(
        self, parts: TrunkParts, pooling: str = "avg", gem_p: float = 3.0, first_block: int = 0
    ) -> None:
        super().__init__()
        if not 0 <= first_block <= len(parts.blocks):
            raise ValueError(f"no block {first_block} among {len(parts.blocks)}")
        self.block_count = len(parts.blocks)
        self.first_block = first_block
        self.channels = parts.channels
        owned = {str(i): block for i, block in enumerate(parts.blocks) if i >= first_block}
        self.blocks = nn.ModuleDict(owned)
        self.pooling = Pooling(pooling, gem_p)
        self.after_pool = parts.after_pool()
        self.feature_size = parts.channels * len(self.pooling.parts)

    def run_blocks(
        self, values: Tensor, start: int | None = None, stop: int | None = None
    ) -> Tensor:
        """The map after block ``stop`` - 1, given the map before block ``start``.

        ``start`` is the trunk's first block and ``stop`` its last + 1 unless told otherwise.
        """
        start = self.first_block if start is None else start
        stop = self.block_count if stop is None else stop
        if not self.first_block <= start <= stop <= self.block_count:
            raise ValueError(f"blocks {start}…{stop} are not among this trunk's")
        for number in range(start, stop):
            values = self.blocks[str(number)](values)
        return values

    def feature_map(self, images: Tensor) -> Tensor:
        """The last map before pooling, (B, channels, H, W) or (B, width, tokens)."""
        return self.run_blocks(images)

    def pool(self, feature_map: Tensor) -> Tensor:
        """Features (B, feature_size) of a last map."""
        vectors = [self.after_pool(vector) for vector in self.pooling.vectors(feature_map)]
        return torch.cat(vectors, dim=1) if len(vectors) > 1 else vectors[0]

    def forward(self, images: Tensor) -> Tensor:
        """Compute the features (B, feature_size) of images (B, 3, H, W)."""
        return self.pool(self.feature_map(images))
