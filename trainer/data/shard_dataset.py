"""Shards as a torch dataset: workers of a DataLoader and ranks of a distributed run share it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from trainer.data.shard_stream import ShardStream, StreamItem, StreamReader

Sample = TypeVar("Sample")


class ShardDataset(IterableDataset[Sample], Generic[Sample]):
    """Samples that ``prepare`` makes of each photo of a split, or of the ``chosen`` ones.

    Rank and number of ranks are asked of torch.distributed unless given. Call ``set_epoch`` before
    each epoch; it reaches persistent workers too.
    """

    def __init__(
        self,
        folder: Path,
        split: str,
        prepare: Callable[[StreamItem], Sample],
        *,
        seed: int = 0,
        shuffle_buffer: int = 1000,
        even: bool = False,
        rank: int | None = None,
        ranks: int | None = None,
        chosen: np.ndarray | None = None,
    ) -> None:
        super().__init__()
        self._folder, self._split, self._prepare = folder, split, prepare
        self._seed, self._buffer, self._even = seed, shuffle_buffer, even
        self._rank, self._ranks = rank, ranks
        self._chosen = chosen
        # Epoch, batches done, batch size: in memory that worker processes see.
        self._state = torch.tensor([0, 0, 1])
        self._state.share_memory_()  # type: ignore[no-untyped-call]

    def set_epoch(self, epoch: int, *, batches_done: int = 0, batch_size: int = 1) -> None:
        """Choose the epoch, and how many batches of it this rank has had already."""
        self._state.copy_(torch.tensor([epoch, batches_done, batch_size]))

    def __len__(self) -> int:
        """Photos of this rank in a whole epoch."""
        return len(self._stream(0, 1))

    def __iter__(self) -> Iterator[Sample]:
        info = get_worker_info()
        number, workers = (info.id, info.num_workers) if info is not None else (0, 1)
        epoch, batches, size = (int(value) for value in self._state.tolist())
        lengths = [len(self._stream(index, workers)) for index in range(workers)]
        done, following = photos_done(lengths, batches, size)
        # A new loader begins with its first process: that one plays the worker whose turn it was.
        worker = (number + following) % workers
        for item in self._stream(worker, workers).epoch(epoch, done=done[worker]):
            yield self._prepare(item)

    def _stream(self, worker: int, workers: int) -> ShardStream:
        rank, ranks = self._rank, self._ranks
        if rank is None or ranks is None:
            rank, ranks = _rank_and_size()
        return ShardStream(
            self._folder,
            self._split,
            seed=self._seed,
            shuffle_buffer=self._buffer,
            reader=StreamReader(rank, ranks, worker, workers),
            even=self._even,
            chosen=self._chosen,
        )


def _rank_and_size() -> tuple[int, int]:
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def photos_done(lengths: list[int], batches: int, size: int) -> tuple[list[int], int]:
    """Photos that each worker has given after ``batches`` batches of a DataLoader, and the worker
    whose turn it is then.

    A DataLoader takes its batches from the workers in turn and passes over those that are done.
    """
    done, following = [0] * len(lengths), 0
    while batches > 0 and any(d < length for d, length in zip(done, lengths, strict=True)):
        if done[following] < lengths[following]:
            done[following] = min(lengths[following], done[following] + size)
            batches -= 1
        following = (following + 1) % len(lengths)
    return done, following
