"""A small but complete bundle: real trunk code, three nested partitions, scenes, CSNs, a bank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from geoguess_app.core.bundle.manifest import (
    GalleryConfig,
    Manifest,
    PartitionEntry,
    Provenance,
    RetrievalConfig,
)
from geoguess_app.core.bundle.networks import (
    L2NORM,
    RELU,
    NetworkConfig,
    TrunkConfig,
    batchnorm,
    dropout,
    linear,
)
from geoguess_app.core.partition import Partition, build_partition
from geoguess_app.core.picture.preprocess import Preprocessing

NAMES = ("coarse", "middle", "fine")
CROP = 64


@dataclass(frozen=True)
class Parts:
    """The arguments of `write_bundle`."""

    manifest: Manifest
    partitions: tuple[Partition, ...]
    tensors: Mapping[str, Mapping[str, np.ndarray]]
    extra_files: Mapping[str, bytes]

    def but(self, **changes: Any) -> Parts:
        """A copy whose manifest differs in these fields."""
        return replace(self, manifest=replace(self.manifest, **changes))


def make_partitions(seed: int = 5) -> tuple[Partition, ...]:
    """Three nested partitions of 400 clustered points."""
    return clustered(408, seed)[0]


def clustered(count: int, seed: int) -> tuple[tuple[Partition, ...], np.ndarray]:
    """Three nested partitions of points in twelve clusters, and the points (count, 2)."""
    random = np.random.default_rng(seed)
    centers = random.uniform((-55, -170), (65, 170), (12, 2))
    points = (centers[:, None] + random.normal(0, 1.5, (12, 34, 2))).reshape(-1, 2)[:count]
    partitions = tuple(
        build_partition(points[:, 0], points[:, 1], name=name, tau_min=3, tau_max=most).partition
        for name, most in zip(NAMES, (60, 25, 12), strict=True)
    )
    return partitions, points


def preprocessing() -> Preprocessing:
    """The input that EfficientNet-Lite wants, small."""
    return Preprocessing(
        size=CROP, mean=(127.0, 127.0, 127.0), std=(128.0, 128.0, 128.0), interpolation="bicubic"
    )


def trunk_arrays(config: TrunkConfig, seed: int) -> dict[str, np.ndarray]:
    """Random weights of a trunk, with norms that are not trivial."""
    import torch

    from geoguess_app.core.network.network import build_trunk, numpy_state

    torch.manual_seed(seed)
    arrays = numpy_state(build_trunk(config))
    random = np.random.default_rng(seed)
    for name, array in arrays.items():
        if "norm" in name:
            low = -0.3 if name.endswith(("bias", "mean")) else 0.6
            arrays[name] = random.uniform(low, low + 0.6, array.shape).astype(np.float32)
    return arrays


def network_arrays(config: NetworkConfig, feature_size: int, seed: int) -> dict[str, np.ndarray]:
    """Random weights of a network's layers and heads."""
    random = np.random.default_rng(seed)
    return {
        name: np.abs(random.normal(0, 0.3, shape)).astype(np.float32) + 0.1
        if name.endswith("running_var")
        else random.normal(0, 0.3, shape).astype(np.float32)
        for name, shape in config.shapes(feature_size).items()
    }


@cache
def shared_parts(seed: int = 1) -> Parts:
    """One trunk for all; "urban" has last blocks of its own, "indoor" layers of its own."""
    partitions = make_partitions()
    cells = {p.name: p.size for p in partitions}
    trunks = {
        "main": TrunkConfig("efficientnet_lite_tiny", "avg", 64, "weights/trunk.safetensors"),
    }
    networks = {
        "base": NetworkConfig("main", (), cells, "weights/base.safetensors"),
        "scene": NetworkConfig(
            "main", (dropout(0.2),), {"places365": 365}, "weights/scene.safetensors"
        ),
        "indoor": NetworkConfig(
            "main",
            (linear(64, 48), batchnorm(48), RELU, dropout(0.1)),
            cells,
            "weights/indoor.safetensors",
        ),
        "natural": NetworkConfig("main", (L2NORM,), cells, "weights/natural.safetensors"),
        "urban": NetworkConfig("main", (), cells, "weights/urban.safetensors"),
    }
    retrieval = RetrievalConfig(
        "weights/bank.safetensors",
        40,
        16,
        "main",
        (linear(64, 16),),
        "weights/projection.safetensors",
    )
    manifest = make_manifest(partitions, trunks, networks, retrieval)
    return make_parts(manifest, partitions, seed)


def make_manifest(
    partitions: tuple[Partition, ...],
    trunks: Mapping[str, TrunkConfig],
    networks: Mapping[str, NetworkConfig],
    retrieval: RetrievalConfig | None,
) -> Manifest:
    """A manifest of kind cells around these parts."""
    csns = {name: name for name in ("indoor", "natural", "urban") if name in networks}
    return Manifest(
        kind="cells",
        name="Tiny",
        version="0.1",
        license="CC0-1.0",
        description="Random weights: for tests.\nNothing to see.",
        intended_area="nowhere — “Ænd”",
        created="2030-01-31",
        preprocessing=preprocessing(),
        trunks=trunks,
        networks=networks,
        partitions=tuple(
            PartitionEntry(p.name, f"partitions/{p.name}.csv", p.size) for p in partitions
        ),
        provenance=(Provenance("dice", "CC0-1.0", 408, "https://example.org/"),),
        scene_network="scene" if "scene" in networks else None,
        context_networks=csns,
        retrieval=retrieval,
        calibration={"temperatures": {"coarse": 1.5, "middle": 1.4, "fine": 1.3}},
        evaluation={"accuracy": [0.1, 0.2, {"note": "measured never"}]},
    )


def make_parts(manifest: Manifest, partitions: tuple[Partition, ...], seed: int) -> Parts:
    """Random tensors for everything that the manifest names."""
    tensors: dict[str, dict[str, np.ndarray]] = {}
    for number, trunk in enumerate(manifest.trunks.values()):
        if trunk.weights:
            tensors[trunk.weights] = trunk_arrays(trunk, seed + number)
    configs = list(manifest.networks.values())
    if manifest.retrieval:
        configs.append(manifest.retrieval.projection)
    for number, config in enumerate(configs):
        if config.weights:
            size = manifest.trunks[config.trunk].feature_size
            tensors[config.weights] = network_arrays(config, size, seed + 10 + number)
    if manifest.retrieval:
        tensors[manifest.retrieval.weights] = bank_arrays(manifest.retrieval, partitions, seed)
    return Parts(manifest, partitions, tensors, {"card.md": b"# Tiny\n"})


def bank_arrays(
    retrieval: RetrievalConfig, partitions: tuple[Partition, ...], seed: int
) -> dict[str, np.ndarray]:
    """A bank of random directions at cell centres; without partitions, anywhere."""
    random = np.random.default_rng(seed)
    embeddings = random.normal(size=(retrieval.count, retrieval.size))
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    arrays = {
        "embeddings": embeddings.astype(np.float16),
        "latitude_deg": random.uniform(-80, 80, retrieval.count).astype(np.float32),
        "longitude_deg": random.uniform(-180, 180, retrieval.count),
        "fine_class": np.full(retrieval.count, -1, np.int32),
    }
    if partitions:
        fine = partitions[-1]
        classes = random.integers(0, fine.size, retrieval.count)
        arrays["fine_class"] = classes.astype(np.int32)
        arrays["latitude_deg"] = fine.mean_latitude_deg[classes]
        arrays["longitude_deg"] = fine.mean_longitude_deg[classes]
    return arrays


def crops(count: int, seed: int = 3) -> np.ndarray:
    """Random normalised crops (count, 3, CROP, CROP)."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(-1, 1, (count, 3, 8, 8)).astype(np.float32)
    return np.kron(coarse, np.ones((1, 1, CROP // 8, CROP // 8), np.float32))


def gallery_parts(points: int = 400, seed: int = 1) -> Parts:
    """A bundle of kind gallery: random embeddings of clustered points, and their cells."""
    partitions, places = clustered(points, seed + 4)
    trunk = TrunkConfig("efficientnet_lite_tiny", "avg", 64, "weights/trunk.safetensors")
    gallery = GalleryConfig(
        "weights/gallery.safetensors",
        points,
        16,
        "main",
        39.687,
        (linear(64, 16), L2NORM),
        "weights/projection.safetensors",
    )
    manifest = replace(
        make_manifest(partitions, {"main": trunk}, {}, None),
        kind="gallery",
        gallery=gallery,
        calibration={"hierarchy_exponent": 1 / 3, "gallery": {"density_exponent": 0.5}},
    )
    embeddings = np.random.default_rng(seed).normal(size=(points, 16))
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    parts = make_parts(manifest, partitions, seed)
    tensors = {
        **parts.tensors,
        "weights/projection.safetensors": network_arrays(gallery.projection, 64, seed),
        "weights/gallery.safetensors": {
            "embeddings": embeddings.astype(np.float16),
            "latitude_deg": places[:, 0],
            "longitude_deg": places[:, 1],
        },
    }
    return replace(parts, tensors=tensors)
