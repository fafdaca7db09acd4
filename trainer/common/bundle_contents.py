"""Contents of a bundle before it is written, and the card that says how it came about."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.core.bundle import write_bundle
from geoguess_app.core.bundle.manifest import Manifest, PartitionEntry, Provenance
from geoguess_app.core.bundle.networks import NetworkConfig, TrunkConfig
from geoguess_app.core.calibration.json_form import calibration_to_json
from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.network.network import Network, numpy_state
from geoguess_app.core.network.trunks.trunk import Trunk
from geoguess_app.core.partition import Partition
from geoguess_app.core.picture.preprocess import Preprocessing
from trainer.common.bank_photos import PHOTOS_FILE, BankMembers
from trainer.common.model_card import card_text
from trainer.common.recipe_sections import ModelDescription

BANK_FILE = "weights/bank.safetensors"
CARD_FILE = "MODEL_CARD.md"
MAIN = "main"
"""The trunk that every bundle of the trainer has."""

Tensors = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class BundleContents:
    """A bundle before it is written: it is written raw, calibrated, and with its figures."""

    manifest: Manifest
    partitions: tuple[Partition, ...] = ()
    tensors: Mapping[str, Tensors] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    """How the training went, for the card: trunk's origin, photos, epochs."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Further files beside the card."""

    def calibrated(self, calibration: Calibration) -> BundleContents:
        """Give the contents with fitted temperatures and radii."""
        manifest = replace(self.manifest, calibration=calibration_to_json(calibration))
        return replace(self, manifest=manifest)

    def measured(self, figures: Mapping[str, Any]) -> BundleContents:
        """Give the contents with figures on photos that the model never saw."""
        whole = {**figures, "training": dict(self.facts)}
        return replace(self, manifest=replace(self.manifest, evaluation=whole))

    def write(self, target: Path, model: ModelDescription) -> Path:
        """Write the bundle, card included; returns where it lies."""
        card = card_text(model, self.manifest, self.facts)
        files = {**self.files, CARD_FILE: card.encode()}
        return write_bundle(target, self.manifest, self.partitions, self.tensors, files)


def with_bank_members(contents: BundleContents, members: BankMembers) -> BundleContents:
    """Add what the bank says of its photos; the manifest must have a bank."""
    bank = contents.manifest.retrieval
    assert bank is not None
    bank = replace(bank, photos=PHOTOS_FILE, thumbnails=members.thumbnails_file)
    return replace(
        contents,
        manifest=replace(contents.manifest, retrieval=bank),
        tensors={**contents.tensors, **members.tensors},
        files={**contents.files, **members.files},
    )


def bundle_manifest(
    model: ModelDescription,
    preprocessing: Preprocessing,
    provenance: tuple[Provenance, ...],
    **more: Any,
) -> Manifest:
    """A manifest made today; ``more`` holds its kind, trunks, networks and so on."""
    return Manifest(
        name=model.name,
        version=model.version,
        license=model.license,
        description=model.description,
        intended_area=model.intended_area,
        created=datetime.datetime.now(datetime.UTC).date().isoformat(),
        preprocessing=preprocessing,
        provenance=provenance,
        **more,
    )


def partition_entries(partitions: tuple[Partition, ...]) -> tuple[PartitionEntry, ...]:
    """List partitions as a manifest does: name, file within the bundle, number of cells."""
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


def network_on_trunk(config: NetworkConfig, trunk: str, file: str) -> NetworkConfig:
    """A network on another trunk, in another file."""
    return replace(config, trunk=trunk, weights=file)
