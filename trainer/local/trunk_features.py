"""Photos through the trunk, a few at a time; what is done is kept, whatever happens next."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from geoguess_app.core.bundle.networks import TrunkConfig
from geoguess_app.core.errors import PhotoError
from geoguess_app.core.network.network import build_trunk, fuse_norms
from geoguess_app.core.network.trunks.trunk import Trunk
from geoguess_app.core.picture.preprocess import Preprocessing, load_crops
from trainer.common.initial_weights import find_initial_weights, load_initial
from trainer.common.trunk_stage import trunk_config, trunk_hash
from trainer.data.photo_database import Stamp, stamp
from trainer.local.feature_store import FeatureStore
from trainer.local.recipe import LocalRecipe

_DECODED_AHEAD = 8
_KEPT_TOGETHER = 32
"""At most so many photos pass the trunk again when a run is killed."""
_CROPS_AT_ONCE = {"cpu": 2, "cuda": 64}
"""Small chunks stay in a processor's cache and are the fastest there."""


@dataclass(frozen=True, eq=False)
class LocalTrunk:
    """The trunk as the bundle will hold it (rounded to half precision), and a faster twin."""

    config: TrunkConfig
    trunk: Trunk
    origin: str
    scratch: bool

    @property
    def made_with(self) -> str:
        """Names its features, without the preprocessing."""
        return trunk_hash(self.trunk)


def load_local_trunk(recipe: LocalRecipe, *, download: bool = False) -> LocalTrunk:
    """The recipe's trunk with its first weights; raises TrainError saying what to do."""
    start = find_initial_weights(recipe.trunk, download=download)
    config = trunk_config(recipe.trunk.architecture, recipe.trunk.pooling)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.split.seed)
        trunk = build_trunk(config)
    load_initial(start, trunk)
    for tensor in trunk.state_dict().values():
        if tensor.is_floating_point() and float(tensor.abs().max()) < 6e4:
            tensor.copy_(tensor.half().float())
    trunk.eval().requires_grad_(False)
    return LocalTrunk(config, trunk, start.origin, start.scratch)


def features_key(trunk: LocalTrunk, spec: Preprocessing) -> str:
    """Return what features depend on beside the photo."""
    facts = {"trunk": trunk.made_with, "pooling": trunk.config.pooling, "spec": asdict(spec)}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:20]


def features_of(
    trunk: LocalTrunk,
    spec: Preprocessing,
    paths: Sequence[Path],
    store: FeatureStore,
    progress: Any,
) -> dict[Path, np.ndarray]:
    """Features (crops, F) of every readable photo; ``progress`` is a tqdm bar, moved on by photos.

    Those that the store knows are taken from there; the others are kept in it as they are made, so
    that a run which was stopped goes on where it was.
    """
    stamps = {path: now for path in paths if (now := stamp(path)) is not None}
    known = store.known(stamps)
    progress.update(len(paths) - sum(path not in known for path in stamps))
    wanted = [path for path in stamps if path not in known]
    fresh: list[tuple[Path, Stamp, np.ndarray]] = []
    run = TrunkRunner(trunk)
    try:
        for path, crops in _decode(wanted, spec):
            if crops is not None:
                known[path] = run(crops)
                fresh.append((path, stamps[path], known[path]))
            progress.update(1)
            if len(fresh) >= _KEPT_TOGETHER:
                store.keep(fresh)
                fresh.clear()
    finally:
        # Also when the user stops the run.
        store.keep(fresh)
    return known


class TrunkRunner:
    """The trunk with its norms fused, on the graphics card where there is one."""

    def __init__(self, trunk: LocalTrunk) -> None:
        fast = build_trunk(trunk.config)
        fast.load_state_dict(trunk.trunk.state_dict())
        fast.eval().requires_grad_(False)
        fuse_norms(fast)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._trunk = fast.to(self._device)
        self._chunk = _CROPS_AT_ONCE[self._device.type]

    def __call__(self, crops: np.ndarray) -> np.ndarray:
        """Crops (k, 3, size, size) to features (k, F)."""
        with torch.inference_mode():
            parts = torch.split(torch.from_numpy(crops), self._chunk)
            return torch.cat([self._trunk(part.to(self._device)).cpu() for part in parts]).numpy()


def _decode(paths: Sequence[Path], spec: Preprocessing) -> Iterator[tuple[Path, np.ndarray | None]]:
    """Crops in order, a few photos decoded ahead of the network; None for unreadable ones."""
    waiting = iter(paths)
    with ThreadPoolExecutor(1) as pool:

        def submit(path: Path) -> tuple[Path, Future[np.ndarray | None]]:
            return path, pool.submit(_crops, path, spec)

        queue = [submit(path) for path in islice(waiting, _DECODED_AHEAD)]
        try:
            while queue:
                path, future = queue.pop(0)
                queue += [submit(following) for following in islice(waiting, 1)]
                yield path, future.result()
        finally:
            for _, future in queue:
                future.cancel()


def _crops(path: Path, spec: Preprocessing) -> np.ndarray | None:
    try:
        return np.asarray(load_crops(path, spec))
    except PhotoError:
        return None
