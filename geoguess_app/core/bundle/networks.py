"""The part of `bundle.json` that describes trunks and networks, and the tensors they imply.

Nothing here needs torch: sizes are checked against each other, and the shapes that a weights
file must have are worked out, before any network is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from geoguess_app.core.bundle.fields import MAX_SIZE, Fields, refuse
from geoguess_app.core.bundle.trunk_designs import ARCHITECTURES, Shape, trunk_shapes

MAX_LAYERS = 32
MAX_HEADS = 64


POOLINGS = ("avg", "max", "gem", "avg+gem", "avg+max", "max+gem", "avg+max+gem")


@dataclass(frozen=True, slots=True)
class SharedBlocks:
    """The first ``count`` blocks are those of another trunk."""

    trunk: str
    count: int


@dataclass(frozen=True, slots=True)
class TrunkConfig:
    """A trunk: images → features.

    ``weights`` is None only when every block is shared and nothing is left to store (the same
    maps, pooled in another way).
    """

    architecture: str
    pooling: str
    feature_size: int
    weights: str | None
    gem_p: float = 3.0
    shared_blocks: SharedBlocks | None = None

    @property
    def first_block(self) -> int:
        """Number of the first block that this trunk owns."""
        return self.shared_blocks.count if self.shared_blocks else 0

    def shapes(self) -> dict[str, Shape]:
        """Name and shape of every tensor that the weights file must hold."""
        return trunk_shapes(self.architecture, self.first_block)

    def to_json(self) -> dict[str, Any]:
        """The object as it stands in the manifest."""
        value: dict[str, Any] = {
            "architecture": self.architecture,
            "pooling": self.pooling,
            "feature_size": self.feature_size,
            "weights": self.weights,
        }
        if "gem" in self.pooling:
            value["gem_p"] = self.gem_p
        if self.shared_blocks:
            value["shared_blocks"] = {
                "trunk": self.shared_blocks.trunk,
                "count": self.shared_blocks.count,
            }
        return value


@dataclass(frozen=True, slots=True)
class LayerConfig:
    """One small layer on features: linear, relu, dropout, l2norm or batchnorm."""

    type: str
    inputs: int = 0
    """Of linear and batchnorm; 0 for layers that take any size."""
    outputs: int = 0
    """Of linear and batchnorm; 0 for layers that keep the size."""
    p: float = 0.0
    """Share of values that dropout zeroes while training."""

    def to_json(self) -> dict[str, Any]:
        """The object as it stands in the manifest."""
        extra: dict[str, dict[str, Any]] = {
            "linear": {"in": self.inputs, "out": self.outputs},
            "batchnorm": {"size": self.inputs},
            "dropout": {"p": self.p},
        }
        return {"type": self.type, **extra.get(self.type, {})}


def linear(inputs: int, outputs: int) -> LayerConfig:
    """A fully connected layer with bias."""
    return LayerConfig("linear", inputs, outputs)


def batchnorm(size: int) -> LayerConfig:
    """Batch normalisation of features (eps 1e-5)."""
    return LayerConfig("batchnorm", size, size)


def dropout(p: float) -> LayerConfig:
    """Dropout; no effect when predicting."""
    return LayerConfig("dropout", p=p)


RELU = LayerConfig("relu")
L2NORM = LayerConfig("l2norm")


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """A network = a trunk's features + small layers + named linear heads.

    ``weights`` is None only when there is nothing to store (no layer with parameters, no head).
    """

    trunk: str
    layers: tuple[LayerConfig, ...] = ()
    heads: Mapping[str, int] = field(default_factory=dict)
    weights: str | None = None

    def output_size(self, feature_size: int) -> int:
        """Size of the features after the layers, where the heads begin."""
        return next((la.outputs for la in reversed(self.layers) if la.outputs), feature_size)

    def shapes(self, feature_size: int) -> dict[str, Shape]:
        """Name and shape of every tensor that the weights file must hold."""
        shapes: dict[str, Shape] = {}
        for index, layer in enumerate(self.layers):
            shapes |= {f"layers.{index}.{n}": s for n, s in _layer_shapes(layer).items()}
        size = self.output_size(feature_size)
        for head, classes in self.heads.items():
            shapes[f"heads.{head}.weight"] = (classes, size)
            shapes[f"heads.{head}.bias"] = (classes,)
        return shapes

    def to_json(self) -> dict[str, Any]:
        """The object as it stands in the manifest."""
        return {
            "trunk": self.trunk,
            "layers": [layer.to_json() for layer in self.layers],
            "heads": dict(self.heads),
            "weights": self.weights,
        }


def _layer_shapes(layer: LayerConfig) -> dict[str, Shape]:
    if layer.type == "linear":
        return {"weight": (layer.outputs, layer.inputs), "bias": (layer.outputs,)}
    if layer.type == "batchnorm":
        names = ("weight", "bias", "running_mean", "running_var")
        return dict.fromkeys(names, (layer.inputs,))
    return {}


def read_trunk(value: object, where: str) -> TrunkConfig:
    """A trunk from JSON; its feature size must be what its architecture and pooling give."""
    fields = Fields(value, where)
    architecture = fields.choice("architecture", ARCHITECTURES)
    pooling = fields.choice("pooling", POOLINGS)
    feature_size = fields.integer("feature_size")
    config = TrunkConfig(
        architecture=architecture,
        pooling=pooling,
        feature_size=feature_size,
        weights=fields.text("weights") if fields.has("weights") else None,
        gem_p=fields.number("gem_p", 1.0, 64.0) if fields.has("gem_p") else 3.0,
        shared_blocks=_read_shared(fields.raw("shared_blocks"), f"{where}.shared_blocks")
        if fields.has("shared_blocks")
        else None,
    )
    fields.close()
    expected = ARCHITECTURES[architecture].channels * len(pooling.split("+"))
    if feature_size != expected:
        refuse(
            f"{where}.feature_size is {feature_size}, but {architecture} "
            f"with {pooling} pooling gives {expected}."
        )
    return config


def _read_shared(value: object, where: str) -> SharedBlocks:
    fields = Fields(value, where)
    shared = SharedBlocks(fields.identifier("trunk"), fields.integer("count", 1, 1000))
    fields.close()
    return shared


def read_layer(value: object, where: str) -> LayerConfig:
    """One layer from JSON."""
    fields = Fields(value, where)
    kind = fields.choice("type", ("linear", "relu", "dropout", "l2norm", "batchnorm"))
    layer = LayerConfig(kind)
    if kind == "linear":
        layer = linear(fields.integer("in"), fields.integer("out"))
    elif kind == "batchnorm":
        layer = batchnorm(fields.integer("size"))
    elif kind == "dropout":
        layer = dropout(fields.number("p", 0.0, 1.0))
    fields.close()
    return layer


def read_network(value: object, where: str) -> NetworkConfig:
    """A network from JSON."""
    fields = Fields(value, where)
    config = NetworkConfig(
        trunk=fields.identifier("trunk"),
        layers=fields.items("layers", read_layer, most=MAX_LAYERS),
        heads=fields.named("heads", _read_classes, most=MAX_HEADS),
        weights=fields.text("weights") if fields.has("weights") else None,
    )
    fields.close()
    return config


def _read_classes(value: object, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_SIZE:
        refuse(f"{where} must be a whole number from 1 to {MAX_SIZE}.")
    return value


def check_network(config: NetworkConfig, where: str, trunks: Mapping[str, TrunkConfig]) -> None:
    """Refuse a network whose trunk is missing or whose layers do not fit one another."""
    trunk = trunks.get(config.trunk)
    if trunk is None:
        refuse(f"{where}.trunk is {config.trunk}, which is not among the trunks.")
    size = trunk.feature_size
    for index, layer in enumerate(config.layers):
        if layer.inputs and layer.inputs != size:
            refuse(f"{where}.layers[{index}] takes {layer.inputs} values, but gets {size}.")
        size = layer.outputs or size
    if config.shapes(trunk.feature_size) and config.weights is None:
        refuse(f"{where}.weights is missing.")


def check_trunks(trunks: Mapping[str, TrunkConfig]) -> None:
    """Refuse blocks shared with a trunk that is missing, different or itself a sharer."""
    for name, trunk in trunks.items():
        where = f"trunks.{name}"
        blocks = ARCHITECTURES[trunk.architecture].blocks
        if trunk.shapes() and trunk.weights is None:
            refuse(f"{where}.weights is missing.")
        if trunk.shared_blocks is None:
            continue
        source = trunks.get(trunk.shared_blocks.trunk)
        if source is None or source.shared_blocks or source.architecture != trunk.architecture:
            refuse(
                f"{where}.shared_blocks.trunk must name a trunk of the same architecture "
                "with blocks of its own."
            )
        if trunk.first_block > blocks:
            refuse(
                f"{where}.shared_blocks.count is {trunk.first_block}, "
                f"but {trunk.architecture} has {blocks} blocks."
            )
