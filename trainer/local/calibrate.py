"""How sure a local model may be, fitted on photos that it had not learned from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geoguess_app.core.calibration.model import Calibration, RetrievalWeights
from geoguess_app.core.decision.posterior import distances_km, mass_within
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.types import FloatArray, IntArray
from trainer.fitting.radii import (
    SMALLEST_KM,
    HeldOut,
    points_of,
    quantiles,
    radii_of,
    radius_shares,
    surely_within_km,
)
from trainer.fitting.recognition import LIKELIER, SILENT, by_likeness, rule
from trainer.local.area import Area, fit_area_head
from trainer.local.choose import refit
from trainer.local.elsewhere import Elsewhere
from trainer.local.kinds import Examples, Setting
from trainer.local.models import PARTITION, Coordinates, Model, SimilarPhotos, SmallCellsModel
from trainer.local.recipe import LocalRecipe
from trainer.local.spaces import PLAIN, World

TEMPERATURES = np.geomspace(0.1, 4.0, 24)


@dataclass(frozen=True, eq=False)
class Fitted:
    """How sure a model may be; without an ``area``, the calibration speaks of likeness."""

    calibration: Calibration
    area: Area | None


def calibrate(
    photos: Examples,
    fold: IntArray,
    setting: Setting,
    recipe: LocalRecipe,
    world: World | None,
    elsewhere: Elsewhere,
    group: IntArray | None = None,
) -> Fitted:
    """The calibration of a setting, on folds held out in turn; ``group`` (n) as photos were divided
    by, each of which lies in one fold."""
    models = [
        (refit(photos.take(fold != number), setting, recipe, world), fold == number)
        for number in np.unique(fold)
    ]
    calibration = _radii(models, photos, fold, setting, group)
    if recipe.elsewhere_share <= 0.0:
        return Fitted(calibration, None)
    area = fit_area_head(photos.seen, fold, elsewhere, recipe.elsewhere_share)
    if area is not None:
        known, lowest = area.recognition, area.answered_from
    else:
        known, lowest = by_likeness(_tops(models, photos)), LIKELIER
    levels = rule(lowest, surely_within_km(calibration))
    return Fitted(replace(calibration, recognition=known, levels=levels), area)


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
        errors[out] = distances_km(model.answers(photos.seen[out]), truth[out])
    temperature = setting.temperature or 0.05
    silent = SILENT if setting.kind == "cells" else 0.0
    start = Calibration(
        retrieval=RetrievalWeights(temperature, temperature, bias=silent),
        smallest_radius_km=SMALLEST_KM,
    )
    if setting.kind == "regression":
        return replace(start, regression_radii_km=quantiles(errors, group))
    if setting.kind == "cells":
        found = fit_temperature(models, photos)
        models = [
            (replace(model, temperature=found), out)
            for model, out in models
            if isinstance(model, SmallCellsModel)
        ]
        start = replace(start, temperatures={PARTITION: found})
    radii = radii_of(errors)
    held = _held(models, photos, radii)
    shares = radius_shares(held, radii, fold, group)
    return replace(start, within=points_of(held, radii), radius_shares=shares)


def _tops(models: list[tuple[Model, np.ndarray]], photos: Examples) -> FloatArray:
    """Similarity (n) to the most similar photo that was learned from, as the bundle will compare:
    in the space of a model that answers so, else by the features as they are."""
    tops = np.zeros(photos.size)
    for model, out in models:
        space = model.space if isinstance(model, SimilarPhotos) else PLAIN
        bank = photos.seen[~out].photos(space)
        tops[out] = (photos.seen[out].photos(space) @ bank.T).max(axis=1)
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
            found = softened.probabilities(asked.seen)[rows, own[rows]]
            losses[index] -= float(np.log(found + 1e-12).sum())
    return round(float(TEMPERATURES[losses.argmin()]), 3)


def _held(models: list[tuple[Model, np.ndarray]], photos: Examples, radii: FloatArray) -> HeldOut:
    truth = unit_vectors(photos.latitude_deg, photos.longitude_deg)
    errors, tops = np.zeros(photos.size), np.zeros(photos.size)
    masses = np.zeros((photos.size, len(radii)))
    for model, out in models:
        assert not isinstance(model, Coordinates)
        seen = photos.seen[out]
        answers, posteriors = model.answers(seen), model.posteriors(seen)
        errors[out] = distances_km(answers, truth[out])
        masses[out] = [
            mass_within(posterior, answer, radii)
            for posterior, answer in zip(posteriors, answers, strict=True)
        ]
        if isinstance(model, SimilarPhotos):
            tops[out] = model.similarities(seen.photos(model.space)).max(axis=1)
    return HeldOut(errors, masses, tops)
