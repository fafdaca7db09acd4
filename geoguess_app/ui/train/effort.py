"""What a recipe would take, as the trainer's dry run says."""

from __future__ import annotations

import re

from PySide6.QtCore import QObject, Signal

from geoguess_app.ui.train import arguments
from geoguess_app.ui.train.process import TrainerProcess
from geoguess_app.ui.train.runs import Run
from geoguess_app.ui.train.trainer_command import TrainerCommand
from geoguess_app.ui.words import tr

_ROW = re.compile(r"^(\w+)\s{2,}(.+)$")
MISSING = "missing"
_END_MS = 5000


class Effort(QObject):
    """Asks for one recipe at a time; a newer question replaces an older one."""

    told = Signal(list, str)
    """Rows of name and value, and what is missing (or nothing)."""
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: TrainerProcess | None = None

    def ask(self, trainer: TrainerCommand, run: Run) -> None:
        """Start a dry run."""
        self.cancel()
        process = TrainerProcess(trainer, arguments.build(run, dry=True), self, steered=True)
        process.finished.connect(lambda code: self._finished(process, code))
        self._process = process
        process.start()

    def cancel(self) -> None:
        """Nothing is asked any more."""
        process, self._process = self._process, None
        if process is not None:
            process.stop()  # not killed: it has helpers of its own to end

    def end(self) -> bool:
        """The window closes."""
        process, self._process = self._process, None
        return process is None or process.end(_END_MS)

    def _finished(self, process: TrainerProcess, code: int) -> None:
        if process is not self._process:
            return
        self._process = None
        if code:
            self.failed.emit(process.last_words)
            return
        rows, missing = rows_of(process.output)
        self.told.emit(rows, missing)


def rows_of(text: str) -> tuple[list[tuple[str, str]], str]:
    """The lines of a dry run: name and value; what is missing comes apart."""
    rows, missing = [], ""
    for line in text.splitlines():
        found = _ROW.match(line)
        if found and found[1] == MISSING:
            missing = found[2]
        elif found:
            rows.append((_name(found[1]), found[2].replace(" trunk", " numbers in the network")))
    return rows, missing


def _name(word: str) -> str:
    return {
        "trunk": tr("Network"),
        "photos": tr("Photos"),
        "split": tr("Test"),
        "cells": tr("Cells"),
        "parameters": tr("Size"),
        "training": tr("Training"),
        "steps": tr("Steps"),
        "devices": tr("Runs on"),
        "time": tr("Time"),
    }.get(word, word.capitalize())
