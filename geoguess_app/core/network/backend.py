"""Running a bundle's networks: engine, precision, steps, lazy evaluation per photo crop.

One thread at a time: the engine keeps no locks, since the program owns one torch thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from geoguess_app.core.bundle.checks import BASE_NETWORK
from geoguess_app.core.bundle.trunk_designs import ONNX
from geoguess_app.core.errors import BundleError, DeviceError
from geoguess_app.core.network.device import choose_device, device_name, sensible_threads
from geoguess_app.core.network.fast_trunk import branches, fast_trunk, worth_converting
from geoguess_app.core.network.network import (
    Network,
    fuse_norms,
    load_from_config,
    load_network,
    load_trunk,
)

if TYPE_CHECKING:
    from geoguess_app.core.bundle import Bundle
    from geoguess_app.core.bundle.manifest import Manifest
    from geoguess_app.core.network.openvino_runtime import CompiledGraph
    from geoguess_app.core.network.trunks.trunk import Trunk

__all__ = ["EngineRun", "TorchEngine", "choose_device", "device_name", "sensible_threads"]

log = logging.getLogger(__name__)

CPU_MICRO_BATCH = 1
"""Crops per step on the CPU: one by one is as fast as larger batches there (their maps fall out
of the cache), and it makes every crop's result independent of its neighbours, bit for bit."""
GPU_MICRO_BATCH = 64


def _common_trunks(manifest: Manifest) -> frozenset[str]:
    """Trunks that run for every photo, whatever its scene."""
    names = [manifest.scene_network] if manifest.scene_network else []
    if BASE_NETWORK in manifest.networks and not manifest.context_networks:
        names.append(BASE_NETWORK)
    compared = [manifest.embedding.trunk] if manifest.embedding else []
    return frozenset([*(manifest.networks[name].trunk for name in names), *compared])


class Pace:
    """A measure of how many crops the trunks have taken in, and in what time."""

    def __init__(self) -> None:
        self._crops, self._busy_s = 0.0, 0.0

    def note(self, crops: float, busy_s: float) -> None:
        """Add a step of one trunk."""
        self._crops += crops
        self._busy_s += busy_s

    def begin(self) -> None:
        """Count from now on: the first photos of a model are slow everywhere."""
        self._crops, self._busy_s = 0.0, 0.0

    @property
    def crops_per_s(self) -> float | None:
        """Crops a second; None as long as there was none."""
        return self._crops / self._busy_s if self._busy_s > 0 else None


class TorchEngine:
    """A bundle's networks on one device: torch, and OpenVINO for trunks on a processor.

    Modules are loaded when they are first needed, so a Context-Specific Network with a trunk of
    its own costs nothing until a photo is routed to it. On the CPU everything is float32; on CUDA
    trunks run in half precision and heads in float32. ``fast`` True or False says whether OpenVINO
    runs trunks on the CPU; None: those that are large enough to gain. Raises DeviceError for a
    missing device, BundleError for weights that do not fit.
    """

    def __init__(
        self,
        bundle: Bundle,
        device: str = "auto",
        *,
        micro_batch: int | None = None,
        fast: bool | None = None,
    ) -> None:
        self.bundle = bundle
        self.device = choose_device(device)
        on_cpu = self.device.type == "cpu"
        self.micro_batch = micro_batch or (CPU_MICRO_BATCH if on_cpu else GPU_MICRO_BATCH)
        self.half = self.device.type == "cuda"
        if on_cpu:
            torch.set_num_threads(sensible_threads())
        self._fast = fast if on_cpu else False
        self._fast_trunks: dict[str, CompiledGraph | None] = {}
        self._trunks: dict[str, Trunk] = {}
        self._networks: dict[str, Network] = {}
        self.pace = Pace()
        self.common_trunks = _common_trunks(bundle.manifest)

    @property
    def device_name(self) -> str:
        """Return what to call the device in the window."""
        return device_name(self.device)

    def model_bytes(self) -> int:
        """Return how much memory the weights of the loaded networks take."""
        modules: list[torch.nn.Module] = [*self._trunks.values(), *self._networks.values()]
        tensors = {
            each.data_ptr(): each.nbytes
            for module in modules
            for each in (*module.parameters(), *module.buffers())
        }
        compiled = (graph for graph in self._fast_trunks.values() if graph is not None)
        return sum(tensors.values()) + sum(graph.weight_bytes for graph in compiled)

    @property
    def engine_name(self) -> str:
        """Return what runs the trunks that are loaded: "OpenVINO", or else "PyTorch"."""
        return "OpenVINO" if any(self._fast_trunks.values()) else "PyTorch"

    def note_step(self, trunk: str, crops: int, busy_s: float) -> None:
        """Count crops that a trunk has taken in; one that several trunks take in counts once."""
        common = self.common_trunks or {trunk}
        self.pace.note(crops / len(common) if trunk in common else 0.0, busy_s)

    def warm_up(self) -> None:
        """Load the networks that every photo needs and run one blank crop through them."""
        size = self.bundle.manifest.preprocessing.size
        run = self.run(np.zeros((1, 3, size, size), np.float32))
        context = set(self.bundle.manifest.context_networks.values())
        for name in self.bundle.manifest.networks:
            if name not in context:
                run.logits(name)
        if self.bundle.manifest.embedding is not None:
            run.embeddings()

    def run(self, images: np.ndarray) -> EngineRun:
        """Results for crops (n, 3, size, size) float32, each computed when it is asked for.

        Raises ValueError for an array of another shape.
        """
        size = self.bundle.manifest.preprocessing.size
        if images.ndim != 4 or images.shape[1:] != (3, size, size):
            raise ValueError(f"crops of shape {images.shape} are not (n, 3, {size}, {size})")
        return EngineRun(self, np.ascontiguousarray(images, np.float32))

    def fast_trunk(self, name: str) -> CompiledGraph | None:
        """The trunk in OpenVINO; None where torch is to run it. An ONNX graph never is."""
        if name not in self._fast_trunks:
            config = self.bundle.manifest.trunks[name]
            wanted = worth_converting(config) if self._fast is None else self._fast
            if config.architecture == ONNX:
                wanted = True
                if self.device.type != "cpu":
                    log.warning("The trunk %s, an ONNX graph, runs on the processor.", name)
            self._fast_trunks[name] = fast_trunk(self.bundle, name) if wanted else None
        return self._fast_trunks[name]

    def trunk(self, name: str) -> Trunk:
        """The trunk in torch, ready to run on the device."""
        if name not in self._trunks:
            # Whoever asks first may compute without gradients; explanations need them later.
            with torch.inference_mode(False):
                trunk = load_trunk(self.bundle, name)
                fuse_norms(trunk)
                trunk = trunk.to(self.device).to(memory_format=torch.channels_last)
            self._trunks[name] = trunk
        return self._trunks[name]

    def network(self, name: str) -> Network:
        """The layers and heads of a network, ready to run on the device."""
        if name not in self._networks:
            self._networks[name] = load_network(self.bundle, name).to(self.device)
        return self._networks[name]

    def projection(self) -> Network:
        """The layers between a trunk and the bank or gallery. KeyError without either."""
        if "" not in self._networks:
            compared = self.bundle.manifest.embedding
            if compared is None:
                raise KeyError("this bundle has no bank and no gallery")
            projection = load_from_config(self.bundle, compared.projection)
            self._networks[""] = projection.to(self.device)
        return self._networks[""]

    def take_smaller_steps(self) -> None:
        """Halve the crops per step after the device ran out of memory.

        Raises DeviceError when a single crop is too much.
        """
        if self.micro_batch == 1:
            raise DeviceError(
                f"{self.device_name} has too little memory for this model: choose cpu as device.",
                code="out-of-memory",
            )
        self.micro_batch = (self.micro_batch + 1) // 2
        log.warning("Out of memory: %d crops at a time from now on.", self.micro_batch)

    def autocast(self) -> torch.autocast:
        """Half precision where it pays: CUDA's tensor cores. (CPU and MPS stay in float32.)"""
        return torch.autocast(self.device.type, torch.float16, enabled=self.half)

    def upload(self, images: np.ndarray) -> Tensor:
        """Crops on the device, in the memory layout that convolutions like."""
        tensor = torch.from_numpy(images)
        return tensor.to(self.device, memory_format=torch.channels_last)


class EngineRun:
    """Lazy results for one array of crops; rows are crops, in the order given.

    Every method takes ``rows`` (indices of crops; all by default) and returns float32 arrays with
    one row per entry of ``rows``. Trunk features are kept, so networks that share a trunk cost it
    once per crop, and asking again costs nothing. A trunk that every photo needs runs for all crops
    as soon as it is asked for some, in full batches; others only for the crops asked for.
    """

    def __init__(self, engine: TorchEngine, images: np.ndarray) -> None:
        self._engine = engine
        self._images = images
        self._trunks = engine.bundle.manifest.trunks
        self._features: dict[str, np.ndarray] = {}
        self._done: dict[str, np.ndarray] = {}
        self._shared_maps: dict[tuple[str, int, int], Tensor] = {}

    @property
    def count(self) -> int:
        """Return how many crops there are."""
        return len(self._images)

    def features(self, trunk: str, rows: np.ndarray | None = None) -> np.ndarray:
        """Pooled features (rows, feature_size) of a trunk."""
        wanted = self._rows(rows)
        if trunk not in self._features:
            size = self._trunks[trunk].feature_size
            self._features[trunk] = np.zeros((self.count, size), np.float32)
            self._done[trunk] = np.zeros(self.count, np.bool_)
        features, done = self._features[trunk], self._done[trunk]
        needed = self._rows(None) if trunk in self._engine.common_trunks else np.unique(wanted)
        while (missing := needed[~done[needed]]).size:
            some = missing[: self._engine.micro_batch]
            pooled = self._try_pooled(trunk, some)
            if pooled is not None:
                features[some] = pooled
                done[some] = True
        picked: np.ndarray = features[wanted]
        return picked

    def _try_pooled(self, trunk: str, rows: np.ndarray) -> np.ndarray | None:
        """Features of these crops; None when they must be tried again in another way."""
        fast = self._engine.fast_trunk(trunk)
        begun_s = time.perf_counter()
        if fast is not None:
            found = self._fast_features(trunk, fast, rows)
            self._engine.note_step(trunk, len(rows), time.perf_counter() - begun_s)
            return found
        try:
            with self._computing():
                pooled = self._engine.trunk(trunk).pool(self._last_map(trunk, rows))
                array: np.ndarray = pooled.float().cpu().numpy()
        except torch.OutOfMemoryError:
            self._engine.take_smaller_steps()
            return None
        if self._engine.half and not np.isfinite(array).all():
            self._overflowed()
            return None
        self._engine.note_step(trunk, len(rows), time.perf_counter() - begun_s)
        return array

    def _fast_features(self, trunk: str, fast: CompiledGraph, rows: np.ndarray) -> np.ndarray:
        """Features of these crops from OpenVINO, one by one; the maps for other trunks are kept."""
        shared, features = self._trunks[trunk].shared_blocks, []
        for row in rows:
            one = np.array([row])
            values = self._images[one]
            if shared is not None:
                values = self._shared_map(shared.trunk, shared.count, one).numpy()
            found, *maps = fast(values)
            features.append(found)
            for cut, values in zip(branches(self._engine.bundle, trunk), maps, strict=True):
                self._shared_maps[trunk, cut, int(row)] = torch.from_numpy(values)
        return self._checked(np.concatenate(features), f"trunk {trunk}")

    def feature_maps(self, trunk: str, rows: np.ndarray | None = None) -> np.ndarray:
        """Last maps before pooling (rows, channels, H, W), for class activation maps; not kept."""
        with self._computing():
            maps = [self._last_map(trunk, some).float() for some in self._steps(self._rows(rows))]
            whole: np.ndarray = torch.cat(maps).cpu().contiguous().numpy()
            return whole

    def logits(self, network: str, rows: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Head name → logits (rows, classes) of a network, before any temperature or softmax."""
        module = self._engine.network(network)
        parts: list[dict[str, Tensor]] = []
        with torch.inference_mode():
            for features in self._feature_steps(module.config.trunk, rows):
                parts.append(module(features))
            return {
                head: self._finite(torch.cat([part[head] for part in parts]), f"network {network}")
                for head in module.config.heads
            }

    def embeddings(self, rows: np.ndarray | None = None) -> np.ndarray:
        """L2-normalised embeddings (rows, size) to compare with the bank's or the gallery's.

        KeyError when the bundle has neither.
        """
        module = self._engine.projection()
        with torch.inference_mode():
            parts = [module.embed(f) for f in self._feature_steps(module.config.trunk, rows)]
            return self._finite(functional.normalize(torch.cat(parts), dim=1), "projection")

    def _finite(self, values: Tensor, what: str) -> np.ndarray:
        return self._checked(values.float().cpu().numpy(), what)

    def _checked(self, array: np.ndarray, what: str) -> np.ndarray:
        if not np.isfinite(array).all():
            raise BundleError(
                f"The model {self._engine.bundle.name} is broken: its {what} returns values "
                "that are not numbers.",
                code="not-finite",
            )
        return array

    def _overflowed(self) -> None:
        """Start again in single precision: these weights go beyond what half precision holds."""
        log.warning("Half precision is too narrow for this model; continuing in single precision.")
        self._engine.half = False
        self._shared_maps.clear()

    def _rows(self, rows: np.ndarray | None) -> np.ndarray:
        return np.arange(self.count) if rows is None else np.asarray(rows, np.int64)

    def _steps(self, rows: np.ndarray) -> Iterator[np.ndarray]:
        step = self._engine.micro_batch
        return (rows[start : start + step] for start in range(0, len(rows), step))

    def _feature_steps(self, trunk: str, rows: np.ndarray | None) -> Iterator[Tensor]:
        """Features on the device, in steps too: a matrix product rounds by its batch size."""
        features = self.features(trunk, rows)
        if not len(features):
            yield torch.from_numpy(features).to(self._engine.device)
        for some in self._steps(np.arange(len(features))):
            yield torch.from_numpy(features[some]).to(self._engine.device)

    @contextmanager
    def _computing(self) -> Iterator[None]:
        with torch.inference_mode(), self._engine.autocast():
            yield

    def _last_map(self, name: str, rows: np.ndarray) -> Tensor:
        """The map before pooling, on the device."""
        trunk, shared = self._engine.trunk(name), self._trunks[name].shared_blocks
        if shared is not None:
            return trunk.run_blocks(self._shared_map(shared.trunk, shared.count, rows))
        values, start = self._engine.upload(self._images[rows]), 0
        for cut in branches(self._engine.bundle, name):
            values = trunk.run_blocks(values, start, cut)
            self._keep_map(name, cut, rows, values)
            start = cut
        return trunk.run_blocks(values, start)

    def _keep_map(self, name: str, cut: int, rows: np.ndarray, values: Tensor) -> None:
        for index, row in enumerate(rows.tolist()):
            # A copy: later blocks may work in place.
            self._shared_maps[name, cut, row] = values[index : index + 1].clone()

    def _shared_map(self, name: str, cut: int, rows: np.ndarray) -> Tensor:
        missing = np.array([r for r in rows.tolist() if (name, cut, r) not in self._shared_maps])
        fast = self._engine.fast_trunk(name) if missing.size else None
        if fast is not None:
            self.features(name, missing)  # gives the map, too
        elif missing.size:
            values = self._engine.upload(self._images[missing])
            self._keep_map(name, cut, missing, self._engine.trunk(name).run_blocks(values, 0, cut))
        return torch.cat([self._shared_maps[name, cut, row] for row in rows.tolist()])
