"""From a recipe and photos to a bundle, stage by stage."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geoguess_app.core.bundle.manifest import Provenance
from geoguess_app.core.calibration.model import Calibration, RetrievalWeights
from geoguess_app.core.decision.decide import DecisionModel, RawOutputs
from geoguess_app.core.types import IntArray
from trainer.common.cache import Cache
from trainer.common.licences import NOT_INCLUDED, NOT_STATED, provenance_of
from trainer.fitting.crossfit import HeldOut, cross_fit, source_folds
from trainer.fitting.temperatures import calibrate, with_calibration
from trainer.starter.ablation import ablation
from trainer.starter.bundle_stage import StarterBundle, write_starter
from trainer.starter.geo_stage import make_partitions
from trainer.starter.learning import (
    Ground,
    Learned,
    decision_model_of,
    learn,
    make_ground,
    raw_outputs,
)
from trainer.starter.material import Material, gather
from trainer.starter.measure import evaluation_json, held_out_json, measure, measure_scenes
from trainer.starter.recipe import Recipe
from trainer.starter.scene_stage import scene_examples, train_scene
from trainer.starter.space_stage import directions_of, look_alike_space, make_spaces
from trainer.starter.starter_card import starter_card

LOG = logging.getLogger(__name__)

TRAINING_SPLITS = ("train", "val")


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Log how long a stage took."""
    start = time.monotonic()
    LOG.info("%s …", name)
    yield
    LOG.info("%s: %.0f s", name, time.monotonic() - start)


def lay_ground(material: Material, rows: IntArray) -> Ground:
    """Partitions, scene network and projection, from the training photos."""
    recipe = material.recipe
    with stage("partitions"):
        labels = make_partitions(material.geo.take(rows), recipe.partitions)
        for report in labels.reports:
            LOG.info("  %s: %d cells, %d dropped", report.name, report.cells, report.dropped)
    with stage("scene head"):
        examples = scene_examples(material, material.scenes.in_split("train"), rows)
        scene = train_scene(examples, recipe.scenes, title="scene head")
    with stage("projections"):
        spaces = make_spaces(material, rows)
    return make_ground(material, labels, rows, scene, spaces)


def first_calibration(recipe: Recipe) -> Calibration:
    """Before anything is fitted."""
    inside = recipe.calibration.inside_temperature
    return Calibration(
        answer=recipe.calibration.answer,
        retrieval=RetrievalWeights(temperature=inside, inside_temperature=inside),
    )


def held_out(material: Material, ground: Ground) -> list[HeldOut]:
    """Answers on every training photo by a model that saw no photo of its source."""
    recipe = material.recipe
    sources = material.geo.take(ground.rows).source
    folds = source_folds(sources, recipe.calibration.folds)
    calibration = first_calibration(recipe)
    principal = directions_of(material, ground.rows)

    def fit(kept: IntArray) -> tuple[DecisionModel, _Runner]:
        # Cells too are made anew: their means would give away where the held-out photos are.
        labels = make_partitions(material.geo.take(kept), recipe.partitions)
        space = look_alike_space(material, principal, kept)
        fold = replace(ground, labels=labels, rows=kept, space=space)
        learned = learn(material, fold)
        return decision_model_of(material, fold, learned, calibration), _Runner(fold, learned)

    return cross_fit(ground.rows, folds, fit, material.geo)


@dataclass(frozen=True, eq=False)
class _Runner:
    ground: Ground
    learned: Learned

    def __call__(self, rows: IntArray) -> list[RawOutputs]:
        return raw_outputs(self.ground, self.learned, rows)


@dataclass(frozen=True, eq=False)
class Finished:
    """What a build made, before it is written."""

    material: Material
    ground: Ground
    learned: Learned
    calibration: Calibration
    validation: dict[str, Any]
    """Figures on the held-out sources within the training splits."""


def train(recipe: Recipe, folder: Path, cache: Cache) -> Finished:
    """All stages up to the bank; the test split is not touched."""
    with stage("features"):
        material = gather(recipe, folder, cache)
    rows = material.geo.in_split(*TRAINING_SPLITS)
    ground = lay_ground(material, rows)
    with stage("held-out sources and calibration"):
        held = held_out(material, ground)
        calibration = calibrate(held, first_calibration(recipe))
        validation = held_out_json(with_calibration(held, calibration), material.geo)
        LOG.info("held-out sources: %s", validation)
    with stage("heads and bank"):
        learned = learn(material, ground, title="heads")
    return Finished(material, ground, learned, calibration, validation)


def evaluation_of(finished: Finished) -> dict[str, Any]:
    """The measured figures on the photos held out for good."""
    material, ground = finished.material, finished.ground
    rows = material.geo.in_split("test")
    held_out_sources = {"held_out_sources": finished.validation}
    if not len(rows):
        return held_out_sources
    model = decision_model_of(material, ground, finished.learned, finished.calibration)
    raw = raw_outputs(ground, finished.learned, rows)
    measured = measure(model, raw, material.geo.take(rows))
    scenes = measure_scenes(
        ground.scene, material.scene_features, material.scenes, material.scenes.in_split("test")
    )
    parts = ablation(material, ground, model, raw, rows)
    return evaluation_json(measured, scenes, parts) | held_out_sources


def parts_of(finished: Finished, evaluation: dict[str, Any]) -> StarterBundle:
    """The bundle's contents."""
    material, ground = finished.material, finished.ground
    networks = {"scene": ground.scene}
    for name, heads in finished.learned.heads.items():
        networks[name] = ground.cell_space.assemble(heads, name)
    table = material.geo.take(ground.rows)
    provenance = provenance_of(
        table.source,
        table.licence,
        (
            Provenance(
                "MiniPlaces (100 categories of Places2), scene labels only",
                f"{NOT_STATED}, made for research; {NOT_INCLUDED}",
                len(material.scenes.in_split("train")),
            ),
        ),
    )
    recipe = material.recipe
    return StarterBundle(
        model=recipe.model,
        preprocessing=material.spec,
        trunk_config=material.trunk_config,
        trunk=material.trunk,
        partitions=ground.labels.partitions,
        networks=networks,
        calibration=finished.calibration,
        routing=recipe.geo.routing,
        projection=ground.space.projection,
        bank=finished.learned.bank,
        neighbours=recipe.retrieval.neighbours,
        provenance=provenance,
        evaluation=evaluation,
        card=starter_card(
            recipe.model, evaluation, ground.labels, provenance, material.scene_teacher_name
        ),
    )


def build(recipe: Recipe, folder: Path, out: Path, cache_folder: Path) -> Path:
    """Run every stage and write the bundle; returns where it lies."""
    finished = train(recipe, folder, Cache(cache_folder))
    with stage("evaluation"):
        evaluation = evaluation_of(finished)
    return write_starter(parts_of(finished, evaluation), out)
