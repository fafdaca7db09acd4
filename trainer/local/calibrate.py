"""Calibration of a local model, fitted on photos that it had not learned from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geoguess_app.core.calibration.model import Calibration, RetrievalWeights
from geoguess_app.core.decision.posterior import distances_km, mass_within
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.types import FloatArray, IntArray
from trainer.fitting.radii import (
    SMALLEST_KM,
    RadiusEvidence,
    error_radii_km,
    radius_shares,
    surely_within_km,
    trial_radii_km,
    within_points,
)
from trainer.fitting.recognition import LIKELIER, SILENT, level_rules, likeness_recognition
from trainer.local.area_classifier import AreaClassifier, fit_area_classifier
from trainer.local.choose import refit
from trainer.local.models import (
    PARTITION,
    CoordinatesModel,
    Model,
    SimilarPhotosModel,
    SmallCellsModel,
)
from trainer.local.negatives import NegativeExamples
from trainer.local.recipe import LocalRecipe
from trainer.local.settings import Examples, Setting
from trainer.local.spaces import PLAIN, WorldBank

TEMPERATURES = np.geomspace(0.1, 4.0, 24)


@dataclass(frozen=True, eq=False)
class LocalCalibration:
    """The calibration of a local model; without an ``area``, it speaks of likeness."""

    calibration: Calibration
    area: AreaClassifier | None


def calibrate_local(
    photos: Examples,
    fold: IntArray,
    setting: Setting,
    recipe: LocalRecipe,
    world: WorldBank | None,
    elsewhere: NegativeExamples,
    group: IntArray | None = None,
) -> LocalCalibration:
    """The calibration of a setting, on folds held out in turn; ``group`` (n) as photos were divided
    by, each of which lies in one fold."""
    models = [
        (refit(photos.take(fold != number), setting, recipe, world), fold == number)
        for number in np.unique(fold)
    ]
    calibration = _radii(models, photos, fold, setting, group)
    if recipe.elsewhere_share <= 0.0:
        return LocalCalibration(calibration, None)
    area = fit_area_classifier(photos.features, fold, elsewhere, recipe.elsewhere_share)
    if area is not None:
        known, lowest = area.recognition, area.threshold
    else:
        known, lowest = likeness_recognition(_tops(models, photos)), LIKELIER
    levels = level_rules(lowest, surely_within_km(calibration))
    return LocalCalibration(replace(calibration, recognition=known, levels=levels), area)


def _radii(
    models: list[tuple[Model, np.ndarray]],
    photos: Examples,
    fold: IntArray,
    setting: Setting,
    group: IntArray | None,
) -> Calibration:
    """P(right within R), if the photo shows the area."""
    errors = np.zeros(photos.size)
    truth = unit_vectors(photos.latitude_deg, photos.longitude_deg)
    for model, out in models:
        errors[out] = distances_km(model.answers(photos.features[out]), truth[out])
    temperature = setting.temperature or 0.05
    silent = SILENT if setting.kind == "cells" else 0.0
    start = Calibration(
        retrieval=RetrievalWeights(temperature, temperature, bias=silent),
        smallest_radius_km=SMALLEST_KM,
    )
    if setting.kind == "regression":
        return replace(start, regression_radii_km=error_radii_km(errors, group))
    if setting.kind == "cells":
        found = fit_temperature(models, photos)
        models = [
            (replace(model, temperature=found), out)
            for model, out in models
            if isinstance(model, SmallCellsModel)
        ]
        start = replace(start, temperatures={PARTITION: found})
    radii = trial_radii_km(errors)
    held = _held_out(models, photos, radii)
    shares = radius_shares(held, radii, fold, group)
    return replace(start, within=within_points(held, radii), radius_shares=shares)


def _tops(models: list[tuple[Model, np.ndarray]], photos: Examples) -> FloatArray:
    """Similarity (n) to the most similar photo that was learned from, as the bundle will compare:
    in the space of a model that answers so, else by the features as they are."""
    tops = np.zeros(photos.size)
    for model, out in models:
        space = model.space if isinstance(model, SimilarPhotosModel) else PLAIN
        bank = photos.features[~out].photos(space)
        tops[out] = (photos.features[out].photos(space) @ bank.T).max(axis=1)
    return tops


def fit_temperature(models: list[tuple[Model, np.ndarray]], photos: Examples) -> float:
    """The softmax temperature of cells with the smallest negative log-likelihood of the truth."""
    losses = np.zeros(len(TEMPERATURES))
    for model, out in models:
        assert isinstance(model, SmallCellsModel)
        asked = photos.take(out)
        own = model.partition.class_at(asked.latitude_deg, asked.longitude_deg)
        rows = np.flatnonzero(own >= 0)
        for index, temperature in enumerate(TEMPERATURES):
            softened = replace(model, temperature=float(temperature))
            found = softened.probabilities(asked.features)[rows, own[rows]]
            losses[index] -= float(np.log(found + 1e-12).sum())
    return round(float(TEMPERATURES[losses.argmin()]), 3)


def _held_out(
    models: list[tuple[Model, np.ndarray]], photos: Examples, radii: FloatArray
) -> RadiusEvidence:
    truth = unit_vectors(photos.latitude_deg, photos.longitude_deg)
    errors, tops = np.zeros(photos.size), np.zeros(photos.size)
    masses = np.zeros((photos.size, len(radii)))
    for model, out in models:
        assert not isinstance(model, CoordinatesModel)
        features = photos.features[out]
        answers, posteriors = model.answers(features), model.posteriors(features)
        errors[out] = distances_km(answers, truth[out])
        masses[out] = [
            mass_within(posterior, answer, radii)
            for posterior, answer in zip(posteriors, answers, strict=True)
        ]
        if isinstance(model, SimilarPhotosModel):
            tops[out] = model.similarities(features.photos(model.space)).max(axis=1)
    return RadiusEvidence(errors, masses, tops)
