"""The starter model's bundle: everything that was learned, written as one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.core.bundle import write_bundle
from geoguess_app.core.bundle.manifest import Manifest, Provenance, RetrievalConfig
from geoguess_app.core.bundle.networks import TrunkConfig
from geoguess_app.core.calibration.json_form import calibration_to_json
from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.network.network import Network, numpy_state
from geoguess_app.core.network.trunks.trunk import Trunk
from geoguess_app.core.partition import Partition
from geoguess_app.core.picture.preprocess import Preprocessing
from geoguess_app.core.types import FloatArray, IntArray
from trainer.common.bank_photos import PHOTOS_FILE, BankMembers
from trainer.common.bundle_contents import (
    BANK_FILE,
    CARD_FILE,
    MAIN,
    bundle_manifest,
    partition_entries,
)
from trainer.common.recipe_sections import ModelDescription

BANK_DECIMALS = 2
"""Coordinates in a bank that ships are rounded to 0.01°: about a kilometre."""


@dataclass(frozen=True, eq=False)
class BankRows:
    """The training photos as a bundle carries them; coordinates not yet rounded."""

    embeddings: np.ndarray
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    fine_class: IntArray

    def tensors(self) -> dict[str, np.ndarray]:
        """Return what stands in the weights file: float16 embeddings, rounded coordinates."""
        return {
            "embeddings": self.embeddings.astype(np.float16),
            "latitude_deg": np.round(self.latitude_deg, BANK_DECIMALS),
            "longitude_deg": np.round(self.longitude_deg, BANK_DECIMALS),
            "fine_class": self.fine_class.astype(np.int32),
        }


@dataclass(frozen=True, eq=False)
class StarterBundle:
    """The contents that the starter model's bundle is written from."""

    model: ModelDescription
    preprocessing: Preprocessing
    trunk_config: TrunkConfig
    trunk: Trunk
    partitions: tuple[Partition, ...]
    networks: Mapping[str, Network]
    """By name; "base" and, if there are any, "scene", "indoor", "natural", "urban"."""
    calibration: Calibration
    routing: str = "hard"
    projection: Network | None = None
    bank: BankRows | None = None
    neighbours: int = 64
    provenance: tuple[Provenance, ...] = ()
    evaluation: Mapping[str, Any] = field(default_factory=dict)
    card: str = ""
    bank_members: BankMembers | None = None
    """What the bank says of its photos."""


def _manifest(parts: StarterBundle) -> Manifest:
    scenes = {s: s for s in ("indoor", "natural", "urban") if s in parts.networks}
    return bundle_manifest(
        parts.model,
        parts.preprocessing,
        parts.provenance,
        kind="cells",
        trunks={MAIN: parts.trunk_config},
        networks={name: network.config for name, network in parts.networks.items()},
        partitions=partition_entries(parts.partitions),
        scene_network="scene" if "scene" in parts.networks else None,
        context_networks=scenes,
        routing=parts.routing,
        retrieval=_retrieval(parts),
        calibration=calibration_to_json(parts.calibration),
        evaluation=parts.evaluation,
    )


def _retrieval(parts: StarterBundle) -> RetrievalConfig | None:
    if parts.projection is None or parts.bank is None:
        return None
    return RetrievalConfig(
        weights=BANK_FILE,
        count=len(parts.bank.latitude_deg),
        size=parts.bank.embeddings.shape[1],
        trunk=MAIN,
        layers=parts.projection.config.layers,
        projection_weights=parts.projection.config.weights,
        neighbours=parts.neighbours,
        temperature=parts.calibration.retrieval.temperature,
        photos=PHOTOS_FILE if parts.bank_members else None,
        thumbnails=parts.bank_members.thumbnails_file if parts.bank_members else None,
    )


def write_starter(parts: StarterBundle, target: Path) -> Path:
    """Write the bundle folder (or ``.geomodel`` file); weights as float16."""
    tensors: dict[str, Mapping[str, np.ndarray]] = {}
    if parts.trunk_config.weights:
        tensors[parts.trunk_config.weights] = numpy_state(parts.trunk, half=True)
    for network in parts.networks.values():
        if network.config.weights:
            tensors[network.config.weights] = numpy_state(network, half=True)
    if parts.projection is not None and parts.bank is not None:
        tensors[BANK_FILE] = parts.bank.tensors()
        if parts.projection.config.weights:
            tensors[parts.projection.config.weights] = numpy_state(parts.projection, half=True)
    extra = {CARD_FILE: parts.card.encode()} if parts.card else {}
    if parts.bank_members is not None:
        tensors.update(parts.bank_members.tensors)
        extra.update(parts.bank_members.files)
    return write_bundle(target, _manifest(parts), parts.partitions, tensors, extra)
