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


class PausableToken(CancelToken):
    """A cancel flag that can also hold the work up for a while."""

    def __init__(self) -> None:
        super().__init__()
        self._going = threading.Event()
        self._going.set()

    def pause(self) -> None:
        """Ask the work to wait before its next item."""
        self._going.clear()

    def resume(self) -> None:
        """Let the work go on."""
        self._going.set()

    def cancel(self) -> None:
        """Ask the work to stop at its next check, also while it waits."""
        super().cancel()
        self._going.set()

    @property
    def paused(self) -> bool:
        """Tell whether somebody asked to wait."""
        return not self._going.is_set()

    def wait_while_paused(self) -> None:
        """Return when nobody asks to wait any more."""
        self._going.wait()
