"""Probabilities of an answer's candidates, which never promise more than the answer does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from geoguess_app.core.types import Candidate


def calibrated_candidates(
    candidates: Sequence[Candidate], confidence: float, share: float
) -> tuple[Candidate, ...]:
    """The candidates, the answer's own first, with their probabilities; ``share`` as below."""
    weights = [candidate.weight for candidate in candidates]
    found = candidate_probabilities(confidence, weights, share)
    return tuple(replace(c, probability=p) for c, p in zip(candidates, found, strict=True))


def candidate_probabilities(
    confidence: float, weights: Sequence[float], share: float
) -> list[float]:
    """P(the truth lies within 25 km of a candidate, and of no candidate before it), from
    their posterior ``weights``, the answer's own first; never more than 1 in sum.

    The answer has its confidence. What that leaves goes to the others by their weight among all
    cells but the answer's, times ``share`` (a calibration's ``candidate_share``); none is likelier
    than the answer.
    """
    if not weights:
        return []
    own, *others = weights
    left = (1.0 - confidence) * share / max(1.0 - own, sum(others), 1e-9)
    return [confidence, *(min(confidence, weight * left) for weight in others)]
