"""The plan of the next save, kept up to date while photos are decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from geoguess_app.ui.saving.planning import DescribedPlan, PlanMemory, PlanningProgress
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.locator import sentence
from geoguess_app.ui.work.pools import Pools
from geoguess_app.ui.work.review_controller import ReviewController

if TYPE_CHECKING:
    from geoguess_app.photos.write_plan import SavePlan, WriteOptions
    from geoguess_app.review.values import ReviewPhoto

_DELAY_MS = 150
"""Several decisions in a row are planned together."""


class LivePlan(QObject):
    """A plan kept up to date in the GUI thread; reads headers in the writer's thread, writes
    nothing."""

    planned = Signal(object)
    """The SavePlan, up to date."""
    planning = Signal(object)
    """``PlanningProgress``: how far the planning is; at its beginning too."""
    failed = Signal(str)
    """One sentence."""

    def __init__(
        self,
        controller: ReviewController,
        pools: Pools,
        options: Callable[[], WriteOptions],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        from geoguess_app.review.saving import UNSAVED

        self._controller, self._pools, self._options = controller, pools, options
        self._unsaved_states = frozenset(UNSAVED)
        self._unsaved: dict[int, ReviewPhoto] = {}
        self._memory = PlanMemory()
        self._job: Job | None = None
        self._held = self._closed = self._stale = self._broke = False
        self._timer = QTimer(self, interval=_DELAY_MS, singleShot=True)
        self._timer.timeout.connect(self._begin)
        self.plan: SavePlan | None = None
        """The last one; None before the first, and while it does not fit any more."""
        self.line = ""
        """It in one line."""
        controller.changed.connect(self._photos_changed)
        self._stale = True
        self._timer.start(_DELAY_MS)
        controller.visit(self._photos_changed)

    @property
    def count(self) -> int:
        """Return how many photos are accepted or placed and not yet saved."""
        return len(self._unsaved)

    def refresh(self) -> None:
        """Plan anew: the options are others, or a dialog wants to be sure."""
        self.plan = None
        self._stale = True
        self._timer.start(0)

    def hold(self) -> None:
        """Do not plan while a save changes the files."""
        self._held = True
        if self._job is not None:
            self._job.cancel()

    def release(self) -> None:
        """Plan again after ``hold``."""
        self._held = False
        self.refresh()

    def close(self) -> None:
        """Stop planning for good."""
        self._closed = True
        self._timer.stop()
        if self._job is not None:
            self._job.cancel()

    def _photos_changed(self, numbers: Iterable[int]) -> None:
        session = self._controller.session
        touched = False
        for number in numbers:
            photo = session[number]
            if photo.state in self._unsaved_states and not photo.decision.removed:
                touched = touched or self._unsaved.get(number) is not photo
                self._unsaved[number] = photo
            elif self._unsaved.pop(number, None) is not None:
                touched = True
        if touched or self.plan is None:
            self.plan = None
            self._stale = True
            if not self._timer.isActive():
                self._timer.start(_DELAY_MS)

    def _begin(self) -> None:
        if self._closed or self._held or not self._stale:
            return
        if self._controller.busy or self._controller.visiting:
            self._timer.start(_DELAY_MS)  # there is more to come
            return
        if self._job is not None:
            self._job.cancel()  # its end begins anew
            return
        self._stale = False
        photos = [self._unsaved[number] for number in sorted(self._unsaved)]
        self.planning.emit(PlanningProgress(0, len(photos)))
        job = self._job = Job(self._memory.planning(photos, self._options()))
        job.item.connect(self._came)
        job.failed.connect(self._failed)
        job.finished.connect(self._ended)
        job.start(self._pools.writing)

    def _came(self, item: PlanningProgress | DescribedPlan) -> None:
        if self._closed or self._stale:
            return
        if isinstance(item, PlanningProgress):
            self.planning.emit(item)
            return
        self.plan, self.line = item.plan, item.line
        self.planned.emit(item.plan)

    def _failed(self, error: Exception) -> None:
        self._broke = True  # at once again would fail in the same way
        self.failed.emit(sentence(error))

    def _ended(self, complete: bool) -> None:
        self._job = None
        broke, self._broke = self._broke, False
        if not complete and not broke and self.plan is None:
            self._stale = True
        if self._stale:
            self._timer.start(0)
