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
from lightning.pytorch.callbacks import Callback, LearningRateMonitor, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger
from lightning.pytorch.strategies import DDPStrategy

from geoguess_app.core.errors import DeviceError
from geoguess_app.files.atomic import make_folder
from trainer.common.errors import TrainError
from trainer.engine.checkpoints import (
    BEST,
    LAST,
    AtomicCheckpointIO,
    LastCheckpoint,
    best_checkpoint,
    checkpoint_path,
)
from trainer.engine.data_module import PhotoData
from trainer.engine.errors import explain_failure, interruption
from trainer.engine.modules import GeoModule
from trainer.engine.progress import ProgressLines, ProgressLog
from trainer.engine.recipe import TrainingSettings
from trainer.engine.unreadable import UnreadablePhotos

Precision = Literal["16-mixed", "bf16-mixed", "32-true"]


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine on which a training computes."""

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


def fit_module(
    module: GeoModule,
    data: PhotoData,
    folder: Path,
    machine: Machine,
    *,
    resume: bool,
    progress: ProgressLog | None = None,
) -> Path:
    """Train to the recipe's last epoch; returns the best checkpoint.

    With ``resume`` from the last checkpoint in ``folder``, if there is one. Raises TrainError for
    what a user can mend or has asked for; the run can then be resumed.
    """
    last = checkpoint_path(folder, LAST)
    torch.set_num_threads(machine.threads)
    make_folder(folder)
    module.broken = UnreadablePhotos(folder)
    with _quiet(), module.stop.listening():
        trainer = make_trainer(module, data, folder, machine, progress or ProgressLog(folder))
        try:
            trainer.fit(
                module,
                datamodule=data,
                ckpt_path=str(last) if resume and last.is_file() else None,
                # A checkpoint is data: nothing in it may run.
                weights_only=True,
            )
        except SystemExit as error:  # how Lightning ends when it is stopped at once
            raise interruption() from error
        except Exception as error:
            if module.stop.asked and not isinstance(error, TrainError):
                raise interruption() from error  # what else ends was stopped by the same signal
            explanation = explain_failure(error, data.portions.accumulate)
            if explanation is None:
                raise
            raise explanation from error
    if trainer.is_global_zero:
        module.broken.sum_up()
    best = checkpoint_path(folder, BEST)
    return best if best.is_file() else last


def make_trainer(
    module: GeoModule, data: PhotoData, folder: Path, machine: Machine, progress: ProgressLog
) -> pl.Trainer:
    """Lightning's trainer for a recipe."""
    choice = module.recipe.training
    strategy: Any = "auto"
    if machine.ranks > 1:
        # A trunk that rests has no gradients, which DDP must be explanation to expect.
        strategy = DDPStrategy(find_unused_parameters=module.recipe.frozen_epochs > 0)
    loggers: list[Logger] = [
        # Written at once: whoever draws the curve or kills the run has all of it.
        CSVLogger(folder, name="logs", flush_logs_every_n_steps=1),
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
        log_every_n_steps=max(1, min(choice.log_steps, data.steps)),
        use_distributed_sampler=False,
        sync_batchnorm=machine.ranks > 1 and machine.kind == "cuda",
        deterministic="warn",
        logger=loggers,
        plugins=[AtomicCheckpointIO()],
        callbacks=_callbacks(module, data, folder, machine, progress),
        enable_progress_bar=machine.progress,
        enable_model_summary=False,
    )


def _callbacks(
    module: GeoModule, data: PhotoData, folder: Path, machine: Machine, progress: ProgressLog
) -> list[Callback]:
    choice = module.recipe.training
    callbacks: list[Callback] = [LearningRateMonitor(), module.stop, ProgressLines(progress, data)]
    if data.validation_photos:
        callbacks.append(best_checkpoint(choice, folder))
    callbacks.append(LastCheckpoint(choice, folder))
    if machine.progress:
        callbacks.append(TQDMProgressBar(refresh_rate=5))
    return callbacks


def precision_for(choice: TrainingSettings, kind: str) -> Precision:
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
            # From shards as many as the recipe says decode, on every machine alike.
            warnings.filterwarnings("ignore", message="This DataLoader will create.*")
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
