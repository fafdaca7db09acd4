"""Progress of a run, for other programs: one JSON object per line in ``progress.jsonl``.

Every line has ``event`` and ``time`` (seconds since 1970); Context-Specific Networks add ``part``,
the scene. The events: ``start``, ``stage`` (``name``: reading, features, candidates, bank,
calibrating, measuring …), ``step``, ``epoch``, ``tried``, ``division``, ``paused``, ``continued``,
``stopped``, ``failed`` (``message``), ``done`` (``model``). ``docs/training-engine.md`` lists what
each of them tells.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.pace import WorkPace
from trainer.common import steering

FILE = "progress.jsonl"
EVERY_S = 0.5
"""A step is told at most so often."""


class ProgressLog:
    """A log that appends events to a run's file; a resumed run goes on in the same one."""

    def __init__(self, folder: Path | None, part: str = "") -> None:
        self._folder, self._part = folder, part

    def of(self, part: str) -> ProgressLog:
        """The same file, for one part of the run."""
        return ProgressLog(self._folder, part)

    def write(self, event: str, **values: Any) -> None:
        """Append one event. The run goes on where it cannot be written."""
        if self._folder is None:
            return
        line: dict[str, Any] = {"event": event, "time": round(time.time(), 2)}
        if self._part:
            line["part"] = self._part
        line |= {name: _plain(value) for name, value in values.items()}
        with suppress(OSError), (self._folder / FILE).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")

    def pause_if_asked(self) -> bool:
        """Rest between two steps while the program that steers this run wants it to.

        True if it did, so that the time is not taken for work.
        """
        if not steering.is_paused():
            return False
        self.write("paused")
        steering.rest()
        self.write("continued")
        return True

    @contextmanager
    def outcome(self) -> Iterator[None]:
        """Say how a run ends that does not end well; whatever is raised goes on."""
        try:
            yield
        except KeyboardInterrupt:
            self.write("stopped")
            raise
        except GeoGuessError as error:
            self.write("failed", message=str(error))
            raise
        except Exception as error:
            self.write("failed", message=f"{type(error).__name__}: {error}")
            raise


def _plain(value: Any) -> Any:
    """JSON knows no NaN."""
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


class ProgressStage:
    """One stage of a run: moves a tqdm bar on, tells steps, and rests when asked to."""

    def __init__(
        self, progress: ProgressLog, name: str, bar: Any, total: int | None = None
    ) -> None:
        self._progress, self._name, self._bar, self._total = progress, name, bar, total
        self._done, self._pace, self._said_s = 0, WorkPace(), time.monotonic()
        progress.write("stage", name=name, **({} if total is None else {"total": total}))

    def update(self, count: int = 1) -> None:
        """Note that so many more are done; several at once were known from before and cost no
        time."""
        self._bar.update(count)
        if count == 1:
            self._pace.note()
        self._done += count
        now_s = time.monotonic()
        if now_s - self._said_s >= EVERY_S or self._done == self._total:
            self._said_s = now_s
            self._say()
        self._progress.pause_if_asked()
        self._pace.rest()

    def _say(self) -> None:
        values: dict[str, Any] = {"stage": self._name, "done": self._done}
        if self._total is not None:
            values["total"] = self._total
            left_s = self._pace.left_s(self._total - self._done)
            if left_s is not None:
                values["remaining_s"] = round(left_s)
        self._progress.write("step", **values)
