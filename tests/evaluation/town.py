"""Small models of a real town on the starter's trunk: by neighbours, by regression, by cells."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from geoguess_app.core.bundle import Bundle, open_bundle, write_bundle
from geoguess_app.core.bundle.manifest import (
    Manifest,
    PartitionEntry,
    RegressionConfig,
    RetrievalConfig,
)
from geoguess_app.core.bundle.networks import NetworkConfig
from geoguess_app.core.partition import Partition, build_partition
from geoguess_app.core.predictor import Predictor
from geoguess_app.paths import starter_bundle_dir

HEAD = "weights/base.safetensors"
Tensors = dict[str, dict[str, np.ndarray]]
Made = tuple[Manifest, tuple[Partition, ...], Tensors]


@dataclass(frozen=True)
class Town:
    """Training photos of one set: positions (n, 2) and features (n, f) of their centre crops."""

    position_deg: np.ndarray
    features: np.ndarray


def rows_of(photo_sets: Path, name: str) -> list[dict[str, str]]:
    """Rows of one set of the local table."""
    with (photo_sets / "local.csv").open(newline="", encoding="utf-8") as stream:
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
    makers = {"retrieval": _by_neighbours, "regression": _by_regression, "cells": _by_cells}
    written = {}
    for kind, make in makers.items():
        manifest, partitions, tensors = make(town, _bare(starter, kind))
        trunk = str(manifest.trunks["main"].weights)
        files = {trunk: starter.tensors(trunk), **tensors}
        written[kind] = write_bundle(folder / kind, manifest, partitions, files)
    return written


def _bare(starter: Bundle, kind: str) -> Manifest:
    """The starter's trunk and nothing behind it."""
    return replace(
        starter.manifest,
        kind=kind,
        name=f"By {'neighbours' if kind == 'retrieval' else kind}",
        version="1",
        trunks={"main": starter.manifest.trunks["main"]},
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


def _unit(town: Town) -> np.ndarray:
    return town.features / np.linalg.norm(town.features, axis=1, keepdims=True)


def _by_neighbours(town: Town, bare: Manifest) -> Made:
    unit = _unit(town)
    bank = {
        "embeddings": unit.astype(np.float32),
        "latitude_deg": town.position_deg[:, 0].copy(),
        "longitude_deg": town.position_deg[:, 1].copy(),
        "fine_class": np.full(len(unit), -1, np.int32),
    }
    size = bare.trunks["main"].feature_size
    retrieval = RetrievalConfig("weights/bank.safetensors", len(unit), size, "main", neighbours=5)
    return replace(bare, retrieval=retrieval), (), {"weights/bank.safetensors": bank}


def _by_regression(town: Town, bare: Manifest) -> Made:
    """Ridge regression in its dual form: far more features than photos."""
    unit = _unit(town)
    mean, std = town.position_deg.mean(axis=0), town.position_deg.std(axis=0)
    gram = unit @ unit.T + 0.3 * np.eye(len(unit))
    weight = (unit.T @ np.linalg.solve(gram, (town.position_deg - mean) / std)).T
    weight /= np.linalg.norm(town.features, axis=1).mean()
    regression = RegressionConfig(tuple(mean), tuple(std))
    networks = {"base": NetworkConfig("main", (), {"coordinates": 2}, HEAD)}
    manifest = replace(bare, networks=networks, regression=regression)
    return manifest, (), {HEAD: _head("coordinates", weight)}


def _by_cells(town: Town, bare: Manifest) -> Made:
    unit = _unit(town)
    partition = build_partition(*town.position_deg.T, name="fine", tau_min=2, tau_max=8).partition
    classes = partition.class_at(*town.position_deg.T)
    centers = np.stack([unit[classes == c].mean(axis=0) for c in range(partition.size)])
    manifest = replace(
        bare,
        networks={"base": NetworkConfig("main", (), {"fine": partition.size}, HEAD)},
        partitions=(PartitionEntry("fine", "partitions/fine.csv", partition.size),),
    )
    return manifest, (partition,), {HEAD: _head("fine", 20 * centers)}


def _head(name: str, weight: np.ndarray) -> dict[str, np.ndarray]:
    return {
        f"heads.{name}.weight": weight.astype(np.float32),
        f"heads.{name}.bias": np.zeros(len(weight), np.float32),
    }
