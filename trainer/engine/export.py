"""The export of a trained module to what its bundle holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from geoguess_app.core.bundle.manifest import RegressionConfig
from geoguess_app.core.partition import Partition
from trainer.common.bundle_contents import (
    MAIN,
    BundleContents,
    bundle_manifest,
    partition_entries,
    tensors_of,
)
from trainer.data.training_photos import TrainingPhotos
from trainer.engine.modules import GeoModule


def load_best(module: GeoModule, checkpoint: Path) -> None:
    """Fill a module with a checkpoint's weights."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    module.load_state_dict(state, strict=True)
    module.eval()


def trained_contents(
    module: GeoModule,
    photos: TrainingPhotos,
    partitions: tuple[Partition, ...],
    regression: RegressionConfig | None,
    facts: Mapping[str, Any],
) -> BundleContents:
    """The contents of a cells or regression bundle."""
    recipe = module.recipe
    config = module.network.config
    manifest = bundle_manifest(
        recipe.model,
        recipe.preprocessing,
        photos.provenance(),
        kind="regression" if regression else "cells",
        trunks={MAIN: module.config},
        networks={"base": config},
        partitions=partition_entries(partitions),
        regression=regression,
    )
    # A local model answers in metres: its head keeps all digits.
    tensors = tensors_of({MAIN: (module.config, module.trunk)}, {"base": module.network})
    return BundleContents(manifest, partitions, tensors, facts)
