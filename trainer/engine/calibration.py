"""Fit on validation photos how sure a trained bundle may be, through the program's own answers."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.cells import leaf_ids, parents
from geoguess_app.core.decision.decide import BASE, RawOutputs, weigh
from geoguess_app.core.decision.posterior import PointPosterior, distances_km, mass_within
from geoguess_app.core.decision.retrieval import kernel_weights, similarities
from geoguess_app.core.geo.sphere import great_circle_km, unit_vectors
from geoguess_app.core.predictor import Predictor
from geoguess_app.core.ranking import highest
from geoguess_app.core.types import FloatArray, IntArray
from trainer.common.photo_table import COARSE_PRECISIONS
from trainer.data.training_photos import TrainingPhotos
from trainer.engine.decoding import decode_photos
from trainer.fitting import crossfit
from trainer.fitting.confidence import answers_of, fit_candidate_share, fit_levels, fit_within
from trainer.fitting.radii import (
    SMALLEST_KM,
    RadiusEvidence,
    error_radii_km,
    radius_shares,
    trial_radii_km,
    within_points,
)
from trainer.fitting.recognition import SILENT
from trainer.fitting.temperatures import fit_exponent, fit_temperatures, with_calibration

log = logging.getLogger(__name__)

MOST_PHOTOS = 2000
"""More validation photos than these change no temperature."""
FEWEST_PHOTOS, FEWEST_OF_A_TOWN = 5, 2
"""Of a town little is fitted, and that little gives way the more, the fewer photos there are."""
_SPOT_LEVEL, _FOLDS = 18, 5
"""Spots of about 30 m; folds of them that radii are checked on."""
_SPREAD_KM = 0.01
"""Photos of one spot are some metres apart."""


def calibrate_bundle(
    predictor: Predictor, photos: TrainingPhotos, threads: int, *, local: bool = False
) -> Calibration | None:
    """The calibration of a bundle of any kind, on validation photos; None when there are too few
    of them. ``local``: its area is a town, so that metres count."""
    kept, raw = [], []
    for row, outputs in _outputs(predictor, photos, threads):
        kept.append(row)
        raw.append(outputs)
    if len(raw) < (FEWEST_OF_A_TOWN if local else FEWEST_PHOTOS):
        log.warning(
            "There are too few validation photos to calibrate on: the model's radii are guesses."
        )
        return None
    chosen = photos.take(np.array(kept))
    kind = predictor.bundle.manifest.kind
    if kind == "cells":
        return _cells(predictor, chosen, tuple(raw), local=local)
    if kind == "regression":
        return _regression(predictor, chosen, raw)
    return _neighbours(predictor, chosen, raw)


def _outputs(
    predictor: Predictor, photos: TrainingPhotos, threads: int
) -> Iterator[tuple[int, RawOutputs]]:
    """Row and outputs of each readable photo."""
    chunks = decode_photos(
        photos.pictures("val"), predictor.prepare, lambda row: None, threads=threads
    )
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


def _cells(
    predictor: Predictor, photos: TrainingPhotos, raw: tuple[RawOutputs, ...], *, local: bool
) -> Calibration:
    """Temperatures, the hierarchy's exponent, and P(right within R)."""
    model = predictor.decision_model
    exact = np.array([p not in COARSE_PRECISIONS for p in photos.precision])
    truth = unit_vectors(photos.latitude_deg, photos.longitude_deg)
    rows = np.arange(photos.size)
    held = [crossfit.HeldOutFold(model, rows, raw, truth, exact, source=rows)]
    calibration = replace(model.calibration, temperatures=fit_temperatures(held))
    held = with_calibration(held, calibration)
    calibration = replace(calibration, hierarchy_exponent=fit_exponent(held))
    held = with_calibration(held, calibration)
    if local:
        found = [weigh(outputs, held[0].model) for outputs in raw]
        # A bank that joins later says how alike a photo is, and nothing of where.
        silent = replace(calibration.retrieval, bias=SILENT)
        start = replace(calibration, smallest_radius_km=SMALLEST_KM, retrieval=silent)
        answers = [(one.posterior, one.answer, 0.0) for one in found]
        return _within(start, photos, answers)
    answered = answers_of(held)
    calibration = replace(
        calibration, within=fit_within(answered), candidate_share=fit_candidate_share(answered)
    )
    return replace(calibration, levels=fit_levels(answered, calibration))


def _regression(predictor: Predictor, photos: TrainingPhotos, raw: list[RawOutputs]) -> Calibration:
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
    calibration = predictor.decision_model.calibration
    return replace(calibration, regression_radii_km=error_radii_km(errors, _spots(photos)))


def _neighbours(predictor: Predictor, photos: TrainingPhotos, raw: list[RawOutputs]) -> Calibration:
    """P(right within R) from the neighbours' mass there."""
    model, retrieval = predictor.decision_model, predictor.bundle.manifest.retrieval
    assert model.bank is not None
    assert retrieval is not None
    found = []
    for outputs in raw:
        assert outputs.embedding is not None
        similarity = similarities(model.bank, outputs.embedding)
        chosen = highest(similarity, model.neighbours)
        weights = kernel_weights(similarity[chosen], retrieval.temperature)
        vectors = model.bank.vectors[chosen]
        spread = np.full(len(chosen), _SPREAD_KM)
        posterior = PointPosterior(vectors, weights, spread, model.bank.fine_class[chosen])
        mean = weights @ vectors
        answer = mean / max(float(np.linalg.norm(mean)), 1e-12)
        found.append((posterior, answer, float(similarity[chosen[0]])))
    return _within(model.calibration, photos, found)


def _within(
    start: Calibration,
    photos: TrainingPhotos,
    found: Sequence[tuple[PointPosterior, FloatArray, float]],
) -> Calibration:
    """P(right within R), at radii from the errors themselves; ``found``: where each photo may be,
    the answer, and its similarity to the most similar photo."""
    truth = unit_vectors(photos.latitude_deg, photos.longitude_deg)
    errors = distances_km(np.array([answer for _, answer, _ in found]), truth)
    radii = trial_radii_km(errors)
    masses = [mass_within(posterior, answer, radii) for posterior, answer, _ in found]
    held = RadiusEvidence(errors, np.array(masses), np.array([top for _, _, top in found]))
    spot = _spots(photos)
    shares = radius_shares(held, radii, spot % _FOLDS, spot)
    return replace(start, within=within_points(held, radii), radius_shares=shares)


def _spots(photos: TrainingPhotos) -> IntArray:
    """A number (n) for each photo, the same for the photos of a spot."""
    spot = parents(leaf_ids(photos.latitude_deg, photos.longitude_deg), _SPOT_LEVEL)
    return np.asarray(np.unique(spot, return_inverse=True)[1], dtype=np.int64)
