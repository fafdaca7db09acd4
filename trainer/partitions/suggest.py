"""Suggestions of τ for a set of photos: as many cells as its photos can teach.

Report A divides 4.72 million photos into 12,893 fine cells. With fewer photos there must be fewer
cells, but not in proportion: a small set also has to make do with fewer photos for each cell.
Cells here grow with the 0.6th power of the photos, through that point: 1,280 cells for 100,000
photos, 156 for 3,000, 39 for 300. It is a rule of thumb to start from, not a result of training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoguess_app.core.errors import PartitionError
from geoguess_app.core.format import percent, threshold
from geoguess_app.core.partition import (
    PartitionBuild,
    PartitionRules,
    PhotoPlaces,
    build_partitions,
)
from geoguess_app.evaluation.metrics.scale import Scale, scale_for_extent
from trainer.partitions.distances import to_own_cell_km
from trainer.partitions.statistics import ceiling_shares, extent_km

_EXPONENT = 0.6
_FACTOR = 12_893 / 4_720_000**_EXPONENT
_LADDER = (
    *(6, 10, 15, 20, 30, 50, 100, 150, 200, 300, 500),
    *(1000, 1500, 2000, 3000, 5000, 10_000, 20_000, 50_000),
)
"""Values of τ_max to choose from."""
_COARSER = (2, 5)
"""Middle and coarse τ_max over the fine one, as in Report A (5000 / 2000 / 1000)."""
_MANY_COARSER = (2, 5, 12, 30, 75, 180)
"""The same where there are ``_MANY_CELLS`` or more: up to seven levels. Published ablations find
many levels better than one with the same backbone and data (GeoSURGE, 2026: seven S2 levels)."""
_MANY_CELLS = 1000
_LEAST_PHOTOS, _MOST_LEAST_PHOTOS = 3, 50
"""Between these lies τ_min."""
_ENOUGH_IN_CELLS, _MOSTLY_IN_CELLS = 0.95, 0.9
"""Shares of the photos: τ_min is lowered until the first lie in their own cell; with less than
the second a pair is not chosen."""
_FEWER_CELLS = 0.8
"""A coarser partition must have at most this share of the cells of the next finer one."""
_LEAST_COARSE = 4


@dataclass(frozen=True, slots=True)
class TauChoice:
    """One τ pair, and what it makes of the photos (shares 0…1 of all of them)."""

    tau_min: int
    tau_max: int
    cells: int
    in_cells: float
    dropped: int
    ceiling: dict[float, float]
    """By distance in km: what a perfect choice of cell would reach."""
    ceiling_median_km: float


@dataclass(frozen=True, slots=True)
class TauSuggestion:
    """τ pairs from coarse to fine, why, and what one step finer and coarser would make."""

    chosen: tuple[TauChoice, ...]
    finer: TauChoice | None
    coarser: TauChoice | None
    reason: str
    scale: Scale
    """The distances to judge these photos by: metres where they lie in one town."""

    @property
    def taus(self) -> tuple[tuple[int, int], ...]:
        """(τ_min, τ_max), coarse to fine."""
        return tuple((choice.tau_min, choice.tau_max) for choice in self.chosen)


def suggest_taus(latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> TauSuggestion:
    """One to seven τ pairs for photos at these places (degrees), coarse to fine.

    Raises PartitionError for unusable coordinates, and where no two cells of three photos each
    can be had.
    """
    return suggest_for(PhotoPlaces(latitude_deg, longitude_deg))


def suggest_for(places: PhotoPlaces) -> TauSuggestion:
    """Suggest τ, as ``suggest_taus`` does, for photos that are prepared already."""
    wanted = _FACTOR * places.photos**_EXPONENT
    sizes = {
        tau: _kept_share(places, *_pair(places, tau)) for tau in _LADDER if tau <= places.photos
    }
    usable = {tau: cells for tau, (cells, _) in sizes.items() if cells >= 2}
    if not usable:
        raise PartitionError(
            f"{places.photos:,} photos at {places.distinct:,} places are too few for two cells of "
            f"{_LEAST_PHOTOS} photos each; add photos, or build a model without cells.",
            code="empty",
        )
    well_filled = [tau for tau in usable if sizes[tau][1] >= _MOSTLY_IN_CELLS] or list(usable)
    fine = min(well_filled, key=lambda tau: (abs(np.log(usable[tau] / wanted)), -tau))
    pairs = [*_coarser_pairs(places, fine, usable[fine]), _pair(places, fine)]
    beside = [_beside(usable, fine, step) for step in (-1, 1)]
    extra = [_pair(places, tau) for tau in beside if tau is not None]
    choices = _judge(places, list(dict.fromkeys([*pairs, *extra])))
    finer, coarser = (choices[_pair(places, tau)] if tau is not None else None for tau in beside)
    scale = scale_for_extent(extent_km(places))
    chosen = tuple(choices[pair] for pair in pairs)
    return TauSuggestion(
        chosen, finer, coarser, _reason(places, chosen, finer, coarser, scale), scale
    )


def _beside(usable: dict[int, int], fine: int, step: int) -> int | None:
    """The next τ_max up or down the ladder that makes another number of cells."""
    ladder = sorted(usable)
    index = ladder.index(fine) + step
    while 0 <= index < len(ladder) and usable[ladder[index]] == usable[fine]:
        index += step
    return ladder[index] if 0 <= index < len(ladder) else None


def _pair(places: PhotoPlaces, tau_max: int) -> tuple[int, int]:
    """τ_min a tenth of τ_max, 3 to 50, halved while more than 5% of the photos fall out."""
    tau_min = min(max(tau_max // 10, _LEAST_PHOTOS), _MOST_LEAST_PHOTOS)
    _, counts = places.divide(PartitionRules("", 1, tau_max))
    while tau_min > _LEAST_PHOTOS:
        if counts[counts >= tau_min].sum() >= _ENOUGH_IN_CELLS * places.photos:
            break
        tau_min = max(_LEAST_PHOTOS, tau_min // 2)
    return tau_min, tau_max


def _kept_share(places: PhotoPlaces, tau_min: int, tau_max: int) -> tuple[int, float]:
    """How many cells there would be, and the share of the photos inside them."""
    _, counts = places.divide(PartitionRules("", 1, tau_max))
    enough = counts[counts >= tau_min]
    return int(enough.size), float(enough.sum()) / places.photos


def _coarser_pairs(places: PhotoPlaces, fine: int, fine_cells: int) -> list[tuple[int, int]]:
    """Pairs above the fine one with the same τ_min, each with clearly fewer cells."""
    tau_min, _ = _pair(places, fine)
    pairs: list[tuple[int, int]] = []
    most = fine_cells
    for factor in _MANY_COARSER if fine_cells >= _MANY_CELLS else _COARSER:
        size, _ = _kept_share(places, tau_min, factor * fine)
        if _LEAST_COARSE <= size <= _FEWER_CELLS * most:
            pairs.insert(0, (tau_min, factor * fine))
            most = size
    return pairs


def _judge(
    places: PhotoPlaces, pairs: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], TauChoice]:
    rules = [PartitionRules(f"cells_{low}_{high}", low, high) for low, high in pairs]
    scale = scale_for_extent(extent_km(places))
    builds = build_partitions(places, rules)
    return {pair: _choice(places, build, scale) for pair, build in zip(pairs, builds, strict=True)}


def _choice(places: PhotoPlaces, build: PartitionBuild, scale: Scale) -> TauChoice:
    report = build.report
    km, _ = to_own_cell_km(places, build.partition)
    return TauChoice(
        tau_min=report.tau_min,
        tau_max=report.tau_max,
        cells=report.cells,
        in_cells=1 - report.dropped / report.photos,
        dropped=report.dropped,
        ceiling=ceiling_shares(km, scale.thresholds_km),
        ceiling_median_km=float(np.median(km)),
    )


def _reason(
    places: PhotoPlaces,
    chosen: tuple[TauChoice, ...],
    finer: TauChoice | None,
    coarser: TauChoice | None,
    scale: Scale,
) -> str:
    fine = chosen[-1]
    key = scale.key_km
    text = (
        f"{places.photos:,} photos at {places.distinct:,} places support about {fine.cells:,} "
        f"cells ({_photos_a_cell(places, fine)} photos each), where always choosing the correct "
        f"one means being within {threshold(key)} for {percent(fine.ceiling[key])} of the photos"
    )
    for name, choice in (("finer", finer), ("coarser", coarser)):
        if choice is not None:
            text += (
                f"; a step {name} ({choice.tau_min}:{choice.tau_max}) would be "
                f"{choice.cells:,} cells ({_photos_a_cell(places, choice)} photos each) and "
                f"{percent(choice.ceiling[key])}"
            )
    return text + "."


def _photos_a_cell(places: PhotoPlaces, choice: TauChoice) -> str:
    return f"{places.photos / choice.cells:,.0f}"
