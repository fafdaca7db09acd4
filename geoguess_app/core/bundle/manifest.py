"""`bundle.json`: what a model bundle says about itself, as frozen values, and writing it.

`manifest_reader.py` reads it; what the other files hold is `bundle.py`'s business.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from geoguess_app.core.bundle.networks import LayerConfig, NetworkConfig, TrunkConfig
from geoguess_app.core.picture.preprocess import Preprocessing

FORMAT = "geoguess-bundle"
FORMAT_VERSION = 1
MAX_MANIFEST_BYTES = 4_000_000
MAX_CELLS = 100_000
"""Of one partition; published ones have up to some 15,000."""
KINDS = ("cells", "regression", "retrieval", "scenes")
"""What an answer is made from; a model of kind scenes labels scenes and locates nothing."""
ROUTINGS = ("hard", "mix")


@dataclass(frozen=True, slots=True)
class Provenance:
    """One source of training photos."""

    name: str
    license: str
    photos: int
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PartitionEntry:
    """A partition's table inside the bundle and how many cells it must have."""

    name: str
    file: str
    cells: int


@dataclass(frozen=True, slots=True)
class RetrievalConfig:
    """The bank of training photos: embeddings (count, size) and how a photo's is made.

    An embedding is a trunk's features through ``layers``, L2-normalised. ``temperature`` divides
    cosine similarities before the softmax over ``neighbours``.
    """

    weights: str
    count: int
    size: int
    trunk: str
    layers: tuple[LayerConfig, ...] = ()
    projection_weights: str | None = None
    neighbours: int = 20
    temperature: float = 0.1

    @property
    def projection(self) -> NetworkConfig:
        """The layers between trunk and bank, as a network without heads."""
        return NetworkConfig(self.trunk, self.layers, {}, self.projection_weights)


@dataclass(frozen=True, slots=True)
class RegressionConfig:
    """Degrees (latitude, longitude) = head "coordinates" × std + mean."""

    mean: tuple[float, float]
    std: tuple[float, float]


@dataclass(frozen=True)
class Manifest:
    """Everything that `bundle.json` says; `docs/bundle.md` describes the file.

    ``partitions`` run coarse → fine. ``context_networks`` maps the scenes "indoor", "natural" and
    "urban" to networks, or is empty. ``files`` maps every other file to its SHA-256; writing a
    bundle fills it in. ``calibration`` is read by `calibration.py`; ``evaluation`` is for show.
    """

    kind: str
    name: str
    version: str
    license: str
    description: str
    intended_area: str
    created: str
    """ISO 8601 date or time."""
    preprocessing: Preprocessing
    trunks: Mapping[str, TrunkConfig]
    networks: Mapping[str, NetworkConfig]
    partitions: tuple[PartitionEntry, ...] = ()
    provenance: tuple[Provenance, ...] = ()
    scene_network: str | None = None
    context_networks: Mapping[str, str] = field(default_factory=dict)
    routing: str = "hard"
    retrieval: RetrievalConfig | None = None
    regression: RegressionConfig | None = None
    calibration: Mapping[str, Any] = field(default_factory=dict)
    evaluation: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Name and version, as shown to the user: "Starter 1.0"."""
        return f"{self.name} {self.version}"

    def referenced_files(self) -> set[str]:
        """Every file that partitions, trunks, networks and the bank name."""
        named: set[str | None] = {entry.file for entry in self.partitions}
        named |= {trunk.weights for trunk in self.trunks.values()}
        named |= {network.weights for network in self.networks.values()}
        if self.retrieval:
            named |= {self.retrieval.weights, self.retrieval.projection_weights}
        return {name for name in named if name is not None}

    def with_files(self, files: Mapping[str, str]) -> Manifest:
        """The same manifest with these hashes."""
        return replace(self, files=dict(sorted(files.items())))

    def to_json(self) -> dict[str, Any]:
        """The whole file as one JSON object."""
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "kind": self.kind,
            "name": self.name,
            "version": self.version,
            "license": self.license,
            "description": self.description,
            "intended_area": self.intended_area,
            "created": self.created,
            "provenance": [_provenance_json(source) for source in self.provenance],
            "preprocessing": _preprocessing_json(self.preprocessing),
            "trunks": {name: trunk.to_json() for name, trunk in self.trunks.items()},
            "partitions": [
                {"name": entry.name, "file": entry.file, "cells": entry.cells}
                for entry in self.partitions
            ],
            "networks": {name: network.to_json() for name, network in self.networks.items()},
            "scene_network": self.scene_network,
            "context_networks": dict(self.context_networks),
            "routing": self.routing,
            "retrieval": _retrieval_json(self.retrieval) if self.retrieval else None,
            "regression": {"mean": list(self.regression.mean), "std": list(self.regression.std)}
            if self.regression
            else None,
            "calibration": dict(self.calibration),
            "evaluation": dict(self.evaluation),
            "files": dict(self.files),
        }

    def to_bytes(self) -> bytes:
        """The file's bytes: sorted keys, so equal manifests are equal files.

        Raises ValueError for numbers that are not finite.
        """
        text = json.dumps(
            self.to_json(), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False
        )
        return (text + "\n").encode()


def _provenance_json(source: Provenance) -> dict[str, Any]:
    value: dict[str, Any] = {"name": source.name, "license": source.license}
    if source.url is not None:
        value["url"] = source.url
    return {**value, "photos": source.photos}


def _preprocessing_json(spec: Preprocessing) -> dict[str, Any]:
    value: dict[str, Any] = {
        "size": spec.size,
        "mean": list(spec.mean),
        "std": list(spec.std),
        "resize": spec.resize,
        "crops": spec.crops,
        "fusion": spec.fusion,
        "interpolation": spec.interpolation,
    }
    return value if spec.resize_to is None else {**value, "resize_to": spec.resize_to}


def _retrieval_json(retrieval: RetrievalConfig) -> dict[str, Any]:
    return {
        "weights": retrieval.weights,
        "count": retrieval.count,
        "size": retrieval.size,
        "trunk": retrieval.trunk,
        "layers": [layer.to_json() for layer in retrieval.layers],
        "projection_weights": retrieval.projection_weights,
        "neighbours": retrieval.neighbours,
        "temperature": retrieval.temperature,
    }
