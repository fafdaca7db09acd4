"""Inputs of all stages: the tables, the soft labels, and the trunk's features of every photo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoguess_app.core.bundle.checks import SCENE_CLASSES
from geoguess_app.core.bundle.networks import TrunkConfig
from geoguess_app.core.network.trunks.trunk import Trunk
from geoguess_app.core.picture.preprocess import Preprocessing
from geoguess_app.core.types import FloatArray
from trainer.common.cache import StageCache
from trainer.common.initial_weights import (
    ImageNetClassifier,
    imagenet_classifier,
    starting_trunk,
)
from trainer.common.photo_table import (
    GeoTable,
    ScenePhotoTable,
    read_geo_table,
    read_scene_photo_table,
)
from trainer.common.trunk_stage import cached_features, trunk_config
from trainer.starter.recipe import StarterRecipe
from trainer.starter.subjects import animal_probability, class_probabilities
from trainer.starter.teacher import has_labels, teacher_labels, teacher_name


@dataclass(frozen=True, eq=False)
class BuildInputs:
    """Tables, soft labels (n, 365) and features (n, crops, F); rows run in step."""

    recipe: StarterRecipe
    folder: Path
    """Of the tables and their photos."""
    spec: Preprocessing
    trunk_config: TrunkConfig
    trunk: Trunk
    geo: GeoTable
    first_places: int
    """So many of its rows, the first ones, are of the first table."""
    geo_features: np.ndarray
    classifier: ImageNetClassifier | None
    """Of the trunk; None where the recipe asks nothing of it."""
    classes: np.ndarray | None
    """What it sees in the crops, (n, crops, 1000)."""
    shows_place: np.ndarray
    """False (n) where a photo shows an animal and the recipe says that the bank leaves it out."""
    geo_teacher: FloatArray
    """0 for photos of tables without soft labels."""
    scenes: ScenePhotoTable
    scene_features: np.ndarray
    scene_teacher: FloatArray
    scene_teacher_name: str


def gather_inputs(recipe: StarterRecipe, folder: Path, cache: StageCache) -> BuildInputs:
    """Read the tables and run the trunk over every photo, or take that from the cache."""
    spec = recipe.preprocessing
    config = trunk_config(recipe.trunk.architecture, recipe.trunk.pooling)
    trunk = starting_trunk(recipe.trunk)
    tables = [read_geo_table(folder / name) for name in recipe.photos.places]
    scenes = read_scene_photo_table(folder / recipe.photos.scenes)

    def features(files: tuple[str, ...], crops: int, title: str) -> np.ndarray:
        return cached_features(cache, trunk, config, spec, folder, files, crops=crops, title=title)[
            "features"
        ]

    def teacher(table: str, files: tuple[str, ...]) -> FloatArray:
        return teacher_labels(cache, folder, recipe.photos.teacher, table, files)

    def places() -> Iterator[np.ndarray]:
        for name, table in zip(recipe.photos.places, tables, strict=True):
            title = "places" if name == recipe.photos.geo else Path(name).stem
            yield features(table.files, spec.crops, title)

    def opinions() -> Iterator[FloatArray]:
        for name, table in zip(recipe.photos.places, tables, strict=True):
            known = name == recipe.photos.geo or has_labels(folder, recipe.photos.teacher, name)
            yield teacher(name, table.files) if known else np.zeros((table.size, SCENE_CLASSES))

    geo_features = np.concatenate(list(places()))
    classifier, classes = _seen(recipe, geo_features)
    return BuildInputs(
        recipe=recipe,
        folder=folder,
        spec=spec,
        trunk_config=config,
        trunk=trunk,
        geo=GeoTable.joined(tables),
        first_places=tables[0].size,
        geo_features=geo_features,
        classifier=classifier,
        classes=classes,
        shows_place=_shows_place(recipe, classes, len(geo_features)),
        geo_teacher=np.concatenate(list(opinions())),
        scenes=scenes,
        # These photos are square: three crops along the long side would be three times the same.
        scene_features=features(scenes.files, 1, "scenes"),
        scene_teacher=teacher(recipe.photos.scenes, scenes.files),
        scene_teacher_name=teacher_name(folder, recipe.photos.teacher, recipe.photos.teacher_name),
    )


def _seen(
    recipe: StarterRecipe, geo_features: np.ndarray
) -> tuple[ImageNetClassifier | None, np.ndarray | None]:
    """The trunk's own classifier and what it sees, if the recipe asks for either."""
    if recipe.retrieval.animal_limit >= 1.0 and recipe.no_place is None:
        return None, None
    classifier = imagenet_classifier(recipe.trunk.architecture)
    return classifier, class_probabilities(geo_features, classifier)


def _shows_place(recipe: StarterRecipe, classes: np.ndarray | None, photos: int) -> np.ndarray:
    if classes is None:
        return np.ones(photos, dtype=bool)
    return np.asarray(animal_probability(classes) <= recipe.retrieval.animal_limit)
