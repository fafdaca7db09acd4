"""``geoguess --self-check``: does this installation work, from page to answer?"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from PySide6.QtCore import QEventLoop, QTimer

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.ui.kit.samples import sample_photos
from geoguess_app.ui.locate.photo_row import RowState
from geoguess_app.ui.shell.modes import MODES
from geoguess_app.ui.shell.window import MainWindow

_LIMIT_S = 90.0
_LOOK_MS = 25


class SelfCheck:
    """A check that drives a real window through its main job; a line for each step."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._trouble: list[str] = []
        self._page_ready = False

    def run(self) -> int:
        """0 when everything works, 1 otherwise; never longer than the time limit."""
        window = self._window
        window.map_pane.ready.connect(self._page_came)
        window.locator.modelFailed.connect(self._trouble.append)
        deadline_s = time.monotonic() + _LIMIT_S
        window.show()
        window.start([], restore=False)
        passed = True
        for name, ready, say in (
            ("map page", lambda: self._page_ready, _load),
            ("model", lambda: window.locator.model is not None, self._say_model),
            ("photo", self._photo_done, self._say_photo),
        ):
            ok = self._wait(ready, deadline_s)
            _line(f"{name}: {say() if ok else self._why()}")
            passed = passed and ok
        passed = self._modes_come() and passed
        window.close()
        _line("self-check passed" if passed else "self-check failed")
        return 0 if passed else 1

    def _modes_come(self) -> bool:
        """Whether every mode's parts are there; none is entered: that might open a review."""
        missing = []
        for entry in MODES:
            try:
                entry.load()
            except ImportError as error:
                missing.append(f"{entry.title} ({error})")
        titles = ", ".join(entry.title for entry in MODES)
        _line(f"modes: {'FAILED: ' + ', '.join(missing) if missing else titles}")
        return not missing

    def _page_came(self) -> None:
        self._page_ready = True

    def _photo_done(self) -> bool:
        window = self._window
        if window.locator.model is None:
            return False
        if not window.locate.model.rowCount() and not window.locator.running:
            window.intake.open_paths(sample_photos()[:1])
        return any(row.state is RowState.LOCATED for row in window.locate.model.rows())

    def _say_model(self) -> str:
        model = self._window.locator.model
        assert model is not None
        return f"{model.name} on {model.device}"

    def _say_photo(self) -> str:
        row = self._window.locate.model.rows()[0]
        assert row.outcome is not None
        return f"{row.name} located at {cf.decimal(row.outcome.located.prediction.coordinate)}"

    def _why(self) -> str:
        failed = [row.failure.message for row in self._window.locate.model.rows() if row.failure]
        return "FAILED: " + " ".join(self._trouble + failed or ["not within the time limit"])

    def _wait(self, ready: Callable[[], bool], deadline_s: float) -> bool:
        loop = QEventLoop()
        ok = False

        def look() -> None:
            nonlocal ok
            ok = ready()
            failed = any(row.state is RowState.FAILED for row in self._window.locate.model.rows())
            if ok or self._trouble or failed or time.monotonic() > deadline_s:
                loop.quit()

        timer = QTimer(interval=_LOOK_MS)
        timer.timeout.connect(look)
        timer.start()
        loop.exec()
        timer.stop()
        return ok


def _load() -> str:
    return "loaded"


def _line(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
