"""A fitted local model as a bundle of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from geoguess_app.core.bundle.checks import COORDINATES_HEAD
from geoguess_app.core.bundle.manifest import (
    PartitionEntry,
    Provenance,
    RegressionConfig,
    RetrievalConfig,
)
from geoguess_app.core.bundle.networks import L2NORM, NetworkConfig
from trainer.common.area_parts import bank_tensors, with_area_network, with_likeness_bank
from trainer.common.bank_photos import BankMembers, bank_members, free_author, thumbnail
from trainer.common.bundle_contents import (
    BANK_FILE,
    MAIN,
    BundleContents,
    bundle_manifest,
    half_if_possible,
    with_bank_members,
)
from trainer.common.trunk_stage import WEIGHTS_FILE
from trainer.data.training_photos import TrainingPhotos
from trainer.local.calibrate import LocalCalibration
from trainer.local.models import CoordinatesModel, Model, SimilarPhotosModel, SmallCellsModel
from trainer.local.recipe import LocalRecipe
from trainer.local.settings import Examples
from trainer.local.spaces import PLAIN
from trainer.local.trunk_features import LocalTrunk

HEAD_FILE, SPACE_FILE = "weights/base.safetensors", "weights/projection.safetensors"


def contents_of(
    model: Model,
    learned: Examples,
    photos: TrainingPhotos,
    trunk: LocalTrunk,
    recipe: LocalRecipe,
    facts: Mapping[str, Any],
    fitted: LocalCalibration,
) -> BundleContents:
    """Compile all that the bundle will hold but its figures."""
    if isinstance(model, SimilarPhotosModel):
        contents = _similar(model, learned, photos, trunk, recipe)
    elif isinstance(model, CoordinatesModel):
        contents = _coordinates(model, photos, trunk, recipe)
    else:
        contents = _cells(model, photos, trunk, recipe)
    if fitted.area is not None:
        space, head = fitted.area.space, fitted.area.head
        contents = with_area_network(
            contents, head.weight, head.bias, space.layers, space.tensors()
        )
    elif fitted.calibration.recognition is not None and not isinstance(model, SimilarPhotosModel):
        spots = (learned.latitude_deg, learned.longitude_deg)
        vectors = learned.features.photos(PLAIN)
        contents = with_likeness_bank(contents, vectors, *spots, recipe.decimals)
    if recipe.thumbnails and contents.manifest.retrieval is not None:
        contents = with_bank_members(contents, _members(photos, contents.manifest.provenance))
    tensors = {WEIGHTS_FILE: half_if_possible(trunk.trunk), **contents.tensors}
    contents = replace(contents, tensors=tensors, facts=facts)
    return contents.calibrated(fitted.calibration)


def _members(photos: TrainingPhotos, provenance: tuple[Provenance, ...]) -> BankMembers:
    """Small pictures of all photos learned from, in the order of the bank."""
    learned = photos.take(photos.rows("train"))
    authors = [free_author(licence) for licence in learned.licence]
    pictures = [thumbnail(path) for path in learned.paths()]
    return bank_members(learned.source, learned.licence, provenance, authors, pictures)


def _similar(
    model: SimilarPhotosModel,
    learned: Examples,
    photos: TrainingPhotos,
    trunk: LocalTrunk,
    recipe: LocalRecipe,
) -> BundleContents:
    size = model.embeddings.shape[1]
    tensors: dict[str, Mapping[str, np.ndarray]] = {
        BANK_FILE: bank_tensors(
            model.embeddings, learned.latitude_deg, learned.longitude_deg, recipe.decimals
        )
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
    manifest = bundle_manifest(
        recipe.model,
        recipe.pictures,
        photos.provenance(),
        kind="retrieval",
        trunks={MAIN: trunk.config},
        networks={},
        retrieval=retrieval,
    )
    return BundleContents(manifest, (), tensors)


def _coordinates(
    model: CoordinatesModel, photos: TrainingPhotos, trunk: LocalTrunk, recipe: LocalRecipe
) -> BundleContents:
    config = NetworkConfig(MAIN, (L2NORM,), {COORDINATES_HEAD: 2}, HEAD_FILE)
    mean, std = ((float(pair[0]), float(pair[1])) for pair in (model.mean, model.std))
    manifest = bundle_manifest(
        recipe.model,
        recipe.pictures,
        photos.provenance(),
        kind="regression",
        trunks={MAIN: trunk.config},
        networks={"base": config},
        regression=RegressionConfig(mean, std),
    )
    tensors = {
        f"heads.{COORDINATES_HEAD}.weight": model.weight,
        f"heads.{COORDINATES_HEAD}.bias": model.bias,
    }
    return BundleContents(manifest, (), {HEAD_FILE: tensors})


def _cells(
    model: SmallCellsModel, photos: TrainingPhotos, trunk: LocalTrunk, recipe: LocalRecipe
) -> BundleContents:
    name = model.partition.name
    config = NetworkConfig(MAIN, model.space.layers, {name: model.partition.size}, HEAD_FILE)
    manifest = bundle_manifest(
        recipe.model,
        recipe.pictures,
        photos.provenance(),
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
    return BundleContents(manifest, (model.partition,), {HEAD_FILE: tensors})
