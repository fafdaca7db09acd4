"""Photos as training samples, in an order that a resumed run continues exactly."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.preprocess import Preprocessing
from geoguess_app.core.types import FloatArray, IntArray
from trainer.data.shard_stream import StreamItem
from trainer.engine.augmentation import augmented_picture, centre_picture
from trainer.engine.recipe import Augmentation


@dataclass(frozen=True, eq=False)
class Sample:
    """One photo; ``weight`` 0 when it could not be read (its picture then is grey)."""

    image: np.ndarray
    """(3, size, size) float32, normalised."""
    classes: IntArray
    """(partitions), -1 where it takes no part."""
    point: FloatArray
    """(2) latitude and longitude in degrees."""
    weight: float
    name: str


@dataclass(frozen=True, eq=False)
class Batch:
    """Samples side by side; Lightning moves the tensors to the device."""

    images: Tensor
    classes: Tensor
    points: Tensor
    """(B, 2) float64 degrees."""
    weights: Tensor
    names: tuple[str, ...]

    def to(self, device: torch.device, non_blocking: bool = False) -> Batch:
        """The same on another device (which may lack 64-bit numbers)."""
        points = self.points.float() if device.type == "mps" else self.points
        images, classes, points, weights = (
            tensor.to(device, non_blocking=non_blocking)
            for tensor in (self.images, self.classes, points, self.weights)
        )
        return Batch(images, classes, points, weights, self.names)

    def __len__(self) -> int:
        return len(self.names)


def collate(samples: Sequence[Sample]) -> Batch:
    """A batch of samples."""
    return Batch(
        images=torch.from_numpy(np.stack([s.image for s in samples])),
        classes=torch.from_numpy(np.stack([s.classes for s in samples]).astype(np.int64)),
        points=torch.from_numpy(np.stack([s.point for s in samples]).astype(np.float64)),
        weights=torch.tensor([s.weight for s in samples], dtype=torch.float32),
        names=tuple(s.name for s in samples),
    )


def begin_worker(worker: int) -> None:
    """Leave Ctrl+C, which reaches decoding processes, too, to the one that trains: the step under
    way still needs their photos. End with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    """A killed run tells nobody; and these processes are no children of it that would be told."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class SamplePreparer:
    """A preparer that makes a sample's picture; what it draws depends on seed, epoch and photo
    only.

    ``augmentation`` None gives the plain centre crop. The epoch lies in memory that worker
    processes see.
    """

    def __init__(
        self, spec: Preprocessing, augmentation: Augmentation | None = None, seed: int = 0
    ) -> None:
        self._spec, self._augmentation, self._seed = spec, augmentation, seed
        self._epoch = torch.zeros(1, dtype=torch.int64).share_memory_()  # type: ignore[no-untyped-call]

    def set_epoch(self, epoch: int) -> None:
        """Choose what the next epoch draws."""
        self._epoch.fill_(epoch)

    def sample(
        self, photo: Path | bytes, name: str, classes: IntArray, point: FloatArray
    ) -> Sample:
        """The sample; a photo that cannot be read weighs nothing and stops nothing."""
        try:
            if self._augmentation is None:
                return Sample(centre_picture(photo, self._spec), classes, point, 1.0, name)
            image = augmented_picture(photo, self._spec, self._augmentation, self._random(name))
            return Sample(image, classes, point, 1.0, name)
        except PhotoError:
            grey = np.zeros((3, self._spec.size, self._spec.size), dtype=np.float32)
            return Sample(grey, classes, point, 0.0, name)

    def _random(self, name: str) -> np.random.Generator:
        key = hashlib.blake2b(name.encode(), digest_size=8).digest()
        return np.random.default_rng(
            [self._seed, int(self._epoch.item()), int.from_bytes(key, "big")]
        )


class PhotoDataset(Dataset[Sample]):
    """Photos of a table."""

    def __init__(
        self,
        paths: Sequence[Path],
        names: Sequence[str],
        classes: IntArray,
        points: FloatArray,
        preparer: SamplePreparer,
    ) -> None:
        self._paths, self._names = list(paths), list(names)
        self._classes, self._points = classes, points
        self._preparer = preparer

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> Sample:
        return self._preparer.sample(
            self._paths[index], self._names[index], self._classes[index], self._points[index]
        )


class ShardSample:
    """A maker of samples from what a shard holds.

    ``places`` (n, ascending) are the numbers within the split of the photos that take part, with
    their ``classes`` (n, partitions).
    """

    def __init__(self, preparer: SamplePreparer, places: IntArray, classes: IntArray) -> None:
        self._preparer, self._places, self._classes = preparer, places, classes

    def __call__(self, item: StreamItem) -> Sample:
        row = int(np.searchsorted(self._places, item.number))
        point = np.array([float(item.row["latitude"]), float(item.row["longitude"])])
        name = str(item.row.get("file_name") or item.key)
        return self._preparer.sample(item.photo, name, self._classes[row], point)


@dataclass(frozen=True, slots=True)
class EpochPortions:
    """The portions of an epoch: how it falls into steps, a step into parts and ranks.

    The photos of a step are the same for any number of ranks and parts: only who works on them
    differs, so that the result does not depend on the machine.
    """

    photos: int
    batch: int
    accumulate: int = 1
    ranks: int = 1

    @property
    def micro(self) -> int:
        """Photos that one rank takes at once."""
        return max(1, min(self.batch, self.photos) // (self.accumulate * self.ranks))

    @property
    def per_step(self) -> int:
        """Photos of one optimiser step, over all ranks."""
        return self.micro * self.accumulate * self.ranks

    @property
    def steps(self) -> int:
        """Optimiser steps of an epoch; the photos of an incomplete last one rest until the next
        epoch, which has another order."""
        return max(1, self.photos // self.per_step)


class EpochBatches(Sampler[list[int]]):
    """The micro-batches of one rank: indices of photos, in an order drawn for each epoch."""

    def __init__(self, portions: EpochPortions, rank: int, seed: int) -> None:
        self._portions, self._rank, self._seed = portions, rank, seed
        self._epoch, self._done = 0, 0

    def start(self, epoch: int, done: int = 0) -> None:
        """Choose the epoch, and how many micro-batches of it this rank has had already."""
        self._epoch, self._done = epoch, done

    def __len__(self) -> int:
        return self._portions.steps * self._portions.accumulate

    def __iter__(self) -> Iterator[list[int]]:
        portions = self._portions
        order = np.random.default_rng([self._seed, self._epoch]).permutation(portions.photos)
        for number in range(self._done, len(self)):
            start = (number * portions.ranks + self._rank) * portions.micro
            yield order[start : start + portions.micro].tolist()
