"""Small hand-made models for the tests of decisions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.cells import leaf_ids, parents
from geoguess_app.core.decision.decide import DecisionModel, RawOutputs
from geoguess_app.core.decision.model import cell_spread_km
from geoguess_app.core.decision.retrieval import build_bank
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.partition import Partition
from geoguess_app.core.partition.hierarchy import build_hierarchy

PARIS, LYON, TOKYO, SYDNEY = (48.86, 2.35), (45.76, 4.84), (35.68, 139.69), (-33.87, 151.21)
PLACES = (PARIS, LYON, TOKYO, SYDNEY)


def partition(name: str, level: int) -> Partition:
    """The cells of one S2 level that hold the four places."""
    latitude, longitude = (np.array(values) for values in zip(*PLACES, strict=True))
    classes = parents(leaf_ids(latitude, longitude), level)
    ids = np.unique(classes)
    member = [classes == cell for cell in ids]
    return Partition(
        name,
        ids,
        np.array([m.sum() for m in member], dtype=np.int64),
        np.array([latitude[m].mean() for m in member]),
        np.array([longitude[m].mean() for m in member]),
    )


def model(**changes: Any) -> DecisionModel:
    """Two partitions: France (Paris and Lyon share a coarse cell), Tokyo, Sydney."""
    partitions = (partition("coarse", 2), partition("fine", 7))
    finest = partitions[-1]
    base = DecisionModel(
        name="Sample 1.0",
        partitions=partitions,
        hierarchy=build_hierarchy(partitions),
        cell_vectors=unit_vectors(finest.mean_latitude_deg, finest.mean_longitude_deg),
        cell_spread_km=cell_spread_km(finest),
        cell_tokens=tuple(finest.tokens),
        calibration=Calibration(),
    )
    return replace(base, **changes)


def class_of(place: tuple[float, float], which: Partition) -> int:
    """The class of a place in a partition."""
    return int(np.atleast_1d(which.class_at(*place))[0])


def logits_for(
    which: DecisionModel, coarse: dict[tuple[float, float], float], fine: dict[Any, float]
) -> dict[str, np.ndarray]:
    """Logits of one crop whose softmax gives (about) these probabilities."""
    result = {}
    for part, wanted in zip(which.partitions, (coarse, fine), strict=True):
        probabilities = np.full(part.size, 1e-6)
        for place, value in wanted.items():
            probabilities[class_of(place, part)] = value
        result[part.name] = np.log(probabilities / probabilities.sum())[None]
    return result


def raw(which: DecisionModel, coarse: dict[Any, float], fine: dict[Any, float]) -> RawOutputs:
    """Outputs of a base network."""
    return RawOutputs({"base": logits_for(which, coarse, fine)})


def with_bank(which: DecisionModel, spots: list[tuple[float, float]]) -> DecisionModel:
    """A bank of one photo per spot; photo i points along axis i."""
    latitude, longitude = (np.array(values) for values in zip(*spots, strict=True))
    bank = build_bank(
        np.eye(len(spots), 8),
        latitude,
        longitude,
        which.partitions[-1].class_at(latitude, longitude),
        which.partitions[-1].size,
    )
    return replace(which, bank=bank, neighbours=4)
