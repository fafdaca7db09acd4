"""Train all heads on some photos, and run what was learned on others, without a bundle."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.decision.decide import DecisionModel, RawOutputs
from geoguess_app.core.decision.model import cell_spread_km
from geoguess_app.core.decision.posterior import distances_km
from geoguess_app.core.decision.retrieval import build_bank
from geoguess_app.core.decision.scenes import S3_NAMES, groups
from geoguess_app.core.decision.types import AREA
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.network.network import Network
from geoguess_app.core.partition.hierarchy import build_hierarchy
from geoguess_app.core.types import FloatArray, IntArray
from trainer.starter.bundle_stage import BankRows
from trainer.starter.geo_stage import GeoLabels, geo_targets, train_base, train_context
from trainer.starter.heads import logits_of
from trainer.starter.inputs import BuildInputs
from trainer.starter.scene_stage import HEAD, scene_head_probabilities
from trainer.starter.space import ProjectedSpace
from trainer.starter.subjects import place_scores, place_weights


@dataclass(frozen=True, eq=False)
class TrainingContext:
    """The material that heads are trained on: the photos, their cells, scenes and vectors.

    The scene network and the cells' space may stay when photos are held out, since neither learns
    where a photo was taken; cells may not, nor the look-alikes' space, nor what places look like.
    """

    labels: GeoLabels
    """Classes of the photos ``rows`` of the geo table."""
    rows: IntArray
    scene: Network
    space: ProjectedSpace
    """Where look-alikes are sought."""
    cell_space: ProjectedSpace
    """Where cells are told apart: less whitened, so that regions keep their common look."""
    scene_logits: np.ndarray
    """(n, crops, 365) of all geo photos."""
    s3: FloatArray
    """Scene probabilities (n, 3) of all geo photos."""
    points: FloatArray
    """Unit vectors (n, 3) of all geo photos' positions."""
    class_weights: FloatArray | None = None
    """How much each class of the trunk's classifier speaks for a place; see ``place_weights``."""
    place_logits: np.ndarray | None = None
    """What that makes of all geo photos, (n, crops, 1)."""


def make_training_context(
    inputs: BuildInputs,
    labels: GeoLabels,
    rows: IntArray,
    scene: Network,
    spaces: tuple[ProjectedSpace, ProjectedSpace],
) -> TrainingContext:
    """Run the scene network over all geo photos; ``spaces``: for look-alikes, for cells."""
    s3, _ = groups(scene_head_probabilities(scene, inputs.geo_features))
    logits = logits_of(scene, inputs.geo_features)[HEAD]
    points = unit_vectors(inputs.geo.latitude_deg, inputs.geo.longitude_deg)
    context = TrainingContext(labels, rows, scene, *spaces, logits, s3, points)
    return with_places_seen(inputs, context)


def with_places_seen(inputs: BuildInputs, context: TrainingContext) -> TrainingContext:
    """Learn from the photos of ``context.rows`` what photos of places show, if the recipe asks."""
    classes = inputs.classes
    if inputs.recipe.no_place is None or classes is None:
        return context
    rows = context.rows[inputs.shows_place[context.rows]]
    sources = np.array(inputs.geo.take(rows).source)
    weights = place_weights(classes[rows], sources)
    return replace(context, class_weights=weights, place_logits=place_scores(classes, weights))


@dataclass(frozen=True, eq=False)
class HeadsAndBank:
    """Heads by network name ("base", and one per scene), and the bank."""

    heads: dict[str, Network]
    bank: BankRows


def train_heads_and_bank(
    inputs: BuildInputs, context: TrainingContext, *, title: str = ""
) -> HeadsAndBank:
    """Train heads on ``context.rows``, and make the bank of them."""
    recipe, rows = inputs.recipe, context.rows
    table = inputs.geo.take(rows)
    targets = geo_targets(table, context.labels, recipe.geo.smoothing_km)
    vectors = context.cell_space.scaled[rows]
    heads = {"base": train_base(vectors, targets, recipe.geo, title)}
    if recipe.geo.context_networks:
        heads |= train_context(heads["base"], vectors, targets, context.s3[rows], recipe.geo)
    return HeadsAndBank(heads, bank_of(inputs, context))


def bank_of(inputs: BuildInputs, context: TrainingContext) -> BankRows:
    """The bank of those photos of ``context.rows`` that show a place."""
    shown = inputs.shows_place[context.rows]
    rows = context.rows[shown]
    table = inputs.geo.take(rows)
    return BankRows(
        embeddings=burst_averages(
            context.space.photo_vectors()[rows],
            context.points[rows],
            inputs.recipe.retrieval.burst_km,
        ),
        latitude_deg=table.latitude_deg,
        longitude_deg=table.longitude_deg,
        fine_class=context.labels.labels[-1][shown],
    )


def burst_averages(vectors: np.ndarray, points: FloatArray, within_km: float) -> np.ndarray:
    """Each photo's vector (n, d) plus the mean of those taken within ``within_km`` of it
    (itself included), normalised: what a place looks like counts beside what one photo does
    (database-side augmentation; Arandjelović and Zisserman, CVPR 2012). 0: as they are."""
    if within_km <= 0.0:
        return vectors
    joined = np.empty_like(vectors)
    for row, point in enumerate(points):
        close = distances_km(points, point) <= within_km
        joined[row] = vectors[row] + vectors[close].mean(axis=0)
    return np.asarray(joined / np.maximum(np.linalg.norm(joined, axis=1, keepdims=True), 1e-12))


def decision_model_of(
    inputs: BuildInputs, context: TrainingContext, learned: HeadsAndBank, calibration: Calibration
) -> DecisionModel:
    """The decision's view of what was learned: the same as of the bundle made from it."""
    partitions = context.labels.partitions
    finest = partitions[-1]
    bank = learned.bank.tensors()
    by_scene = {name: name for name in S3_NAMES if name in learned.heads}
    return DecisionModel(
        name=f"{inputs.recipe.model.name} {inputs.recipe.model.version}",
        partitions=partitions,
        hierarchy=build_hierarchy(partitions),
        cell_vectors=unit_vectors(finest.mean_latitude_deg, finest.mean_longitude_deg),
        cell_spread_km=cell_spread_km(finest),
        cell_tokens=tuple(finest.tokens),
        calibration=calibration,
        bank=build_bank(
            bank["embeddings"],
            bank["latitude_deg"],
            bank["longitude_deg"],
            bank["fine_class"],
            finest.size,
        ),
        neighbours=inputs.recipe.retrieval.neighbours,
        scene_network="scene",
        context_networks=by_scene,
        routing=inputs.recipe.geo.routing,
        fusion=inputs.spec.fusion,
    )


def raw_outputs(
    context: TrainingContext, learned: HeadsAndBank, rows: IntArray
) -> list[RawOutputs]:
    """Return what all networks give for rows of the geo table."""
    logits = {
        name: logits_of(network, context.cell_space.scaled[rows])
        for name, network in learned.heads.items()
    }
    return [
        RawOutputs(
            {
                "scene": {HEAD: context.scene_logits[row]},
                **_place_outputs(context, row),
                **{
                    name: {head: values[position] for head, values in heads.items()}
                    for name, heads in logits.items()
                },
            },
            context.space.vectors[row],
        )
        for position, row in enumerate(rows)
    ]


def _place_outputs(context: TrainingContext, row: int) -> dict[str, dict[str, np.ndarray]]:
    logits = context.place_logits
    return {} if logits is None else {AREA: {AREA: logits[row]}}
