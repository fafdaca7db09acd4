"""The planning of a save, worked out in the writer's thread and remembered photo by photo."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.garbage import note_long_lived
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.jobs import Work

if TYPE_CHECKING:
    from geoguess_app.photos.write_plan import (
        PlannedWrite,
        Planner,
        SavePlan,
        WriteOptions,
        WriteRequest,
    )
    from geoguess_app.review.values import ReviewPhoto

_TELL_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class PlanningProgress:
    """The progress of the planning."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class DescribedPlan:
    """A plan, and in one line what it does: counted beside the window."""

    plan: SavePlan
    line: str


class PlanMemory:
    """The plans of single photos, kept as long as request, options and file stay the same.

    Only the writer's thread uses it.
    """

    def __init__(self) -> None:
        self._kept: dict[Path, tuple[object, PlannedWrite]] = {}
        self._options: WriteOptions | None = None

    def planning(self, photos: Sequence[ReviewPhoto], options: WriteOptions) -> Work:
        """Yield ``PlanningProgress`` now and then, and ``DescribedPlan`` at the end."""
        return lambda token: self._plan(photos, options, token)

    def _plan(
        self, photos: Sequence[ReviewPhoto], options: WriteOptions, token: CancelToken
    ) -> Iterator[PlanningProgress | DescribedPlan]:
        from geoguess_app.photos.write_plan import Planner, SavePlan, skip_clashes
        from geoguess_app.review.saving import requests_of

        if options != self._options:
            self._kept.clear()
            self._options = options
        planner = Planner(options)
        items: list[PlannedWrite] = []
        told_s = time.monotonic()
        for request in requests_of(photos):
            if token.cancelled:
                return
            items.append(self._item(request, planner))
            if time.monotonic() - told_s > _TELL_EVERY_S:
                told_s = time.monotonic()
                yield PlanningProgress(len(items), len(photos))
        plan = SavePlan(tuple(skip_clashes(items)), options)
        yield DescribedPlan(plan, line_of(plan))

    def _item(self, request: WriteRequest, planner: Planner) -> PlannedWrite:
        key = (request, _identity(request.path))
        kept = self._kept.get(request.path)
        if kept is not None and kept[0] == key and _as_planned(kept[1]):
            return kept[1]
        item = planner.plan(request)
        note_long_lived(1)
        self._kept[request.path] = (key, item)
        return item


def _as_planned(item: PlannedWrite) -> bool:
    """Whether the sidecar, too, still is what it was."""
    from geoguess_app.photos.replace_file import FileIdentity
    from geoguess_app.photos.write_plan import WriteMode

    if item.how is not WriteMode.SIDECAR:
        return True
    try:
        now = FileIdentity.of(item.target)
    except OSError:
        now = None
    return now == item.target_identity


def _identity(path: Path) -> object:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def line_of(plan: SavePlan) -> str:
    """The plan in one line; what it is about when there is nothing to write."""
    if not plan.items:
        return tr("Nothing to save yet. Accept photos or place them by hand.")
    return plan.summary()


def folder_of(plan: SavePlan) -> str:
    """The folder that holds all files that change, for the list of saves."""
    folders = Counter(str(item.target.parent) for item in plan.writes)
    if not folders:
        return ""
    try:
        return os.path.commonpath(list(folders))
    except ValueError:  # several drives
        return folders.most_common(1)[0][0]
