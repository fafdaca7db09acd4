"""Train all heads on some photos, and run what was learned on others, without a bundle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.decision.decide import DecisionModel, RawOutputs
from geoguess_app.core.decision.model import cell_spread_km
from geoguess_app.core.decision.posterior import distances_km
from geoguess_app.core.decision.retrieval import build_bank
from geoguess_app.core.decision.scenes import S3_NAMES, groups
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.network.network import Network
from geoguess_app.core.partition.hierarchy import build_hierarchy
from geoguess_app.core.types import FloatArray, IntArray
from trainer.starter.bundle_stage import BankRows
from trainer.starter.geo_stage import GeoLabels, geo_targets, train_base, train_context
from trainer.starter.heads import logits_of
from trainer.starter.material import Material
from trainer.starter.scene_stage import HEAD, scene_probabilities
from trainer.starter.space import Space


@dataclass(frozen=True, eq=False)
class Ground:
    """What heads are trained on: the photos, their cells, scenes and vectors.

    The scene network and the cells' space may stay when photos are held out, since neither learns
    where a photo was taken; cells may not, nor the look-alikes' space.
    """

    labels: GeoLabels
    """Classes of the photos ``rows`` of the geo table."""
    rows: IntArray
    scene: Network
    space: Space
    """Where look-alikes are sought."""
    cell_space: Space
    """Where cells are told apart: less whitened, so that regions keep their common look."""
    scene_logits: np.ndarray
    """(n, crops, 365) of all geo photos."""
    s3: FloatArray
    """Scene probabilities (n, 3) of all geo photos."""
    points: FloatArray
    """Unit vectors (n, 3) of all geo photos' positions."""


def make_ground(
    material: Material,
    labels: GeoLabels,
    rows: IntArray,
    scene: Network,
    spaces: tuple[Space, Space],
) -> Ground:
    """Run the scene network over all geo photos; ``spaces``: for look-alikes, for cells."""
    s3, _ = groups(scene_probabilities(scene, material.geo_features))
    logits = logits_of(scene, material.geo_features)[HEAD]
    points = unit_vectors(material.geo.latitude_deg, material.geo.longitude_deg)
    return Ground(labels, rows, scene, *spaces, logits, s3, points)


@dataclass(frozen=True, eq=False)
class Learned:
    """Heads by network name ("base", and one per scene), and the bank."""

    heads: dict[str, Network]
    bank: BankRows


def learn(material: Material, ground: Ground, *, title: str = "") -> Learned:
    """Train heads on ``ground.rows``, and make the bank of them."""
    recipe, rows = material.recipe, ground.rows
    table = material.geo.take(rows)
    targets = geo_targets(table, ground.labels, recipe.geo.smoothing_km)
    vectors = ground.cell_space.scaled[rows]
    heads = {"base": train_base(vectors, targets, recipe.geo, title)}
    if recipe.geo.context_networks:
        heads |= train_context(heads["base"], vectors, targets, ground.s3[rows], recipe.geo)
    bank = BankRows(
        embeddings=joined_bursts(
            ground.space.photo_vectors()[rows], ground.points[rows], recipe.retrieval.burst_km
        ),
        latitude_deg=table.latitude_deg,
        longitude_deg=table.longitude_deg,
        fine_class=ground.labels.labels[-1],
    )
    return Learned(heads, bank)


def joined_bursts(vectors: np.ndarray, points: FloatArray, within_km: float) -> np.ndarray:
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
    material: Material, ground: Ground, learned: Learned, calibration: Calibration
) -> DecisionModel:
    """The decision's view of what was learned: the same as of the bundle made from it."""
    partitions = ground.labels.partitions
    finest = partitions[-1]
    bank = learned.bank.tensors()
    context = {name: name for name in S3_NAMES if name in learned.heads}
    return DecisionModel(
        name=f"{material.recipe.model.name} {material.recipe.model.version}",
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
        neighbours=material.recipe.retrieval.neighbours,
        scene_network="scene",
        context_networks=context,
        routing=material.recipe.geo.routing,
        fusion=material.spec.fusion,
    )


def raw_outputs(ground: Ground, learned: Learned, rows: IntArray) -> list[RawOutputs]:
    """What all networks give for rows of the geo table."""
    logits = {
        name: logits_of(network, ground.cell_space.scaled[rows])
        for name, network in learned.heads.items()
    }
    return [
        RawOutputs(
            {
                "scene": {HEAD: ground.scene_logits[row]},
                **{
                    name: {head: values[position] for head, values in heads.items()}
                    for name, heads in logits.items()
                },
            },
            ground.space.vectors[row],
        )
        for position, row in enumerate(rows)
    ]
