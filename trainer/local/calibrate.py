"""How sure a local model may be, fitted on photos that it had not learned from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geoguess_app.core.calibration import (
    Calibration,
    LevelRule,
    Recognition,
    RetrievalWeights,
    WithinPoint,
    logit,
)
from geoguess_app.core.posterior import distances_km, mass_within
from geoguess_app.core.sphere import unit_vectors
from geoguess_app.core.types import FloatArray, IntArray, Level
from trainer.local.choose import refit
from trainer.local.elsewhere import ENOUGH, Elsewhere
from trainer.local.kinds import Examples, Setting
from trainer.local.models import PARTITION, Coordinates, Model, SimilarPhotos, SmallCellsModel
from trainer.local.recipe import LocalRecipe
from trainer.local.spaces import World
from trainer.logistic import fit_logistic

SHARES = (0.5, 0.8, 0.95)
TEMPERATURES = np.geomspace(0.1, 4.0, 24)
FAR_KM = (25.0, 2500.0)
"""Up to here a photo from elsewhere still counts as missed."""
HERE = 0.8
"""An answer is given from this probability on that the photo shows the area at all: below it, the
circle that holds the place 4 times out of 5 would have to hold the world."""
SMALLEST_KM = 0.02
CERTAIN = 9.0
"""Log-odds of what is as good as sure."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Answers to photos by models that had not learned from them; (n) each."""

    error_km: FloatArray
    mass: FloatArray
    """(n, radii) posterior mass within each radius of the answer."""
    top: FloatArray
    """Similarity to the most similar photo; 0 without any."""


def calibrate(
    photos: Examples,
    fold: IntArray,
    setting: Setting,
    recipe: LocalRecipe,
    world: World | None,
    elsewhere: Elsewhere,
) -> Calibration:
    """The calibration of a setting, on folds held out in turn."""
    models = [
        (refit(photos.take(fold != number), setting, recipe, world), fold == number)
        for number in np.unique(fold)
    ]
    errors = np.zeros(photos.size)
    truth = unit_vectors(photos.latitude_deg, photos.longitude_deg)
    for model, out in models:
        errors[out] = distances_km(model.answers(photos.seen[out]), truth[out])
    start = Calibration(
        retrieval=RetrievalWeights(
            temperature=setting.temperature or 0.05, inside_temperature=setting.temperature or 0.05
        ),
        smallest_radius_km=SMALLEST_KM,
    )
    if setting.kind == "regression":
        return replace(start, regression_radii_km=_quantiles(errors))
    if setting.kind == "cells":
        temperature = fit_temperature(models, photos)
        models = [
            (replace(model, temperature=temperature), out)
            for model, out in models
            if isinstance(model, SmallCellsModel)
        ]
        start = replace(start, temperatures={PARTITION: temperature})
    radii = radii_of(errors)
    held = _held(models, photos, radii)
    calibration = replace(start, within=_points(held, radii))
    others = _stranger_similarities(models, elsewhere)
    if others is None or recipe.elsewhere_share <= 0.0:
        return calibration
    return replace(
        calibration,
        within=_points(held, radii, beyond=True),
        recognition=fit_recognition(held.top, others, recipe.elsewhere_share),
        levels={Level.FINE: LevelRule(FAR_KM[0], HERE)},
    )


def _quantiles(errors_km: FloatArray) -> tuple[float, float, float]:
    """Radii that hold a further error with 50, 80 and 95 % probability: the ⌈(n + 1)·share⌉-th
    smallest (split conformal prediction; Vovk, Gammerman, Shafer, 2005)."""
    ordered = np.sort(errors_km)
    ranks = [min(len(ordered), int(np.ceil((len(ordered) + 1) * share))) for share in SHARES]
    r50, r80, r95 = (max(1e-4, float(ordered[rank - 1])) for rank in ranks)
    return r50, r80, r95


def radii_of(errors_km: FloatArray) -> FloatArray:
    """Eight radii from the smaller errors to beyond the largest, km."""
    low = max(float(np.quantile(errors_km, 0.1)), 0.005)
    high = max(1.5 * float(errors_km.max()), 4.0 * low)
    return np.round(np.geomspace(low, high, 8), 5)


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


def _stranger_similarities(
    models: list[tuple[Model, np.ndarray]], elsewhere: Elsewhere
) -> FloatArray | None:
    """Similarity (m) of photos from elsewhere to the most similar photo, asked of the same models;
    None where there are too few or the models do not compare photos."""
    tops = []
    for number, (model, _) in enumerate(models):
        if not isinstance(model, SimilarPhotos):
            return None
        vectors = elsewhere.vectors(model.space)[0][number :: len(models)]
        if len(vectors):
            tops.append(model.similarities(vectors).max(axis=1))
    found = np.concatenate(tops) if tops else np.zeros(0)
    return found if len(found) >= ENOUGH else None


def fit_recognition(here: FloatArray, elsewhere: FloatArray, share: float) -> Recognition:
    """P(a photo shows the area) from its similarity to the most similar photo, when ``share`` of
    all photos asked about are from elsewhere."""
    top = np.concatenate([here, elsewhere])
    hits = np.arange(len(top)) < len(here)
    each = len(here) * share / (1.0 - share) / len(elsewhere)
    weight = np.where(hits, 1.0, each)
    centre, spread = _scale(top, weight)
    columns = np.stack([np.ones(len(top)), (top - centre) / spread], axis=1)
    bias, slope = fit_logistic(columns, hits, prior=np.zeros(2), weights=weight)
    slope = max(float(slope), 0.0)
    return Recognition(round(float(bias) - slope * centre / spread, 4), round(slope / spread, 4))


def _scale(values: FloatArray, weight: FloatArray) -> tuple[float, float]:
    """Mean and standard deviation, so that values which differ by little can still decide."""
    centre = float(np.average(values, weights=weight))
    spread = float(np.sqrt(np.average((values - centre) ** 2, weights=weight)))
    return centre, max(spread, 1e-6)


def _points(held: HeldOut, radii: FloatArray, *, beyond: bool = False) -> tuple[WithinPoint, ...]:
    """P(right within each radius); ``beyond``: the last one holds on up to ``FAR_KM``.

    All radii are fitted at once, with a bias each and slopes in common (proportional odds;
    McCullagh, 1980): fitted one by one they cross, and a rising curve through them promises the
    luckiest.
    """
    count, size = held.mass.shape
    even = np.ones(count * size)
    odds, tops = logit(held.mass).ravel(), np.repeat(held.top, size)
    middle, width = _scale(odds, even)
    centre, spread = _scale(tops, even)
    own_bias = np.tile(np.eye(size), (count, 1))
    scaled = [((odds - middle) / width)[:, None], ((tops - centre) / spread)[:, None]]
    columns = np.concatenate([own_bias, *scaled], axis=1)
    hits = (held.error_km[:, None] <= radii).ravel()
    found = fit_logistic(columns, hits, prior=np.zeros(size + 2))
    if found[size] < 0.0:  # more mass must never mean less confidence
        rest = np.delete(columns, size, axis=1)
        found = np.insert(fit_logistic(rest, hits, prior=np.zeros(size + 1)), size, 0.0)
    slope, similarity = float(found[size]) / width, float(found[size + 1]) / spread
    bias = found[:size] - slope * middle - similarity * centre
    points = [
        WithinPoint(round(float(radius), 5), *(round(v, 4) for v in (float(b), slope, similarity)))
        for radius, b in zip(radii, bias, strict=True)
    ]
    # An answer lies in the area: if the photo shows it, no error can be much larger than it.
    certain = WithinPoint(round(2.0 * float(radii[-1]), 5), CERTAIN, 0.0, 0.0)
    far = [km for km in FAR_KM if beyond and km > certain.radius_km]
    return (*points, certain, *(replace(certain, radius_km=km) for km in far))
