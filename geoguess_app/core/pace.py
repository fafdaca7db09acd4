"""The speed of work, and the time that the rest of it will take."""

from __future__ import annotations

import time

_SLEEP_S = 30.0
_LONGER = 5.0
_LONGEST_STEP_S = 60.0


class WorkPace:
    """The mean speed of work since it began.

    A step that takes far longer than any before it is one in which the machine or the program
    slept: neither it nor its time counts, so that no night makes the time left absurd.
    """

    def __init__(self) -> None:
        self._last_s = time.monotonic()
        self._worked_s, self._done, self._longest_s = 0.0, 0.0, 0.0

    def note(self, amount: float = 1.0) -> None:
        """Count what was done since the last call, in any unit."""
        now_s = time.monotonic()
        step_s, self._last_s = now_s - self._last_s, now_s
        slept = step_s > max(_SLEEP_S, _LONGER * self._longest_s)
        # Work may become slow for good; steps that long are believed the second time.
        self._longest_s = max(self._longest_s, min(step_s, _LONGEST_STEP_S))
        if not slept:
            self._worked_s += step_s
            self._done += amount

    def rest(self) -> None:
        """Leave out the time since the last call."""
        self._last_s = time.monotonic()

    @property
    def per_s(self) -> float:
        """The amount done in a second; 0.0 while nothing is."""
        return self._done / max(self._worked_s, 1e-3)

    @property
    def worked_s(self) -> float:
        """Seconds that count, up to the last call."""
        return self._worked_s

    def left_s(self, amount: float) -> float | None:
        """Seconds that so much more will take; None while there is no speed."""
        return amount / self.per_s if self.per_s > 0 else None
