"""Finding the trainer and asking it for its recipes, without waiting for it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSettings, Signal

from geoguess_app.models.trainer_command import INSTALL, TrainerCommand, find_trainer
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.train import arguments
from geoguess_app.ui.train.process import TrainerProcess
from geoguess_app.ui.train.recipes import TrainerFacts, read_facts

_KEY = "train/trainer"
_END_MS = 3000


class Trainers(QObject):
    """The search for a trainer; keeps the one that works."""

    found = Signal()
    missing = Signal(str)
    """Why there is none, and what to do, in one sentence."""

    def __init__(self, state: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.command: TrainerCommand | None = None
        self.facts: TrainerFacts | None = None
        self._process: TrainerProcess | None = None

    def look(self) -> None:
        """Find it and ask; answers with a signal."""
        self.command = self.facts = None
        self._end_asking()
        command = find_trainer(str(self._state.value(_KEY, "") or ""))
        if command is None:
            self.missing.emit(_install())
            return
        process = TrainerProcess(command, arguments.list_recipes(), self)
        process.finished.connect(lambda code: self._answered(process, command, code))
        self._process = process
        process.start()

    def choose(self, program: str) -> None:
        """Use this one from now on, in later sessions, too."""
        self._state.setValue(_KEY, program)
        self.look()

    def end(self) -> bool:
        """End with the window."""
        process = self._process
        self._end_asking()
        return process is None or process.end(_END_MS)

    def _end_asking(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    def _answered(self, process: TrainerProcess, command: TrainerCommand, code: int) -> None:
        if process is not self._process:
            return
        self._process = None
        try:
            facts = read_facts(process.output) if code == 0 else None
        except ValueError:
            facts = None
        if facts is None:
            self.missing.emit(
                tr("{program} is not a compatible trainer ({why}).").format(
                    program=command.words, why=process.last_words.rstrip(".")
                )
            )
        elif facts.missing:
            self.missing.emit(
                tr("The trainer is missing {packages}. {install}").format(
                    packages=", ".join(facts.missing), install=_install()
                )
            )
        else:
            self.command, self.facts = command, facts
            self.found.emit()


def _install() -> str:
    return tr(
        "Install it with {command} in a Python environment, or choose the geoguess-train of "
        "another installation."
    ).format(command=INSTALL)
