"""One worklist behind Locate and Review: what was decided in one is known in the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from geoguess_app.core.types import Coordinate
from geoguess_app.ui.work.jobs import Work

if TYPE_CHECKING:
    from geoguess_app.core.cancel import CancelToken
    from geoguess_app.ui.frame.mode import Mode
    from geoguess_app.ui.frame.modes import Modes
    from geoguess_app.ui.locate.mode import LocateMode
    from geoguess_app.ui.review.mode import ReviewMode


class OneWorklist(QObject):
    """Hands decisions over between a LocateMode and the ReviewMode, once there is one."""

    def __init__(self, modes: Modes, locate: LocateMode) -> None:
        super().__init__(locate)
        self._modes, self._locate = modes, locate
        self._review: ReviewMode | None = None
        modes.made.connect(self._made)
        locate.placing.wanted.connect(self._place)
        locate.placing.takenBack.connect(self._take_back)
        locate.photosListed.connect(self._listed)

    def _made(self, mode: Mode) -> None:
        if mode.name == "review":
            from geoguess_app.ui.review.mode import ReviewMode

            assert isinstance(mode, ReviewMode)
            self._review = mode
            mode.photosChanged.connect(self._locate.model.set_reviewed)

    def _place(self, paths: Sequence[Path], where: Coordinate | None) -> None:
        """The first position by hand opens the review, in the background."""
        self._modes.get("review")
        assert self._review is not None
        self._review.placing.place(paths, where)

    def _take_back(self, paths: Sequence[Path]) -> None:
        assert self._review is not None
        self._review.placing.take_back(paths)

    def _listed(self, paths: Sequence[Path]) -> None:
        if self._review is not None:
            self._locate.model.set_reviewed(self._review.of_paths(paths))
            return
        self._locate.services.locator.run_on_headers(
            _decided_work(paths), self._locate.model.set_reviewed, _nothing_known
        )


def _decided_work(paths: Sequence[Path]) -> Work:
    """Yield what the review's file says about photos, while nobody has opened it."""

    def work(_token: CancelToken) -> Any:
        from geoguess_app.files.user_data import session_path
        from geoguess_app.review.decided import decided_photos

        yield decided_photos(session_path(), paths)

    return work


def _nothing_known(_error: Exception) -> None:
    """Decisions show as soon as the review is opened."""
