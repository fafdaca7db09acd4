"""Python's garbage collection in the window's thread."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QTimer

from geoguess_app.core.garbage import OwnCollections

_EVERY_MS = 250
"""Little garbage comes together in this time: no collection keeps a frame waiting."""


class WindowGarbage(QTimer):
    """Collects garbage while the event loop of the application runs, and nowhere else."""

    def __init__(self, app: QCoreApplication) -> None:
        super().__init__(app)
        self._collections = OwnCollections()
        self.timeout.connect(self._collections.collect_due)
        self.start(_EVERY_MS)


def collect_in_window_thread(app: QCoreApplication) -> None:
    """Let the application's thread collect garbage, and no other thread."""
    if app.findChild(WindowGarbage) is None:
        WindowGarbage(app)
