"""Leaks: what a division lets slip from one part into another, so that a test would show memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from geoguess_app.core.format import distance, plain_spaces, precise_percent, threshold
from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM, unit_vectors
from geoguess_app.core.types import FloatArray, IdArray, IntArray
from trainer.data.near_hashes import near_pairs
from trainer.data.split import SPLITS, SplitArray

NEAR_M = 25.0
LEAK_BITS = 6
"""Bits of 64 up to which two pictures count as copies. Among 1.1 million pairs of holiday photos
none was as near by chance."""
_EXAMPLES = 5

_WORDS = {
    "coordinates": "share their exact coordinates with",
    "near": f"are within {plain_spaces(threshold(NEAR_M / 1000))} of",
    "pictures": "are near-duplicates of",
    "authors": "are by authors of",
}


@dataclass(frozen=True)
class Leak:
    """Photos of ``into`` that something in ``source`` gives away, with the worst examples."""

    kind: str
    source: str
    into: str
    photos: int
    of: int
    examples: tuple[str, ...]

    @property
    def share(self) -> float:
        """Share of the photos of ``into``, 0…1."""
        return self.photos / self.of if self.of else 0.0

    def sentence(self) -> str:
        """Say in a sentence what leaks."""
        return (
            f"{self.photos:,} of {self.of:,} {self.into} photos ({precise_percent(self.share)}) "
            f"{_WORDS[self.kind]} {self.source} photos"
        )


def find_leaks(
    split: SplitArray,
    names: Any,
    latitude_deg: FloatArray,
    longitude_deg: FloatArray,
    *,
    hashes: IdArray | None = None,
    hashed: npt.NDArray[np.bool_] | None = None,
    authors: Sequence[str] | None = None,
) -> tuple[Leak, ...]:
    """Every kind of leak between every two parts, also those with no photo.

    ``names`` is the Arrow column of file names, ``hashes`` (n) the pictures' perceptual hashes,
    valid where ``hashed``; ``authors`` may hold empty texts for unknown ones.
    """
    places = latitude_deg + 1j * longitude_deg
    leaks = _shared_values(
        "coordinates",
        split,
        np.unique(places, return_inverse=True)[1],
        names,
        lambda row: f"{latitude_deg[row]:.6f}, {longitude_deg[row]:.6f}",
    )
    leaks += _near_places(split, names, latitude_deg, longitude_deg)
    if hashes is not None and hashed is not None:
        leaks += _copies(split, names, hashes, hashed)
    if authors is not None:
        texts, code = np.unique(np.asarray(authors, dtype=np.str_), return_inverse=True)
        unknown = np.asarray(texts == "")[code]
        leaks += _shared_values(
            "authors",
            np.where(unknown, -1, split).astype(np.int8),
            code,
            names,
            lambda row: f"author {authors[row]}",
            of=split,
        )
    return tuple(leaks)


def _pairs() -> list[tuple[int, int]]:
    return list(combinations(range(len(SPLITS)), 2))


def _leak(
    kind: str, pair: tuple[int, int], photos: int, split: SplitArray, examples: Sequence[str]
) -> Leak:
    source, into = pair
    of = int((split == into).sum())
    return Leak(kind, SPLITS[source], SPLITS[into], photos, of, tuple(examples))


def _shared_values(
    kind: str,
    split: SplitArray,
    code: IntArray,
    names: Any,
    what: Callable[[int], str],
    *,
    of: SplitArray | None = None,
) -> list[Leak]:
    """Leaks through something that photos have (``code``, n) on both sides."""
    size = int(code.max()) + 1 if code.size else 0
    counts = [np.bincount(code[split == part], minlength=size) for part in range(len(SPLITS))]
    leaks = []
    for pair in _pairs():
        both = (counts[pair[0]] > 0) & (counts[pair[1]] > 0)
        worst = np.flatnonzero(both)
        worst = worst[np.argsort(-(counts[pair[0]] + counts[pair[1]])[worst], kind="stable")]
        examples = []
        for value in worst[:_EXAMPLES].tolist():
            rows = [int(np.flatnonzero((code == value) & (split == part))[0]) for part in pair]
            pictures = " and ".join(names[row].as_py() for row in rows)
            examples.append(
                f"{what(rows[0])}: {counts[pair[0]][value]:,} {SPLITS[pair[0]]} and "
                f"{counts[pair[1]][value]:,} {SPLITS[pair[1]]} photos, such as {pictures}"
            )
        photos = int(counts[pair[1]][both].sum())
        leaks.append(_leak(kind, pair, photos, split if of is None else of, examples))
    return leaks


def _near_places(
    split: SplitArray, names: Any, latitude_deg: FloatArray, longitude_deg: FloatArray
) -> list[Leak]:
    from scipy.spatial import cKDTree

    vectors = unit_vectors(latitude_deg, longitude_deg)
    reach = NEAR_M / 1000 / EARTH_RADIUS_KM
    leaks = []
    for pair in _pairs():
        known, asked = (np.flatnonzero(split == part) for part in pair)
        if not known.size or not asked.size:
            leaks.append(_leak("near", pair, 0, split, ()))
            continue
        apart, nearest = cKDTree(vectors[known]).query(
            vectors[asked], distance_upper_bound=reach, workers=-1
        )
        hits = np.flatnonzero(np.isfinite(apart))
        worst = hits[np.argsort(apart[hits], kind="stable")][:_EXAMPLES]
        examples = [
            f"{names[int(asked[hit])].as_py()} is {_length(float(apart[hit]))} "
            f"from {names[int(known[nearest[hit]])].as_py()}"
            for hit in worst.tolist()
        ]
        leaks.append(_leak("near", pair, int(hits.size), split, examples))
    return leaks


def _length(apart: float) -> str:
    return plain_spaces(distance(apart * EARTH_RADIUS_KM))


def _copies(
    split: SplitArray, names: Any, hashes: IdArray, hashed: npt.NDArray[np.bool_]
) -> list[Leak]:
    rows = np.flatnonzero(hashed & (split >= 0))
    unique, code = np.unique(hashes[rows], return_inverse=True)
    bit = np.left_shift(1, split[rows]).astype(np.uint8)
    sides = np.zeros(unique.size, dtype=np.uint8)
    np.bitwise_or.at(sides, code, bit)
    itself = np.arange(unique.size)
    first, second, bits = near_pairs(unique, LEAK_BITS, sides)
    first = np.concatenate([itself, first])
    second = np.concatenate([itself, second])
    bits = np.concatenate([np.zeros(unique.size, dtype=np.int64), bits])
    reached = np.zeros(unique.size, dtype=np.uint8)
    np.bitwise_or.at(reached, first, sides[second])
    np.bitwise_or.at(reached, second, sides[first])
    leaks = []
    for pair in _pairs():
        source, into = (1 << part for part in pair)
        given_away = (bit == into) & ((reached[code] & source) > 0)
        examples = [
            f"{_name(names, rows, code, split, two, pair[1])} is like "
            f"{_name(names, rows, code, split, one, pair[0])} ({apart} of 64 bits differ)"
            for one, two, apart in _worst(first, second, bits, sides, source, into)
        ]
        leaks.append(_leak("pictures", pair, int(given_away.sum()), split, examples))
    return leaks


def _worst(
    first: IntArray,
    second: IntArray,
    bits: IntArray,
    sides: npt.NDArray[np.uint8],
    source: int,
    into: int,
) -> list[tuple[int, int, int]]:
    """The nearest pairs between two parts, as (hash in source, hash in into, bits)."""
    forward = ((sides[first] & source) > 0) & ((sides[second] & into) > 0)
    backward = ((sides[first] & into) > 0) & ((sides[second] & source) > 0) & ~forward
    hits = np.flatnonzero(forward | backward)
    hits = hits[np.argsort(bits[hits], kind="stable")][:_EXAMPLES]
    return [
        (int(first[hit]), int(second[hit]), int(bits[hit]))
        if forward[hit]
        else (int(second[hit]), int(first[hit]), int(bits[hit]))
        for hit in hits.tolist()
    ]


def _name(
    names: Any, rows: IntArray, code: IntArray, split: SplitArray, value: int, part: int
) -> str:
    row = rows[np.flatnonzero((code == value) & (split[rows] == part))[0]]
    return str(names[int(row)].as_py())


def warning(leaks: Sequence[Leak], by: str) -> str | None:
    """One sentence where training photos give away others in a way that matters, else None.

    The same author alone does not: it is told in the report.
    """
    worst = max(
        (leak for leak in leaks if leak.kind != "authors" and leak.source == "train"),
        key=lambda leak: (leak.share, leak.photos),
        default=None,
    )
    if worst is None or not worst.photos:
        return None
    cure = "" if by == "place" else "; --by place keeps neighbours together"
    if worst.kind == "pictures":
        cure = "; remove copies with geoguess-train photos first"
    return (
        f"Warning: this split leaks: {worst.sentence()}, so results on them measure memory "
        f"rather than skill{cure}."
    )
