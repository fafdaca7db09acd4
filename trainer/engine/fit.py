"""One Lightning run: checkpoints, resume, precision, devices, logs."""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import (
    Callback,
    LearningRateMonitor,
    ModelCheckpoint,
    TQDMProgressBar,
)
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger
from lightning.pytorch.strategies import DDPStrategy

from geoguess_app.core.errors import DeviceError
from trainer.engine.data_module import PhotoData
from trainer.engine.dataset import describe_broken
from trainer.engine.errors import TrainError, explained, not_a_number
from trainer.engine.modules import GeoModule
from trainer.engine.recipe import Training

LOG = logging.getLogger(__name__)

CHECKPOINTS = "checkpoints"
BEST, LAST = "best", "last"
Precision = Literal["16-mixed", "bf16-mixed", "32-true"]


@dataclass(frozen=True, slots=True)
class Machine:
    """What computes."""

    accelerator: str = "auto"
    devices: int = 1
    nodes: int = 1
    progress: bool = True
    threads: int = field(default_factory=torch.get_num_threads)
    """Of torch, as it was at the start: sums in another order would be another result."""

    @property
    def ranks(self) -> int:
        """Processes over all machines."""
        return self.devices * self.nodes

    @property
    def kind(self) -> str:
        """ "cpu", "cuda" or "mps", as it will be."""
        if self.accelerator not in ("auto", "gpu"):
            return self.accelerator
        if torch.cuda.is_available():
            return "cuda"
        if torch.backends.mps.is_available():
            return "mps"
        if self.accelerator == "gpu":
            raise DeviceError("There is no graphics card that torch can use.", code="device")
        return "cpu"


def fit(
    module: GeoModule, data: PhotoData, folder: Path, machine: Machine, *, resume: bool
) -> Path:
    """Train to the recipe's last epoch; returns the best checkpoint.

    With ``resume`` from the last checkpoint in ``folder``, if there is one. Raises TrainError for
    what a user can mend; the run can then be resumed.
    """
    last = folder / CHECKPOINTS / f"{LAST}.ckpt"
    torch.set_num_threads(machine.threads)
    with _quiet():
        trainer = make_trainer(module, data, folder, machine)
        try:
            trainer.fit(
                module,
                datamodule=data,
                ckpt_path=str(last) if resume and last.is_file() else None,
                # A checkpoint is data: nothing in it may run.
                weights_only=True,
            )
        except Exception as error:
            told = explained(error, data.portions.accumulate)
            if told is None:
                raise
            raise told from error
    if trainer.interrupted:
        raise TrainError(
            "Stopped; run the same command with --resume to go on from the last checkpoint.",
            code="interrupted",
        )
    if module.broken and trainer.is_global_zero:
        names = sorted(module.broken)
        (folder / "broken.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
        LOG.warning("%s (all in %s).", describe_broken(names), folder / "broken.txt")
    best = folder / CHECKPOINTS / f"{BEST}.ckpt"
    return best if best.is_file() else last


def make_trainer(module: GeoModule, data: PhotoData, folder: Path, machine: Machine) -> pl.Trainer:
    """Lightning's trainer for a recipe."""
    choice = module.recipe.training
    strategy: Any = "auto"
    if machine.ranks > 1:
        # A trunk that rests has no gradients, which DDP must be told to expect.
        strategy = DDPStrategy(find_unused_parameters=module.recipe.frozen_epochs > 0)
    loggers: list[Logger] = [
        CSVLogger(folder, name="logs"),
        TensorBoardLogger(folder, name="tensorboard", version=""),
    ]
    return pl.Trainer(
        accelerator="gpu" if machine.kind == "cuda" else machine.kind,
        devices=machine.devices,
        num_nodes=machine.nodes,
        strategy=strategy,
        precision=precision_for(choice, machine.kind),
        max_epochs=choice.epochs,
        accumulate_grad_batches=choice.accumulate,
        limit_train_batches=data.micro_batches,
        num_sanity_val_steps=0,
        log_every_n_steps=max(1, min(choice.log_steps, data.portions.steps)),
        use_distributed_sampler=False,
        sync_batchnorm=machine.ranks > 1 and machine.kind == "cuda",
        deterministic="warn",
        logger=loggers,
        callbacks=_callbacks(choice, data, folder, machine),
        enable_progress_bar=machine.progress,
        enable_model_summary=False,
    )


def _callbacks(choice: Training, data: PhotoData, folder: Path, machine: Machine) -> list[Callback]:
    place = folder / CHECKPOINTS
    callbacks: list[Callback] = [LearningRateMonitor()]
    if data.validation_photos:
        best = ModelCheckpoint(
            place,
            filename=BEST,
            monitor=choice.monitor,
            mode="max" if "within" in choice.monitor else "min",
            save_on_train_epoch_end=True,
            enable_version_counter=False,
            save_weights_only=True,
        )
        callbacks.append(best)
    callbacks.append(
        LastCheckpoint(
            place,
            filename=LAST,
            every_n_train_steps=choice.checkpoint_steps,
            save_on_train_epoch_end=True,
            enable_version_counter=False,
        )
    )
    if machine.progress:
        callbacks.append(TQDMProgressBar(refresh_rate=5))
    return callbacks


class LastCheckpoint(ModelCheckpoint):
    """Keeps the newest state: every so many steps, and at the end of each epoch."""

    def on_train_batch_end(self, trainer: pl.Trainer, *args: Any, **kwargs: Any) -> None:
        """Not at an epoch's last step: its end saves anyway, validation included."""
        if not trainer.is_last_batch:
            super().on_train_batch_end(trainer, *args, **kwargs)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save, though the steps of the epoch are no multiple of the interval.

        Raises TrainError instead where the validation shows that the network is lost.
        """
        loss = trainer.callback_metrics.get("val_loss")
        if loss is not None and not torch.isfinite(loss):
            raise not_a_number(trainer.global_step)
        self._save_topk_checkpoint(trainer, self._monitor_candidates(trainer))
        self._save_last_checkpoint(trainer, self._monitor_candidates(trainer))


def precision_for(choice: Training, kind: str) -> Precision:
    """Half precision is for graphics cards: a processor gains nothing and loses digits."""
    if kind == "cpu" or choice.precision == "32":
        return "32-true"
    return choice.precision


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's advice on its own inner workings away from users."""
    noisy = logging.getLogger("lightning.pytorch")
    level = noisy.level
    noisy.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\..*")
            warnings.filterwarnings("ignore", module=r"torchmetrics\..*")
            warnings.filterwarnings("ignore", message=".*deterministic.*")
            warnings.filterwarnings("ignore", message=".*lr_scheduler.step.*")
            yield
    finally:
        noisy.setLevel(level)


def read_curve(folder: Path, column: str) -> dict[int, float]:
    """Step → value of a logged figure over all starts of a run; a later start wins."""
    import csv

    curve: dict[int, float] = {}
    logs = sorted((folder / "logs").glob("version_*/metrics.csv"), key=lambda p: p.stat().st_mtime)
    for path in logs:
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                value = row.get(column) or ""
                if value and math.isfinite(float(value)):
                    curve[int(row["step"])] = float(value)
    return curve
