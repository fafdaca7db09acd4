"""The kinds of local model that are tried, each with one setting, and what fitting one gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from geoguess_app.core.format import percent
from geoguess_app.core.types import FloatArray
from trainer.local.recipe import LocalRecipe
from trainer.local.spaces import FeatureMatrix, SpaceName

Kind = Literal["retrieval", "regression", "cells"]
KIND_WORDS: dict[Kind, str] = {
    "retrieval": "similar photos",
    "regression": "coordinates",
    "cells": "small cells",
}


@dataclass(frozen=True, eq=False)
class Examples:
    """Photos to learn from or to answer: how the trunk sees them, and degrees (n)."""

    features: FeatureMatrix
    latitude_deg: FloatArray
    longitude_deg: FloatArray

    @property
    def size(self) -> int:
        """Return how many photos."""
        return len(self.latitude_deg)

    def take(self, rows: np.ndarray) -> Examples:
        """Some of them, by number or mask."""
        return Examples(self.features[rows], self.latitude_deg[rows], self.longitude_deg[rows])


class AnsweringModel(Protocol):
    """A model that has learned."""

    def answers(self, features: FeatureMatrix) -> FloatArray:
        """Unit vectors (n, 3), as the program will give them."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One candidate. Unused fields are 0."""

    kind: Kind
    space: SpaceName = "plain"
    neighbours: int = 0
    temperature: float = 0.0
    shrinkage: float = 0.0
    largest_share: float = 0.0

    @property
    def words(self) -> str:
        """Describe the setting for people."""
        space = _SPACE_WORDS[self.space]
        if self.kind == "retrieval":
            if self.neighbours == 1:
                return f"the most similar photo{space}"
            return f"{self.neighbours} similar photos, T = {self.temperature:g}{space}"
        if self.kind == "regression":
            return f"shrinkage {self.shrinkage:g}"
        share = "as many as the photos support"
        if self.largest_share:
            share = f"at most {percent(self.largest_share)} of the photos in one"
        return f"{share}, decay {self.shrinkage:g}"


_SPACE_WORDS: dict[SpaceName, str] = {
    "world": ", local and world directions",
    "plain": "",
    "here": ", local directions",
}


def candidate_settings(recipe: LocalRecipe, available: tuple[SpaceName, ...]) -> Iterator[Setting]:
    """List all settings that are tried, in the order of preference among equals."""
    for space in available:
        for count in recipe.neighbours.counts:
            # One neighbour has all the weight at any temperature.
            for temperature in recipe.neighbours.temperatures[: 1 if count == 1 else None]:
                yield Setting("retrieval", space, neighbours=count, temperature=temperature)
    for shrinkage in recipe.regression.shrinkages:
        yield Setting("regression", shrinkage=shrinkage)
    space = "here" if "here" in available else available[0]
    for share in recipe.cells.largest_shares:
        for decay in recipe.cells.decays:
            yield Setting("cells", space, shrinkage=decay, largest_share=share)
