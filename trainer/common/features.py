"""Run the trunk once over every photo and keep what it says: features per crop.

Heads are cheap to train and the trunk is not, so each photo passes it once and all later stages
read the cache. Photos become crops by the very function that the program uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from geoguess_app.core.network.trunks.trunk import Trunk
from geoguess_app.core.picture.preprocess import Preprocessing, load_crops
from trainer.common.cache import Arrays

CHUNK = 2
"""Crops per forward pass: small chunks stay in the processor's cache and are the fastest."""
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


@torch.inference_mode()
def extract(
    trunk: Trunk,
    paths: Sequence[Path],
    spec: Preprocessing,
    *,
    crops: int,
    map_before: int | None = None,
    title: str = "features",
) -> Arrays:
    """Features (n, crops, F) float32 of every photo and, if asked for, ``map`` (n, crops, C, H, W):
    the feature map before block ``map_before``, from which the last blocks can be trained."""
    features: list[np.ndarray] = []
    maps: list[np.ndarray] = []
    bar = tqdm(total=len(paths), desc=title, unit="photo", mininterval=2.0)
    for array in _decode(paths, spec, crops):
        chunks = torch.split(torch.from_numpy(array), CHUNK)
        parts = [_forward(trunk, chunk, map_before) for chunk in chunks]
        features.append(torch.cat([part[0] for part in parts]).numpy())
        if map_before is not None:
            maps.append(torch.cat([part[1] for part in parts]).numpy().astype(np.float16))
        bar.update()
    bar.close()
    result = {"features": np.stack(features)}
    if map_before is not None:
        result["map"] = np.stack(maps)
    return result


def _forward(
    trunk: Trunk, images: torch.Tensor, map_before: int | None
) -> tuple[torch.Tensor, torch.Tensor]:
    stop = trunk.block_count if map_before is None else map_before
    before = trunk.run_blocks(images, 0, stop)
    return trunk.pool(trunk.run_blocks(before, stop, trunk.block_count)), before
