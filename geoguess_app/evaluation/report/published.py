"""Published accuracies on the field's test sets, to be printed beside one's own.

Per cent within 1 / 25 / 200 / 750 / 2500 km, as the papers state them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class PublishedResult:
    """The row of one published method."""

    method: str
    percent: tuple[float, float, float, float, float]


IM2GPS3K = (
    PublishedResult("PlaNet (2016, as re-measured)", (8.5, 24.8, 34.3, 48.4, 64.6)),
    PublishedResult("multi-scale + hierarchy, ResNet-50", (10.1, 28.0, 36.9, 51.1, 67.0)),
    PublishedResult("the same with scene networks (2018)", (10.5, 28.0, 36.6, 49.7, 66.0)),
    PublishedResult("EfficientNet-B4", (11.7, 31.5, 41.9, 56.1, 70.6)),
    PublishedResult("search within cell", (15.0, 30.0, 38.0, 52.3, 67.6)),
    PublishedResult("GeoCLIP (2023)", (14.1, 34.5, 50.7, 69.7, 83.8)),
    PublishedResult("PIGEOTTO (2024)", (11.3, 36.7, 53.8, 72.4, 85.3)),
    PublishedResult("GeoSURGE (2026)", (17.2, 42.5, 58.1, 74.6, 87.6)),
)
IM2GPS = (
    PublishedResult("multi-scale + hierarchy, ResNet-50", (14.8, 37.6, 48.9, 68.4, 78.9)),
    PublishedResult("the same with scene networks (2018)", (16.9, 43.0, 51.9, 66.7, 80.2)),
)
_SETS: Mapping[str, tuple[str, int, tuple[PublishedResult, ...]]] = MappingProxyType(
    {
        "im2gps3k": ("IM2GPS3k", 2997, IM2GPS3K),
        "im2gps": ("IM2GPS", 237, IM2GPS),
    }
)


@dataclass(frozen=True, slots=True)
class PublishedSet:
    """A known test set: its name, how many photos it has, and what others reached on it."""

    name: str
    photos: int
    rows: tuple[PublishedResult, ...]


def published_for(table: Path, rows: int) -> PublishedSet | None:
    """The known set that a table of that name and number of rows (bad ones included) is.

    A table that only sounds like one, with some other number of rows, is none of them.
    """
    words = table.stem.lower().replace("-", "").replace("_", "")
    for key, (name, photos, found) in _SETS.items():
        if words.startswith(key) and rows == photos:
            return PublishedSet(name, photos, found)
    return None
