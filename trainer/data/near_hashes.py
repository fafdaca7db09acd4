"""All pairs of 64-bit hashes that differ in few bits, without comparing every one with every other.

Each hash is divided into four bands of 16 bits. Two hashes that differ in at most d bits agree in
some band up to ⌊d/4⌋ bits, so only hashes in the same or in neighbouring buckets of a band are
compared (multi-index hashing: Norouzi, Punjani, Fleet, 2012).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import numpy.typing as npt

from geoguess_app.core.types import IdArray, IntArray

_BANDS = 4
_BAND_BITS = 16
_BUCKETS = 1 << _BAND_BITS
MOST_BITS = 11
"""Largest distance that can be asked for: beyond it, buckets become too many and chance matches
common."""
_CHUNK_PAIRS = 1 << 18
"""Pairs compared at once: the working arrays stay near the processor."""

Pairs = tuple[IntArray, IntArray, IntArray]
"""First and second index (first < second) and differing bits, arrays of equal length."""


def near_pairs(
    hashes: IdArray, most_bits: int, sides: npt.NDArray[np.uint8] | None = None
) -> Pairs:
    """Pairs of indices into distinct ``hashes`` (uint64) of at most ``most_bits`` differing bits.

    ``sides`` (n) says as a bit mask on which sides of a division each hash occurs; then only pairs
    that occur on more than one side are listed. Sorted by first, then second index. Raises
    ValueError for more than 11 bits.
    """
    if not 0 <= most_bits <= MOST_BITS:
        raise ValueError(f"{most_bits} bits asked for; possible are 0 to {MOST_BITS}")
    keys, bits = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for band in range(_BANDS):
        for first, second, apart in _near_in_band(hashes, band, most_bits):
            if sides is not None:
                across = np.bitwise_count(sides[first] | sides[second]) > 1
                first, second, apart = first[across], second[across], apart[across]
            keys.append(np.minimum(first, second) * hashes.size + np.maximum(first, second))
            bits.append(apart)
    key, where = np.unique(np.concatenate(keys), return_index=True)
    size = max(hashes.size, 1)
    return key // size, key % size, np.concatenate(bits)[where]


def _near_in_band(hashes: IdArray, band: int, most_bits: int) -> Iterator[Pairs]:
    """Near pairs among those whose bits in one band are equal or nearly so, in chunks."""
    shift = np.uint64(band * _BAND_BITS)
    values = ((hashes >> shift) & np.uint64(_BUCKETS - 1)).astype(np.int64)
    order = np.argsort(values, kind="stable")
    own, in_order = values[order], hashes[order]
    starts = np.searchsorted(own, np.arange(_BUCKETS + 1))
    position = np.arange(order.size)
    for mask in _masks(most_bits // _BANDS):
        other = own ^ mask
        # Each pair once: within a bucket the later member, between buckets the higher bucket.
        begin = position + 1 if mask == 0 else starts[other]
        end = np.where(other >= own, starts[other + 1], begin)
        for first, second in _expand(position, begin, np.maximum(end - begin, 0)):
            apart = np.bitwise_count(in_order[first] ^ in_order[second])
            near = np.flatnonzero(apart <= most_bits)
            yield order[first[near]], order[second[near]], apart[near].astype(np.int64)


def _masks(radius: int) -> list[int]:
    return [
        sum(1 << bit for bit in bits)
        for count in range(radius + 1)
        for bits in combinations(range(_BAND_BITS), count)
    ]


def _expand(
    position: IntArray, begin: IntArray, counts: IntArray
) -> Iterator[tuple[IntArray, IntArray]]:
    """Each position with every one of its ``counts`` partners from ``begin`` on, in chunks."""
    some = np.flatnonzero(counts)
    position, begin, counts = position[some], begin[some], counts[some]
    ends = np.cumsum(counts)
    start = 0
    while start < position.size:
        done = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + _CHUNK_PAIRS, side="right")))
        part = slice(start, stop)
        repeats = counts[part]
        within = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        yield np.repeat(position[part], repeats), np.repeat(begin[part], repeats) + within
        start = stop
