"""How far a run is, for other programs: one JSON object per line in ``progress.jsonl``.

Every line has ``event`` and ``time`` (seconds since 1970); Context-Specific Networks add ``part``,
the scene. The events: ``start``, ``step``, ``epoch``, ``stage`` (``name``: bank, calibrating,
measuring …), ``stopped``, ``failed`` (``message``), ``done`` (``model``).
"""

from __future__ import annotations

import json
import math
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lightning.pytorch as pl

if TYPE_CHECKING:
    from trainer.engine.data_module import PhotoData

FILE = "progress.jsonl"
_EVERY_S = 0.5


class Progress:
    """Appends events to a run's file; a resumed run goes on in the same one."""

    def __init__(self, folder: Path, part: str = "") -> None:
        self._folder, self._part = folder, part

    def of(self, part: str) -> Progress:
        """The same file, for one part of the run."""
        return Progress(self._folder, part)

    def write(self, event: str, **values: Any) -> None:
        """Append one event. Training goes on where it cannot be written."""
        line: dict[str, Any] = {"event": event, "time": round(time.time(), 2)}
        if self._part:
            line["part"] = self._part
        line |= {name: _plain(value) for name, value in values.items()}
        with suppress(OSError), (self._folder / FILE).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")


def _plain(value: Any) -> Any:
    """JSON knows no NaN."""
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


class ProgressLines(pl.Callback):
    """Steps at most twice a second, and every epoch."""

    def __init__(self, progress: Progress, data: PhotoData) -> None:
        self._progress, self._data = progress, data
        self._said_s, self._said_step = 0.0, 0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Say how much there is to do."""
        self._said_s, self._said_step = time.monotonic(), trainer.global_step
        if trainer.is_global_zero:
            self._progress.write("start", **self._place(trainer), photos=self._data.portions.photos)

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Loss, rate and speed of a step."""
        now_s, step = time.monotonic(), trainer.global_step
        steps = step - self._said_step
        if not trainer.is_global_zero or not steps or now_s - self._said_s < _EVERY_S:
            return
        per_step_s = (now_s - self._said_s) / steps
        place = self._place(trainer)
        self._progress.write(
            "step",
            **place,
            loss=float(getattr(pl_module, "latest_loss", math.nan)),
            learning_rate=float(trainer.optimizers[0].param_groups[0]["lr"]),
            photos_per_s=self._data.portions.per_step / per_step_s,
            remaining_s=round((place["steps"] - step) * per_step_s),
        )
        self._said_s, self._said_step = now_s, step

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """What the validation found."""
        self._said_s, self._said_step = time.monotonic(), trainer.global_step
        if trainer.is_global_zero:
            figures = {
                name: float(value)
                for name, value in sorted(trainer.callback_metrics.items())
                if name.startswith("val_") and name != "val_km"
            }
            self._progress.write("epoch", **self._place(trainer), **figures)

    def _place(self, trainer: pl.Trainer) -> dict[str, int]:
        epochs = trainer.max_epochs or 0
        return {
            "epoch": trainer.current_epoch,
            "epochs": epochs,
            "step": trainer.global_step,
            "steps": epochs * self._data.steps,
        }
