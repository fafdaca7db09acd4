"""The division of photos: which belong together, so that none gives another away across a split."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geoguess_app.core.cells import leaf_ids, parents
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import FloatArray, IdArray, IntArray
from trainer.data.duplicates import confirmed_pairs
from trainer.data.split import keyed_hashes, split_groups
from trainer.data.tracks import Times
from trainer.local.recipe import SplitBy, SplitChoice

ENOUGH_SPOTS = 25
"""A split by place needs so many spots, none of which holds more than ``LARGEST_SHARE``."""
LARGEST_SHARE = 0.1
LEVELS = range(13, 20)
"""S2 levels of a spot that are tried: about 1 km down to 20 m."""
TEST = 2


@dataclass(frozen=True, eq=False)
class PhotoRecords:
    """(n) what is known of photos that ties them together."""

    names: tuple[str, ...]
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    taken: Times
    camera: IntArray
    """A number per person's camera, -1 unknown."""
    perceptual: IdArray
    difference: IdArray
    hashed: np.ndarray

    def take(self, rows: IntArray) -> PhotoRecords:
        """Some of the photos."""
        arrays = {
            field.name: getattr(self, field.name)[rows]
            for field in fields(self)
            if field.name != "names"
        }
        return replace(self, names=tuple(self.names[row] for row in rows.tolist()), **arrays)


@dataclass(frozen=True, eq=False)
class PhotoDivision:
    """A division: (n) group numbers, (n) whether a photo is put aside to measure on."""

    by: SplitBy
    group: IntArray
    test: np.ndarray
    words: str
    """How it was divided, for people."""


def divide_photos(
    photos: PhotoRecords, choice: SplitChoice, by: SplitBy | None = None
) -> PhotoDivision:
    """Divide photos; ``by`` instead of the recipe's."""
    by = by or choice.by
    group, words = _group(photos, choice, by)
    ratios = (1.0 - choice.test_share, 0.0, choice.test_share)
    parts = split_groups(group, _hashes(photos.names, group, choice.seed), ratios)
    return PhotoDivision(by, group, parts == TEST, words)


def divide_as_given(photos: PhotoRecords, choice: SplitChoice, test: np.ndarray) -> PhotoDivision:
    """The division that a table states, (n) ``test``: the photos that measure have no say in how
    the others are grouped, and so in no fold."""
    group, count = np.zeros(len(test), dtype=np.int64), 0
    for rows in (np.flatnonzero(~test), np.flatnonzero(test)):
        own, _ = _group(photos.take(rows), choice, choice.by)
        group[rows] = own + count
        count += int(own.max()) + 1
    return PhotoDivision(choice.by, group, test, "as the table's column split says")


def _group(photos: PhotoRecords, choice: SplitChoice, by: SplitBy) -> tuple[IntArray, str]:
    """(n) group numbers, and how they came about, for people."""
    first, second = _tie(photos, choice)
    words = "at random, keeping bursts and near-duplicates together"
    if by == "place":
        level = choice.place_level or spot_level(photos.latitude_deg, photos.longitude_deg)
        one, other = _chain(spot_numbers(photos.latitude_deg, photos.longitude_deg, level))
        first, second = np.concatenate([first, one]), np.concatenate([second, other])
        words = f"by place (S2 cells of level {level}), keeping bursts and near-duplicates together"
    return group_numbers(len(photos.names), first, second), words


def assign_folds(group: IntArray, names: tuple[str, ...], count: int, seed: int) -> IntArray:
    """(n) a fold for each photo: groups stay whole, folds are about equally large."""
    codes, numbered = np.unique(group, return_inverse=True)
    sizes = np.bincount(numbered)
    order = np.argsort(_hashes(names, numbered, seed + 1), kind="stable")
    load = np.zeros(count, dtype=np.int64)
    fold_of = np.zeros(codes.size, dtype=np.int64)
    for number in order[np.argsort(-sizes[order], kind="stable")].tolist():
        fold_of[number] = int(load.argmin())
        load[fold_of[number]] += sizes[number]
    return fold_of[numbered]


def spot_numbers(latitude_deg: FloatArray, longitude_deg: FloatArray, level: int) -> IntArray:
    """(n) a number per S2 cell."""
    cells = parents(leaf_ids(latitude_deg, longitude_deg), level)
    return np.asarray(np.unique(cells, return_inverse=True)[1], dtype=np.int64)


def spot_level(latitude_deg: FloatArray, longitude_deg: FloatArray) -> int:
    """The coarsest level whose cells are many and small enough to divide by."""
    for level in LEVELS:
        sizes = np.bincount(spot_numbers(latitude_deg, longitude_deg, level))
        if len(sizes) >= ENOUGH_SPOTS and sizes.max() <= LARGEST_SHARE * sizes.sum():
            return level
    return LEVELS[-1]


def group_numbers(count: int, first: IntArray, second: IntArray) -> IntArray:
    """(count) group numbers when the pairs are tied together, and so on from tie to tie."""
    ties = coo_array((np.ones(first.size), (first, second)), shape=(count, count))
    return np.asarray(connected_components(ties, directed=False)[1], dtype=np.int64)


def _hashes(names: tuple[str, ...], group: IntArray, seed: int) -> IdArray:
    """One hash a group, of its first name: the order of rows decides nothing."""
    first: dict[int, str] = {}
    for name, number in zip(names, group.tolist(), strict=True):
        first[number] = min(name, first.get(number, name))
    return keyed_hashes((first[number] for number in range(len(first))), seed)


def _tie(photos: PhotoRecords, choice: SplitChoice) -> tuple[IntArray, IntArray]:
    """Pairs of one burst, and pairs of near-duplicates."""
    one, other = _bursts(photos, choice)
    rows = np.flatnonzero(photos.hashed)
    first, second, _ = confirmed_pairs(
        photos.perceptual[rows], photos.difference[rows], choice.copy_bits
    )
    return np.concatenate([one, rows[first]]), np.concatenate([other, rows[second]])


def _bursts(photos: PhotoRecords, choice: SplitChoice) -> tuple[IntArray, IntArray]:
    order = np.lexsort((photos.taken, photos.camera))
    order = order[~np.isnat(photos.taken[order]) & (photos.camera[order] >= 0)]
    before, after = order[:-1], order[1:]
    gap = (photos.taken[after] - photos.taken[before]) / np.timedelta64(1, "m")
    way_m = 1000.0 * great_circle_km(
        photos.latitude_deg[before],
        photos.longitude_deg[before],
        photos.latitude_deg[after],
        photos.longitude_deg[after],
    )
    tied = (photos.camera[before] == photos.camera[after]) & (gap <= choice.burst_minutes)
    tied &= way_m <= choice.burst_m
    return before[tied], after[tied]


def _chain(code: IntArray) -> tuple[IntArray, IntArray]:
    """Pairs that tie all photos of the same code together."""
    order = np.argsort(code, kind="stable")
    same = code[order[:-1]] == code[order[1:]]
    return order[:-1][same], order[1:][same]
