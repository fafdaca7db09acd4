"""Scene categories at three granularities: 365 categories, 16 groups, 3 groups."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geoguess_app.core.types import FloatArray
from geoguess_app.paths import resource_dir

S3_NAMES = ("indoor", "natural", "urban")

# Each of the 16 groups lies inside exactly one of the 3.
_PARENT_OF_S16 = {
    "shopping and dining": "indoor",
    "workplace": "indoor",
    "home or hotel": "indoor",
    "vehicle or station": "indoor",
    "indoor sports and leisure": "indoor",
    "culture and education": "indoor",
    "water, ice and snow": "natural",
    "mountains and desert": "natural",
    "forest and field": "natural",
    "man-made landscape": "natural",
    "roads and transport": "urban",
    "historic or cultural building": "urban",
    "sports field or park": "urban",
    "industry and construction": "urban",
    "houses and gardens": "urban",
    "city, shops and markets": "urban",
}
S16_NAMES = tuple(_PARENT_OF_S16)


@dataclass(frozen=True, slots=True)
class SceneTable:
    """The 365 categories of Places365 in network order, and what they add to each group."""

    categories: tuple[str, ...]
    """Names as Places365 writes them, without the leading "/a/": "church/outdoor"."""
    labels: tuple[str, ...]
    """The same for people: "church, outdoor"."""
    s3_names: tuple[str, ...]
    s16_names: tuple[str, ...]
    s3_weights: FloatArray
    """(365, 3), each row sums to 1: a category in two groups gives half to each."""
    s16_weights: FloatArray
    """(365, 16), each row sums to 1."""

    def groups(self, p365: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Probabilities (…, 365) summed to the 3 and the 16 groups: (…, 3) and (…, 16).

        The inputs must be probabilities, not logits; group sums keep their total.
        """
        probabilities = np.asarray(p365, dtype=np.float64)
        return probabilities @ self.s3_weights, probabilities @ self.s16_weights


@cache
def scene_table() -> SceneTable:
    """The table that comes with the program, read once."""
    return read_scene_table(resource_dir() / "scenes" / "places365.csv")


def groups(p365: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """P(3 groups), P(16 groups) of category probabilities (…, 365); see ``SceneTable.groups``."""
    return scene_table().groups(p365)


def read_scene_table(path: Path) -> SceneTable:
    """Read ``category,groups``, the groups being names of the 16 joined by ";".

    Raises ValueError for an unknown group or a category without any.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [(row["category"], row["groups"].split(";")) for row in csv.DictReader(stream)]
    s16 = np.zeros((len(rows), len(S16_NAMES)))
    s3 = np.zeros((len(rows), len(S3_NAMES)))
    for index, (_category, names) in enumerate(rows):
        for name in names:
            s16[index, S16_NAMES.index(name)] = 1.0
            s3[index, S3_NAMES.index(_PARENT_OF_S16[name])] = 1.0
    categories = tuple(category for category, _names in rows)
    return SceneTable(
        categories=categories,
        labels=tuple(map(category_label, categories)),
        s3_names=S3_NAMES,
        s16_names=S16_NAMES,
        s3_weights=_rows_to_one(s3),
        s16_weights=_rows_to_one(s16),
    )


def category_label(category: str) -> str:
    """ "bow_window/indoor" as "bow window, indoor"."""
    return category.replace("_", " ").replace("/", ", ")


def _rows_to_one(flags: FloatArray) -> FloatArray:
    shares: FloatArray = flags / flags.sum(axis=1, keepdims=True)
    return shares
