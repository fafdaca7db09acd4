"""Trunks and networks, built from a bundle's configuration; shared by app and trainer.

A network is a reference to a trunk plus small layers and named linear heads. Before anything is
built or loaded, the tensors at hand are compared with the shapes that the configuration implies,
so a file can neither ask for memory it does not fill nor smuggle in tensors nobody expects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from geoguess_app.core.bundle.networks import LayerConfig, NetworkConfig, TrunkConfig
from geoguess_app.core.bundle.trunk_designs import LITE_DESIGNS, ONNX, VIT_DESIGNS, Shape
from geoguess_app.core.errors import BundleError
from geoguess_app.core.network.trunks import efficientnet_lite, torchvision_trunks
from geoguess_app.core.network.trunks.clip_vit import clip_parts
from geoguess_app.core.network.trunks.efficientnet_lite import efficientnet_lite_parts
from geoguess_app.core.network.trunks.trunk import Trunk, TrunkParts

if TYPE_CHECKING:
    from geoguess_app.core.bundle import Bundle

Arrays = Mapping[str, np.ndarray]


class Heads(nn.Module):
    """Named linear classifiers on the same features."""

    def __init__(self, inputs: int, sizes: Mapping[str, int]) -> None:
        super().__init__()
        for name, classes in sizes.items():
            # Straight into the registry: a head may be called "keys" or "train", which
            # ModuleDict would refuse because it has methods of these names.
            self._modules[name] = nn.Linear(inputs, classes)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """Head name → logits (B, classes)."""
        return {name: head(features) for name, head in self._modules.items() if head is not None}


class L2Norm(nn.Module):
    """Scale each feature vector to length 1."""

    def forward(self, features: Tensor) -> Tensor:
        """(B, F) → (B, F) of Euclidean length 1 (a zero vector stays zero)."""
        return functional.normalize(features, dim=1)


class Network(nn.Module):
    """Layers and heads on a trunk's features; parameters are named as in the weights file."""

    def __init__(self, config: NetworkConfig, feature_size: int) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.Sequential(*(_build_layer(layer) for layer in config.layers))
        self.heads = Heads(config.output_size(feature_size), config.heads)

    def embed(self, features: Tensor) -> Tensor:
        """Features after the layers, (B, output size); what the heads see."""
        out: Tensor = self.layers(features)
        return out

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """Trunk features (B, F) → head name → logits (B, classes)."""
        out: dict[str, Tensor] = self.heads(self.embed(features))
        return out


def _build_layer(layer: LayerConfig) -> nn.Module:
    match layer.type:
        case "linear":
            return nn.Linear(layer.inputs, layer.outputs)
        case "batchnorm":
            return nn.BatchNorm1d(layer.size)
        case "dropout":
            return nn.Dropout(layer.p)
        case "l2norm":
            return L2Norm()
        case "softmax":
            return nn.Softmax(dim=1)
        case _:
            return nn.ReLU()


def build_trunk(config: TrunkConfig) -> Trunk:
    """The trunk with fresh random weights, in training mode."""
    return Trunk(
        _parts(config.architecture), config.pooling, config.gem_p, first_block=config.first_block
    )


def _parts(architecture: str) -> TrunkParts:
    if architecture in LITE_DESIGNS:
        return efficientnet_lite_parts(LITE_DESIGNS[architecture])
    if architecture in VIT_DESIGNS:
        return clip_parts(VIT_DESIGNS[architecture])
    if architecture == "convnext_tiny":
        return torchvision_trunks.convnext_tiny_parts()
    return torchvision_trunks.resnet_parts(architecture)


def load_trunk(bundle: Bundle, name: str) -> Trunk:
    """The bundle's trunk in evaluation mode, float32 on the CPU.

    Raises BundleError when its tensors are not exactly those of the architecture, or when it is an
    ONNX graph.
    """
    config = bundle.manifest.trunks[name]
    if config.architecture == ONNX:
        raise BundleError(
            f"The trunk {name} is an ONNX graph, which cannot be trained or looked into.",
            code="onnx",
        )
    with torch.device("meta"):
        trunk = build_trunk(config)
    arrays = bundle.tensors(config.weights) if config.weights else {}
    load_arrays(trunk, arrays, config.weights or f"trunk {name}")
    return trunk


def load_network(bundle: Bundle, name: str) -> Network:
    """The bundle's network in evaluation mode, float32 on the CPU.

    Raises BundleError when its tensors are not exactly those of the configuration.
    """
    return load_from_config(bundle, bundle.manifest.networks[name])


def load_from_config(bundle: Bundle, config: NetworkConfig) -> Network:
    """The network of a configuration (also a retrieval projection), as ``load_network``."""
    feature_size = bundle.manifest.trunks[config.trunk].feature_size
    with torch.device("meta"):
        network = Network(config, feature_size)
    arrays = bundle.tensors(config.weights) if config.weights else {}
    load_arrays(network, arrays, config.weights or "network")
    return network


def expected_shapes(module: nn.Module) -> dict[str, Shape]:
    """Name and shape of every tensor that the module's weights file holds."""
    state = module.state_dict()
    return {name: tuple(t.shape) for name, t in state.items() if not _is_counter(name)}


def _is_counter(name: str) -> bool:
    # How many batches a norm has seen matters to nobody after training.
    return name.endswith("num_batches_tracked")


def compare_shapes(expected: Mapping[str, Shape], found: Mapping[str, Shape], file: str) -> None:
    """Raise BundleError unless names and shapes agree exactly."""
    for name in sorted(set(expected) | set(found)):
        if name not in found:
            problem = f"lacks the tensor {name}"
        elif name not in expected:
            problem = f"contains the tensor {name[:80]}, which its network does not have"
        elif expected[name] != found[name]:
            problem = f"gives {name} the shape {found[name]} instead of {expected[name]}"
        else:
            continue
        raise BundleError(f"{file} {problem}.", code="shape")


def load_arrays(module: nn.Module, arrays: Arrays, file: str) -> None:
    """Fill a module (also one on the meta device) with float32 copies; evaluation mode.

    Raises BundleError naming ``file`` when a tensor is missing, unexpected or of another shape.
    """
    found = {name: tuple(array.shape) for name, array in arrays.items()}
    compare_shapes(expected_shapes(module), found, file)
    state = {name: torch.from_numpy(np.array(a, np.float32)) for name, a in arrays.items()}
    module.load_state_dict(state, strict=True, assign=True)
    module.eval().requires_grad_(False)


def numpy_state(module: nn.Module, *, half: bool = False) -> dict[str, np.ndarray]:
    """The module's tensors for ``write_bundle``, float32, or float16 to halve the file.

    Raises ValueError where float16 would overflow.
    """
    arrays: dict[str, np.ndarray] = {}
    for name, tensor in module.state_dict().items():
        if _is_counter(name):
            continue
        array = tensor.detach().cpu().float().numpy().copy()
        if half and np.abs(array).max(initial=0) > np.finfo(np.float16).max:
            raise ValueError(f"{name} does not fit into float16")
        arrays[name] = array.astype(np.float16) if half else array
    return arrays


def fuse_norms(trunk: Trunk) -> None:
    """Fold batch norms into their convolutions, in place: faster, for inference only."""
    for block in trunk.blocks.values():
        for module in block.modules():
            if isinstance(module, efficientnet_lite.ConvNorm):
                module.fuse()
        torchvision_trunks.fuse_resnet_block(block)
