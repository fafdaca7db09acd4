"""The pretrained trunk, and its features of every photo in every view, cached."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from geoguess_app.core.bundle.networks import TrunkConfig
from geoguess_app.core.bundle.trunk_designs import ARCHITECTURES
from geoguess_app.core.network.network import build_trunk, fuse_norms
from geoguess_app.core.network.trunks.trunk import Trunk
from geoguess_app.core.picture.preprocess import Preprocessing
from trainer.common.cache import Arrays, StageCache, content_key
from trainer.common.features import extract

LITE2 = "efficientnet_lite2"
WEIGHTS_FILE = "weights/trunk.safetensors"


def trunk_config(architecture: str, pooling: str) -> TrunkConfig:
    """The description of a trunk that goes into the bundle."""
    channels = ARCHITECTURES[architecture].channels
    return TrunkConfig(architecture, pooling, channels * len(pooling.split("+")), WEIGHTS_FILE)


def trunk_hash(trunk: Trunk) -> str:
    """A hash of all its tensors."""
    digest = hashlib.sha256()
    for name, tensor in trunk.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()[:20]


def cached_features(
    cache: StageCache,
    trunk: Trunk,
    config: TrunkConfig,
    spec: Preprocessing,
    folder: Path,
    files: Sequence[str],
    *,
    crops: int,
    title: str = "features",
) -> Arrays:
    """``features`` (n, crops, F) of the files, computed once."""
    paths = [folder / name for name in files]
    key = content_key(
        {
            "trunk": trunk_hash(trunk),
            "pooling": config.pooling,
            "preprocessing": asdict(spec),
            "crops": crops,
        },
        paths,
    )

    def make() -> Arrays:
        fast = build_trunk(config)
        fast.load_state_dict(trunk.state_dict())
        fast.eval().requires_grad_(False)
        fuse_norms(fast)
        return extract(fast, paths, spec, crops=crops, title=title)

    return cache.get(f"features-{title.replace(' ', '-')}", key, make)
