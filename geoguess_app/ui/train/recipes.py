"""The trainer's recipes, as it lists them itself, and which one suits a set of photos."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from geoguess_app.core.records.forms import decode
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.train.report import Spread

BEST_FOR_AREA = "campus-auto"
BEST_FOR_WORLD = "world"
WIDE_KM = 50.0
"""95% of the photos reach farther from the middle one: more than one area."""
FEWEST_FOR_WORLD = 5_000
_OWN_TRUNK = "efficientnet_lite2"
"""Its weights come with the trainer."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One that ``build`` takes."""

    id: str
    path: str
    task: str
    scale: str
    """"area" or "world"."""
    name: str
    description: str
    trunk: str
    weights: str = "imagenet"
    """What the trunk begins with: "imagenet", "scratch" or a file."""

    @property
    def may_lack_weights(self) -> bool:
        """Tell whether what it begins with may have to be downloaded first."""
        return self.weights != "scratch" and self.trunk != _OWN_TRUNK

    @property
    def words(self) -> str:
        """Return what it does, for somebody who knows no network."""
        return {
            "campus-auto": tr("Tries three kinds of model and keeps the best. Takes minutes."),
            "campus-clip": tr("As campus-auto, on CLIP’s features. Slow without a graphics card."),
            "campus-convnext-knn": tr("Answers from look-alikes; nothing is trained."),
            "campus-resnet18": tr("Trains a small network for coordinates."),
            "campus-resnet18-refined": tr("Trains a small network with refinement."),
            "campus-resnet50": tr("Trains a larger network. Slow without a graphics card."),
            "campus-resnet50-freeze-unfreeze": tr(
                "Trains a larger network in two phases. Slow without a graphics card."
            ),
            "world": tr(
                "Worldwide cells of three sizes. Made for millions of photos and graphics cards."
            ),
            "world-7": tr(
                "Worldwide cells of seven sizes. Made for millions of photos and graphics cards."
            ),
            "world-basic": tr("Cells of one size. Made for millions of photos."),
        }.get(self.id, self.description)


@dataclass(frozen=True, slots=True)
class TrainerFacts:
    """The facts that a trainer tells about itself."""

    recipes: tuple[Recipe, ...]
    missing: tuple[str, ...]
    """Python packages that its installation lacks."""


def read_facts(text: str) -> TrainerFacts:
    """Read the facts of ``geoguess-train recipes --json``; raises ValueError for anything else."""
    return decode(TrainerFacts, json.loads(text), ignore_unknown=True)


def read_recipe(path: Path) -> Recipe:
    """One of the user's own; raises ValueError in one sentence."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        task, model = str(data["task"]), data["model"]
        name, description = str(model["name"]), str(model["description"])
        trunk = str(data.get("trunk", {}).get("architecture", ""))
        weights = str(data.get("trunk", {}).get("weights", "imagenet"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(
            tr("{file} is not a valid recipe ({why}).").format(file=path, why=error)
        ) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            tr("{file} is not a recipe: task or model is missing.").format(file=path)
        ) from error
    return Recipe(path.stem, str(path), task, "", name, description, trunk, weights)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A recipe for a set, why, and how far from the middle photos should count (0: all)."""

    recipe: str
    why: str
    within_km: float = 0.0


def suggest(kept: int, spread: Spread) -> Suggestion:
    """Return what suits so many photos, so far apart."""
    if spread.most_km <= WIDE_KM:
        why = tr("Your photos are from one area, which this recipe is made for.")
        return Suggestion(BEST_FOR_AREA, why)
    if kept >= FEWEST_FOR_WORLD:
        why = tr("Your photos are far apart, so worldwide cells suit them.")
        return Suggestion(BEST_FOR_WORLD, why)
    why = tr(
        "Your photos are far apart, and {count} are too few for a worldwide model. Use "
        "only one area, around the central photo."
    ).format(count=f"{kept:,}")
    return Suggestion(BEST_FOR_AREA, why, WIDE_KM)


def order_recipes(recipes: Sequence[Recipe], best: str) -> list[Recipe]:
    """The suggested one first, then those of its scale."""
    scale = next((recipe.scale for recipe in recipes if recipe.id == best), "")
    return sorted(recipes, key=lambda recipe: (recipe.id != best, recipe.scale != scale, recipe.id))
