"""Photos and their rows from shards, one after the other, for one of many readers.

All readers of all machines together see every photo of an epoch exactly once: the shards, in an
order drawn for the epoch, make one long sequence, of which every reader has a stretch of its own.
Stretches differ by at most one photo however few shards there are; a shard at a border is opened by
both neighbours.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from geoguess_app.core.picture.decode import open_upright
from geoguess_app.core.types import IntArray
from trainer.data.shard_index import ShardError, ShardRecord, TarStretch, read_index
from trainer.data.shard_rows import MEMBER_SCHEMA, read_members


@dataclass(frozen=True, slots=True)
class StreamItem:
    """One photo as a JPEG file and its table row."""

    key: str
    photo: bytes
    row: dict[str, Any]
    number: int
    """Its place among all photos of the split, in the shards' own order."""

    def image(self, min_side: int | None = None) -> Image.Image:
        """The photo, upright RGB; see ``core.decode.open_upright``. Raises PhotoError."""
        return open_upright(self.photo, min_side=min_side)


@dataclass(frozen=True, slots=True)
class StreamReader:
    """One of the readers of a stream: worker ``worker`` of ``workers`` on rank ``rank``."""

    rank: int = 0
    ranks: int = 1
    worker: int = 0
    workers: int = 1

    def __post_init__(self) -> None:
        if not (0 <= self.rank < self.ranks and 0 <= self.worker < self.workers):
            raise ValueError(f"no such reader: {self}")

    def stretch(self, photos: int, *, even: bool) -> tuple[int, int]:
        """First and end position of this reader; ``even`` gives every rank equally many photos,
        at the cost of up to ``ranks - 1`` photos an epoch."""
        if even:
            photos -= photos % self.ranks
        start, end = _share(photos, self.rank, self.ranks)
        inner_start, inner_end = _share(end - start, self.worker, self.workers)
        return start + inner_start, start + inner_end


def _share(count: int, index: int, of: int) -> tuple[int, int]:
    """The ``index``-th of ``of`` stretches; earlier ones are the longer ones."""
    size, longer = divmod(count, of)
    start = index * size + min(index, longer)
    return start, start + size + (index < longer)


@dataclass(frozen=True, slots=True)
class _Part:
    """What is read of one shard."""

    shard: ShardRecord
    first: int
    """Number of its first photo within the split."""
    members: IntArray
    """Which of its photos take part, ascending."""


class ShardStream:
    """One split of a folder of shards, as one reader sees it.

    ``shuffle_buffer`` photos are held (compressed) and given out in random order, 0 keeps the
    shards' own order in every epoch. ``chosen`` (bool, one for each photo of the split in the
    shards' own order) leaves the others out as if they were not there. The same seed and epoch give
    the same sequence, so a run can go on where it was: see ``epoch``. Raises ShardError.
    """

    def __init__(
        self,
        folder: Path,
        split: str = "train",
        *,
        seed: int = 0,
        shuffle_buffer: int = 1000,
        reader: StreamReader | None = None,
        even: bool = False,
        chosen: np.ndarray | None = None,
    ) -> None:
        self._folder = folder
        self._parts = _parts(read_index(folder).of(split), chosen)
        self._seed = seed
        self._buffer = shuffle_buffer
        self._reader = reader or StreamReader()
        self._start, self._end = self._reader.stretch(
            sum(part.members.size for part in self._parts), even=even
        )

    def __len__(self) -> int:
        """Photos that this reader sees in an epoch."""
        return self._end - self._start

    def epoch(self, number: int, *, done: int = 0) -> Iterator[StreamItem]:
        """The photos of an epoch from the ``done``-th on: exactly those that an uninterrupted
        run would give after its first ``done``."""
        random = np.random.default_rng([self._seed, number, self._reader.rank, self._reader.worker])
        order = _buffered_order(len(self), self._buffer, random)
        given = np.zeros(len(self), dtype=np.bool_)
        for _ in range(min(done, len(self))):
            given[next(order)[0]] = True
        source = self._read(number, given)
        held: dict[int, StreamItem] = {}
        read_to = 0
        for position, needed in order:
            while read_to < needed:
                if not given[read_to]:
                    held[read_to] = next(source)
                read_to += 1
            yield held.pop(position)

    def _read(self, epoch: int, given: np.ndarray) -> Iterator[StreamItem]:
        """This reader's photos in the order of the shards, without those given out already."""
        position = 0
        for part in self._in_order(epoch):
            first, position = position, position + part.members.size
            low, high = max(first, self._start), min(position, self._end)
            if low < high:
                wanted = ~given[low - self._start : high - self._start]
                members = part.members[low - first : high - first][wanted]
                if members.size:
                    yield from _read_shard(self._folder, part, members)

    def _in_order(self, epoch: int) -> list[_Part]:
        if not self._buffer:
            return self._parts
        # The same for all readers: their stretches must not overlap.
        order = np.random.default_rng([self._seed, epoch]).permutation(len(self._parts))
        return [self._parts[index] for index in order.tolist()]


def _parts(shards: tuple[ShardRecord, ...], chosen: np.ndarray | None) -> list[_Part]:
    parts, first = [], 0
    for shard in shards:
        members = np.arange(shard.photos)
        if chosen is not None:
            members = members[chosen[first : first + shard.photos]]
        parts.append(_Part(shard, first, members))
        first += shard.photos
    if chosen is not None and chosen.size != first:
        raise ValueError(f"{chosen.size} photos to choose from, but the split has {first}")
    return parts


def _buffered_order(
    count: int, size: int, random: np.random.Generator
) -> Iterator[tuple[int, int]]:
    """Positions in the order in which a shuffle buffer gives them out, and how many must have been
    read for each."""
    held: list[int] = []
    for incoming in range(count):
        held.append(incoming)
        if len(held) > size:
            yield _draw(held, random), incoming + 1
    while held:
        yield _draw(held, random), count


def _draw(held: list[int], random: np.random.Generator) -> int:
    if len(held) > 1:
        chosen = int(random.integers(len(held)))
        held[chosen], held[-1] = held[-1], held[chosen]
    return held.pop()


def read_shard(folder: Path, shard: ShardRecord) -> Iterator[StreamItem]:
    """All photos of one shard in its own order, numbered from 0. Raises ShardError."""
    everything = np.arange(shard.photos)
    if everything.size:
        yield from _read_shard(folder, _Part(shard, 0, everything), everything)


def _read_shard(folder: Path, part: _Part, members: IntArray) -> Iterator[StreamItem]:
    """Some photos of a shard in their order; others are not read."""
    path, stretch = part.shard.path(folder), part.shard.stretch
    wanted = iter(members.tolist())
    following, number = next(wanted), 0
    try:
        if stretch is not None:
            yield from _read_stretch(folder, path, stretch, part.first, members)
            return
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                key, _, suffix = member.name.partition(".")
                if suffix != "jpg":
                    continue
                if number == following:
                    photo = _bytes(tar, member)
                    row = json.loads(_bytes(tar, tar.next()))
                    yield StreamItem(key, photo, row, part.first + number)
                    following = next(wanted, -1)
                    if following < 0:
                        return
                number += 1
    except (OSError, tarfile.TarError, ValueError) as error:
        raise ShardError(
            f"{path}: missing or damaged ({error}); {part.shard.remedy}.",
            code="damaged",
        ) from error
    raise ShardError(
        f"{path}: it contains {number} photos, not {part.shard.photos}; delete it and run "
        "geoguess-train shards again.",
        code="damaged",
    )


def _read_stretch(
    folder: Path, path: Path, stretch: TarStretch, first: int, members: IntArray
) -> Iterator[StreamItem]:
    rows = read_members(folder, [stretch.row_group], MEMBER_SCHEMA.names).take(members).to_pylist()
    with path.open("rb") as stream:
        if path.stat().st_size != stretch.tar_bytes:
            raise tarfile.ReadError("its size is not that which was indexed")
        for number, row in zip(members.tolist(), rows, strict=True):
            stream.seek(row.pop("offset_bytes"))
            photo = stream.read(row.pop("size_bytes"))
            yield StreamItem(row["file_name"], photo, row, first + number)


def _bytes(tar: tarfile.TarFile, member: tarfile.TarInfo | None) -> bytes:
    stream = tar.extractfile(member) if member is not None else None
    if stream is None:
        raise tarfile.ReadError("a photo without its row")
    return stream.read()
