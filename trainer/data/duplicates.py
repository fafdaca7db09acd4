"""Near copies among many pictures: which to keep, and which are copies of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoguess_app.core.types import FloatArray, IdArray, IntArray
from trainer.data.near_hashes import near_pairs

CONFIRMING_BITS_FACTOR = 2
"""A second, independent hash must agree within twice the bits: of pairs that the first calls near
by chance, it turns away almost all (measured: chance pairs differ in 21 bits or more of it)."""


@dataclass(frozen=True)
class NearDuplicates:
    """Copies and the original of each, as indices into the arrays given; equally long."""

    copy: IntArray
    original: IntArray


def find_near_duplicates(
    perceptual: IdArray, difference: IdArray, quality: FloatArray, most_bits: int
) -> NearDuplicates:
    """Copies among pictures with 64-bit hashes; the one of the highest quality is the original.

    Going from high to low quality, a picture near one that is kept already is its copy. A copy's
    copies are not chained: every copy is near its original. Equal quality: the first one.
    """
    order = np.lexsort((np.arange(quality.size), -quality))
    _, first, member = np.unique(
        np.stack([perceptual[order], difference[order]], axis=1),
        axis=0,
        return_index=True,
        return_inverse=True,
    )
    best = order[first]
    member = member.ravel()
    near = _near_originals(perceptual, difference, best, quality, most_bits)
    root = np.arange(quality.size)
    root[list(near)] = list(near.values())
    original = np.empty(quality.size, dtype=np.int64)
    original[order] = root[best[member]]
    copies = np.flatnonzero(original != np.arange(quality.size))
    return NearDuplicates(copies, original[copies])


def confirmed_pairs(
    perceptual: IdArray,
    difference: IdArray,
    most_bits: int,
) -> tuple[IntArray, IntArray, IntArray]:
    """Pairs near in both hashes (first, second, differing bits); see ``near_hashes.near_pairs``."""
    first, second, bits = near_pairs(perceptual, most_bits)
    apart = np.bitwise_count(difference[first] ^ difference[second])
    near = apart <= CONFIRMING_BITS_FACTOR * max(most_bits, 1)
    return first[near], second[near], bits[near]


def _near_originals(
    perceptual: IdArray,
    difference: IdArray,
    best: IntArray,
    quality: FloatArray,
    most_bits: int,
) -> dict[int, int]:
    """Which of the distinct pictures ``best`` (indices) are copies of which other one."""
    first, second, bits = confirmed_pairs(perceptual[best], difference[best], most_bits)
    near: dict[int, list[tuple[int, int]]] = {}
    for one, other, apart in zip(
        best[first].tolist(), best[second].tolist(), bits.tolist(), strict=True
    ):
        near.setdefault(one, []).append((apart, other))
        near.setdefault(other, []).append((apart, one))
    copies: dict[int, int] = {}
    kept: set[int] = set()
    for picture in sorted(near, key=lambda index: (-quality[index], index)):
        like = min(
            ((apart, other) for apart, other in near[picture] if other in kept), default=None
        )
        if like is None:
            kept.add(picture)
        else:
            copies[picture] = like[1]
    return copies
