"""The effort that a recipe takes, as the trainer's dry run says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from geoguess_app.models.trainer_command import TrainerCommand
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.train import arguments
from geoguess_app.ui.train.process import TrainerProcess
from geoguess_app.ui.train.runs import TrainingFolder

_ROW = re.compile(r"^(\w+)\s{2,}(.+)$")
_MISSING, _DOWNLOAD = "missing", "download"
_END_MS = 5000


@dataclass(frozen=True, slots=True)
class EffortEstimate:
    """An estimate of what a recipe would take."""

    rows: list[tuple[str, str]]
    """Name and value."""
    missing: str = ""
    """What is not on this computer, in a sentence; nothing: it is all there."""
    can_download: bool = False


class EffortQuery(QObject):
    """A query that asks for one recipe at a time; a newer question replaces an older one."""

    told = Signal(object)
    """What it takes: a Told."""
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: TrainerProcess | None = None

    def ask(self, trainer: TrainerCommand, run: TrainingFolder) -> None:
        """Start a dry run."""
        self.cancel()
        process = TrainerProcess(trainer, arguments.build(run, dry=True), self, steered=True)
        process.finished.connect(lambda code: self._finished(process, code))
        self._process = process
        process.start()

    def cancel(self) -> None:
        """Ask nothing any more."""
        process, self._process = self._process, None
        if process is not None:
            process.stop()  # not killed: it has helpers of its own to end

    def end(self) -> bool:
        """End with the window."""
        process, self._process = self._process, None
        return process is None or process.end(_END_MS)

    def _finished(self, process: TrainerProcess, code: int) -> None:
        if process is not self._process:
            return
        self._process = None
        if code:
            self.failed.emit(process.last_words)
            return
        self.told.emit(read_dry_run(process.output))


def read_dry_run(text: str) -> EffortEstimate:
    """The lines of a dry run: a name and a value each; what is missing comes apart."""
    rows, apart = [], {}
    for line in text.splitlines():
        found = _ROW.match(line)
        if found and found[1] in (_MISSING, _DOWNLOAD):
            apart[found[1]] = found[2]
        elif found:
            rows.append((_name(found[1]), _plain(found[1], found[2])))
    missing, download = apart.get(_MISSING, ""), apart.get(_DOWNLOAD, "")
    if missing and download:
        missing = tr(
            "The pretrained weights of this network are not on this computer. They can "
            "be downloaded: {offer}. Training from scratch needs many more photos."
        ).format(offer=download)
    return EffortEstimate(rows, missing, bool(download))


def _name(word: str) -> str:
    return {
        "trunk": tr("Network"),
        "photos": tr("Photos"),
        "split": tr("Test"),
        "cells": tr("Cells"),
        "parameters": tr("Size"),
        "training": tr("Training"),
        "steps": tr("Steps"),
        "devices": tr("Device"),
        "time": tr("Time"),
    }.get(word, word.capitalize())


def _plain(word: str, value: str) -> str:
    """The trainer's words for somebody who knows no network; as they are where they are others."""
    for name, pattern, text in _WORDS:
        found = re.fullmatch(pattern, value) if name == word else None
        if found:
            return tr(text).format(*found.groups())
    return value


_WORDS = (
    ("trunk", r"(.+), from ImageNet weights that are missing", "{0}"),
    ("trunk", r"(.+), from random weights.*", "{0}, trained from scratch"),
    ("trunk", r"(.+), from ImageNet-1k.*", "{0}, pretrained on ImageNet"),
    (
        "photos",
        r"([\d,]+) train, ([\d,]+) validation, ([\d,]+) test",
        "{0} for training, {1} for validation, {2} for testing",
    ),
    ("parameters", r"([\d,]+) \(.* heads\)", "{0} trainable parameters"),
    ("parameters", r"([\d,]+) trunk, not trained further", "{0} fixed parameters"),
    (
        "parameters",
        r"([\d,]+) trunk; bank of ([\d,]+) .*",
        "{0} parameters; {1} photos in the bank",
    ),
    (
        "steps",
        r".* an epoch of ([\d,]+) photos, ([\d,]+) in ([\d,]+) epochs",
        "{2} epochs ({1} steps of {0} photos)",
    ),
    ("devices", r"1 × cpu, ([\d,]+) photos at once, .*", "processor, batches of {0} photos"),
    ("devices", r"1 × \w+, ([\d,]+) photos at once, .*", "graphics card, batches of {0} photos"),
    ("time", r"(about .+) \(.*small steps\)", "{0} for training, plus a little for testing"),
)
"""Of a line's name and value: what is understood, and what is shown for it."""
