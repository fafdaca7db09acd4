"""Reports of a build of a local model to people, and the figures it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geoguess_app.core.format import distance, plain_spaces
from geoguess_app.core.types import FloatArray
from trainer.data.filters import REASONS
from trainer.data.leaks import find_leaks
from trainer.local.choose import FoldErrors, ModelChoice
from trainer.local.divide import PhotoDivision
from trainer.local.recipe import LocalRecipe
from trainer.local.settings import KIND_WORDS
from trainer.local.usable_photos import REPORT_FOLDER, UsablePhotos, spread_m

if TYPE_CHECKING:
    from trainer.local.build import LocalInputs

WIDE_M, WORLDWIDE_M = 50_000.0, 1_000_000.0
NO_BETTER = (
    "Warning: no setting is clearly better than answering every photo with the middle of all "
    "photos. More photos of more places would help. The model is written anyway."
)


def photos_text(found: UsablePhotos, work: Path) -> str:
    """Return what became of the photos."""
    lines = [f"{found.size:,} of {found.counted:,} photos can be used."]
    for reason, count in found.dropped.items():
        lines.append(f"  {count:>6,}  {REASONS.get(reason, reason)}")
    half, most = spread_m(found)
    lines.append(
        f"Half of them are within {length_text(half)} of the middle photo, 95% within "
        f"{length_text(most)}. "
        f"Report: {work / REPORT_FOLDER / 'report.md'}"
    )
    if most > WORLDWIDE_M:
        lines.append(
            "That is not one area, and a local model of it will be poor: keep only the photos "
            "around the middle with --within KM, or train a worldwide model "
            "(geoguess-train recipes)."
        )
    elif most > WIDE_M:
        lines.append(
            "That is a large area for a local model; to keep only the photos around the middle, "
            "add --within KM."
        )
    return "\n".join(lines)


def division_text(facts: Mapping[str, Any]) -> str:
    """Return how the photos were divided, and whether that leaks."""
    lines = [
        f"Split {facts['words']}: {facts['train']:,} for training and choosing, "
        f"{facts['test']:,} set aside for the test."
    ]
    return "\n".join(lines + [f"  {leak}" for leak in facts["leaks"]])


def division_facts(division: PhotoDivision, found: UsablePhotos) -> dict[str, Any]:
    """The same for programs."""
    photos = found.photos
    split = np.where(division.test, 2, 0).astype(np.int8)
    names = _Names(photos.names)
    leaks = find_leaks(
        split,
        names,
        photos.latitude_deg,
        photos.longitude_deg,
        hashes=photos.perceptual,
        hashed=photos.hashed,
    )
    test = int(division.test.sum())
    return {
        "words": division.words,
        "train": len(photos.names) - test,
        "test": test,
        "leaks": [leak.sentence() for leak in leaks if leak.photos and leak.source == "train"],
    }


def trial_facts(answered: FoldErrors) -> dict[str, Any]:
    """The best median error in metres of each kind so far, on how many photos, and the floor's."""
    best: dict[str, float] = {}
    for setting, errors in answered.errors_m.items():
        median = round(float(np.median(errors)), 1)
        kind = KIND_WORDS[setting.kind]
        best[kind] = min(median, best.get(kind, median))
    floor = round(float(np.median(answered.floor_m)), 1)
    return {"photos": int(answered.floor_m.size), "median_m": best, "floor_m": floor}


class _Names:
    """Texts by row, as the leak report asks for them."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def __getitem__(self, row: int) -> _Name:
        return _Name(self._names[row])


class _Name(str):
    __slots__ = ()

    def as_py(self) -> str:
        """The text."""
        return str(self)


def trials_table(choice: ModelChoice) -> str:
    """The best of each kind beside the floor."""
    lines = [
        f"{'on held-out photos, m':<24}{'median':>8}{'mean':>8}   best of {len(choice.trials)} "
        f"settings, {choice.folds} folds"
    ]
    for trial in choice.best_of_each_kind():
        lines.append(
            f"  {KIND_WORDS[trial.setting.kind]:<22}{trial.median_m:>8.0f}{trial.mean_m:>8.0f}   "
            f"{trial.setting.words}"
        )
    floor = choice.floor_m
    lines.append(
        f"  {'middle of all photos':<22}{np.median(floor):>8.0f}{floor.mean():>8.0f}   the floor"
    )
    return "\n".join(lines)


def error_figures(errors_m: FloatArray) -> dict[str, float]:
    """Mean and median error in metres."""
    return {
        "photos": int(errors_m.size),
        "mean_m": round(float(errors_m.mean()), 1),
        "median_m": round(float(np.median(errors_m)), 1),
    }


def build_facts(
    recipe: LocalRecipe, inputs: LocalInputs, division: PhotoDivision, choice: ModelChoice
) -> dict[str, Any]:
    """Return how the model came about, for bundle and card."""
    kept = int((~division.test).sum())
    return {
        "task": "local",
        "trunk": recipe.trunk.architecture,
        "trunk_started_from": inputs.trunk.origin,
        "training_photos": kept,
        "test_photos": int(division.test.sum()),
        "split": division.words,
        "chosen": choice.sentence().removeprefix("Chosen: "),
        "candidates_median_m": {
            KIND_WORDS[trial.setting.kind]: round(trial.median_m, 1)
            for trial in choice.best_of_each_kind()
        }
        | {"middle of all photos": round(float(np.median(choice.floor_m)), 1)},
        "seed": recipe.split.seed,
    }


def outcome_text(found: Mapping[str, Any]) -> str:
    """The error in metres, and how far the radii hold."""
    if "median_m" not in found:
        return "No test photo could be located, so the model's error is unknown."
    floor, other = found["floor_mean_point"], found["other_split"]
    lines = [
        f"{'on test photos, m':<24}{'median':>8}{'mean':>8}",
        _row("this model", found, f"{found['photos']} photos, {found['split']}"),
        _row("middle of all photos", floor, "the floor"),
        _row("nearest photo", found["ceiling_nearest_photo"], "the best that memory alone can do"),
        _row("divided the other way", other, f"{other['photos']} photos, {other['split']}"),
        _row("its floor", other["floor_mean_point"], ""),
    ]
    inside, count = found["inside_50_80_95"], found["photos"]
    lines.append(
        f"Within the 50% radius: {inside[0]} of {count}; 80%: {inside[1]}; 95%: {inside[2]}."
    )
    strangers = found.get("elsewhere")
    if strangers:
        lines.append(
            f'"Cannot tell" to {strangers["cannot_tell"]} of {strangers["photos"]} photos from '
            f"elsewhere, and to {found['cannot_tell']} of {count} test photos."
        )
    else:
        lines.append(
            "How well it recognises photos from elsewhere was not measured: there were none."
        )
    return "\n".join(lines)


def _row(name: str, found: Mapping[str, Any], words: str) -> str:
    return f"  {name:<22}{found['median_m']:>8.0f}{found['mean_m']:>8.0f}   {words}".rstrip()


def length_text(length_m: float) -> str:
    """Write a length in metres for people."""
    return plain_spaces(distance(length_m / 1000))
