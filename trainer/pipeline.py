"""From a recipe and photos to a bundle, stage by stage."""

from __future__ import annotations

import datetime
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoguess_app.core.calibration import Calibration
from geoguess_app.core.manifest import Provenance
from geoguess_app.core.manifest_networks import TrunkConfig
from geoguess_app.core.network import Network
from geoguess_app.core.preprocess import Preprocessing
from geoguess_app.core.scenes import groups
from geoguess_app.core.trunks.trunk import Trunk
from geoguess_app.core.types import FloatArray, IntArray
from trainer.bundle_stage import MAIN, BankRows, Parts, provenance_of, write_parts
from trainer.cache import Cache
from trainer.geo_stage import GeoLabels, geo_targets, make_partitions, train_base, train_context
from trainer.heads import embeddings_of
from trainer.photo_table import (
    GeoTable,
    SceneTable,
    read_geo_table,
    read_scene_photos,
    read_teacher,
)
from trainer.projection import fit_projection
from trainer.recipe import Recipe
from trainer.scene_stage import (
    SceneExamples,
    join,
    scene_probabilities,
    scene_targets,
    train_scene,
)
from trainer.trunk_stage import cached_features, pretrained_trunk, trunk_config

LOG = logging.getLogger(__name__)

TRAINING_SPLITS = ("train", "val")
PROJECTION_FILE = "weights/projection.safetensors"


@dataclass(frozen=True, eq=False)
class Material:
    """What all stages work on: tables, soft labels and cached trunk features."""

    recipe: Recipe
    folder: Path
    spec: Preprocessing
    trunk_config: TrunkConfig
    trunk: Trunk
    geo: GeoTable
    scenes: SceneTable
    geo_features: np.ndarray
    """(n, views, F); the first ``crops`` views are those that the program uses."""
    scene_features: np.ndarray
    geo_teacher: FloatArray
    scene_teacher: FloatArray
    crops: int

    @property
    def plain(self) -> np.ndarray:
        """Features of the views that the program uses (not mirrored)."""
        return self.geo_features[:, : self.crops]


def preprocessing_of(recipe: Recipe) -> Preprocessing:
    """The bundle's preprocessing."""
    wanted = recipe.preprocessing
    return Preprocessing(
        size=wanted.size,
        mean=wanted.mean,
        std=wanted.std,
        crops=wanted.crops,
        interpolation=wanted.interpolation,  # type: ignore[arg-type]
    )


def gather(recipe: Recipe, folder: Path, cache: Cache) -> Material:
    """Read the tables and run the trunk over every photo, or take that from the cache."""
    spec = preprocessing_of(recipe)
    config = trunk_config(recipe.trunk.architecture, recipe.trunk.pooling)
    trunk = pretrained_trunk(config)
    geo = read_geo_table(folder / recipe.photos.geo)
    scenes = read_scene_photos(folder / recipe.photos.scenes)

    def views(files: tuple[str, ...], crops: int, title: str) -> np.ndarray:
        sides = (False, True) if recipe.trunk.mirrored else (False,)
        parts = [
            cached_features(
                cache,
                trunk,
                config,
                spec,
                folder,
                files,
                crops=crops,
                mirrored=mirrored,
                title=f"{title} mirrored" if mirrored else title,
            )["features"]
            for mirrored in sides
        ]
        return np.concatenate(parts, axis=1)

    teacher = folder / recipe.photos.teacher
    return Material(
        recipe=recipe,
        folder=folder,
        spec=spec,
        trunk_config=config,
        trunk=trunk,
        geo=geo,
        scenes=scenes,
        geo_features=views(geo.files, spec.crops, "world"),
        # These photos are square: three crops would be three times the same one.
        scene_features=views(scenes.files, 1, "scenes"),
        geo_teacher=read_teacher(teacher / f"{Path(recipe.photos.geo).stem}.npz", geo.files),
        scene_teacher=read_teacher(
            teacher / f"{Path(recipe.photos.scenes).stem}.npz", scenes.files
        ),
        crops=spec.crops,
    )


def scene_examples(material: Material, scene_rows: IntArray, geo_rows: IntArray) -> SceneExamples:
    """Labelled scene photos and, with the teacher's opinion, world photos."""
    training = material.recipe.scenes
    scenes, geo = material.scenes, material.geo
    parts = []
    for features, teacher, category, s3, rows in (
        (material.scene_features, material.scene_teacher, scenes.category, scenes.s3, scene_rows),
        (
            material.geo_features,
            material.geo_teacher,
            np.full(geo.size, -1),
            geo.scene,
            geo_rows,
        ),
    ):
        targets, weights = scene_targets(teacher[rows], category[rows], s3[rows], training)
        parts.append(SceneExamples(features[rows], targets, weights))
    return join(parts)


@dataclass(frozen=True, eq=False)
class Learned:
    """All networks of one model, and what they learned from."""

    labels: GeoLabels
    networks: dict[str, Network]
    projection: Network
    bank: BankRows


def learn(material: Material, rows: IntArray, *, progress: bool = True) -> Learned:
    """Train everything on some rows of the geo table (and the scene photos' train split)."""
    recipe = material.recipe
    table = material.geo.take(rows)
    labels = make_partitions(table, recipe.partitions)
    for report in labels.reports:
        LOG.info("%s: %d cells, %d dropped", report.name, report.cells, report.dropped)
    scene = train_scene(
        scene_examples(material, material.scenes.in_split("train"), rows),
        recipe.scenes,
        title="scene head" if progress else "",
    )
    targets = geo_targets(table, labels, recipe.geo.smoothing_km)
    features = material.geo_features[rows]
    base = train_base(features, targets, recipe.geo, title="multi-scale heads" if progress else "")
    networks = {"base": base, "scene": scene}
    if recipe.geo.context_networks:
        s3, _ = groups(scene_probabilities(scene, material.plain[rows]))
        networks |= train_context(base, features, targets, s3, recipe.geo, progress=progress)
    projection = fit_projection(
        material.plain[rows],
        recipe.retrieval.size,
        recipe.retrieval.whitening,
        trunk=MAIN,
        weights_file=PROJECTION_FILE,
    )
    return Learned(labels, networks, projection, make_bank(material, rows, projection, labels))


def make_bank(
    material: Material, rows: IntArray, projection: Network, labels: GeoLabels
) -> BankRows:
    """One embedding per photo: the mean of its crops'."""
    crops = embeddings_of(projection, material.plain[rows])
    mean = crops.mean(axis=1)
    mean /= np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)
    return BankRows(
        embeddings=mean,
        latitude_deg=material.geo.latitude_deg[rows],
        longitude_deg=material.geo.longitude_deg[rows],
        fine_class=labels.labels[-1],
    )


def build(recipe: Recipe, folder: Path, out: Path, cache_folder: Path) -> Path:
    """Run every stage and write the bundle; returns where it lies."""
    cache = Cache(cache_folder)
    material = gather(recipe, folder, cache)
    rows = material.geo.in_split(*TRAINING_SPLITS)
    learned = learn(material, rows)
    parts = Parts(
        model=recipe.model,
        created=datetime.datetime.now(datetime.UTC).date().isoformat(),
        preprocessing=material.spec,
        trunk_config=material.trunk_config,
        trunk=material.trunk,
        partitions=learned.labels.partitions,
        networks=learned.networks,
        calibration=Calibration(),
        projection=learned.projection,
        bank=learned.bank,
        neighbours=recipe.retrieval.neighbours,
        provenance=provenance_of(
            material.geo.take(rows),
            (
                Provenance(
                    "MiniPlaces (100 categories of Places2)",
                    "not stated; for research",
                    len(material.scenes.in_split("train")),
                ),
            ),
        ),
    )
    return write_parts(parts, out)
