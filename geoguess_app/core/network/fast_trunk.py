"""Trunks made fast for a processor: converted once per bundle and machine, then read from the
cache.

What comes out equals torch's features but for rounding. Training, graphics cards and explanations
stay with torch, and so does whatever cannot be converted. Trunks that come as ONNX graphs run here
on every machine: torch cannot hold them.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from geoguess_app.core.bundle.trunk_designs import ONNX
from geoguess_app.core.errors import BundleError, GeoGuessError
from geoguess_app.core.network.network import fuse_norms, load_trunk
from geoguess_app.core.network.openvino_runtime import (
    CompiledGraph,
    load_openvino,
    read_graph,
    read_onnx_graph,
    write_graph,
)
from geoguess_app.core.network.trunk_cache import keep_graph, kept_graph
from geoguess_app.core.network.trunks.trunk import Trunk

if TYPE_CHECKING:
    from geoguess_app.core.bundle import Bundle
    from geoguess_app.core.bundle.networks import TrunkConfig

log = logging.getLogger(__name__)

_CONVERSION = 1
"""Counts up when a conversion gives something else."""
_PLACES = ("Exception from", "Check '", "FrontEnd API", "Model wasn't", "Summary")
_LEAST_NUMBERS = 1_000_000
"""A trunk with fewer weights is done before it would be converted."""


def worth_converting(config: TrunkConfig) -> bool:
    """Tell whether a trunk is so large that a conversion pays."""
    return sum(math.prod(shape) for shape in config.shapes().values()) >= _LEAST_NUMBERS


def branches(bundle: Bundle, name: str) -> list[int]:
    """Block numbers at which other trunks branch off this one."""
    shared = (config.shared_blocks for config in bundle.manifest.trunks.values())
    return sorted({s.count for s in shared if s is not None and s.trunk == name})


def fast_trunk(bundle: Bundle, name: str) -> CompiledGraph | None:
    """A trunk's graph: crops, or the maps that it shares, (1, …) → its features (1, feature size)
    and its maps before each of its ``branches``. None, after one line in the log, where this
    machine cannot have one. Raises BundleError for a broken bundle, and for an ONNX graph that does
    not run here.
    """
    try:
        key = _key(bundle, name)
        kept = kept_graph(key)
        if kept is None:
            return CompiledGraph(_converted(bundle, name, key))
        return CompiledGraph(read_graph(kept))
    except GeoGuessError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, torch can do the work
        reason = _reason(error)
        if bundle.manifest.trunks[name].architecture == ONNX:
            raise BundleError(
                f"The model {bundle.name} cannot be used: OpenVINO cannot run its trunk {name}, an "
                f"ONNX graph ({reason}).",
                code="onnx",
            ) from None
        log.warning("The trunk %s runs in torch, more slowly: OpenVINO fails (%s).", name, reason)
        return None


def _reason(error: Exception) -> str:
    """The first line that says something: OpenVINO's errors begin with places in its source."""
    lines = (line.strip() for line in str(error).splitlines())
    told = [line.removeprefix("-- ") for line in lines if line and not line.startswith(_PLACES)]
    return told[0] if told else type(error).__name__


def _key(bundle: Bundle, name: str) -> str:
    """The name in the cache: all that the graph depends on."""
    manifest = bundle.manifest
    config = manifest.trunks[name]
    facts = [
        _CONVERSION,
        load_openvino().get_version(),
        manifest.preprocessing.size,
        manifest.files.get(config.weights or ""),
        config.architecture,
        config.pooling,
        config.gem_p,
        config.first_block,
        branches(bundle, name),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def _converted(bundle: Bundle, name: str, key: str) -> Any:
    """The graph made from torch's trunk or ONNX's, and kept."""
    log.info("Preparing the trunk %s for this processor; the next start finds it ready.", name)
    config = bundle.manifest.trunks[name]
    if config.architecture == ONNX:
        data = bundle.read_file(config.weights or "")
        size_px = bundle.manifest.preprocessing.size
        model = read_onnx_graph(data, size_px, config.feature_size)
    else:
        model = _traced(bundle, name)
    keep_graph(key, lambda path: write_graph(model, path))
    return model


def _traced(bundle: Bundle, name: str) -> Any:
    trunk = load_trunk(bundle, name)
    fuse_norms(trunk)
    module = _WithBranches(trunk, branches(bundle, name)).eval()
    return _traced_graph(module, _example(bundle, name))


def trained_trunk_graph(trunk: Trunk, size_px: int) -> CompiledGraph:
    """The graph of a trunk in memory, its norms fused: crops (1, 3, size, size) → features (1, F).

    Raises ImportError or RuntimeError where this machine cannot have one.
    """
    example = torch.zeros(1, 3, size_px, size_px)
    return CompiledGraph(_traced_graph(_WithBranches(trunk, []).eval(), example))


def _traced_graph(module: nn.Module, example: Tensor) -> Any:
    with warnings.catch_warnings(), torch.no_grad():
        # About values that depend on the size of crops, which is fixed.
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(module, example, check_trace=False)  # type: ignore[no-untyped-call]
        return load_openvino().convert_model(traced, input=list(example.shape))


def _example(bundle: Bundle, name: str) -> Tensor:
    """What the trunk takes: a crop, or the map after the blocks that another trunk runs for it."""
    size = bundle.manifest.preprocessing.size
    crop = torch.zeros(1, 3, size, size)
    shared = bundle.manifest.trunks[name].shared_blocks
    if shared is None:
        return crop
    with torch.no_grad():
        return load_trunk(bundle, shared.trunk).run_blocks(crop, 0, shared.count)


class _WithBranches(nn.Module):
    """A trunk that also gives the maps at which others branch off."""

    def __init__(self, trunk: Trunk, cuts: list[int]) -> None:
        super().__init__()
        self.trunk = trunk
        self.cuts = cuts

    def forward(self, values: Tensor) -> tuple[Tensor, ...]:
        maps, start = [], self.trunk.first_block
        for cut in self.cuts:
            values = self.trunk.run_blocks(values, start, cut)
            # A copy: later blocks may work in place.
            maps.append(values.clone())
            start = cut
        return (self.trunk.pool(self.trunk.run_blocks(values, start)), *maps)
