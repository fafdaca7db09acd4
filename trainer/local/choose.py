"""The choice of the best kind and setting, on photos that are held out in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geoguess_app.core.decision.posterior import distances_km
from geoguess_app.core.format import distance, plain_spaces
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.types import FloatArray, IntArray
from trainer.local.models import Model, fit_middle, fit_model
from trainer.local.recipe import LocalRecipe
from trainer.local.settings import KIND_WORDS, AnsweringModel, Examples, Setting
from trainer.local.spaces import (
    PLAIN,
    FeatureSpace,
    SpaceName,
    WorldBank,
    make_feature_space,
    spaces_of,
)

_DRAWS = 300


@dataclass(frozen=True, eq=False)
class Trial:
    """A setting and how far off its answers were on photos that it had not learned from."""

    setting: Setting
    errors_m: FloatArray

    @property
    def median_m(self) -> float:
        """Return the figure by which settings are chosen."""
        return float(np.median(self.errors_m))

    @property
    def mean_m(self) -> float:
        """The mean error in metres, for people to read."""
        return float(self.errors_m.mean())


@dataclass(frozen=True, eq=False)
class ModelChoice:
    """All trials, the smallest median first, the chosen one, and the floor's errors."""

    trials: tuple[Trial, ...]
    best: Trial
    floor_m: FloatArray
    folds: int
    noise_m: float
    """Standard error of the smallest median: less than that is no difference."""

    @property
    def beats_floor(self) -> bool:
        """Tell whether anything was learned that shows in more than noise."""
        return self.best.median_m < float(np.median(self.floor_m)) - self.noise_m

    def best_of_each_kind(self) -> list[Trial]:
        """The best trial of every kind, the chosen one first."""
        first: dict[str, Trial] = {self.best.setting.kind: self.best}
        for trial in self.trials:
            first.setdefault(trial.setting.kind, trial)
        return list(first.values())

    def sentence(self) -> str:
        """Say why it was chosen, in one line."""
        best, floor = self.best, float(np.median(self.floor_m))
        others = [
            f"{KIND_WORDS[trial.setting.kind]} {_length(trial.median_m)}"
            for trial in self.best_of_each_kind()[1:]
        ]
        text = (
            f"Chosen: {KIND_WORDS[best.setting.kind]} ({best.setting.words}), because half of the "
            f"{best.errors_m.size} held-out photos were placed within {_length(best.median_m)}"
        )
        compared = [*others, f"the middle of all photos {_length(floor)}"]
        text = f"{text} ({', '.join(compared)})"
        return f"{text}."


def _length(metres: float) -> str:
    return plain_spaces(distance(metres / 1000))


@dataclass(frozen=True, eq=False)
class FoldErrors:
    """Errors in metres on the photos of the folds so far, by setting, and the floor's."""

    errors_m: Mapping[Setting, FloatArray]
    floor_m: FloatArray


def errors_m(answers: FloatArray, photos: Examples) -> FloatArray:
    """Distances in metres between unit vectors (n, 3) and where the photos were taken."""
    truth = unit_vectors(photos.latitude_deg, photos.longitude_deg)
    return 1000.0 * distances_km(answers, truth)


def choose_setting(
    photos: Examples,
    fold: IntArray,
    tried: Sequence[Setting],
    recipe: LocalRecipe,
    world: WorldBank | None = None,
    on_fit: Callable[[], object] = lambda: None,
    on_fold: Callable[[FoldErrors], object] = lambda answered: None,
) -> ModelChoice:
    """Try every setting: each fold is answered by a model that learned from the others.

    ``on_fit`` is called after each fit, ``on_fold`` after each fold.
    """
    photos.features.crops(PLAIN if world is None else world.space)  # once, not for every fold
    errors = {setting: np.zeros(photos.size) for setting in tried}
    floor = np.zeros(photos.size)
    for number in np.unique(fold):
        out = fold == number
        learned, asked = photos.take(~out), photos.take(out)
        spaces = _spaces(learned, recipe, world)
        for setting in tried:
            model: AnsweringModel = fit_model(learned, setting, spaces[setting.space])
            errors[setting][out] = errors_m(model.answers(asked.features), asked)
            on_fit()
        floor[out] = errors_m(fit_middle(learned).answers(asked.features), asked)
        done = fold <= number
        on_fold(FoldErrors({name: all_[done] for name, all_ in errors.items()}, floor[done]))
    trials = [Trial(setting, values) for setting, values in errors.items()]
    trials.sort(key=lambda trial: trial.median_m)
    noise = median_noise(trials[0].errors_m, recipe.split.seed)
    return ModelChoice(tuple(trials), trials[0], floor, int(fold.max()) + 1, noise)


def median_noise(values: FloatArray, seed: int) -> float:
    """The standard error of a median, by the bootstrap."""
    random = np.random.default_rng(seed)
    drawn = random.integers(0, values.size, (_DRAWS, values.size))
    return float(np.median(values[drawn], axis=1).std())


def _spaces(
    photos: Examples, recipe: LocalRecipe, world: WorldBank | None
) -> Mapping[SpaceName, FeatureSpace]:
    choice = recipe.spaces
    return spaces_of(photos.features, choice.names, world, choice.size, choice.whitening)


def refit(
    photos: Examples, setting: Setting, recipe: LocalRecipe, world: WorldBank | None
) -> Model:
    """A setting learned from all of the photos."""
    choice = recipe.spaces
    space = make_feature_space(setting.space, photos.features, world, choice.size, choice.whitening)
    return fit_model(photos, setting, space)
