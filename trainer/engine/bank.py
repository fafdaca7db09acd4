"""Report B's retrieval: the training photos' embeddings as a bank, nothing is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional
from tqdm import tqdm

from geoguess_app.core.bundle.manifest import RetrievalConfig
from geoguess_app.core.bundle.networks import TrunkConfig
from geoguess_app.core.network.network import build_trunk, fuse_norms
from geoguess_app.core.network.trunks.trunk import Trunk
from geoguess_app.core.picture.preprocess import load_crops
from geoguess_app.core.types import IntArray
from trainer.common.area_parts import bank_tensors
from trainer.common.bundle_contents import (
    BANK_FILE,
    MAIN,
    BundleContents,
    bundle_manifest,
    tensors_of,
)
from trainer.common.errors import TrainError
from trainer.common.initial_weights import load_initial
from trainer.common.progress import ProgressLog, ProgressStage
from trainer.common.trunk_stage import trunk_config
from trainer.engine.decoding import decode_photos
from trainer.engine.unreadable import UnreadablePhotos

if TYPE_CHECKING:
    from trainer.engine.run import TrainingRun


def bank_contents(prepared: TrainingRun) -> BundleContents:
    """The contents of a retrieval bundle."""
    recipe, photos = prepared.recipe, prepared.photos
    config = trunk_config(recipe.trunk.architecture, recipe.trunk.pooling)
    torch.manual_seed(recipe.training.seed)
    trunk = build_trunk(config)
    load_initial(prepared.start, trunk)
    trunk.eval().requires_grad_(False)
    rows, vectors = _embeddings(prepared, trunk, config)
    kept, choice = photos.take(rows), recipe.retrieval
    bank = bank_tensors(vectors, kept.latitude_deg, kept.longitude_deg, choice.decimals)
    manifest = bundle_manifest(
        recipe.model,
        recipe.preprocessing,
        photos.provenance(),
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
    return BundleContents(manifest, (), {**tensors, BANK_FILE: bank}, prepared.facts)


def _embeddings(
    prepared: TrainingRun, trunk: Trunk, config: TrunkConfig
) -> tuple[IntArray, np.ndarray]:
    """Rows and unit vectors (n, size) float32 of the training photos that can be read."""
    machine, spec = prepared.options.machine, prepared.recipe.preprocessing
    fast = build_trunk(config)
    fast.load_state_dict(trunk.state_dict())
    fast.eval().requires_grad_(False)
    fuse_norms(fast)
    fast.to(machine.kind)
    rows, vectors, broken = [], [], UnreadablePhotos(prepared.options.out)
    names, total = prepared.photos.names, int(prepared.photos.rows("train").size)
    with tqdm(
        total=total,
        desc="bank",
        unit=" photos",
        disable=not machine.progress,
    ) as bar:
        stage = ProgressStage(ProgressLog(prepared.options.out), "bank", bar, total)
        for chunk in decode_photos(
            prepared.photos.pictures("train"),
            lambda picture: load_crops(picture, spec),
            lambda row: broken.note([names[row]]),
            threads=prepared.recipe.training.workers,
        ):
            crops = torch.from_numpy(np.concatenate([crops for _, crops in chunk]))
            with torch.inference_mode():
                features = functional.normalize(fast(crops.to(machine.kind)), dim=1)
                means = features.view(len(chunk), spec.crops, -1).mean(dim=1)
                vectors.append(functional.normalize(means, dim=1).cpu().numpy())
            rows += [row for row, _ in chunk]
            for _ in chunk:
                stage.update()
    if not rows:
        raise TrainError("None of the training photos can be read.", code="no-photos")
    broken.sum_up()
    return np.array(rows), np.concatenate(vectors)
