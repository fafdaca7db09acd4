"""Waiting for one of a signal's tellings."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import SignalInstance


def connect_once(
    signal: SignalInstance,
    holds: Callable[[], object],
    use: Callable[[], None],
    *,
    at_once: bool = False,
) -> None:
    """Call ``use`` at the first signal at which something holds; ``at_once``: or before any."""
    if at_once and holds():
        use()
        return

    def came(*_: object) -> None:
        if holds():
            signal.disconnect(came)
            use()

    signal.connect(came)
