"""A recipe of the training engine: task, trunk, pictures, optimiser, schedule, in one TOML file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from geoguess_app.core.picture.preprocess import Preprocessing
from trainer.common.fields import decode_table, read_toml, with_changes
from trainer.common.recipe_sections import ModelDescription, PartitionChoice, PretrainedTrunk

Task = Literal["cells", "context", "regression", "retrieval"]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """The variation of training pictures: a random part of the photo, mirroring, colours."""

    crop_scale: tuple[float, float] = (0.66, 1.0)
    """Smallest and largest share of the photo's area."""
    crop_ratio: tuple[float, float] = (0.75, 4 / 3)
    """Narrowest and widest part, width : height."""
    flip: bool = True
    """Mirrors half of the pictures (and with them lettering and the side of the road)."""
    jitter: float = 0.0
    """Brightness, contrast and saturation change by up to this share."""

    def __post_init__(self) -> None:
        if not 0.0 < self.crop_scale[0] <= self.crop_scale[1] <= 1.0:
            raise ValueError("crop_scale must be two rising numbers above 0 and at most 1")
        if not 0.0 < self.crop_ratio[0] <= self.crop_ratio[1]:
            raise ValueError("crop_ratio must be two rising numbers above 0")
        if not 0.0 <= self.jitter < 1.0:
            raise ValueError("jitter must be at least 0 and below 1")


@dataclass(frozen=True, slots=True)
class CellTraining:
    """The classification of cells."""

    reassign_km: float = 100.0
    """Photos of dropped cells train the nearest kept cell, if it is this near."""
    smoothing_km: float = 0.0
    """Cells share the label by exp(-(d - d_true) / smoothing_km); 0: hard labels."""
    label_smoothing: float = 0.0
    """Share of the label spread over all cells evenly."""
    head_dropout: float = 0.0
    """Share of the features that the heads do without, at random, while they learn."""


@dataclass(frozen=True, slots=True)
class ContextTraining:
    """The section about Context-Specific Networks."""

    threshold: float = 0.3
    """A photo trains the network of every scene whose probability is above this (τ_s)."""
    routing: Literal["hard", "mix"] = "hard"
    scenes: str = ""
    """Path of the model that labels scenes, where ``--scenes`` names none."""


@dataclass(frozen=True, slots=True)
class RegressionTraining:
    """Coordinates as two numbers, standardised over the training photos."""

    loss: Literal["mse", "huber"] = "mse"
    huber_delta: float = 1.0
    """In standard deviations: errors beyond it count linearly."""
    head_dropout: float = 0.0
    frozen_epochs: int = 0
    """The first epochs train the head only, at ``frozen_learning_rate``."""
    frozen_learning_rate: float = 5e-4


@dataclass(frozen=True, slots=True)
class BankChoice:
    """Report B's nearest neighbours among the training photos."""

    neighbours: int = 20
    temperature: float = 0.1
    decimals: int = 7
    """Decimals of a degree that the bank keeps; 2 hides the spot behind a kilometre."""


@dataclass(frozen=True, slots=True)
class Optimizer:
    """The optimiser, which changes the weights."""

    name: Literal["sgd", "adam", "adamw"] = "sgd"
    learning_rate: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 1e-4


@dataclass(frozen=True, slots=True)
class RateSchedule:
    """The schedule of the learning rate: falls: at ``milestones``, every ``step`` epochs, as a
    cosine to zero, or never."""

    kind: Literal["constant", "milestones", "step", "cosine"] = "constant"
    milestones: tuple[int, ...] = ()
    step: int = 1
    gamma: float = 0.5


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Settings of a training: how long, how much at once, how exactly."""

    epochs: int = 10
    batch: int = 32
    """Photos per optimiser step, over all devices and accumulated parts."""
    accumulate: int = 1
    """In how many parts a device works a step off: more parts need less memory."""
    precision: Literal["16-mixed", "bf16-mixed", "32"] = "32"
    """Half precision is for graphics cards; a processor computes in 32 bits anyway."""
    seed: int = 1
    workers: int = 4
    """Processes that decode photos, per device; 0: none."""
    validation_photos: int = 25600
    """At most so many photos are validated on after each epoch."""
    test_photos: int = 25600
    """At most so many test photos are measured after training."""
    shuffle_buffer: int = 2000
    """Photos that are held to be shuffled when reading from shards, per worker."""
    checkpoint_steps: int = 1000
    """A checkpoint after so many steps, beside the one after each epoch."""
    log_steps: int = 20
    monitor: str = "val_loss"
    """The best checkpoint has the smallest value of this."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "accumulate", "checkpoint_steps", "log_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")


@dataclass(frozen=True, slots=True)
class TrainRecipe:
    """All choices of one training run."""

    task: Task
    model: ModelDescription
    trunk: PretrainedTrunk
    preprocessing: Preprocessing
    partitions: tuple[PartitionChoice, ...] = ()
    augmentation: Augmentation = field(default_factory=Augmentation)
    cells: CellTraining = field(default_factory=CellTraining)
    context: ContextTraining = field(default_factory=ContextTraining)
    regression: RegressionTraining = field(default_factory=RegressionTraining)
    retrieval: BankChoice = field(default_factory=BankChoice)
    optimizer: Optimizer = field(default_factory=Optimizer)
    schedule: RateSchedule = field(default_factory=RateSchedule)
    training: TrainingSettings = field(default_factory=TrainingSettings)

    def __post_init__(self) -> None:
        if self.task == "cells" and not self.partitions:
            raise ValueError("partitions must not be empty for the task cells")
        self.trunk.check_input(self.preprocessing.size)
        names = [choice.name for choice in self.partitions]
        if len(set(names)) < len(names):
            raise ValueError("two partitions have the same name")

    @property
    def frozen_epochs(self) -> int:
        """Epochs in which only the head learns."""
        return self.regression.frozen_epochs if self.task == "regression" else 0

    def to_json(self) -> dict[str, Any]:
        """Plain values, as kept beside a run."""
        return asdict(self)


def read_train_recipe(path: Path, changes: Iterable[str] = ()) -> TrainRecipe:
    """Read a recipe, with ``--set`` changes; raises TableError naming the key that is wrong."""
    data = with_changes(read_toml(path), changes)
    data.pop("search", None)  # the grid of geoguess-train search
    return decode_table(TrainRecipe, data, str(path))
