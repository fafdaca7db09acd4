"""Loaders of training and validation photos, from a table or from shards."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl
import numpy as np
from torch.utils.data import DataLoader, Subset

from geoguess_app.core.types import IntArray
from trainer.data.shard_dataset import ShardDataset
from trainer.engine.dataset import (
    EpochBatches,
    PhotoDataset,
    Portions,
    Preparer,
    Sample,
    ShardSample,
    collate,
)
from trainer.engine.photos import Photos
from trainer.engine.recipe import TrainRecipe
from trainer.engine.targets import Targets


class PhotoData(pl.LightningDataModule):
    """Gives each rank its share; goes on in the middle of an epoch when a run is resumed."""

    def __init__(
        self, recipe: TrainRecipe, photos: Photos, targets: Targets, *, ranks: int = 1
    ) -> None:
        super().__init__()
        self.recipe, self.photos, self.targets = recipe, photos, targets
        choice = recipe.training
        self._preparer = Preparer(recipe.preprocessing, recipe.augmentation, choice.seed)
        self._plain = Preparer(recipe.preprocessing)
        self._train_rows, self._classes = _learnable(photos, targets)
        self.portions = Portions(
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
    def micro_batches(self) -> int:
        """Micro-batches of one rank and epoch."""
        if self.photos.shards is None:
            return self.portions.steps * self.portions.accumulate
        # A worker drops what does not fill a batch, so that all ranks have equally many.
        workers = max(1, self.recipe.training.workers)
        per_worker = self.portions.photos // self.portions.ranks // workers
        batches = workers * (per_worker // self.portions.micro)
        return max(1, batches - batches % self.portions.accumulate)

    def start_epoch(self, epoch: int, done: int = 0) -> None:
        """Choose what is drawn, and how many micro-batches of the epoch are done already."""
        self._preparer.set_epoch(epoch)
        if self._order is not None:
            self._order.start(epoch, done)
        if self._stream is not None:
            self._stream.set_epoch(epoch, batches_done=done, batch_size=self.portions.micro)

    def train_dataloader(self) -> DataLoader[Sample]:
        """The loader, standing where the trainer does."""
        choice = self.recipe.training
        loader: DataLoader[Sample]
        if self.photos.shards is not None:
            self._stream = ShardDataset(
                self.photos.shards,
                "train",
                ShardSample(self._preparer, self.targets, training=True),
                seed=choice.seed,
                shuffle_buffer=choice.shuffle_buffer,
                even=True,
            )
            loader = ResumableLoader(
                self._stream,
                batch_size=self.portions.micro,
                num_workers=choice.workers,
                collate_fn=collate,
                drop_last=True,
            )
        else:
            rank = self.trainer.global_rank if self.trainer is not None else 0
            self._order = EpochBatches(self.portions, rank, choice.seed)
            loader = ResumableLoader(
                self._training_set(),
                batch_sampler=self._order,
                num_workers=choice.workers,
                collate_fn=collate,
            )
        self.start_epoch(*self._position())
        return loader

    def _position(self) -> tuple[int, int]:
        """Epoch, and micro-batches done in it, where the trainer stands (after a resume)."""
        if self.trainer is None:
            return 0, 0
        epoch: Any = self.trainer.fit_loop.epoch_progress.current
        if epoch.ready == epoch.processed:
            return epoch.processed, 0
        batches = self.trainer.fit_loop.epoch_loop.batch_progress.current
        return epoch.processed, batches.ready

    def _training_set(self) -> PhotoDataset:
        rows = self._train_rows
        photos = self.photos.take(rows)
        points = np.stack([photos.latitude_deg, photos.longitude_deg], axis=1)
        return PhotoDataset(photos.paths(), photos.names, self._classes, points, self._preparer)

    def val_dataloader(self) -> DataLoader[Sample] | list[DataLoader[Sample]]:
        """Plain centre crops of the validation photos; each rank its share."""
        if not self.validation_photos:
            return []
        choice = self.recipe.training
        batch = min(self.portions.micro, self.validation_photos)
        if self.photos.shards is not None:
            stream: ShardDataset[Sample] = ShardDataset(
                self.photos.shards,
                "val",
                ShardSample(self._plain, self.targets, training=False),
                shuffle_buffer=0,
                even=True,
            )
            return DataLoader(stream, batch, num_workers=choice.workers, collate_fn=collate)
        rank = self.trainer.global_rank if self.trainer is not None else 0
        ranks = self.portions.ranks
        dataset = self._validation_set()
        # Equally many for every rank, so that none waits for another.
        share = max(1, len(dataset) // ranks)
        mine = range(len(dataset))[rank::ranks][:share]
        return DataLoader(
            Subset(dataset, mine), batch, num_workers=choice.workers, collate_fn=collate
        )

    def _validation_set(self) -> PhotoDataset:
        rows = self.photos.rows("val")
        if rows.size > self.validation_photos:
            random = np.random.default_rng(self.recipe.training.seed)
            rows = np.sort(random.permutation(rows)[: self.validation_photos])
        photos = self.photos.take(rows)
        classes = self.targets.classes(photos.latitude_deg, photos.longitude_deg)
        points = np.stack([photos.latitude_deg, photos.longitude_deg], axis=1)
        return PhotoDataset(photos.paths(), photos.names, classes, points, self._plain)


class ResumableLoader(DataLoader[Sample]):
    """A loader that stands where the trainer does: nothing of its own to store."""

    def state_dict(self) -> dict[str, int]:
        """Nothing: the place in the epoch follows from the trainer's counters."""
        return {}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Nothing to do; see ``PhotoData.start_epoch``."""


def _learnable(photos: Photos, targets: Targets) -> tuple[IntArray, IntArray]:
    """Training rows and their classes, without photos that lie in no cell of any partition."""
    rows = photos.rows("train")
    if not targets.partitions or photos.shards is not None:
        return rows, np.zeros((len(rows), 0), dtype=np.int64)
    classes = targets.training_classes(photos.latitude_deg[rows], photos.longitude_deg[rows])
    known = (classes >= 0).any(axis=1)
    return rows[known], classes[known]
