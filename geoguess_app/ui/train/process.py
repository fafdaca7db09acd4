"""One run of a trainer's command beside the window, steered through its standard input."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from geoguess_app.models.trainer_command import TrainerCommand
from geoguess_app.ui.kit.words import tr

_KEPT_LINES = 400
STOP_PATIENCE_MS = 20_000


class TrainerProcess(QObject):
    """A process that starts at once; every signal arrives on the window's thread."""

    said = Signal(str)
    """A line of what the trainer tells people."""
    overwritten = Signal(str)
    """A line that will be written over: the progress of commands that have no other."""
    finished = Signal(int)
    """Its exit status: 0 done, 1 failed, 130 stopped, -1 could not be started or was killed."""

    def __init__(
        self,
        trainer: TrainerCommand,
        arguments: Sequence[str],
        parent: QObject | None = None,
        *,
        steered: bool = False,
    ) -> None:
        super().__init__(parent)
        self.output = ""
        self.lines: list[str] = []
        self.trouble = ""
        """Why it could not be started."""
        self._rest = ""
        self._ended = False
        self._process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        for name, value in trainer.environment.items():
            environment.insert(name, value)
        environment.insert("PYTHONUNBUFFERED", "1")
        environment.insert("PYTHONUTF8", "1")
        self._process.setProcessEnvironment(environment)
        self._process.readyReadStandardOutput.connect(self._read_output)
        self._process.readyReadStandardError.connect(self._read_said)
        self._process.errorOccurred.connect(self._went_wrong)
        self._process.finished.connect(self._finished)
        before = [*trainer.before, *(["--steered"] if steered else [])]
        self._process.setProgram(trainer.program)
        self._process.setArguments([*before, *arguments])

    def start(self) -> TrainerProcess:
        """Begin; after this, ``finished`` is emitted exactly once."""
        self._process.start()
        return self

    @property
    def running(self) -> bool:
        """Tell whether it has not ended yet."""
        return not self._ended

    @property
    def pid(self) -> int:
        """The process's number in the system; 0 where it does not run."""
        return int(self._process.processId())

    def pause(self) -> None:
        """Rest after the step under way; only what was started as steered."""
        self._process.write(b"pause\n")

    def go_on(self) -> None:
        """Go on after a pause."""
        self._process.write(b"continue\n")

    def stop(self) -> None:
        """End as Ctrl+C does, with what was done kept; killed if that takes too long."""
        if not self.running:
            return
        self._process.write(b"stop\n")
        QTimer.singleShot(STOP_PATIENCE_MS, self, self.kill)

    def kill(self) -> None:
        """End the process at once."""
        if self.running:
            self._process.kill()

    def end(self, patience_ms: int) -> bool:
        """Stop and wait, for when the window closes; True when it has ended."""
        if not self.running:
            return True
        self._process.write(b"stop\n")
        self._process.closeWriteChannel()
        if not self._process.waitForFinished(patience_ms):
            self._process.kill()
            return self._process.waitForFinished(2000)
        return True

    @property
    def last_words(self) -> str:
        """Say why it failed, as it said itself: the last line, which is one sentence."""
        if self.trouble:
            return self.trouble
        told = [line.strip() for line in self.lines if line.strip()]
        return told[-1] if told else tr("The trainer exited without an error message.")

    def _read_output(self) -> None:
        self.output += bytes(self._process.readAllStandardOutput().data()).decode(
            "utf-8", "replace"
        )

    def _read_said(self) -> None:
        text = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
        *lines, self._rest = (self._rest + text.replace("\r\n", "\n")).split("\n")
        for line in lines:
            self._tell(line)
        if passing := self._rest.rstrip("\r").rsplit("\r", 1)[-1]:
            self.overwritten.emit(passing)

    def _tell(self, line: str) -> None:
        # A progress bar overwrites its line.
        plain = line.rsplit("\r", 1)[-1]
        self.lines = [*self.lines[1 - _KEPT_LINES :], plain]
        self.said.emit(plain)

    def _went_wrong(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and not self._ended:
            self.trouble = tr("Could not start {program}: {why}.").format(
                program=self._process.program(), why=self._process.errorString()
            )
            self._end(-1)

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read_output()
        self._read_said()
        if self._rest:
            self._tell(self._rest)
            self._rest = ""
        crashed = status == QProcess.ExitStatus.CrashExit
        if crashed:
            self.trouble = tr("The trainer crashed or was terminated.")
        self._end(-1 if crashed else code)

    def _end(self, code: int) -> None:
        if not self._ended:
            self._ended = True
            self.finished.emit(code)
