"""Finding the unlocated photos of the list that show the place of the current one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from geoguess_app.core.types import Coordinate
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.photo_row import PhotoRow
from geoguess_app.ui.references.place_search import place_search_work
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.locator import sentence

if TYPE_CHECKING:
    import numpy as np

    from geoguess_app.ui.locate.mode import LocateMode


class PlaceFinding(QObject):
    """A search that selects what it finds and offers to place it."""

    def __init__(self, mode: LocateMode) -> None:
        super().__init__(mode)
        self._mode = mode
        self._job: Job | None = None

    def find(self) -> None:
        """Search the list for photos of the current photo's place."""
        mode, row = self._mode, self._mode.list.current()
        where, vector = _known(row), _vector(row)
        if row is None or where is None or vector is None:
            mode.services.notice.tell(tr("Choose a photo whose position is known."))
            return
        others = [
            (other.path, found)
            for other in mode.model.rows()
            if other is not row and _known(other) is None
            if (found := _vector(other)) is not None and found.shape == vector.shape
        ]
        if self._job is not None:
            self._job.cancel()
        job = self._job = Job(place_search_work(row.path, vector, others), self)
        job.item.connect(lambda paths: self._found(job, row, where, paths))
        job.failed.connect(lambda error: mode.services.tell_error(sentence(error)))
        job.start(mode.services.pools.matching)
        mode.services.notice.tell(
            tr("Comparing {photos} with {name}…").format(
                photos=words.photos(len(others)), name=row.name
            )
        )

    def close(self) -> None:
        """End the search that runs."""
        if self._job is not None:
            self._job.cancel()

    def _found(self, job: Job, row: PhotoRow, where: Coordinate, paths: list[Path]) -> None:
        if job is not self._job:
            return
        self._job = None
        notice = self._mode.services.notice
        if not paths:
            notice.tell(
                tr("No other photo is proven to show the place of {name}.").format(name=row.name)
            )
            return
        self._mode.list.select_all_of(paths)
        notice.tell(
            tr("{photos} show the same place as {name}.").format(
                photos=words.photos(len(paths)), name=row.name
            )
            if len(paths) > 1
            else tr("{other} shows the same place as {name}.").format(
                other=paths[0].name, name=row.name
            ),
            action=(tr("Place there"), lambda: self._mode.placing.place(where)),
        )


def _known(row: PhotoRow | None) -> Coordinate | None:
    """The position that a person or a receiver gave a photo."""
    if row is None:
        return None
    if row.position is not None:
        return row.position.coordinate
    return row.outcome.located.known if row.outcome is not None else None


def _vector(row: PhotoRow | None) -> np.ndarray | None:
    if row is None or row.outcome is None:
        return None
    return row.outcome.located.prediction.embedding
