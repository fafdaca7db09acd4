"""The pipeline from a recipe and photos to a bundle, stage by stage."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geoguess_app.core.bundle.manifest import Provenance
from geoguess_app.core.calibration.model import Calibration, Recognition, RetrievalWeights
from geoguess_app.core.decision.decide import DecisionModel, RawOutputs
from geoguess_app.core.decision.types import AREA
from geoguess_app.core.types import IntArray
from trainer.common.bank_photos import BankMembers, bank_members, free_author, thumbnail
from trainer.common.cache import StageCache
from trainer.common.licences import NOT_INCLUDED, NOT_STATED, provenance_of
from trainer.common.photo_table import GeoTable
from trainer.fitting.crossfit import HeldOutFold, cross_fit, source_folds
from trainer.fitting.temperatures import fit_calibration, of_rows_below, with_calibration
from trainer.starter.ablation import starter_ablation
from trainer.starter.bundle_stage import StarterBundle, write_starter
from trainer.starter.geo_stage import make_partitions
from trainer.starter.heads_and_bank import (
    HeadsAndBank,
    TrainingContext,
    decision_model_of,
    make_training_context,
    raw_outputs,
    train_heads_and_bank,
    with_places_seen,
)
from trainer.starter.inputs import BuildInputs, gather_inputs
from trainer.starter.measure import evaluation_json, held_out_json, measure_scenes, measure_starter
from trainer.starter.recipe import StarterRecipe
from trainer.starter.scene_stage import scene_examples, train_scene
from trainer.starter.space_stage import directions_of, look_alike_space, make_spaces
from trainer.starter.starter_card import starter_card
from trainer.starter.subjects import place_network

log = logging.getLogger(__name__)

TRAINING_SPLITS = ("train", "val")


@contextmanager
def timed_stage(name: str) -> Iterator[None]:
    """Log how long a stage took."""
    start = time.monotonic()
    log.info("%s …", name)
    yield
    log.info("%s: %.0f s", name, time.monotonic() - start)


def training_context(inputs: BuildInputs, rows: IntArray) -> TrainingContext:
    """Partitions, scene network and projection, from the training photos."""
    recipe = inputs.recipe
    with timed_stage("partitions"):
        labels = make_partitions(inputs.geo.take(rows), recipe.partitions)
        for report in labels.reports:
            log.info("  %s: %d cells, %d dropped", report.name, report.cells, report.dropped)
    with timed_stage("scene head"):
        examples = scene_examples(inputs, inputs.scenes.in_split("train"), rows)
        scene = train_scene(examples, recipe.scenes, title="scene head")
    with timed_stage("projections"):
        spaces = make_spaces(inputs, rows)
    return make_training_context(inputs, labels, rows, scene, spaces)


def first_calibration(recipe: StarterRecipe) -> Calibration:
    """Give the calibration before anything is fitted."""
    inside, known = recipe.calibration.inside_temperature, recipe.no_place
    shown = None
    if known is not None:
        shown = Recognition(round(-known.slope * known.limit, 4), 0.0, known.slope)
    return Calibration(
        answer=recipe.calibration.answer,
        recognition=shown,
        retrieval=RetrievalWeights(temperature=inside, inside_temperature=inside),
    )


def held_out_folds(inputs: BuildInputs, context: TrainingContext) -> list[HeldOutFold]:
    """Answers on every training photo by a model that saw no photo of its source."""
    recipe = inputs.recipe
    sources = inputs.geo.take(context.rows).source
    folds = source_folds(sources, recipe.calibration.folds)
    calibration = first_calibration(recipe)
    principal = directions_of(inputs, context.rows)

    def fit(kept: IntArray) -> tuple[DecisionModel, _StageRunner]:
        # Cells too are made anew: their means would give away where the held-out photos are.
        labels = make_partitions(inputs.geo.take(kept), recipe.partitions)
        space = look_alike_space(inputs, principal, kept)
        fold = replace(context, labels=labels, rows=kept, space=space)
        fold = with_places_seen(inputs, fold)
        learned = train_heads_and_bank(inputs, fold)
        return decision_model_of(inputs, fold, learned, calibration), _StageRunner(fold, learned)

    return cross_fit(context.rows, folds, fit, inputs.geo)


@dataclass(frozen=True, eq=False)
class _StageRunner:
    context: TrainingContext
    learned: HeadsAndBank

    def __call__(self, rows: IntArray) -> list[RawOutputs]:
        return raw_outputs(self.context, self.learned, rows)


@dataclass(frozen=True, eq=False)
class FinishedBuild:
    """The outcome of a build, before it is written."""

    inputs: BuildInputs
    context: TrainingContext
    learned: HeadsAndBank
    calibration: Calibration
    validation: dict[str, Any]
    """Figures on the held-out sources within the training splits."""


def train_starter(recipe: StarterRecipe, folder: Path, cache: StageCache) -> FinishedBuild:
    """All stages up to the bank; the test split is not touched."""
    with timed_stage("features"):
        inputs = gather_inputs(recipe, folder, cache)
    rows = inputs.geo.in_split(*TRAINING_SPLITS)
    context = training_context(inputs, rows)
    with timed_stage("held-out sources and calibration"):
        held = held_out_folds(inputs, context)
        first = recipe.calibration.confidence_from == "first"
        judged = inputs.first_places if first else inputs.geo.size
        calibration = fit_calibration(held, first_calibration(recipe), judged)
        told = of_rows_below(with_calibration(held, calibration), judged)
        validation = held_out_json(told, inputs.geo)
        log.info("held-out sources: %s", validation)
    with timed_stage("heads and bank"):
        learned = train_heads_and_bank(inputs, context, title="heads")
    return FinishedBuild(inputs, context, learned, calibration, validation)


def evaluation_of(finished: FinishedBuild) -> dict[str, Any]:
    """The measured figures on the photos held out for good."""
    inputs, context = finished.inputs, finished.context
    rows = inputs.geo.in_split("test")
    held_out_sources = {"held_out_sources": finished.validation}
    if not len(rows):
        return held_out_sources
    model = decision_model_of(inputs, context, finished.learned, finished.calibration)
    raw = raw_outputs(context, finished.learned, rows)
    measured = measure_starter(model, raw, inputs.geo.take(rows))
    scenes = measure_scenes(
        context.scene, inputs.scene_features, inputs.scenes, inputs.scenes.in_split("test")
    )
    parts = starter_ablation(inputs, context, model, raw, rows)
    return evaluation_json(measured, scenes, parts) | held_out_sources


def parts_of(finished: FinishedBuild, evaluation: dict[str, Any]) -> StarterBundle:
    """Assemble the contents of the bundle."""
    inputs, context = finished.inputs, finished.context
    networks = {"scene": context.scene}
    for name, heads in finished.learned.heads.items():
        networks[name] = context.cell_space.assemble(heads, name)
    if context.class_weights is not None and inputs.classifier is not None:
        size = inputs.trunk_config.feature_size
        networks[AREA] = place_network(inputs.classifier, context.class_weights, size)
    table = inputs.geo.take(context.rows)
    provenance = provenance_of(
        table.source,
        table.licence,
        (
            Provenance(
                "MiniPlaces (100 categories of Places2), scene labels only",
                f"{NOT_STATED}, made for research; {NOT_INCLUDED}",
                len(inputs.scenes.in_split("train")),
            ),
        ),
    )
    recipe = inputs.recipe
    in_bank = inputs.geo.take(context.rows[inputs.shows_place[context.rows]])
    members = bank_members_of(in_bank, provenance, inputs.folder)
    return StarterBundle(
        model=recipe.model,
        preprocessing=inputs.spec,
        trunk_config=inputs.trunk_config,
        trunk=inputs.trunk,
        partitions=context.labels.partitions,
        networks=networks,
        calibration=finished.calibration,
        routing=recipe.geo.routing,
        projection=context.space.projection,
        bank=finished.learned.bank,
        neighbours=recipe.retrieval.neighbours,
        provenance=provenance,
        evaluation=evaluation,
        card=starter_card(
            recipe.model,
            evaluation,
            context.labels,
            provenance,
            inputs.scene_teacher_name,
            thumbnails=members.thumbnails_file is not None,
        ),
        bank_members=members,
    )


def bank_members_of(
    table: GeoTable, provenance: tuple[Provenance, ...], folder: Path
) -> BankMembers:
    """Source and author of the bank's photos, and pictures of those whose own licence is free."""
    authors = [free_author(licence) for licence in table.licence]
    pictures = [
        thumbnail(folder / file) if author else b""
        for file, author in zip(table.files, authors, strict=True)
    ]
    return bank_members(table.source, table.licence, provenance, authors, pictures)


def build_starter(recipe: StarterRecipe, folder: Path, out: Path, cache_folder: Path) -> Path:
    """Run every stage and write the bundle; returns where it lies."""
    finished = train_starter(recipe, folder, StageCache(cache_folder))
    with timed_stage("evaluation"):
        evaluation = evaluation_of(finished)
    return write_starter(parts_of(finished, evaluation), out)
