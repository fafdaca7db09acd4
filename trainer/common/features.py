"""Run the trunk once over every photo and keep what it says: features per crop.

Heads are cheap to train and the trunk is not, so each photo passes it once and all later stages
read the cache. Photos become crops by the very function that the program uses.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from geoguess_app.core.network.fast_trunk import trained_trunk_graph
from geoguess_app.core.network.trunks.trunk import Trunk
from geoguess_app.core.picture.preprocess import Preprocessing, load_crops
from trainer.common.cache import Arrays

log = logging.getLogger(__name__)

CHUNK = 2
"""Crops per forward pass in torch: small chunks stay in the processor's cache, the fastest."""
DECODED_AHEAD = 16


def _decode(paths: Sequence[Path], spec: Preprocessing, crops: int) -> Iterator[np.ndarray]:
    """Crops in order, a few photos decoded ahead of the network."""
    with ThreadPoolExecutor(1) as pool:
        waiting = iter(paths)
        futures = [
            pool.submit(load_crops, path, spec, crops) for path in islice(waiting, DECODED_AHEAD)
        ]
        while futures:
            done = futures.pop(0)
            for path in islice(waiting, 1):
                futures.append(pool.submit(load_crops, path, spec, crops))
            yield done.result()


def extract(
    trunk: Trunk,
    paths: Sequence[Path],
    spec: Preprocessing,
    *,
    crops: int,
    title: str = "features",
) -> Arrays:
    """``features`` (n, crops, F) float32 of every photo; the trunk's norms must be fused."""
    run = _runner(trunk, spec.size)
    with tqdm(total=len(paths), desc=title, unit="photo", mininterval=2.0) as bar:
        features = []
        for array in _decode(paths, spec, crops):
            features.append(run(array))
            bar.update()
    return {"features": np.stack(features)}


def _runner(trunk: Trunk, size_px: int) -> Callable[[np.ndarray], np.ndarray]:
    """Crops (k, 3, size, size) → features (k, F), in the engine that the program itself uses on a
    processor (half the time), else in torch."""
    try:
        graph = trained_trunk_graph(trunk, size_px)
    except (ImportError, RuntimeError) as error:
        log.warning("The trunk runs in torch, more slowly: OpenVINO fails (%s).", error)
        return lambda crops: _in_torch(trunk, crops)
    return lambda crops: np.concatenate([graph(crop[None])[0] for crop in crops])


@torch.inference_mode()
def _in_torch(trunk: Trunk, crops: np.ndarray) -> np.ndarray:
    chunks = torch.split(torch.from_numpy(crops), CHUNK)
    return torch.cat([trunk.pool(trunk.run_blocks(chunk, 0)) for chunk in chunks]).numpy()
