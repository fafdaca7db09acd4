"""From trained networks to what a bundle holds, and the card that tells how they came about."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from geoguess_app.core.bundle import write_bundle
from geoguess_app.core.bundle.manifest import Manifest, PartitionEntry, Provenance, RegressionConfig
from geoguess_app.core.bundle.networks import NetworkConfig, TrunkConfig
from geoguess_app.core.calibration.json_form import calibration_to_json
from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.network.network import Network, numpy_state
from geoguess_app.core.network.trunks.trunk import Trunk
from geoguess_app.core.partition import Partition
from trainer.common.bundle_stage import CARD_FILE, MAIN
from trainer.common.licences import stated_licence
from trainer.engine.card import card_text
from trainer.engine.modules import GeoModule
from trainer.engine.photos import Photos
from trainer.engine.recipe import TrainRecipe

Tensors = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Contents:
    """A bundle before it is written: it is written raw, calibrated, and with its figures."""

    manifest: Manifest
    partitions: tuple[Partition, ...] = ()
    tensors: Mapping[str, Tensors] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    """How the training went, for the card: trunk's origin, photos, epochs."""

    def calibrated(self, calibration: Calibration) -> Contents:
        """With fitted temperatures and radii."""
        manifest = replace(self.manifest, calibration=calibration_to_json(calibration))
        return replace(self, manifest=manifest)

    def measured(self, figures: Mapping[str, Any]) -> Contents:
        """With figures on photos that the model never saw."""
        whole = {**figures, "training": dict(self.facts)}
        return replace(self, manifest=replace(self.manifest, evaluation=whole))

    def write(self, target: Path, recipe: TrainRecipe) -> Path:
        """Write the bundle, card included."""
        card = card_text(recipe.model, self.manifest, self.facts)
        return write_bundle(
            target, self.manifest, self.partitions, self.tensors, {CARD_FILE: card.encode()}
        )


def load_best(module: GeoModule, checkpoint: Path) -> None:
    """Fill a module with a checkpoint's weights."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    module.load_state_dict(state, strict=True)
    module.eval()


def manifest_of(recipe: TrainRecipe, photos: Photos, **more: Any) -> Manifest:
    """What every bundle of the engine says of itself."""
    model = recipe.model
    return Manifest(
        name=model.name,
        version=model.version,
        license=model.license,
        description=model.description,
        intended_area=model.intended_area,
        created=datetime.datetime.now(datetime.UTC).date().isoformat(),
        preprocessing=recipe.preprocessing,
        provenance=provenance_of(photos),
        **more,
    )


def provenance_of(photos: Photos) -> tuple[Provenance, ...]:
    """The sources of the photos that were learned from, largest first."""
    rows = np.concatenate([photos.rows("train"), photos.rows("val")]).tolist()
    counts = Counter((photos.source[row], stated_licence(photos.licence[row])) for row in rows)
    return tuple(
        Provenance(source or "photos of the trainer's own", licence, number)
        for (source, licence), number in counts.most_common(1000)
    )


def trained_contents(
    module: GeoModule,
    photos: Photos,
    partitions: tuple[Partition, ...],
    regression: RegressionConfig | None,
    facts: Mapping[str, Any],
) -> Contents:
    """The contents of a cells or regression bundle."""
    recipe = module.recipe
    config = module.network.config
    manifest = manifest_of(
        recipe,
        photos,
        kind="regression" if regression else "cells",
        trunks={MAIN: module.config},
        networks={"base": config},
        partitions=entries_of(partitions),
        regression=regression,
    )
    # A local model answers in metres: its head keeps all digits.
    tensors = tensors_of({MAIN: (module.config, module.trunk)}, {"base": module.network})
    return Contents(manifest, partitions, tensors, facts)


def entries_of(partitions: tuple[Partition, ...]) -> tuple[PartitionEntry, ...]:
    """How a manifest names partitions."""
    return tuple(PartitionEntry(p.name, f"partitions/{p.name}.csv", p.size) for p in partitions)


def tensors_of(
    trunks: Mapping[str, tuple[TrunkConfig, Trunk]], networks: Mapping[str, Network]
) -> dict[str, Tensors]:
    """Trunks in half precision where it holds them; heads in full."""
    tensors: dict[str, Tensors] = {}
    for config, trunk in trunks.values():
        if config.weights:
            tensors[config.weights] = half_if_possible(trunk)
    for network in networks.values():
        if network.config.weights:
            tensors[network.config.weights] = numpy_state(network)
    return tensors


def half_if_possible(trunk: Trunk) -> Tensors:
    """A trunk's tensors as float16, or as they are where a number is too large for that."""
    try:
        return numpy_state(trunk, half=True)
    except ValueError:
        return numpy_state(trunk)


def renamed(config: NetworkConfig, trunk: str, file: str) -> NetworkConfig:
    """A network on another trunk, in another file."""
    return replace(config, trunk=trunk, weights=file)
