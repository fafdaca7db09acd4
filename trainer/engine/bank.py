"""Report B's retrieval: the training photos' embeddings as a bank, nothing is trained."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import torch
from tqdm import tqdm

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.manifest import RetrievalConfig
from geoguess_app.core.network import build_trunk, fuse_norms
from geoguess_app.core.preprocess import load_crops
from trainer.bundle_stage import BANK_FILE, MAIN
from trainer.engine import weights
from trainer.engine.dataset import describe_broken
from trainer.engine.errors import TrainError
from trainer.engine.export import Contents, manifest_of, tensors_of
from trainer.trunk_stage import trunk_config

if TYPE_CHECKING:
    from trainer.engine.run import Prepared

LOG = logging.getLogger(__name__)


def bank_contents(prepared: Prepared) -> Contents:
    """The contents of a retrieval bundle."""
    recipe, photos = prepared.recipe, prepared.photos
    config = trunk_config(recipe.trunk.architecture, recipe.trunk.pooling)
    torch.manual_seed(recipe.training.seed)
    trunk = build_trunk(config)
    weights.apply(prepared.start, trunk)
    trunk.eval().requires_grad_(False)
    fast = build_trunk(config)
    fast.load_state_dict(trunk.state_dict())
    fast.eval().requires_grad_(False)
    fuse_norms(fast)
    train = photos.take(photos.rows("train"))
    rows, vectors, broken = [], [], []
    paths = tqdm(train.paths(), "bank", unit="photo", disable=not prepared.options.machine.progress)
    for row, path in enumerate(paths):
        try:
            crops = torch.from_numpy(load_crops(path, recipe.preprocessing))
        except PhotoError:
            broken.append(train.names[row])
            continue
        with torch.inference_mode():
            features = torch.nn.functional.normalize(fast(crops), dim=1).mean(dim=0)
        rows.append(row)
        vectors.append(torch.nn.functional.normalize(features, dim=0).numpy())
    if not rows:
        raise TrainError("None of the training photos can be read.", code="no-photos")
    if broken:
        LOG.warning("%s.", describe_broken(broken))
    kept, choice = train.take(np.array(rows)), recipe.retrieval
    bank: dict[str, np.ndarray] = {
        "embeddings": np.stack(vectors).astype(np.float16),
        "latitude_deg": np.round(kept.latitude_deg, choice.decimals),
        "longitude_deg": np.round(kept.longitude_deg, choice.decimals),
        "fine_class": np.full(kept.size, -1, dtype=np.int32),
    }
    manifest = manifest_of(
        recipe,
        photos,
        kind="retrieval",
        trunks={MAIN: config},
        networks={},
        retrieval=RetrievalConfig(
            weights=BANK_FILE,
            count=kept.size,
            size=config.feature_size,
            trunk=MAIN,
            neighbours=min(choice.neighbours, kept.size),
            temperature=choice.temperature,
        ),
    )
    tensors = tensors_of({MAIN: (config, trunk)}, {})
    return Contents(manifest, (), {**tensors, BANK_FILE: bank}, prepared.facts)
