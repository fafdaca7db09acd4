"""Division of photos into training, validation and test, the same for the same seed.

Nothing depends on the order of the rows: what decides is a keyed hash of each file name, author
or cell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from geoguess_app.core.cells import leaf_ids, parents, tokens
from geoguess_app.core.errors import TableError
from geoguess_app.core.types import FloatArray, IdArray, IntArray
from trainer.data.times import Times

SPLITS = ("train", "val", "test")
NOWHERE = -1
"""A photo that belongs to no part."""

SplitArray = npt.NDArray[np.int8]
"""(n) index into ``SPLITS`` or ``NOWHERE``."""
Ratios = tuple[float, float, float]


def parse_ratios(text: str) -> Ratios:
    """``80/10/10`` (or with commas, or as fractions) to shares that sum to 1. Raises TableError."""
    try:
        numbers = [float(part) for part in text.replace(",", "/").split("/")]
    except ValueError:
        numbers = []
    if len(numbers) != 3 or min(numbers) < 0 or numbers[0] <= 0 or sum(numbers[1:]) <= 0:
        raise TableError(
            f"--ratios {text}: expected three shares for training, validation and test, such as "
            "80/10/10.",
            code="ratios",
        )
    total = sum(numbers)
    return numbers[0] / total, numbers[1] / total, numbers[2] / total


def keyed_hashes(keys: Iterable[str], seed: int) -> IdArray:
    """A uint64 per key that looks random, but is the same everywhere for the same seed."""
    salt = str(seed).encode()
    return np.fromiter(
        (
            int.from_bytes(hashlib.blake2b(key.encode(), key=salt, digest_size=8).digest(), "big")
            for key in keys
        ),
        dtype=np.uint64,
    )


def split_at_random(hashes: IdArray, ratios: Ratios) -> SplitArray:
    """Each photo by itself; the parts have exactly their shares, rounded."""
    return _cut(np.argsort(hashes, kind="stable"), ratios)


def _cut(order: IntArray, ratios: Ratios) -> SplitArray:
    ends = np.rint(np.cumsum(ratios) * order.size).astype(np.int64)
    split = np.empty(order.size, dtype=np.int8)
    for part, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        split[order[start:end]] = part
    return split


def split_groups(group: IntArray, hashes: IdArray, ratios: Ratios) -> SplitArray:
    """Whole groups together: ``group`` (n) numbers each photo's, ``hashes`` has one per group.

    In the order of the hashes every group goes to the part that is emptiest for its share among
    those with room for it; a group larger than any room goes where most room is left.
    """
    sizes = np.bincount(group, minlength=hashes.size)
    targets = [share * group.size for share in ratios]
    filled = [0.0, 0.0, 0.0]
    part_of = np.zeros(hashes.size, dtype=np.int8)
    for number in np.argsort(hashes, kind="stable").tolist():
        size = int(sizes[number])
        room = [target - done for target, done in zip(targets, filled, strict=True)]
        # Half a photo of tolerance, since shares of a number of photos are seldom whole.
        fitting = [part for part in range(3) if targets[part] > 0 and room[part] + 0.5 >= size]
        if fitting:
            part = min(fitting, key=lambda index: filled[index] / targets[index])
        else:
            part = max(range(3), key=lambda index: room[index])
        filled[part] += size
        part_of[number] = part
    return part_of[group]


def split_by_place(
    latitude_deg: FloatArray, longitude_deg: FloatArray, level: int, seed: int, ratios: Ratios
) -> SplitArray:
    """All photos of an S2 cell of ``level`` together."""
    cells, group = np.unique(
        parents(leaf_ids(latitude_deg, longitude_deg), level), return_inverse=True
    )
    return split_groups(group, keyed_hashes(tokens(cells), seed), ratios)


def split_by_text(texts: Sequence[str], seed: int, ratios: Ratios) -> SplitArray:
    """All photos with the same text (author, group) together; those without one each alone."""
    names, group = np.unique(np.asarray(texts, dtype=np.str_), return_inverse=True)
    group = group.astype(np.int64)
    keys = names.tolist()
    if keys and not keys[0]:
        nameless = np.flatnonzero(group == 0)
        group[nameless[1:]] = np.arange(len(keys), len(keys) + nameless.size - 1)
        keys += [f"\0{number}" for number in range(nameless.size - 1)]
    return split_groups(group, keyed_hashes(keys, seed), ratios)


def split_by_time(taken: Times, ratios: Ratios, *, undated_train: bool = False) -> SplitArray:
    """The oldest photos train, the newest test; photos of the same second stay together.

    Photos without a time belong to no part, or to training with ``undated_train``.
    """
    split = np.full(taken.size, 0 if undated_train else NOWHERE, dtype=np.int8)
    dated = np.flatnonzero(~np.isnat(taken))
    order = np.argsort(taken[dated], kind="stable")
    part = _cut(order, ratios)
    for index in range(1, order.size):
        here, before = order[index], order[index - 1]
        if taken[dated[here]] == taken[dated[before]]:
            part[here] = part[before]
    split[dated] = part
    return split
