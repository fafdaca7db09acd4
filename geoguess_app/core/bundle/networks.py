"""The part of ``bundle.json`` that describes trunks and networks, and the tensors they imply.

Nothing here needs torch: sizes are checked against each other, and the shapes that a weights
file must have are worked out, before any network is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from geoguess_app.core.bundle.fields import Name, ShortText, Size, refuse
from geoguess_app.core.bundle.trunk_designs import (
    ARCHITECTURES,
    NO_POOLING,
    ONNX,
    POOLINGS,
    Shape,
    trunk_shapes,
)
from geoguess_app.core.records.marks import Count, Key, OmitDefault, OneOf, Range, When


@dataclass(frozen=True, slots=True)
class SharedBlocks:
    """The first ``count`` blocks are those of another trunk."""

    trunk: Name
    count: Annotated[int, Range(1, 1000)]


@dataclass(frozen=True, slots=True)
class TrunkConfig:
    """A trunk: images → features. ``architecture`` "onnx" is a graph that ``weights`` holds.

    ``weights`` is None only when every block is shared and nothing is left to store (the same
    maps, pooled in another way).
    """

    architecture: Annotated[str, OneOf((*ARCHITECTURES, ONNX))]
    pooling: Annotated[str, OneOf(POOLINGS)]
    feature_size: Size
    weights: Annotated[ShortText | None, OmitDefault()] = None
    gem_p: Annotated[float, Range(1.0, 64.0), OmitDefault()] = 3.0
    shared_blocks: Annotated[SharedBlocks | None, OmitDefault()] = None

    @property
    def first_block(self) -> int:
        """Number of the first block that this trunk owns."""
        return self.shared_blocks.count if self.shared_blocks else 0

    def shapes(self) -> dict[str, Shape]:
        """Name and shape of every tensor that the weights file must hold; {} for a graph."""
        if self.architecture == ONNX:
            return {}
        return trunk_shapes(self.architecture, self.first_block)


@dataclass(frozen=True, slots=True)
class LayerConfig:
    """One small layer on features: linear, relu, dropout, l2norm, batchnorm or softmax."""

    type: Literal["linear", "relu", "dropout", "l2norm", "batchnorm", "softmax"]
    inputs: Annotated[Size, Key("in"), When("type", ("linear",))] = 0
    outputs: Annotated[Size, Key("out"), When("type", ("linear",))] = 0
    size: Annotated[Size, When("type", ("batchnorm",))] = 0
    p: Annotated[float, Range(0.0, 1.0), When("type", ("dropout",))] = 0.0
    """Share of values that dropout zeroes while training."""


def linear(inputs: int, outputs: int) -> LayerConfig:
    """A fully connected layer with bias."""
    return LayerConfig("linear", inputs, outputs)


def batchnorm(size: int) -> LayerConfig:
    """Batch normalisation of features (eps 1e-5)."""
    return LayerConfig("batchnorm", size=size)


def dropout(p: float) -> LayerConfig:
    """Dropout; no effect when predicting."""
    return LayerConfig("dropout", p=p)


RELU = LayerConfig("relu")
L2NORM = LayerConfig("l2norm")
SOFTMAX = LayerConfig("softmax")


Layers = Annotated[tuple[LayerConfig, ...], Count(32)]


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """A network = a trunk's features + small layers + named linear heads.

    ``weights`` is None only when there is nothing to store (no layer with parameters, no head).
    """

    trunk: Name
    layers: Layers = ()
    heads: Annotated[Mapping[Name, Size], Count(64)] = field(default_factory=dict)
    weights: Annotated[ShortText | None, OmitDefault()] = None

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


def _layer_shapes(layer: LayerConfig) -> dict[str, Shape]:
    if layer.type == "linear":
        return {"weight": (layer.outputs, layer.inputs), "bias": (layer.outputs,)}
    if layer.type == "batchnorm":
        names = ("weight", "bias", "running_mean", "running_var")
        return dict.fromkeys(names, (layer.size,))
    return {}


def check_network(config: NetworkConfig, where: str, trunks: Mapping[str, TrunkConfig]) -> None:
    """Refuse a network whose trunk is missing or whose layers do not fit one another."""
    trunk = trunks.get(config.trunk)
    if trunk is None:
        refuse(f"{where}.trunk is {config.trunk}, which is not among the trunks.")
    size = trunk.feature_size
    for index, layer in enumerate(config.layers):
        takes = layer.inputs or layer.size
        if takes and takes != size:
            refuse(f"{where}.layers[{index}] takes {takes} values, but gets {size}.")
        size = layer.outputs or size
    if config.shapes(trunk.feature_size) and config.weights is None:
        refuse(f"{where}.weights is missing.")


def check_trunks(trunks: Mapping[str, TrunkConfig], size_px: int) -> None:
    """Refuse crops of a side (pixels) that a trunk does not take, a pooling or feature size that is
    not the design's, and blocks shared with a trunk that is missing, different or itself a sharer.
    """
    for name, trunk in trunks.items():
        where = f"trunks.{name}"
        if trunk.architecture == ONNX:
            _check_graph(trunk, where)
            continue
        design = ARCHITECTURES[trunk.architecture]
        if design.input_px not in (None, size_px):
            refuse(
                f"preprocessing.size is {size_px}, but {trunk.architecture} takes crops of "
                f"{design.input_px} pixels."
            )
        if trunk.pooling not in design.poolings:
            refuse(
                f"{where}.pooling is {trunk.pooling}, but {trunk.architecture} takes "
                f"{', '.join(design.poolings)}."
            )
        gives = design.channels * len(trunk.pooling.split("+"))
        if trunk.feature_size != gives:
            refuse(
                f"{where}.feature_size is {trunk.feature_size}, but {trunk.architecture} "
                f"with {trunk.pooling} pooling gives {gives}."
            )
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
        if trunk.first_block > design.blocks:
            refuse(
                f"{where}.shared_blocks.count is {trunk.first_block}, "
                f"but {trunk.architecture} has {design.blocks} blocks."
            )


def _check_graph(trunk: TrunkConfig, where: str) -> None:
    if trunk.weights is None:
        refuse(f"{where}.weights is missing.")
    if trunk.pooling != NO_POOLING:
        refuse(f"{where}.pooling is {trunk.pooling}, but an ONNX graph takes {NO_POOLING}.")
    if trunk.shared_blocks is not None:
        refuse(f"{where}.shared_blocks must not be given for an ONNX graph.")
