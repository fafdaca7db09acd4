"""A fitted local model as a bundle of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from geoguess_app.core.decision_types import AREA
from geoguess_app.core.manifest import PartitionEntry, RegressionConfig, RetrievalConfig
from geoguess_app.core.manifest_networks import L2NORM, NetworkConfig
from trainer.bundle_stage import BANK_FILE, MAIN
from trainer.engine.export import Contents, half_if_possible, manifest_of
from trainer.engine.photos import Photos
from trainer.local.area import Area
from trainer.local.calibrate import Fitted
from trainer.local.kinds import Examples
from trainer.local.models import Coordinates, Model, SimilarPhotos, SmallCellsModel
from trainer.local.recipe import LocalRecipe
from trainer.local.run_trunk import LocalTrunk
from trainer.local.spaces import PLAIN
from trainer.trunk_stage import WEIGHTS_FILE

HEAD_FILE, SPACE_FILE = "weights/base.safetensors", "weights/projection.safetensors"
AREA_FILE = "weights/area.safetensors"
COORDINATES = "coordinates"


def contents_of(
    model: Model,
    learned: Examples,
    photos: Photos,
    trunk: LocalTrunk,
    recipe: LocalRecipe,
    facts: Mapping[str, Any],
    fitted: Fitted,
) -> Contents:
    """Everything that the bundle will hold but its figures."""
    if isinstance(model, SimilarPhotos):
        contents = _similar(model, learned, photos, trunk, recipe)
    elif isinstance(model, Coordinates):
        contents = _coordinates(model, photos, trunk, recipe)
    else:
        contents = _cells(model, photos, trunk, recipe)
    if fitted.area is not None:
        contents = with_area(contents, fitted.area)
    elif fitted.calibration.recognition is not None and not isinstance(model, SimilarPhotos):
        contents = _with_likeness(contents, learned, recipe)
    tensors = {WEIGHTS_FILE: half_if_possible(trunk.trunk), **contents.tensors}
    contents = replace(contents, tensors=tensors, facts=facts)
    return contents.calibrated(fitted.calibration)


def with_area(contents: Contents, area: Area) -> Contents:
    """With the network that tells the area from elsewhere."""
    manifest = contents.manifest
    config = NetworkConfig(MAIN, area.space.layers, {AREA: 1}, AREA_FILE)
    networks = {**manifest.networks, AREA: config}
    tensors = {
        **area.space.tensors(),
        f"heads.{AREA}.weight": area.head.weight[None],
        f"heads.{AREA}.bias": np.array([area.head.bias], dtype=np.float32),
    }
    return replace(
        contents,
        manifest=replace(manifest, networks=networks),
        tensors={**contents.tensors, AREA_FILE: tensors},
    )


def _with_likeness(contents: Contents, learned: Examples, recipe: LocalRecipe) -> Contents:
    """With a bank that only says how alike a photo is to what was learned from."""
    vectors = learned.seen.photos(PLAIN)
    tensors = {**contents.tensors, BANK_FILE: _bank(vectors, learned, recipe)}
    retrieval = RetrievalConfig(
        weights=BANK_FILE, count=learned.size, size=vectors.shape[1], trunk=MAIN, neighbours=10
    )
    return replace(
        contents, manifest=replace(contents.manifest, retrieval=retrieval), tensors=tensors
    )


def _bank(vectors: np.ndarray, learned: Examples, recipe: LocalRecipe) -> Mapping[str, np.ndarray]:
    return {
        "embeddings": vectors.astype(np.float16),
        "latitude_deg": np.round(learned.latitude_deg, recipe.decimals),
        "longitude_deg": np.round(learned.longitude_deg, recipe.decimals),
        # In no cell: a model of cells answers by its cells alone.
        "fine_class": np.full(learned.size, -1, dtype=np.int32),
    }


def _similar(
    model: SimilarPhotos,
    learned: Examples,
    photos: Photos,
    trunk: LocalTrunk,
    recipe: LocalRecipe,
) -> Contents:
    size = model.embeddings.shape[1]
    tensors: dict[str, Mapping[str, np.ndarray]] = {
        BANK_FILE: _bank(model.embeddings, learned, recipe)
    }
    if model.space.steps:
        tensors[SPACE_FILE] = model.space.tensors()
    retrieval = RetrievalConfig(
        weights=BANK_FILE,
        count=learned.size,
        size=size,
        trunk=MAIN,
        # Without a layer the program normalises the features itself.
        layers=model.space.layers if model.space.steps else (),
        projection_weights=SPACE_FILE if model.space.steps else None,
        neighbours=model.neighbours,
        temperature=model.temperature,
    )
    manifest = manifest_of(
        recipe.as_train_recipe(),
        photos,
        kind="retrieval",
        trunks={MAIN: trunk.config},
        networks={},
        retrieval=retrieval,
    )
    return Contents(manifest, (), tensors)


def _coordinates(
    model: Coordinates, photos: Photos, trunk: LocalTrunk, recipe: LocalRecipe
) -> Contents:
    config = NetworkConfig(MAIN, (L2NORM,), {COORDINATES: 2}, HEAD_FILE)
    mean, std = ((float(pair[0]), float(pair[1])) for pair in (model.mean, model.std))
    manifest = manifest_of(
        recipe.as_train_recipe(),
        photos,
        kind="regression",
        trunks={MAIN: trunk.config},
        networks={"base": config},
        regression=RegressionConfig(mean, std),
    )
    tensors = {
        f"heads.{COORDINATES}.weight": model.weight,
        f"heads.{COORDINATES}.bias": model.bias,
    }
    return Contents(manifest, (), {HEAD_FILE: tensors})


def _cells(
    model: SmallCellsModel, photos: Photos, trunk: LocalTrunk, recipe: LocalRecipe
) -> Contents:
    name = model.partition.name
    config = NetworkConfig(MAIN, model.space.layers, {name: model.partition.size}, HEAD_FILE)
    manifest = manifest_of(
        recipe.as_train_recipe(),
        photos,
        kind="cells",
        trunks={MAIN: trunk.config},
        networks={"base": config},
        partitions=(PartitionEntry(name, f"partitions/{name}.csv", model.partition.size),),
    )
    tensors = {
        **model.space.tensors(),
        f"heads.{name}.weight": model.weight,
        f"heads.{name}.bias": model.bias,
    }
    return Contents(manifest, (model.partition,), {HEAD_FILE: tensors})
