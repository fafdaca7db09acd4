"""The fourth step at work: the trainer builds the model, and this window follows."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from geoguess_app.models.trainer_command import TrainerCommand
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.train import arguments
from geoguess_app.ui.train.events import DONE, FAILED, RUNNING, STOPPED, TrainingProgress
from geoguess_app.ui.train.follower import Follower
from geoguess_app.ui.train.process import TrainerProcess
from geoguess_app.ui.train.runs import DONE as DONE_RUN
from geoguess_app.ui.train.runs import TrainingFolder

_END_MS = 12_000
_INTERRUPTED = 130


class TrainingAttempt(QObject):
    """One start of a training. Ends with ``ended`` exactly once."""

    changed = Signal()
    """``progress`` has news."""
    said = Signal(str)
    ended = Signal(str, str)
    """"done", "stopped" or "failed", and why."""

    def __init__(
        self, trainer: TrainerCommand, run: TrainingFolder, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.run = run
        self.progress = TrainingProgress()
        self.pausing = self.stopping = False
        self._process = TrainerProcess(trainer, arguments.build(run), self, steered=True)
        self._process.said.connect(self._say)
        self._process.finished.connect(self._finished)
        self._follower = Follower(run.progress_files, self)
        self._follower.lines.connect(self._took)

    @property
    def running(self) -> bool:
        """Tell whether the trainer is at work, or rests."""
        return self._process.running

    @property
    def pid(self) -> int:
        """The trainer's number in the system."""
        return self._process.pid

    def start(self) -> None:
        """Begin, or go on where an earlier start was."""
        # What earlier starts told comes first and is passed over by the first line of this one.
        self._follower.start()
        self.progress.state, self.progress.message = RUNNING, ""
        self._process.start()

    def pause(self) -> None:
        """Rest after the step under way."""
        self.pausing = True
        self._process.pause()
        self.changed.emit()

    def go_on(self) -> None:
        """Go on after a pause."""
        self.pausing = False
        self._process.go_on()
        self.changed.emit()

    def stop(self) -> None:
        """End with what was done kept."""
        self.stopping = True
        self._process.stop()

    def end(self) -> bool:
        """The window closes: True once the trainer has ended."""
        self.stopping = True
        return self._process.end(_END_MS)

    def _took(self, lines: list[str]) -> None:
        for text in lines:
            self.progress.take_line(text)
        self.changed.emit()

    def _say(self, text: str) -> None:
        if not text.strip():
            return
        with suppress(OSError), self.run.log.open("a", encoding="utf-8") as stream:
            stream.write(f"{text}\n")
        self.said.emit(text)

    def _finished(self, code: int) -> None:
        self._follower.stop()
        if code == 0 and Path(self.run.plan.out).is_file():
            self.ended.emit(DONE, "")
        elif self.stopping or code == _INTERRUPTED or self.progress.state == STOPPED:
            self.ended.emit(STOPPED, "")
        else:
            self.ended.emit(FAILED, self._why())

    def _why(self) -> str:
        if self.progress.state == FAILED and self.progress.message:
            return self.progress.message
        if self._process.trouble:
            text = tr("{why} Progress is kept; you can resume from there.")
            return text.format(why=self._process.trouble)
        return self._process.last_words


def past_progress(run: TrainingFolder) -> TrainingProgress:
    """Return how far a training came that is not at work."""
    progress = TrainingProgress()
    for path in run.progress_files:
        with suppress(OSError):
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                progress.take_line(line)
    if run.plan.state == DONE_RUN:
        progress.state = DONE
    return progress


def past_words(run: TrainingFolder) -> list[str]:
    """Return what the trainer said."""
    try:
        return run.log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
