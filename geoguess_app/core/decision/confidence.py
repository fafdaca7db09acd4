"""The confidence of an answer: its calibrated curve, out of the evidence on a photo."""

from __future__ import annotations

from geoguess_app.core.calibration.curve import ConfidenceCurve, radius_grid, within_curve
from geoguess_app.core.decision.posterior import mass_within
from geoguess_app.core.decision.types import DecisionModel, Evidence


def curve_of(evidence: Evidence, model: DecisionModel) -> ConfidenceCurve:
    """The calibrated probability that the truth lies within each radius of the answer."""
    radii = radius_grid()
    mass = mass_within(evidence.posterior, evidence.answer, radii)
    similarity = top_similarity(evidence)
    curve = within_curve(radii, mass, similarity, model.calibration, evidence.area)
    return ConfidenceCurve(radii, curve)


def top_similarity(evidence: Evidence) -> float:
    """The highest cosine similarity to a bank photo or a gallery's point; 0 without either."""
    return float(evidence.similarity.max(initial=0.0))
