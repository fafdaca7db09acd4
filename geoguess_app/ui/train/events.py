"""Events of a training: how far it is, out of the lines that the trainer writes as it goes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from geoguess_app.ui.kit.words import tr

FLOOR = "middle of all photos"
RUNNING, PAUSED, STOPPED, FAILED, DONE = "running", "paused", "stopped", "failed", "done"
_LOSS_POINTS = 2000
_LEARNED = ("loss", "validation", "floor_km", "epoch", "epochs", "steps")


def stage_words(name: str) -> str:
    """A stage, for people."""
    return {
        "reading": tr("Reading the photos"),
        "features": tr("Analysing every photo"),
        "candidates": tr("Comparing model types"),
        "other-split": tr("Repeating with a different split"),
        "training": tr("Training"),
        "bank": tr("Building the photo bank"),
        "scenes": tr("Labelling scenes"),
        "calibrating": tr("Calibrating the radii"),
        "measuring": tr("Testing on held-out photos"),
    }.get(name, name)


@dataclass
class TrainingProgress:
    """All that is known so far; ``take`` adds a line."""

    state: str = RUNNING
    stages: list[str] = field(default_factory=list)
    """In their order, as far as they are known."""
    stage: str = ""
    done: int = 0
    total: int = 0
    remaining_s: float | None = None
    """Of this stage."""
    tried: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """Kind of model → (photos answered, best median error in metres)."""
    epoch: int = 0
    """Of a network: how often every photo has been learned from."""
    epochs: int = 0
    """How often that is to be; 0: nothing is learned in epochs."""
    steps: int = 0
    """Steps of all epochs."""
    floor_km: float | None = None
    """Median error on the validation photos of always answering the middle of the others."""
    loss: list[tuple[float, float]] = field(default_factory=list)
    """(step, training loss)"""
    validation: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """Figure → (step, value)"""
    division: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    """Why it failed."""
    model: str = ""

    def take_line(self, line: str) -> None:
        """Add a line of the file; what is not understood changes nothing."""
        try:
            event = json.loads(line)
            if isinstance(event, dict):
                self.take(event)
        except (ValueError, KeyError, TypeError):
            return

    def take(self, event: Mapping[str, Any]) -> None:
        """Add one event to what is known."""
        handler = getattr(self, f"_{event['event']}", None)
        if handler is not None:
            handler(event)

    def _start(self, event: Mapping[str, Any]) -> None:
        if "stages" in event:
            # A build begins at its first stage, also when it goes on: what is kept passes quickly.
            # What a network has learned is told in a file of its own, which goes on.
            fresh = TrainingProgress(stages=list(event["stages"]))
            for name in _LEARNED:
                setattr(fresh, name, getattr(self, name))
            self.__dict__.update(fresh.__dict__)
            return
        self.state, self.message = RUNNING, ""
        self._enter("training")
        self._place(event)
        self.floor_km = event.get("floor_km")
        self.total = int(event.get("steps", 0))
        self._forget_after(float(event.get("step", 0)))

    @property
    def steps_per_epoch(self) -> float:
        """To turn steps into epochs; 1 where nothing is known of epochs."""
        return self.steps / self.epochs if self.epochs and self.steps else 1.0

    def _place(self, event: Mapping[str, Any]) -> None:
        self.epoch, self.epochs = int(event.get("epoch", 0)), int(event.get("epochs", 0))
        self.steps = int(event.get("steps", 0))

    def _forget_after(self, step: float) -> None:
        """A run that goes on from a checkpoint repeats what came after it."""
        self.loss = [point for point in self.loss if point[0] <= step]
        for name, points in self.validation.items():
            self.validation[name] = [point for point in points if point[0] <= step]

    def _stage(self, event: Mapping[str, Any]) -> None:
        self.state = RUNNING
        self._enter(str(event["name"]))
        self.total = int(event.get("total", 0))

    def _enter(self, name: str) -> None:
        if name not in self.stages:
            self.stages.append(name)
        self.stage, self.done, self.total, self.remaining_s = name, 0, 0, None

    def _step(self, event: Mapping[str, Any]) -> None:
        self.state = RUNNING
        left = event.get("remaining_s")
        self.remaining_s = None if left is None else float(left)
        if "stage" in event:
            self.done, self.total = int(event["done"]), int(event.get("total", 0))
            return
        self._place(event)
        self.done, self.total = int(event["step"]), int(event["steps"])
        if event.get("loss") is not None:
            self.loss.append((float(event["step"]), float(event["loss"])))
        if len(self.loss) > _LOSS_POINTS:
            self.loss = self.loss[::2]

    def _epoch(self, event: Mapping[str, Any]) -> None:
        for name, value in event.items():
            if name.startswith("val_") and isinstance(value, int | float):
                points = self.validation.setdefault(name, [])
                points.append((float(event["step"]), float(value)))

    def _tried(self, event: Mapping[str, Any]) -> None:
        if event.get("stage") != "candidates":
            return
        photos = float(event["photos"])
        for name, median_m in {**event["median_m"], FLOOR: event["floor_m"]}.items():
            self.tried.setdefault(str(name), []).append((photos, float(median_m)))

    def _division(self, event: Mapping[str, Any]) -> None:
        self.division = dict(event)

    def _paused(self, _event: Mapping[str, Any]) -> None:
        self.state = PAUSED

    def _continued(self, _event: Mapping[str, Any]) -> None:
        self.state = RUNNING

    def _stopped(self, _event: Mapping[str, Any]) -> None:
        self.state = STOPPED

    def _failed(self, event: Mapping[str, Any]) -> None:
        self.state, self.message = FAILED, str(event.get("message", ""))

    def _done(self, event: Mapping[str, Any]) -> None:
        self.state, self.model = DONE, str(event.get("model", ""))
        self.remaining_s = None
