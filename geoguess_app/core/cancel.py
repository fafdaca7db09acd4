"""Cooperative stop flag for long work."""

import threading


class CancelToken:
    """Set from any thread; long-running generators look at it between items."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop at its next check."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Tell whether somebody asked to stop."""
        return self._event.is_set()
