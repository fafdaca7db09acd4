"""Fit on held-out answers how sure the model may be: see ``core/calibration.py`` for the terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geoguess_app.core.calibration.model import Calibration, RetrievalWeights, logistic
from geoguess_app.core.decision.decide import (
    Evidence,
    fuse_crops,
    hierarchy_product,
    partition_probabilities,
    route,
    scene_probabilities,
    softmax,
    weigh,
)
from geoguess_app.core.decision.posterior import SCORE_RADII_KM, distances_km, mass_within
from geoguess_app.core.decision.retrieval import Bank, kernel_weights, margin, similarities
from geoguess_app.core.geo.sphere import lat_lon
from geoguess_app.core.ranking import highest
from geoguess_app.core.types import FloatArray, IntArray
from trainer.fitting.confidence import (
    answers_of,
    by_recognition,
    fit_candidate_share,
    fit_levels,
    fit_otherwise,
    fit_radius_shares,
    fit_within,
)
from trainer.fitting.crossfit import HeldOutFold
from trainer.fitting.logistic import fit_logistic

TEMPERATURES = np.geomspace(0.4, 6.0, 28)
EXPONENTS = np.linspace(0.2, 2.0, 10)
KERNEL_TEMPERATURES = (0.02, 0.03, 0.04, 0.05, 0.07, 0.1)
SMALLEST_MASS = 0.01
"""Added to a mass before its logarithm: one photo must not decide the fit."""


def with_calibration(held: Sequence[HeldOutFold], calibration: Calibration) -> list[HeldOutFold]:
    """The same held-out photos, decided with another calibration."""
    return [replace(h, model=replace(h.model, calibration=calibration)) for h in held]


def fit_temperatures(held: Sequence[HeldOutFold]) -> dict[str, float]:
    """Fit for each partition the the temperature with the smallest negative log-likelihood of the
    true cell (base network; photos outside all cells take no part)."""
    result = {}
    for index, partition in enumerate(held[0].model.partitions):
        losses = np.zeros(len(TEMPERATURES))
        for fold in held:
            own = _true_classes(fold, index)
            for position, temperature in enumerate(TEMPERATURES):
                for raw, label in zip(fold.raw, own, strict=True):
                    if label >= 0:
                        logits = raw.logits["base"][partition.name]
                        p = fuse_crops(softmax(logits, float(temperature)), fold.model.fusion)
                        losses[position] -= np.log(p[label] + 1e-12)
        result[partition.name] = round(float(TEMPERATURES[losses.argmin()]), 3)
    return result


def _true_classes(fold: HeldOutFold, index: int) -> np.ndarray:
    """The class of the nearest cell mean within the cell that holds the truth; -1 outside."""
    latitude, longitude = lat_lon(fold.truth)
    return np.asarray(fold.model.partitions[index].class_at(latitude, longitude))


def fit_exponent(held: Sequence[HeldOutFold]) -> float:
    """The power of the hierarchy product with the smallest negative log-likelihood."""
    losses = np.zeros(len(EXPONENTS))
    for fold in held:
        labels = _true_classes(fold, -1)
        for raw, label in zip(fold.raw, labels, strict=True):
            if label < 0:
                continue
            weights = route(scene_probabilities(raw, fold.model), fold.model)
            probabilities = partition_probabilities(raw, weights, fold.model)
            for position, exponent in enumerate(EXPONENTS):
                cells = hierarchy_product(probabilities, fold.model, float(exponent))
                losses[position] -= np.log(cells[label] + 1e-6)
    return round(float(EXPONENTS[losses.argmin()]), 3)


@dataclass(frozen=True, eq=False)
class _Masses:
    """Per held-out photo: mass of cells and of neighbours around the truth (n, radii), and the
    columns that decide the neighbours' share (n, 3): 1, similarity, margin."""

    cells: FloatArray
    neighbours: FloatArray
    columns: FloatArray


def _masses(held: Sequence[HeldOutFold], temperature: float) -> _Masses:
    cells, neighbours, columns = [], [], []
    for fold in held:
        bank = fold.model.bank
        if bank is None:
            continue
        for raw, truth in zip(fold.raw, fold.truth, strict=True):
            similarity = similarities(bank, _embedding(raw))
            chosen = highest(similarity, fold.model.neighbours)
            neighbours.append(_kernel_mass(bank, similarity, chosen, truth, temperature))
            # With no share for the neighbours, the posterior is the cells' alone.
            alone = _cells_alone(fold, raw)
            cells.append(mass_within(alone.posterior, truth, SCORE_RADII_KM))
            columns.append([1.0, similarity[chosen[0]], margin(bank, similarity, chosen)])
    return _Masses(np.array(cells), np.array(neighbours), np.array(columns))


def _kernel_mass(
    bank: Bank, similarity: FloatArray, chosen: IntArray, truth: FloatArray, temperature: float
) -> list[float]:
    """The neighbours' mass within each of the five distances of the truth."""
    kernel = kernel_weights(similarity[chosen], temperature)
    distance = distances_km(bank.vectors[chosen], truth)
    return [float(kernel[distance <= radius].sum()) for radius in SCORE_RADII_KM]


def _embedding(raw: object) -> np.ndarray:
    embedding = getattr(raw, "embedding", None)
    if embedding is None:
        raise ValueError("a bank needs embeddings")
    return np.asarray(embedding)


def _cells_alone(fold: HeldOutFold, raw: object) -> Evidence:
    weights = replace(fold.model.calibration.retrieval, bias=-50.0, similarity=0.0, margin=0.0)
    calibration = replace(fold.model.calibration, retrieval=weights)
    return weigh(raw, replace(fold.model, calibration=calibration))  # type: ignore[arg-type]


def fit_retrieval(held: Sequence[HeldOutFold], inside_temperature: float) -> RetrievalWeights:
    """Kernel temperature and the neighbours' share by maximum likelihood of the truth.

    The likelihood of a photo is the mean over the five distances of log(mass around the truth),
    the mass being the mixture of cells and neighbours; so a share pays exactly where neighbours
    know more than the cells.
    """
    best: tuple[float, RetrievalWeights] | None = None
    first = _masses(held, KERNEL_TEMPERATURES[0])
    for temperature in KERNEL_TEMPERATURES:
        masses = (
            first if temperature == KERNEL_TEMPERATURES[0] else _reweigh(held, temperature, first)
        )
        value, coefficients = _climb(masses)
        if best is None or value > best[0]:
            bias, similarity, margin_weight = (round(float(c), 4) for c in coefficients)
            best = (
                value,
                RetrievalWeights(temperature, inside_temperature, bias, similarity, margin_weight),
            )
    assert best is not None
    return best[1]


def _reweigh(held: Sequence[HeldOutFold], temperature: float, first: _Masses) -> _Masses:
    """The same masses with another kernel temperature; those of the cells do not change."""
    neighbours = []
    for fold in held:
        bank = fold.model.bank
        if bank is None:
            continue
        for raw, truth in zip(fold.raw, fold.truth, strict=True):
            similarity = similarities(bank, _embedding(raw))
            chosen = highest(similarity, fold.model.neighbours)
            neighbours.append(_kernel_mass(bank, similarity, chosen, truth, temperature))
    return _Masses(first.cells, np.array(neighbours), first.columns)


def _climb(masses: _Masses, steps: int = 400) -> tuple[float, FloatArray]:
    """Expectation-maximisation: whose mass explains the truth, and a logistic fit of that."""
    coefficients = np.zeros(masses.columns.shape[1])
    prior = np.zeros_like(coefficients)
    value = -np.inf
    for _ in range(min(steps, 60)):
        share = logistic(masses.columns @ coefficients)[:, None]
        theirs = share * (masses.neighbours + SMALLEST_MASS)
        total = theirs + (1.0 - share) * (masses.cells + SMALLEST_MASS)
        value = float(np.log(total).mean())
        responsibility = (theirs / total).mean(axis=1)
        coefficients = fit_logistic(
            masses.columns, responsibility, prior=prior, shrinkage=0.1, steps=10
        )
    return value, coefficients


def of_rows_below(held: Sequence[HeldOutFold], limit: int) -> list[HeldOutFold]:
    """Keep the held-out photos among the first ``limit`` rows of the geo table."""
    return [fold.take(np.flatnonzero(fold.rows < limit)) for fold in held]


def fit_calibration(
    held: Sequence[HeldOutFold], start: Calibration, judged_below: int
) -> Calibration:
    """Fit everything in turn, each on top of what was fitted before; the confidence on the photos
    of rows below ``judged_below``."""
    calibration = replace(start, temperatures=fit_temperatures(held))
    calibration = replace(
        calibration, hierarchy_exponent=fit_exponent(with_calibration(held, calibration))
    )
    calibration = replace(
        calibration,
        retrieval=fit_retrieval(
            with_calibration(held, calibration), start.retrieval.inside_temperature
        ),
    )
    answers = answers_of(of_rows_below(with_calibration(held, calibration), judged_below))
    known = calibration.recognition
    shown, others = by_recognition(answers, known)
    calibration = replace(
        calibration,
        within=fit_within(shown),
        recognition=known and replace(known, otherwise=fit_otherwise(others)),
    )
    calibration = replace(
        calibration,
        radius_shares=fit_radius_shares(shown, calibration),
        candidate_share=fit_candidate_share(answers),
    )
    return replace(calibration, levels=fit_levels(answers, calibration))
