"""Models of the published sizes with random weights: what they cost is that of trained ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from geoguess_app.core.bundle import Bundle, open_bundle, write_bundle
from geoguess_app.core.bundle.manifest import GalleryConfig, Manifest, PartitionEntry
from geoguess_app.core.bundle.networks import (
    L2NORM,
    LayerConfig,
    NetworkConfig,
    TrunkConfig,
    linear,
)
from geoguess_app.core.bundle.trunk_designs import ARCHITECTURES
from geoguess_app.core.network.network import Network, build_trunk, numpy_state
from geoguess_app.core.partition import Partition
from geoguess_app.core.picture.preprocess import Preprocessing
from geoguess_app.core.types import FloatArray

_IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
_SCENES = ("indoor", "natural", "urban")
_GALLERY, _EMBEDDING = 100_000, 512
Arrays = Mapping[str, Mapping[str, np.ndarray]]


def report_a(
    folder: Path, partitions: tuple[Partition, ...], *, shared: bool, architecture: str = "resnet50"
) -> Bundle:
    """Make Report A's model: base, scenes and three networks for kinds of scenes, each with a
    trunk of its own, or all on one."""
    names = ["base", "scene", *_SCENES]
    sizes = {partition.name: partition.size for partition in partitions}
    trunks = {n: _trunk(architecture, n) for n in (["base"] if shared else names)}
    networks = {
        name: NetworkConfig(
            "base" if shared else name,
            (),
            {"places365": 365} if name == "scene" else sizes,
            f"weights/{name}-head.safetensors",
        )
        for name in names
    }
    manifest = Manifest(
        **_about("cells", "Shared trunk" if shared else "Five trunks", 224, crops=3),
        trunks=trunks,
        networks=networks,
        partitions=_entries(partitions),
        scene_network="scene",
        context_networks={name: name for name in _SCENES},
    )
    heads = {n.weights: _head(n, trunks[n.trunk].feature_size) for n in networks.values()}
    return _written(folder, manifest, partitions, {**_weights(trunks), **_named(heads)})


def geoclip(folder: Path, partitions: tuple[Partition, ...], places: FloatArray) -> Bundle:
    """Make a model as large as GeoCLIP: ViT-L/14 and a gallery of 100,000 ``places`` (n, 2)."""
    trunks = {"main": _trunk("clip_vit_l14", "main")}
    size = trunks["main"].feature_size
    layers: tuple[LayerConfig, ...] = (linear(size, _EMBEDDING), L2NORM)
    gallery = GalleryConfig(
        "weights/gallery.safetensors", _GALLERY, _EMBEDDING, "main", 100.0, layers,
        "weights/projection.safetensors",
    )  # fmt: skip
    manifest = Manifest(
        **_about("gallery", "Gallery", 224, crops=1),
        trunks=trunks,
        networks={},
        partitions=_entries(partitions),
        gallery=gallery,
        calibration={"hierarchy_exponent": 1 / 3, "gallery": {"density_exponent": 0.5}},
    )
    vectors = np.random.default_rng(1).normal(size=(_GALLERY, _EMBEDDING)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    stored = {
        "embeddings": vectors.astype(np.float16),
        "latitude_deg": places[:_GALLERY, 0],
        "longitude_deg": places[:_GALLERY, 1],
    }
    head = NetworkConfig("main", layers, {}, "weights/projection.safetensors")
    tensors = {
        **_weights(trunks),
        "weights/projection.safetensors": _head(head, size),
        "weights/gallery.safetensors": stored,
    }
    return _written(folder, manifest, partitions, tensors)


def scenes_only(folder: Path, architecture: str, size_px: int) -> Bundle:
    """Make a model of this trunk and nothing but a scene head."""
    trunks = {"main": _trunk(architecture, "main")}
    head = NetworkConfig("main", (), {"places365": 365}, "weights/head.safetensors")
    manifest = Manifest(
        **_about("scenes", "Speed", size_px, crops=1),
        trunks=trunks,
        networks={"scene": head},
        scene_network="scene",
    )
    weights = {"weights/head.safetensors": _head(head, trunks["main"].feature_size)}
    return _written(folder, manifest, (), {**_weights(trunks), **weights})


def _about(kind: str, name: str, size_px: int, crops: int) -> dict[str, object]:
    return {
        "kind": kind, "name": name, "version": "1", "license": "CC0-1.0",
        "description": "Random weights.", "intended_area": "nowhere", "created": "2030-01-31",
        "preprocessing": Preprocessing(size_px, *_IMAGENET, crops=crops),
    }  # fmt: skip


def _trunk(architecture: str, name: str) -> TrunkConfig:
    design = ARCHITECTURES[architecture]
    file = f"weights/{name}.safetensors"
    return TrunkConfig(architecture, design.poolings[0], design.channels, file)


def _entries(partitions: tuple[Partition, ...]) -> tuple[PartitionEntry, ...]:
    return tuple(PartitionEntry(p.name, f"partitions/{p.name}.csv", p.size) for p in partitions)


def _weights(trunks: Mapping[str, TrunkConfig]) -> dict[str, Mapping[str, np.ndarray]]:
    found = {trunk.weights: numpy_state(build_trunk(trunk)) for trunk in trunks.values()}
    return _named(found)


def _head(config: NetworkConfig, features: int) -> Mapping[str, np.ndarray]:
    return numpy_state(Network(config, features))


def _named(
    found: Mapping[str | None, Mapping[str, np.ndarray]],
) -> dict[str, Mapping[str, np.ndarray]]:
    return {name: arrays for name, arrays in found.items() if name is not None}


def _written(
    folder: Path, manifest: Manifest, partitions: tuple[Partition, ...], tensors: Arrays
) -> Bundle:
    return open_bundle(write_bundle(folder, manifest, partitions, tensors))
