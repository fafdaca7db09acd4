"""Loaders of training and validation photos, from a table or from shards."""

from __future__ import annotations

import multiprocessing
import os
from typing import Any

import lightning.pytorch as pl
import numpy as np
from torch.utils.data import DataLoader, Dataset, Subset

from geoguess_app.core.types import IntArray
from trainer.data.shard_dataset import ShardDataset
from trainer.data.training_photos import TrainingPhotos
from trainer.engine.dataset import (
    EpochBatches,
    EpochPortions,
    PhotoDataset,
    Sample,
    SamplePreparer,
    ShardSample,
    begin_worker,
    collate,
)
from trainer.engine.recipe import TrainRecipe
from trainer.engine.targets import Targets


class PhotoData(pl.LightningDataModule):
    """The data of a run, a share for each rank; goes on in the middle of an epoch when a run is
    resumed."""

    def __init__(
        self, recipe: TrainRecipe, photos: TrainingPhotos, targets: Targets, *, ranks: int = 1
    ) -> None:
        super().__init__()
        self.recipe, self.photos, self.targets = recipe, photos, targets
        choice = recipe.training
        self._preparer = SamplePreparer(recipe.preprocessing, recipe.augmentation, choice.seed)
        self._plain = SamplePreparer(recipe.preprocessing)
        self._train_rows, self._classes = _learnable(photos, targets)
        self.portions = EpochPortions(
            photos=len(self._train_rows),
            batch=choice.batch,
            accumulate=choice.accumulate,
            ranks=ranks,
        )
        self._order: EpochBatches | None = None
        self._stream: ShardDataset[Sample] | None = None

    @property
    def validation_photos(self) -> int:
        """Photos that are validated on after each epoch."""
        return min(self.photos.rows("val").size, self.recipe.training.validation_photos)

    @property
    def workers(self) -> int:
        """Count the Decoding processes of a rank. From shards each makes whole batches of its own
        stretch, so that a few photos keep no more of them busy than they fill batches; from a table
        who decodes changes nothing, so there are no more of them than cores."""
        wanted = self.recipe.training.workers
        if self.photos.shards is None:
            return min(wanted, os.cpu_count() or 1)
        full = (w for w in range(wanted, 0, -1) if self._shard_batches(w) >= self._parts)
        return next(full, 0)

    @property
    def micro_batches(self) -> int:
        """Micro-batches of one rank and epoch."""
        if self.photos.shards is None:
            return self.portions.steps * self._parts
        batches = self._shard_batches(max(1, self.workers))
        return batches - batches % self._parts

    def _shard_batches(self, workers: int) -> int:
        """A worker drops what does not fill a batch, so that all ranks have equally many."""
        per_worker = self.portions.photos // self.portions.ranks // workers
        return workers * (per_worker // self.portions.micro)

    @property
    def _parts(self) -> int:
        return self.portions.accumulate

    @property
    def steps(self) -> int:
        """Optimiser steps of an epoch."""
        return self.micro_batches // self._parts

    def start_epoch(self, epoch: int, done: int = 0) -> None:
        """Choose what is drawn, and how many micro-batches of the epoch are done already."""
        self._preparer.set_epoch(epoch)
        if self._order is not None:
            self._order.start(epoch, done)
        if self._stream is not None:
            self._stream.set_epoch(epoch, batches_done=done, batch_size=self.portions.micro)

    def train_dataloader(self) -> DataLoader[Sample]:
        """The loader, standing where the trainer does."""
        rows, choice = self._train_rows, self.recipe.training
        loader: DataLoader[Sample]
        if self.photos.shards is not None:
            self._stream = self._shards("train", rows, self._classes, self._preparer)
            loader = self._loader(self._stream, batch_size=self.portions.micro, drop_last=True)
        else:
            self._order = EpochBatches(self.portions, self._rank, choice.seed)
            dataset = self._table(rows, self._classes, self._preparer)
            loader = self._loader(dataset, batch_sampler=self._order)
        self.start_epoch(*self._position())
        return loader

    def val_dataloader(self) -> DataLoader[Sample] | list[DataLoader[Sample]]:
        """Plain centre crops of the validation photos; each rank its share."""
        if not self.validation_photos:
            return []
        rows = self._validation_rows()
        classes = self.targets.classes(
            self.photos.latitude_deg[rows], self.photos.longitude_deg[rows]
        )
        batch = min(self.portions.micro, self.validation_photos)
        if self.photos.shards is not None:
            stream = self._shards("val", rows, classes, self._plain)
            return self._loader(stream, batch_size=batch)
        dataset = self._table(rows, classes, self._plain)
        # Equally many for every rank, so that none waits for another.
        share = max(1, len(dataset) // self.portions.ranks)
        mine = range(len(dataset))[self._rank :: self.portions.ranks][:share]
        return self._loader(Subset(dataset, mine), batch_size=batch)

    def _loader(self, dataset: Dataset[Sample], **choice: Any) -> DataLoader[Sample]:
        if not self.workers:
            return ResumableLoader(dataset, collate_fn=collate, **choice)
        method = start_method()
        return ResumableLoader(
            dataset,
            num_workers=self.workers,
            collate_fn=collate,
            worker_init_fn=begin_worker,
            multiprocessing_context=method,
            # Where each process begins with Python itself, once must do.
            persistent_workers=method == "spawn",
            **choice,
        )

    def _table(self, rows: IntArray, classes: IntArray, preparer: SamplePreparer) -> PhotoDataset:
        photos = self.photos.take(rows)
        points = np.stack([photos.latitude_deg, photos.longitude_deg], axis=1)
        return PhotoDataset(photos.paths(), photos.names, classes, points, preparer)

    def _shards(
        self, split: str, rows: IntArray, classes: IntArray, preparer: SamplePreparer
    ) -> ShardDataset[Sample]:
        photos, choice = self.photos.take(rows), self.recipe.training
        assert photos.shards is not None
        assert photos.place is not None
        return ShardDataset(
            photos.shards,
            split,
            # Each process has its own copy: of millions of photos, half as much is much.
            ShardSample(preparer, photos.place.astype(np.int32), classes.astype(np.int32)),
            seed=choice.seed,
            shuffle_buffer=choice.shuffle_buffer if split == "train" else 0,
            even=True,
            # Not asked of torch.distributed, which worker processes may know nothing of.
            rank=self._rank,
            ranks=self.portions.ranks,
            chosen=photos.chosen(split),
        )

    @property
    def _rank(self) -> int:
        return self.trainer.global_rank if self.trainer is not None else 0

    def _position(self) -> tuple[int, int]:
        """Epoch, and micro-batches done in it, where the trainer stands (after a resume)."""
        if self.trainer is None:
            return 0, 0
        epoch: Any = self.trainer.fit_loop.epoch_progress.current
        if epoch.ready == epoch.processed:
            return epoch.processed, 0
        batches = self.trainer.fit_loop.epoch_loop.batch_progress.current
        return epoch.processed, batches.ready

    def _validation_rows(self) -> IntArray:
        rows = self.photos.rows("val")
        if rows.size > self.validation_photos:
            random = np.random.default_rng(self.recipe.training.seed)
            rows = np.sort(random.permutation(rows)[: self.validation_photos])
        return rows


class ResumableLoader(DataLoader[Sample]):
    """A loader that stands where the trainer does: nothing of its own to store."""

    def state_dict(self) -> dict[str, int]:
        """Give nothing to store: the place in the epoch follows from the trainer's counters."""
        return {}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Do nothing; see ``PhotoData.start_epoch``."""


def start_method() -> str:
    """Return how decoding processes begin: not as a copy of this one, whose libraries run threads
    of their own. A thread that holds a lock while it is copied keeps it for ever (seen once in ten
    runs).

    Where there is a server that copies itself, it has read the libraries before: the first call in
    a program decides that for all, and saves each process seconds.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return "spawn"
    multiprocessing.set_forkserver_preload([SamplePreparer.__module__, ShardDataset.__module__])
    return "forkserver"


def _learnable(photos: TrainingPhotos, targets: Targets) -> tuple[IntArray, IntArray]:
    """Training rows and their classes, without photos that lie in no cell of any partition."""
    rows = photos.rows("train")
    if not targets.partitions:
        return rows, np.zeros((len(rows), 0), dtype=np.int64)
    classes = targets.training_classes(photos.latitude_deg[rows], photos.longitude_deg[rows])
    known = (classes >= 0).any(axis=1)
    return rows[known], classes[known]
