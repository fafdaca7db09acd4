"""Contributions to a score: what each place of a photo's crops contributes to a score: gradient ×
activation on the trunk's last map, with lengths held.

Average pooling and a linear head make this the class activation map of Zhou et al., "Learning Deep
Features for Discriminative Localization" (CVPR 2016), whose cells add up to the logit. GeM and
maximum pooling are homogeneous of degree one, so (Euler) gradient × activation still adds up to the
pooled feature. So does the sum of what a transformer's class token gathers from the patches in its
last layer; what it had gathered before has no place and is left out. Where features are scaled to
length 1 or layer-normalised, the length is held as it is, as Stylianou, Souvenir and Pless,
"Visualizing Deep Similarity Networks" (WACV 2019), do for cosine similarities: the cells then add
up to the logit, or the similarity, less the biases.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from geoguess_app.core.bundle.trunk_designs import ONNX
from geoguess_app.core.explain.raster import CellGrid
from geoguess_app.core.network.network import L2Norm, Network
from geoguess_app.core.network.trunks.clip_vit import ClassReadout
from geoguess_app.core.network.trunks.efficientnet_lite import ConvNorm, same_padding
from geoguess_app.core.network.trunks.trunk import Trunk

if TYPE_CHECKING:
    from geoguess_app.core.network.backend import TorchEngine

_TINY = 1e-12


class PhotoMaps:
    """The last maps of one photo's crops, kept so that further questions cost only the heads.

    Belongs to the engine's thread. Logits and embeddings are float64 on the CPU, with gradients.
    """

    def __init__(self, engine: TorchEngine, crops: np.ndarray) -> None:
        self._engine = engine
        self._crops = crops
        self._maps: dict[str, Tensor] = {}
        self.plain = True
        """Becomes False when something else than average pooling and linear layers is used."""
        self.closed = False
        """Becomes True when a trunk is used that gives no map: an ONNX graph."""

    def logits(self, network: str) -> dict[str, Tensor]:
        """Head name → logits (crops, classes)."""
        module = self._engine.network(network)
        embedded = self._embed(module)
        with torch.enable_grad():
            return {head: values.cpu().double() for head, values in module.heads(embedded).items()}

    def embedding(self) -> Tensor:
        """The crops' embeddings (crops, d) of length 1, as the bank's are."""
        embedded = self._embed(self._engine.projection())
        self.plain = False
        with torch.enable_grad():
            return _held_length(embedded).cpu().double()

    def contributions(self, score: Tensor) -> dict[str, np.ndarray]:
        """Trunk → what each cell of its maps adds to ``score``, (crops, n, n) float64.

        Trunks that the score does not depend on are left out.
        """
        if not score.requires_grad:
            return {}
        names = list(self._maps)
        grads = torch.autograd.grad(score, [self._maps[n] for n in names], allow_unused=True)
        found: dict[str, np.ndarray] = {}
        for name, grad in zip(names, grads, strict=True):
            if grad is not None:
                added = (grad.double().cpu() * self._maps[name].detach().double().cpu()).sum(dim=1)
                found[name] = _square(added).numpy()
        return found

    def grid(self, trunk: str) -> CellGrid:
        """Return where the cells of a trunk's last map look in a crop."""
        return cell_grid(self._chain(trunk), self._engine.bundle.manifest.preprocessing.size)

    def _chain(self, name: str) -> list[Trunk | nn.Module]:
        """The blocks that make a trunk's map, from the pixels on."""
        shared = self._engine.bundle.manifest.trunks[name].shared_blocks
        trunk = self._engine.trunk(name)
        if shared is None:
            return [trunk.blocks[str(i)] for i in range(trunk.block_count)]
        own = [trunk.blocks[str(i)] for i in range(trunk.first_block, trunk.block_count)]
        return self._chain(shared.trunk)[: shared.count] + own

    def _last_maps(self, trunk: str) -> np.ndarray:
        maps = self._engine.run(self._crops).feature_maps(trunk)
        if self._engine.half and not np.isfinite(maps).all():
            # Beyond what half precision holds; the engine finds the same out for answers.
            self._engine.half = False
            maps = self._engine.run(self._crops).feature_maps(trunk)
        return maps

    def _embed(self, network: Network) -> Tensor:
        """The features after a network's layers, lengths held."""
        features = self._features(network.config.trunk)
        with torch.enable_grad():
            for layer in network.layers:
                self.plain &= isinstance(layer, nn.Linear | nn.BatchNorm1d | nn.Dropout)
                features = _held_length(features) if isinstance(layer, L2Norm) else layer(features)
        return features

    def _features(self, trunk: str) -> Tensor:
        if self._engine.bundle.manifest.trunks[trunk].architecture == ONNX:
            self.closed, self.plain = True, False
            features = self._engine.run(self._crops).features(trunk)
            return torch.from_numpy(features).to(self._engine.device)
        if trunk not in self._maps:
            # Copied out of inference mode, in which no gradient may be recorded.
            values = torch.from_numpy(self._last_maps(trunk)).to(self._engine.device)
            self._maps[trunk] = values.requires_grad_()
        module = self._engine.trunk(trunk)
        averaged = module.pooling.parts == ("avg",)
        self.plain &= averaged and isinstance(module.after_pool, nn.Identity)
        with torch.enable_grad():
            pooled = module.pooling.vectors(self._maps[trunk])
            return torch.cat([_after_pool(module.after_pool, vector) for vector in pooled], dim=1)


def _after_pool(module: nn.Module, vector: Tensor) -> Tensor:
    """The trunk's own module after pooling; a layer norm with its spread held."""
    if isinstance(module, nn.LayerNorm):
        return _held_spread(module, vector)
    out: Tensor = (
        module(vector, _held_spread) if isinstance(module, ClassReadout) else module(vector)
    )
    return out


def _square(added: Tensor) -> Tensor:
    """(crops, n, n) out of a map's contributions; of a transformer's those of the patches, since
    the class token, the first, has no place."""
    side = math.isqrt(added.shape[-1])
    return added if added.ndim == 3 else added[:, 1:].reshape(-1, side, side)


def _held_spread(module: nn.LayerNorm, vector: Tensor) -> Tensor:
    centred: Tensor = vector - vector.mean(dim=1, keepdim=True)
    spread = (centred.square().mean(dim=1, keepdim=True) + module.eps).sqrt().detach()
    scaled: Tensor = centred / spread * module.weight + module.bias
    return scaled


def _held_length(values: Tensor) -> Tensor:
    """Rows at length 1, the division being by a constant as far as gradients go."""
    scaled: Tensor = values / values.norm(dim=1, keepdim=True).clamp_min(_TINY).detach()
    return scaled


def cell_grid(blocks: list[nn.Module], size: int) -> CellGrid:
    """Return where the cells of the last map look, from the strides and paddings on the way to it.

    Each cell's place is the middle of its receptive field; asymmetric padding moves it off the
    middle of its share of the crop, by half a cell in EfficientNet-Lite and ResNet.
    """
    step, first, width = 1.0, 0.5, size
    for kernel, stride, before, after in _stride(blocks, size):
        first += step * ((kernel - 1) / 2 - before)
        step *= stride
        width = (width + before + after - kernel) // stride + 1
    return CellGrid(step, first)


def _stride(blocks: list[nn.Module], size: int) -> Iterator[tuple[int, int, int, int]]:
    """Kernel, stride and padding before and after of every step that shrinks the map."""
    width = size
    for block in blocks:
        for name, module in block.named_modules():
            # A short cut past another step of the same stride, or the convolution of a ConvNorm,
            # which pads for it.
            if "downsample" in name or name.rpartition(".")[2] == "conv":
                continue
            found = _geometry(module, width)
            if found is not None:
                kernel, stride, before, after = found
                width = (width + before + after - kernel) // stride + 1
                yield found


def _geometry(module: nn.Module, width: int) -> tuple[int, int, int, int] | None:
    if isinstance(module, ConvNorm):
        if module.stride == 1:
            return None
        return (module.kernel, module.stride, *same_padding(width, module.kernel, module.stride))
    if isinstance(module, nn.Conv2d | nn.MaxPool2d):
        kernel, stride, padding = (
            _single_value(v) for v in (module.kernel_size, module.stride, module.padding)
        )
        return (kernel, stride, padding, padding) if stride > 1 else None
    return None


def _single_value(value: object) -> int:
    return int(value[0]) if isinstance(value, tuple) else int(value)  # type: ignore[call-overload]
