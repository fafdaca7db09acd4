"""Fit how a gallery's points are weighed, and how sure the answers may be, on located photos.

The gallery's networks have not seen these photos, so they need not be left out in turn for that;
they are divided into folds only where a curve is judged that was fitted to photos.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from geoguess_app.core.calibration.model import Calibration, GalleryWeights
from geoguess_app.core.decision.evidence import weigh_places
from geoguess_app.core.decision.gallery import Gallery, cosine_similarities
from geoguess_app.core.decision.posterior import SCORE_RADII_KM, distances_km, mass_within
from geoguess_app.core.types import FloatArray
from trainer.fitting.confidence import (
    answers_of,
    fit_candidate_share,
    fit_levels,
    fit_radius_shares,
    fit_within,
)
from trainer.fitting.crossfit import HeldOutFold
from trainer.fitting.temperatures import SMALLEST_MASS, with_calibration

TEMPERATURES = np.round(np.geomspace(0.5, 4.0, 13), 3)
DENSITY_EXPONENTS = (0.0, 0.25, 0.5, 0.75, 1.0)
MODES_KM = (5.0, 25.0, 100.0)
EXPONENT_FACTORS = (0.5, 1.0, 2.0)
"""Powers of the hierarchy product, over the number of partitions."""
MOST_PHOTOS = 200
"""So many photos, drawn once, choose the weights; the curves are fitted to all."""


def fit_gallery_calibration(
    held: Sequence[HeldOutFold],
    start: Calibration,
    done: Callable[[str], None] = lambda _: None,
) -> Calibration:
    """Fit everything in turn, each on top of what was fitted before; ``done`` is told the steps."""
    some = drawn(held, MOST_PHOTOS)
    done("weighing the places")
    calibration = replace(start, gallery=fit_point_weights(some), basis="photos")
    done("weighing the levels")
    calibration = _fit_modes(some, calibration)
    done("fitting the curves")
    answers = answers_of(with_calibration(held, calibration))
    calibration = replace(calibration, within=fit_within(answers))
    calibration = replace(
        calibration,
        radius_shares=fit_radius_shares(answers, calibration),
        candidate_share=fit_candidate_share(answers),
    )
    return replace(calibration, levels=fit_levels(answers, calibration))


def fit_point_weights(held: Sequence[HeldOutFold]) -> GalleryWeights:
    """Temperature and density exponent by maximum likelihood of the truth: the mean over photos
    and the five distances of log(mass of the points around the truth)."""
    losses = np.zeros((len(TEMPERATURES), len(DENSITY_EXPONENTS)))
    for fold in held:
        gallery = _gallery(fold)
        for raw, truth in zip(fold.raw, fold.truth, strict=True):
            assert raw.embedding is not None
            logits = gallery.scale * cosine_similarities(gallery, raw.embedding)
            rings = np.searchsorted(SCORE_RADII_KM, distances_km(gallery.vectors, truth))
            losses -= _likelihoods(logits, rings, gallery.log_density)
    best = np.unravel_index(losses.argmin(), losses.shape)
    return GalleryWeights(float(TEMPERATURES[best[0]]), DENSITY_EXPONENTS[int(best[1])])


def _likelihoods(logits: FloatArray, rings: np.ndarray, log_density: FloatArray) -> FloatArray:
    """Mean log(mass around the truth) for every temperature and exponent; ``rings`` (n) tells
    between which of the five distances a point lies."""
    found = np.empty((len(TEMPERATURES), len(DENSITY_EXPONENTS)))
    for column, exponent in enumerate(DENSITY_EXPONENTS):
        thinning = exponent * log_density
        for row, temperature in enumerate(TEMPERATURES):
            values = logits / temperature - thinning
            weights = np.exp(values - values.max())
            mass = np.bincount(rings, weights, len(SCORE_RADII_KM) + 1)
            within = np.cumsum(mass)[:-1] / mass.sum()
            found[row, column] = np.log(within + SMALLEST_MASS).mean()
    return found


def _fit_modes(held: Sequence[HeldOutFold], start: Calibration) -> Calibration:
    """Width of a point and power of the hierarchy product, by the posterior's mass around the
    truth at the five distances."""
    levels = len(held[0].model.partitions)
    tried = [
        replace(
            start,
            gallery=replace(start.gallery or GalleryWeights(), mode_km=mode_km),
            hierarchy_exponent=round(factor / levels, 4),
        )
        for mode_km in MODES_KM
        for factor in EXPONENT_FACTORS
    ]
    return max(tried, key=lambda calibration: _mean_log_mass(with_calibration(held, calibration)))


def _mean_log_mass(held: Sequence[HeldOutFold]) -> float:
    masses = []
    for fold in held:
        gallery = _gallery(fold)
        for raw, truth in zip(fold.raw, fold.truth, strict=True):
            assert raw.embedding is not None
            similarity = cosine_similarities(gallery, raw.embedding)
            _, _, posterior = weigh_places(similarity, gallery, fold.model)
            masses.append(mass_within(posterior, truth, SCORE_RADII_KM))
    return float(np.log(np.array(masses) + SMALLEST_MASS).mean())


def drawn(held: Sequence[HeldOutFold], most: int) -> list[HeldOutFold]:
    """Draw at most so many of the photos, the same every time, from all folds."""
    share = min(1.0, most / max(sum(len(fold.raw) for fold in held), 1))
    random = np.random.default_rng(0)
    kept = []
    for fold in held:
        count = max(1, round(share * len(fold.raw)))
        chosen = np.sort(random.permutation(len(fold.raw))[:count])
        kept.append(fold.take(chosen))
    return kept


def _gallery(fold: HeldOutFold) -> Gallery:
    gallery = fold.model.gallery
    if gallery is None:
        raise ValueError("a model without a gallery has no points to weigh")
    return gallery
