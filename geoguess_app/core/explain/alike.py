"""The training photos that look like a photo, and what they say for a place.

Votes are those that ``evidence.weigh`` (or, in a model that answers by neighbours alone,
``local_decision``) counts: the same functions on the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoguess_app.core.decision.evidence import retrieval_share
from geoguess_app.core.decision.retrieval import Bank, kernel_weights
from geoguess_app.core.explain.activation import PhotoExplainer
from geoguess_app.core.explain.types import AnswerTarget, CellTarget, Target
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import COMBINED, Coordinate, FloatArray, IntArray

SHOWN = 8
"""How many look-alikes are listed."""


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A photo that the model was trained on; all that a bundle keeps of it is what is here."""

    bank_index: int
    coordinate: Coordinate
    similarity: float
    """Cosine similarity, 1 for the same photo."""
    rank: int
    """1 for the most similar of all."""
    vote: float
    """Its own share, 0…1, in the probabilities of all cells; 0 beyond those listened to."""
    distance_km: float
    """From the place that the list is about."""
    here: bool
    """Whether it lies in that place's cell and so speaks for it."""


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """The say of look-alikes on one place."""

    nearest: tuple[LookAlike, ...]
    """The most similar of all, best first."""
    there: tuple[LookAlike, ...]
    """The most similar of those in the place's cell; empty where the place is no cell."""
    votes: float
    """The say, 0…1, that all look-alikes together have in this photo's answer."""
    part_of_chance: float | None
    """How much of the place's own probability, 0…1, comes from their votes; None where they
    have none there (a single layer, a model without cells)."""


def look_alikes(
    look: PhotoExplainer, target: Target | None = None, count: int = SHOWN
) -> LookAlikes | None:
    """The look-alikes for ``target`` (None: the answer); None for a model without a bank.

    Raises ValueError for a target that is no place of the model.
    """
    bank = look.decision_model.bank
    if bank is None or not len(look.similarity):
        return None
    asked = target or AnswerTarget()
    place = look.resolve(asked)
    if not isinstance(place, AnswerTarget | CellTarget):
        raise ValueError(f"{place} is not a place")
    spot = _spot(look, asked, place)
    votes = bank_votes(look)
    inside = _members(look, bank, place) if isinstance(place, CellTarget) else None
    order = np.argsort(-look.similarity, kind="stable")
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    here = np.isin(np.arange(bank.size), [] if inside is None else inside)

    def listed(indices: IntArray) -> tuple[LookAlike, ...]:
        return tuple(_look_alike(look, bank, int(i), spot, ranks, votes, here) for i in indices)

    there = () if inside is None else listed(inside[np.argsort(ranks[inside])][:count])
    return LookAlikes(
        nearest=listed(order[:count]),
        there=there,
        votes=float(votes.sum()),
        part_of_chance=_part_of_chance(look, bank, place, votes),
    )


def bank_votes(look: PhotoExplainer) -> FloatArray:
    """Give for each bank photo its share in the probabilities; they add up to the look-alikes'
    whole say."""
    model = look.decision_model
    votes = np.zeros(len(look.similarity))
    bank, chosen = model.bank, look.neighbours
    if bank is None or not len(chosen):
        return votes
    alone = look.predictor.bundle.manifest.kind == "retrieval"
    fitted = model.calibration.retrieval
    temperature = model.neighbour_temperature if alone else fitted.temperature
    share = 1.0 if alone else retrieval_share(model, bank, look.similarity, chosen)
    votes[chosen] = share * kernel_weights(look.similarity[chosen], temperature)
    return votes


def _part_of_chance(
    look: PhotoExplainer, bank: Bank, place: Target, votes: FloatArray
) -> float | None:
    if not isinstance(place, CellTarget) or place.layer != COMBINED:
        return None
    # Votes outside all cells count for none; the rest is scaled to 1, as in the decision.
    counted = 1.0 - votes[bank.fine_class < 0].sum()
    own = votes[bank.members(place.index)].sum() / max(counted, 1e-12)
    chance = look.prediction.cell_probabilities[COMBINED][place.index]
    return float(np.clip(own / max(chance, 1e-12), 0.0, 1.0))


def _members(look: PhotoExplainer, bank: Bank, place: CellTarget) -> IntArray:
    """Bank photos in a cell of any partition."""
    model = look.decision_model
    if place.layer == COMBINED:
        return bank.members(place.index)
    layer = [p.name for p in model.partitions].index(place.layer)
    fine = np.flatnonzero(model.hierarchy.ancestors[layer] == place.index)
    return np.flatnonzero(np.isin(bank.fine_class, fine))


def _spot(look: PhotoExplainer, asked: Target, place: Target) -> Coordinate:
    """The point that distances are measured from."""
    prediction, model = look.prediction, look.decision_model
    if isinstance(asked, AnswerTarget) or not isinstance(place, CellTarget):
        return prediction.coordinate
    if place.layer in (COMBINED, model.partitions[-1].name):
        for candidate in prediction.candidates:
            if candidate.cell_index == place.index:
                return candidate.coordinate
        partition = model.partitions[-1]
    else:
        partition = next(p for p in model.partitions if p.name == place.layer)
    return Coordinate(
        float(partition.mean_latitude_deg[place.index]),
        float(partition.mean_longitude_deg[place.index]),
    )


def _look_alike(
    look: PhotoExplainer,
    bank: Bank,
    index: int,
    spot: Coordinate,
    ranks: IntArray,
    votes: FloatArray,
    here: np.ndarray,
) -> LookAlike:
    latitude_deg, longitude_deg = float(bank.latitude_deg[index]), float(bank.longitude_deg[index])
    away = great_circle_km(latitude_deg, longitude_deg, spot.latitude_deg, spot.longitude_deg)
    return LookAlike(
        bank_index=index,
        coordinate=Coordinate(latitude_deg, longitude_deg),
        similarity=float(look.similarity[index]),
        rank=int(ranks[index]),
        vote=float(votes[index]),
        distance_km=float(away),
        here=bool(here[index]),
    )
