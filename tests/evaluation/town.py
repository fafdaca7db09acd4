"""Small models of a real town on the starter's trunk: by neighbours, by regression, by cells."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.manifest import PartitionEntry, RegressionConfig, RetrievalConfig
from geoguess_app.core.manifest_networks import NetworkConfig
from geoguess_app.core.partition import build_partition
from geoguess_app.core.predictor import Predictor
from geoguess_app.paths import starter_bundle_dir


@dataclass(frozen=True)
class Town:
    """Training photos of one set: positions (n, 2) and features (n, f) of their centre crops."""

    position_deg: np.ndarray
    features: np.ndarray


def rows_of(shared_photos: Path, name: str) -> list[dict[str, str]]:
    """Rows of one set of the local table."""
    with (shared_photos / "local.csv").open(newline="", encoding="utf-8") as stream:
        return [row for row in csv.DictReader(stream) if row["set"] == name]


def write_table(path: Path, rows: list[dict[str, str]]) -> Path:
    """The rows as a table of their own."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def look_at(rows: list[dict[str, str]], images: Path) -> Town:
    """Features of the starter's trunk."""
    starter = Predictor(open_bundle(starter_bundle_dir()), "cpu", crops=1)
    crops = np.concatenate([starter.prepare(images / row["file"]) for row in rows])
    position = [(float(row["latitude"]), float(row["longitude"])) for row in rows]
    return Town(np.array(position), starter.engine.run(crops).features("main"))


def write_models(town: Town, folder: Path) -> dict[str, Path]:
    """Bundles of the three kinds by kind."""
    starter = open_bundle(starter_bundle_dir())
    trunk = starter.manifest.trunks["main"]
    size = trunk.feature_size
    files = {str(trunk.weights): starter.tensors(str(trunk.weights))}
    common = replace(
        starter.manifest,
        version="1",
        trunks={"main": trunk},
        networks={},
        partitions=(),
        scene_network=None,
        context_networks={},
        retrieval=None,
        calibration={},
        evaluation={},
        files={},
        preprocessing=replace(starter.manifest.preprocessing, crops=1),
    )
    unit = town.features / np.linalg.norm(town.features, axis=1, keepdims=True)
    bank = {
        "embeddings": unit.astype(np.float32),
        "latitude_deg": town.position_deg[:, 0].copy(),
        "longitude_deg": town.position_deg[:, 1].copy(),
        "fine_class": np.full(len(unit), -1, np.int32),
    }
    retrieval = RetrievalConfig("weights/bank.safetensors", len(unit), size, "main", neighbours=5)
    by_neighbours = replace(common, kind="retrieval", name="By neighbours", retrieval=retrieval)

    mean, std = town.position_deg.mean(axis=0), town.position_deg.std(axis=0)
    target = (town.position_deg - mean) / std
    # Ridge regression in its dual form: far more features than photos.
    gram = unit @ unit.T + 0.3 * np.eye(len(unit))
    weight = (unit.T @ np.linalg.solve(gram, target)).T / np.linalg.norm(
        town.features, axis=1
    ).mean()
    by_regression = replace(
        common,
        kind="regression",
        name="By regression",
        networks={
            "base": NetworkConfig("main", (), {"coordinates": 2}, "weights/base.safetensors")
        },
        regression=RegressionConfig(tuple(mean), tuple(std)),
    )
    partition = build_partition(*town.position_deg.T, name="fine", tau_min=2, tau_max=8).partition
    classes = partition.class_at(*town.position_deg.T)
    centers = np.stack([unit[classes == c].mean(axis=0) for c in range(partition.size)])
    heads = {"fine": partition.size}
    by_cells = replace(
        common,
        kind="cells",
        name="By cells",
        networks={"base": NetworkConfig("main", (), heads, "weights/base.safetensors")},
        partitions=(PartitionEntry("fine", "partitions/fine.csv", partition.size),),
    )
    return {
        "retrieval": write_bundle(
            folder / "retrieval", by_neighbours, (), {**files, "weights/bank.safetensors": bank}
        ),
        "regression": write_bundle(
            folder / "regression",
            by_regression,
            (),
            {**files, "weights/base.safetensors": _head("coordinates", weight)},
        ),
        "cells": write_bundle(
            folder / "cells",
            by_cells,
            (partition,),
            {**files, "weights/base.safetensors": _head("fine", 20 * centers)},
        ),
    }


def _head(name: str, weight: np.ndarray) -> dict[str, np.ndarray]:
    return {
        f"heads.{name}.weight": weight.astype(np.float32),
        f"heads.{name}.bias": np.zeros(len(weight), np.float32),
    }
