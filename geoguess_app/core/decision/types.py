"""Types of the decision: what it takes in, what it needs to know of a bundle, and its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.decision.gallery import Gallery
from geoguess_app.core.decision.posterior import PointPosterior
from geoguess_app.core.decision.retrieval import Bank
from geoguess_app.core.partition import Partition
from geoguess_app.core.partition.hierarchy import Hierarchy
from geoguess_app.core.types import FloatArray, IntArray, SceneProbabilities

BASE = "base"
GALLERY = "gallery"
"""What answers in place of a network where a gallery does."""
AREA = "area"
"""Network, and its one head of one number, that tells a local model's area from elsewhere."""


@dataclass(frozen=True, eq=False)
class RawOutputs:
    """The outputs of the networks for one photo: logits[network][head] (crops, classes) and, with a
    bank or gallery, the projected embedding of each crop (crops, d)."""

    logits: Mapping[str, Mapping[str, np.ndarray]]
    embedding: np.ndarray | None = None
    members: Mapping[str, RawOutputs] = field(default_factory=dict)
    """Of an ensemble: the outputs of its members, by name."""

    @property
    def area(self) -> float | None:
        """Return what the network ``area`` says, on average over the crops; None if it was not
        asked."""
        return float(np.mean(self.logits[AREA][AREA])) if AREA in self.logits else None


@dataclass(frozen=True, eq=False)
class DecisionModel:
    """The parts of a bundle that the decision needs besides the networks' outputs."""

    name: str
    partitions: tuple[Partition, ...]
    """Coarse to fine."""
    hierarchy: Hierarchy
    cell_vectors: FloatArray
    """Unit vectors (n_fine, 3) of the finest cells' mean locations."""
    cell_spread_km: FloatArray
    """Radius of a circle of each finest cell's area, halved (its mass lies within the cell)."""
    cell_tokens: tuple[str, ...]
    calibration: Calibration
    bank: Bank | None = None
    gallery: Gallery | None = None
    neighbours: int = 64
    neighbour_temperature: float = 0.1
    """Divides similarities before the softmax in a model that answers by neighbours alone."""
    scene_network: str | None = None
    context_networks: Mapping[str, str] | None = None
    """Scene name ("indoor", "natural", "urban") to network name; None or empty without CSNs."""
    routing: str = "hard"
    fusion: str = "mean"
    members: tuple[PoolMember, ...] = ()
    """Of an ensemble."""


@dataclass(frozen=True, eq=False)
class PoolMember:
    """A member of an ensemble, and where its finest cells lie among the common ones.

    ``inside`` (n_member): the common cell that a member's cell lies in, -1 where it is larger.
    ``parts`` and ``part_shares``: the common cells inside each larger one, and what share of its
    probability each gets: cell f has those from ``part_starts[f]`` to ``part_starts[f + 1]``.
    """

    name: str
    model: DecisionModel
    bias: float
    confidence: float
    inside: IntArray
    part_starts: IntArray
    parts: IntArray
    part_shares: FloatArray


@dataclass(frozen=True, eq=False)
class Evidence:
    """The steps before the answer, kept apart so that the trainer can calibrate on them."""

    scene: SceneProbabilities | None
    network: str
    partitions: Mapping[str, FloatArray]
    coarse: FloatArray
    """Probabilities of the coarsest partition's cells, look-alikes included."""
    cells: FloatArray
    """Joint probabilities (n_fine), look-alikes included."""
    posterior: PointPosterior
    neighbours: IntArray
    similarity: FloatArray
    """Of all bank photos, or of all points of a gallery; empty without either."""
    answer: FloatArray
    """Unit vector (3)."""
    answer_cell: int
    """The finest cell that the answer belongs to, -1 for none."""
    spots: Mapping[int, FloatArray]
    """The best point (unit vector) in the cells that the bank was searched in."""
    area: float | None = None
    """See ``RawOutputs``."""
