"""Checkpoints: the best and the newest, each whole or not at all, never of a lost network."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from lightning.pytorch.callbacks import ModelCheckpoint

from geoguess_app.files.atomic import atomic_binary_file
from trainer.engine.errors import interruption, loss_not_a_number
from trainer.engine.modules import GeoModule
from trainer.engine.recipe import TrainingSettings

FOLDER = "checkpoints"
BEST, LAST = "best", "last"


def checkpoint_path(folder: Path, name: str) -> Path:
    """Return where a run's checkpoint lies."""
    return folder / FOLDER / f"{name}.ckpt"


class AtomicCheckpointIO(TorchCheckpointIO):
    """A writer that writes beside the checkpoint, then exchanges the two.

    Lightning writes to the system's folder for temporary files and copies from there if that is
    another disk: killed or out of space in the copy, it would leave neither the old nor the new.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None
    ) -> None:
        """Raises OSError; what was there before then still is."""
        content = io.BytesIO()
        torch.save(checkpoint, content)
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_binary_file(target) as stream:
            stream.write(content.getbuffer())


class SoundCheckpoint(ModelCheckpoint):
    """Refuses to write a network whose weights or validation are no numbers."""

    def _save_checkpoint(self, trainer: pl.Trainer, filepath: str) -> None:
        """Raises TrainError instead of writing; on all ranks alike, whose weights are the same."""
        loss = trainer.callback_metrics.get("val_loss")
        lost = loss is not None and not torch.isfinite(loss)
        if lost or not _sound(trainer.lightning_module):
            raise loss_not_a_number(trainer.global_step)
        super()._save_checkpoint(trainer, filepath)


def _sound(module: pl.LightningModule) -> bool:
    floats = (value for value in module.state_dict().values() if value.is_floating_point())
    return all(bool(torch.isfinite(value).all()) for value in floats)


def best_checkpoint(choice: TrainingSettings, folder: Path) -> SoundCheckpoint:
    """Keep the weights of the epoch with the best validation."""
    return SoundCheckpoint(
        folder / FOLDER,
        filename=BEST,
        monitor=choice.monitor,
        mode="max" if "within" in choice.monitor else "min",
        save_on_train_epoch_end=True,
        enable_version_counter=False,
        save_weights_only=True,
    )


class LastCheckpoint(SoundCheckpoint):
    """A checkpoint of the newest state: every so many steps, at the end of each epoch, and when the
    run is asked to stop, which it then does."""

    def __init__(self, choice: TrainingSettings, folder: Path) -> None:
        super().__init__(
            folder / FOLDER,
            filename=LAST,
            every_n_train_steps=choice.checkpoint_steps,
            save_on_train_epoch_end=True,
            enable_version_counter=False,
        )
        self._accumulate = choice.accumulate
        self._stop = False

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Stop, if the last step was saved for that: by now it is in the logs, too."""
        if self._stop:
            raise interruption(trainer.global_step)

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Save, but not at an epoch's last step: its end saves anyway, validation included."""
        if trainer.is_last_batch:
            return
        super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)
        assert isinstance(pl_module, GeoModule)
        if pl_module.stopping and (batch_idx + 1) % self._accumulate == 0:
            if self._last_global_step_saved != trainer.global_step:
                self._save_topk_checkpoint(trainer, self._monitor_candidates(trainer))
            self._stop = True

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save, though the steps of the epoch are no multiple of the interval."""
        self._save_topk_checkpoint(trainer, self._monitor_candidates(trainer))
        assert isinstance(pl_module, GeoModule)
        if pl_module.asked_to_stop():
            raise interruption(trainer.global_step)
