"""Progress of the engine, as it tells other programs while it trains; see
``trainer/common/progress.py``."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import lightning.pytorch as pl
import numpy as np

from geoguess_app.core.geo.sphere import great_circle_km, spherical_mean
from geoguess_app.core.pace import WorkPace
from trainer.common.progress import EVERY_S, FILE, ProgressLog

if TYPE_CHECKING:
    from trainer.data.training_photos import TrainingPhotos
    from trainer.engine.data_module import PhotoData

__all__ = ["FILE", "ProgressLines", "ProgressLog"]


def floor_of(photos: TrainingPhotos) -> float | None:
    """Median error in km on the validation photos of one answer to all of them, the middle of the
    training photos; None without validation photos."""
    train, val = (photos.take(photos.rows(split)) for split in ("train", "val"))
    if not len(val.names):
        return None
    middle = spherical_mean(train.latitude_deg, train.longitude_deg)
    apart_km = great_circle_km(
        middle.latitude_deg, middle.longitude_deg, val.latitude_deg, val.longitude_deg
    )
    return float(np.median(apart_km))


class ProgressLines(pl.Callback):
    """Steps at most twice a second and at the end of an epoch, and every epoch."""

    def __init__(self, progress: ProgressLog, data: PhotoData) -> None:
        self._progress, self._data = progress, data
        self._said_s, self._said_step, self._pace = 0.0, 0, WorkPace()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Say how much there is to do."""
        self._rest(trainer)
        if trainer.is_global_zero:
            photos, floor_km = self._data.portions.photos, floor_of(self._data.photos)
            known = {} if floor_km is None else {"floor_km": floor_km}
            self._progress.write("start", **self._place(trainer), photos=photos, **known)

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Loss, rate and speed of a step."""
        if self._progress.pause_if_asked():
            self._rest(trainer)
            return
        now_s, step = time.monotonic(), trainer.global_step
        steps = step - self._said_step
        due = now_s - self._said_s >= EVERY_S or trainer.is_last_batch  # an epoch may be short
        if not trainer.is_global_zero or not steps or not due:
            return
        self._pace.note(steps)
        place = self._place(trainer)
        left_s = self._pace.left_s(place["steps"] - step)
        self._progress.write(
            "step",
            **place,
            loss=float(getattr(pl_module, "latest_loss", math.nan)),
            learning_rate=float(trainer.optimizers[0].param_groups[0]["lr"]),
            photos_per_s=self._data.portions.per_step * self._pace.per_s,
            remaining_s=None if left_s is None else round(left_s),
        )
        self._said_s, self._said_step = now_s, step

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write what the validation found."""
        self._rest(trainer)
        if trainer.is_global_zero:
            figures = {
                name: float(value)
                for name, value in sorted(trainer.callback_metrics.items())
                if name.startswith("val_") and name != "val_km"
            }
            self._progress.write("epoch", **self._place(trainer), **figures)

    def _rest(self, trainer: pl.Trainer) -> None:
        """Take the time until now for no work."""
        self._said_s, self._said_step = time.monotonic(), trainer.global_step
        self._pace.rest()

    def _place(self, trainer: pl.Trainer) -> dict[str, int]:
        epochs = trainer.max_epochs or 0
        return {
            "epoch": trainer.current_epoch,
            "epochs": epochs,
            "step": trainer.global_step,
            "steps": epochs * self._data.steps,
        }
