"""Plain words for the values that appear in figures and reports."""

from __future__ import annotations

from collections.abc import Mapping

from geoguess_app.core.types import Level
from geoguess_app.evaluation.metrics.continents import CONTINENT_NAMES
from geoguess_app.evaluation.metrics.summary import Group

LABEL_TITLES = {
    "level": "Level of the answer",
    "scene": "Scene",
    "continent": "Continent",
    "network": "Network used",
    "conflict": "Two hypotheses in conflict",
    "precision": "Precision of the true position",
    "source": "Source",
}


def in_order(label: str, groups: Mapping[str, Group], most: int) -> list[tuple[str, Group]]:
    """List at so many groups, the largest, in the order that people expect.

    Levels run from fine to none, the rest by name.
    """
    by_size = sorted(groups.items(), key=lambda item: -item[1].summary.photos)[:most]
    if label == "level":
        levels = [str(level) for level in Level]
        return sorted(by_size, key=lambda item: levels.index(item[0]))
    return sorted(by_size, key=lambda item: value_name(label, item[0]))


def label_title(label: str) -> str:
    """Give the heading of one grouping."""
    return LABEL_TITLES.get(label, label.capitalize())


def value_name(label: str, value: str) -> str:
    """One group's name as people read it."""
    if label == "continent":
        return CONTINENT_NAMES.get(value, value)
    return value
