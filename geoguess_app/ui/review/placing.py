"""Positions for photos of other modes: the review takes them in and remembers the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.types import Coordinate
from geoguess_app.review.values import Decision
from geoguess_app.ui.review.sources import intake_work
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.locator import sentence

if TYPE_CHECKING:
    from geoguess_app.review.intake import FileFacts
    from geoguess_app.ui.work.pools import Pools
    from geoguess_app.ui.work.review_controller import ReviewController


@dataclass(frozen=True, slots=True)
class _Wish:
    paths: tuple[Path, ...]
    where: Coordinate | None
    back: bool = False
    """What was decided before the last wish counts again."""


class OutsidePlacing(QObject):
    """Places photos by path, forgets what was decided and takes either back; what is asked for
    before the review is open waits for it."""

    problem = Signal(str)

    def __init__(self, pools: Pools, parent: QObject) -> None:
        super().__init__(parent)
        self._pools = pools
        self._controller: ReviewController | None = None
        self._waiting: list[_Wish] = []
        self._jobs: set[Job] = set()
        self._before: dict[Path, list[Decision]] = {}
        self._closed = False

    def use(self, controller: ReviewController) -> None:
        """The review is open: do what waits."""
        self._controller = controller
        self._go_on()

    def place(self, paths: Sequence[Path], where: Coordinate | None) -> None:
        """Place photos by hand, one step for all; None: forget what was decided about them."""
        self._wish(_Wish(tuple(paths), where))

    def take_back(self, paths: Sequence[Path]) -> None:
        """Undo the last wish about photos: what was decided before it counts again."""
        self._wish(_Wish(tuple(paths), None, back=True))

    def _wish(self, wish: _Wish) -> None:
        self._waiting.append(wish)
        self._go_on()

    def give_up(self, why: str) -> None:
        """The review cannot be opened: say so where somebody waits for it."""
        if self._waiting:
            self._waiting.clear()
            self.problem.emit(why)

    def close(self) -> None:
        """Ask for nothing more."""
        self._closed = True
        for job in self._jobs:
            job.cancel()

    def _go_on(self) -> None:
        """Do what waits, one after the other: a wish is taken back after it was fulfilled."""
        while self._waiting and self._controller is not None and not self._jobs:
            self._fulfil(self._waiting.pop(0))

    def _fulfil(self, wish: _Wish) -> None:
        assert self._controller is not None
        session = self._controller.session
        new = [path for path in wish.paths if session.number_of(path) is None]
        if not new or wish.where is None:
            self._decide(wish)
            return
        job = Job(intake_work(new))
        self._jobs.add(job)
        job.item.connect(self._came)
        job.failed.connect(lambda error: self.problem.emit(sentence(error)))
        job.finished.connect(lambda _complete: self._taken_in(job, wish))
        job.start(self._pools.files)

    def _came(self, facts: list[FileFacts]) -> None:
        if self._controller is not None and not self._closed:
            self._controller.add(facts)

    def _taken_in(self, job: Job, wish: _Wish) -> None:
        self._jobs.discard(job)
        if not self._closed:
            self._decide(wish)
            self._go_on()

    def _decide(self, wish: _Wish) -> None:
        assert self._controller is not None
        found = {path: self._controller.session.number_of(path) for path in wish.paths}
        numbers = {path: number for path, number in found.items() if number is not None}
        if wish.back:
            before = {
                number: self._before[path].pop()
                for path, number in numbers.items()
                if self._before.get(path)
            }
            self._controller.restore(before)
            return
        for path, number in numbers.items():
            decided = self._controller.photo(number).decision
            self._before.setdefault(path, []).append(decided)
        if wish.where is None:
            self._controller.clear(numbers.values())
        else:
            self._controller.place(numbers.values(), wish.where)
