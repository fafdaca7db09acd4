"""Work that takes time before the cells of a model can be explored; runs off the window's
thread."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.types import Place
from geoguess_app.ui.kit import words
from geoguess_app.ui.work.jobs import Work

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from geoguess_app.core.explore.cell_facts import ModelCells
    from geoguess_app.core.types import IntArray
    from geoguess_app.ui.work.workers import LoadedModel

    StrArray = npt.NDArray[np.str_]

_DENSITY_KM2 = 1000.0
"""Density is told in photos for so much area: the numbers are easiest to read then."""


@dataclass(frozen=True, slots=True)
class LevelNames:
    """The names of where each cell of a level lies; they come after everything else."""

    level: int
    places: tuple[Place, ...]
    page: bytes
    """What the map's page fetches about the level, see ``level_page``."""
    ranks: IntArray
    """Of the cells by name, as a table sorts them."""
    countries: StrArray
    """ISO code of each cell's country, "" on the open sea."""


@dataclass(frozen=True, eq=False)
class PreparedCells:
    """The cells of a model, and per level what the map's page fetches, still without names."""

    cells: ModelCells
    pages: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class NamesReady:
    """A notice that asking for the names of places no longer holds up the window."""


def cells_work(model: LoadedModel) -> Work:
    """Yield PreparedCells at once, NamesReady, then the LevelNames of each level (13,000 cells:
    about 2 s)."""

    def work(token: CancelToken) -> Iterator[PreparedCells | NamesReady | LevelNames]:
        from geoguess_app.core.explore.cell_facts import ModelCells
        from geoguess_app.core.explore.cell_places import cell_names, largest_towns

        bundle = model.predictor.bundle
        bank = model.predictor.decision_model.bank
        cells = ModelCells(bundle.partitions, bundle.hierarchy, bank)
        levels = range(len(cells.levels))
        yield PreparedCells(cells, tuple(level_page(cells, level, ()) for level in levels))
        model.places.search("a", 1)
        largest_towns(1 << 63)
        yield NamesReady()
        for level, facts in enumerate(cells.levels):
            if token.cancelled:
                return
            yield name_level(cells, level, cell_names(facts.partition, model.places))

    return work


def name_level(cells: ModelCells, level: int, places: tuple[Place, ...]) -> LevelNames:
    """The names of a level with all that follows from them."""
    import numpy as np

    from geoguess_app.core.geo.gazetteer import fold

    folded = [fold(words.place_short(place)) for place in places]
    ranks = np.unique(np.array(folded), return_inverse=True)[1]
    countries = np.array([place.country_code for place in places])
    return LevelNames(level, places, level_page(cells, level, places), ranks, countries)


def level_page(cells: ModelCells, level: int, places: Sequence[Place]) -> bytes:
    """Return what the page shows of a level's cells beside outline, token and photos, as JSON."""
    facts = cells.levels[level]
    density = facts.partition.photo_counts / facts.area_km2 * _DENSITY_KM2
    value = {
        "area": [float(f"{km2:.4g}") for km2 in facts.area_km2.tolist()],
        "density": [float(f"{value:.4g}") for value in density.tolist()],
        "share": [float(f"{share:.4g}") for share in facts.share.tolist()],
        "s2": facts.partition.levels.tolist(),
        "parents": _parents(cells, level),
        "places": [_name(place) for place in places] or None,
    }
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def _name(place: Place) -> str:
    return words.place_short(place) if place.city or place.region or place.country else ""


def _parents(cells: ModelCells, level: int) -> list[int]:
    if level == 0:
        return []
    coarser = cells.levels[level - 1].partition
    found: list[int] = coarser.class_of(cells.levels[level].partition.cell_ids).tolist()
    return found
