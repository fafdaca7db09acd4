"""A follower of files that another program appends lines to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

_EVERY_MS = 250
_AT_ONCE = 1 << 20


class Follower(QObject):
    """A follower that emits the whole lines of some files, those that are there already first."""

    lines = Signal(list)

    def __init__(self, files: Sequence[Path], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._read = dict.fromkeys(files, 0)
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Look now and again and again."""
        self.look()
        self._timer.start()

    def stop(self) -> None:
        """Look a last time."""
        self._timer.stop()
        self.look()

    def look(self) -> None:
        """Read what is new."""
        for path in self._read:
            while new := self._new(path):
                self.lines.emit(new)

    def _new(self, path: Path) -> list[str]:
        try:
            with path.open("rb") as stream:
                stream.seek(self._read[path])
                read = stream.read(_AT_ONCE)
        except OSError:
            return []
        # The last line may be half written.
        whole = read[: read.rfind(b"\n") + 1]
        self._read[path] += len(whole)
        return whole.decode("utf-8", "replace").splitlines()
