"""Small models whose answers the tests of activation maps explain."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.bundle.manifest import Manifest, PartitionEntry, RetrievalConfig
from geoguess_app.core.bundle.networks import NetworkConfig, TrunkConfig
from geoguess_app.core.partition import Partition
from geoguess_app.core.predictor import Predictor
from geoguess_app.paths import resource_dir
from tests.core.decision_samples import partition
from tests.core.network.test_torch_backend import with_tails
from tests.core.tiny_bundle import Parts, make_parts, shared_parts, trunk_arrays

CHINA = resource_dir() / "samples" / "china.jpg"
TRUNK = TrunkConfig("efficientnet_lite_tiny", "avg", 64, "weights/trunk.safetensors")

FITTED = {
    "temperatures": {"coarse": 1.5, "middle": 0.7, "fine": 1.3},
    "scene_temperature": 1.2,
    "hierarchy_exponent": 0.6,
    "retrieval": {
        "temperature": 0.05,
        "inside_temperature": 0.04,
        "bias": -1.0,
        "similarity": 2.0,
        "margin": 1.5,
    },
}


def save(parts: Parts, path: Path) -> Predictor:
    target = write_bundle(path, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)
    return Predictor(open_bundle(target), device="cpu")


def plain(partitions: tuple[Partition, ...], **changes: Any) -> Manifest:
    """A bundle of kind cells with one linear network, no scenes and no bank."""
    heads = {p.name: p.size for p in partitions}
    return replace(
        shared_parts().manifest,
        trunks={"main": TRUNK},
        networks={"base": NetworkConfig("main", (), heads, "weights/base.safetensors")},
        partitions=tuple(
            PartitionEntry(p.name, f"partitions/{p.name}.csv", p.size) for p in partitions
        ),
        scene_network=None,
        context_networks={},
        retrieval=None,
        calibration={},
        **changes,
    )


def two_cells() -> Partition:
    whole = partition("fine", 7)
    parts = (
        whole.cell_ids,
        whole.photo_counts,
        whole.mean_latitude_deg,
        whole.mean_longitude_deg,
    )
    return Partition("only", *(values[:2] for values in parts))


BUNDLES = ("one trunk", "a trunk each", "own last blocks", "scenes mixed", "loudest crop")


@cache
def bundles() -> dict[str, Parts]:
    shared = shared_parts()
    own_trunks = replace(
        shared.manifest,
        trunks={
            name: replace(TRUNK, weights=f"weights/trunk-{name}.safetensors")
            for name in shared.manifest.networks
        },
        networks={
            name: replace(network, trunk=name) for name, network in shared.manifest.networks.items()
        },
        retrieval=replace(shared.manifest.retrieval, trunk="base"),  # type: ignore[type-var]
    )
    tuned = trunk_arrays(TRUNK, seed=77)
    stem = shared.tensors["weights/trunk.safetensors"]
    tuned |= {n: a for n, a in stem.items() if n.split(".")[1] in "0123"}
    loudest = replace(shared.manifest.preprocessing, fusion="max")
    return {
        "one trunk": shared,
        "a trunk each": make_parts(own_trunks, shared.partitions, 20),
        "own last blocks": with_tails(shared, tuned),
        "scenes mixed": shared.but(routing="mix"),
        "loudest crop": shared.but(preprocessing=loudest),
    }


def neighbours_alone() -> Parts:
    """A local model that answers by look-alikes and nothing else."""
    bank = RetrievalConfig("weights/bank.safetensors", 30, 64, "main", neighbours=5)
    return make_parts(replace(plain(()), kind="retrieval", networks={}, retrieval=bank), (), 6)
