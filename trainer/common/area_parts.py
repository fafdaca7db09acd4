"""The parts of a bundle that say whether a photo shows the model's area at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from geoguess_app.core.bundle.manifest import RetrievalConfig
from geoguess_app.core.bundle.networks import L2NORM, LayerConfig, NetworkConfig
from geoguess_app.core.decision.types import AREA
from geoguess_app.core.types import FloatArray
from trainer.common.bundle_contents import BANK_FILE, MAIN, BundleContents

AREA_FILE = "weights/area.safetensors"


def with_area_network(
    contents: BundleContents,
    weight: np.ndarray,
    bias: float,
    layers: Sequence[LayerConfig] = (L2NORM,),
    tensors: Mapping[str, np.ndarray] | None = None,
) -> BundleContents:
    """Add the network that tells the area from elsewhere: ``layers`` and their ``tensors``, then
    a head, ``weight`` (d) and ``bias``."""
    manifest = contents.manifest
    config = NetworkConfig(MAIN, tuple(layers), {AREA: 1}, AREA_FILE)
    whole = {
        **(tensors or {}),
        f"heads.{AREA}.weight": weight[None],
        f"heads.{AREA}.bias": np.array([bias], dtype=np.float32),
    }
    return replace(
        contents,
        manifest=replace(manifest, networks={**manifest.networks, AREA: config}),
        tensors={**contents.tensors, AREA_FILE: whole},
    )


def with_likeness_bank(
    contents: BundleContents,
    vectors: np.ndarray,
    latitude_deg: FloatArray,
    longitude_deg: FloatArray,
    decimals: int,
) -> BundleContents:
    """Add a bank that only says how alike a photo is to what was learned from: unit vectors
    (n, d) of the trunk's features."""
    bank = bank_tensors(vectors, latitude_deg, longitude_deg, decimals)
    retrieval = RetrievalConfig(
        weights=BANK_FILE, count=len(vectors), size=vectors.shape[1], trunk=MAIN, neighbours=10
    )
    return replace(
        contents,
        manifest=replace(contents.manifest, retrieval=retrieval),
        tensors={**contents.tensors, BANK_FILE: bank},
    )


def bank_tensors(
    vectors: np.ndarray, latitude_deg: FloatArray, longitude_deg: FloatArray, decimals: int
) -> Mapping[str, np.ndarray]:
    """Make a bank as a bundle stores it.

    Its photos lie in no cell: a model of cells answers by its cells alone.
    """
    return {
        "embeddings": vectors.astype(np.float16),
        "latitude_deg": np.round(latitude_deg, decimals),
        "longitude_deg": np.round(longitude_deg, decimals),
        "fine_class": np.full(len(vectors), -1, dtype=np.int32),
    }
