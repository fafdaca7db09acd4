"""Fit on validation photos how sure a trained bundle may be, through the program's own answers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from geoguess_app.core.calibration import Calibration, WithinPoint, logit
from geoguess_app.core.decision import BASE, RawOutputs
from geoguess_app.core.posterior import PointPosterior, distances_km, mass_within
from geoguess_app.core.predictor import Predictor
from geoguess_app.core.retrieval import kernel_weights, nearest, similarities
from geoguess_app.core.sphere import great_circle_km, unit_vectors
from geoguess_app.core.types import FloatArray
from trainer.calibrate import fit_exponent, fit_temperatures, with_calibration
from trainer.confidence import answers_of, fit_levels, fit_within
from trainer.crossfit import HeldOut
from trainer.engine.decoding import decoded
from trainer.engine.photos import Photos
from trainer.logistic import fit_logistic
from trainer.photo_table import COARSE_PRECISIONS

LOG = logging.getLogger(__name__)

MOST_PHOTOS = 2000
"""More validation photos than these change no temperature."""
FEWEST_PHOTOS = 5
_SHARES = (0.5, 0.8, 0.95)
_SPREAD_KM = 0.01
"""Photos of one spot are some metres apart."""


def calibrate_bundle(predictor: Predictor, photos: Photos, threads: int) -> Calibration | None:
    """The calibration of a bundle of any kind, on validation photos; None when there are too few
    of them."""
    kept, raw = [], []
    for row, outputs in _outputs(predictor, photos, threads):
        kept.append(row)
        raw.append(outputs)
    if len(raw) < FEWEST_PHOTOS:
        LOG.warning("Too few validation photos to calibrate on: the model's radii are guesses.")
        return None
    chosen = photos.take(np.array(kept))
    kind = predictor.bundle.manifest.kind
    if kind == "cells":
        return _cells(predictor, chosen, tuple(raw))
    if kind == "regression":
        return _regression(predictor, chosen, raw)
    return _neighbours(predictor, chosen, raw)


def _outputs(
    predictor: Predictor, photos: Photos, threads: int
) -> Iterator[tuple[int, RawOutputs]]:
    """Row and outputs of each readable photo."""
    chunks = decoded(photos.pictures("val"), predictor.prepare, lambda row: None, threads=threads)
    for chunk in chunks:
        yield from _run(predictor, chunk)


def _run(
    predictor: Predictor, chunk: list[tuple[int, np.ndarray]]
) -> Iterator[tuple[int, RawOutputs]]:
    run = predictor.engine.run(np.concatenate([crops for _, crops in chunk]))
    start = 0
    for row, crops in chunk:
        rows = np.arange(start, start + len(crops))
        start += len(crops)
        raw = predictor.raw_outputs(run, rows)
        if predictor.bundle.manifest.kind == "cells" and BASE not in raw.logits:
            raw = replace(raw, logits={**raw.logits, BASE: run.logits(BASE, rows)})
        yield row, raw


def _cells(predictor: Predictor, photos: Photos, raw: tuple[RawOutputs, ...]) -> Calibration:
    model = predictor.decision_model
    exact = np.array([precision not in COARSE_PRECISIONS for precision in photos.precision])
    truth = unit_vectors(photos.latitude_deg, photos.longitude_deg)
    held = [HeldOut(model, np.arange(photos.size), raw, truth, exact)]
    calibration = replace(model.calibration, temperatures=fit_temperatures(held))
    held = with_calibration(held, calibration)
    calibration = replace(calibration, hierarchy_exponent=fit_exponent(held))
    answers = answers_of(with_calibration(held, calibration))
    calibration = replace(calibration, within=fit_within(answers))
    return replace(calibration, levels=fit_levels(answers, calibration))


def _regression(predictor: Predictor, photos: Photos, raw: list[RawOutputs]) -> Calibration:
    config = predictor.bundle.manifest.regression
    assert config is not None
    given = np.array([outputs.logits[BASE]["coordinates"].mean(axis=0) for outputs in raw])
    degrees = given * np.array(config.std) + np.array(config.mean)
    errors = great_circle_km(
        np.clip(degrees[:, 0], -90.0, 90.0),
        degrees[:, 1],
        photos.latitude_deg,
        photos.longitude_deg,
    )
    r50, r80, r95 = (max(1e-4, float(np.quantile(errors, share))) for share in _SHARES)
    calibration = predictor.decision_model.calibration
    return replace(calibration, regression_radii_km=(r50, r80, r95))


def _neighbours(predictor: Predictor, photos: Photos, raw: list[RawOutputs]) -> Calibration:
    """P(right within R) from the neighbours' mass there, at radii from the errors themselves."""
    model, retrieval = predictor.decision_model, predictor.bundle.manifest.retrieval
    assert model.bank is not None
    assert retrieval is not None
    truth = unit_vectors(photos.latitude_deg, photos.longitude_deg)
    posteriors, answers, tops = [], [], []
    for outputs in raw:
        assert outputs.embedding is not None
        similarity = similarities(model.bank, outputs.embedding)
        chosen = nearest(similarity, model.neighbours)
        weights = kernel_weights(similarity[chosen], retrieval.temperature)
        vectors = model.bank.vectors[chosen]
        spread = np.full(len(chosen), _SPREAD_KM)
        posteriors.append(PointPosterior(vectors, weights, spread, model.bank.fine_class[chosen]))
        mean = weights @ vectors
        answers.append(mean / max(float(np.linalg.norm(mean)), 1e-12))
        tops.append(float(similarity[chosen[0]]))
    errors = distances_km(np.array(answers), truth)
    radii = _radii(errors)
    masses = np.array([mass_within(p, a, radii) for p, a in zip(posteriors, answers, strict=True)])
    points = tuple(
        _point(float(radius), masses[:, column], np.array(tops), errors <= radius)
        for column, radius in enumerate(radii)
    )
    return replace(model.calibration, within=points)


def _radii(errors_km: FloatArray) -> FloatArray:
    low = max(float(np.quantile(errors_km, 0.1)), 0.005)
    high = max(2.0 * float(errors_km.max()), 4.0 * low)
    return np.round(np.geomspace(low, high, 8), 5)


def _point(radius: float, mass: FloatArray, top: FloatArray, hits: np.ndarray) -> WithinPoint:
    columns = np.stack([np.ones(len(mass)), logit(mass), top], axis=1)
    prior = np.array([0.0, 1.0, 0.0])
    bias, slope, similarity = fit_logistic(columns, hits, prior=prior)
    if slope < 0.0:  # more mass must never mean less confidence
        bias, similarity = fit_logistic(columns[:, [0, 2]], hits, prior=prior[[0, 2]])
        slope = 0.0
    return WithinPoint(
        radius, round(float(bias), 4), round(float(slope), 4), round(float(similarity), 4)
    )
