"""The controller of "Read text": asks a background thread, shows frames, clues and places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from geoguess_app.ui.reading.box import ReadingBox
from geoguess_app.ui.reading.work import ReadPhoto, reading_work
from geoguess_app.ui.work.frames import Frame
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.locator import sentence

if TYPE_CHECKING:
    from geoguess_app.core.clues.sign_places import SignPlace
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.map.view import MapView
    from geoguess_app.ui.work.outcome import LocatingOutcome

_MOST_KEPT = 300
_PLACE_KM = 60.0
"""So much around a place is shown on the map."""

FrameDrawer = Callable[[tuple[Frame, ...], int | None], object]
"""Takes the frames of lines, and which of them is pointed at."""


class ReadingController(QObject):
    """A controller of the box below the clues; its mode says which photo. It reads only when it is
    asked."""

    wanted = Signal()
    """The text was asked for: its box should be brought into view."""
    found = Signal(object, object)
    """A path, and the FoundClues of the text on that photo."""

    def __init__(self, services: Services, draw: FrameDrawer, parent: QObject) -> None:
        super().__init__(parent)
        self._services, self._draw = services, draw
        self.box = ReadingBox()
        self._path: Path | None = None
        self._outcome: LocatingOutcome | None = None
        self._kept: dict[Path, ReadPhoto] = {}
        self._job: Job | None = None
        self._map: MapView | None = None
        self._marked = False
        self.box.asked.connect(self.read)
        self.box.placeChosen.connect(self._show_place)
        services.map.when_map(self._map_made)

    @property
    def is_reading(self) -> bool:
        """Tell whether a photo is being read."""
        return self._job is not None

    def read(self) -> None:
        """Read the text on the current photo."""
        path = self._path
        if path is None or self._job is not None:
            return
        self.wanted.emit()
        if path in self._kept:
            return
        from geoguess_app.core.errors import GeoGuessError
        from geoguess_app.core.reading.text_reader import require_text_support

        try:
            require_text_support()
        except GeoGuessError as problem:
            self._services.tell_error(str(problem))
            return
        locator = self._services.locator
        model = locator.model
        has_cells = model is not None and model.predictor.bundle.manifest.has_cells
        work = (
            reading_work(path, model, self._outcome, locator.answers)
            if has_cells
            else reading_work(path)
        )
        job = Job(work, self)
        job.item.connect(lambda found, job=job: self._came(job, found))
        job.failed.connect(lambda problem, job=job: self._failed(job, problem))
        self.box.show_working()
        self._job = job.start(self._services.pools.reading)

    def show_photo(self, path: Path | None, outcome: LocatingOutcome | None) -> None:
        """Take another photo, or another answer for this one; another photo ends the reading."""
        self._outcome = outcome
        if path == self._path:
            return
        self._path = path
        self._stop()
        self._unmark()
        self._show()

    def leave(self) -> None:
        """Take everything off the map, which another mode uses now."""
        self._unmark()

    def close(self) -> None:
        """End the work: nothing more is read."""
        self._stop()

    def _show(self) -> None:
        found = self._kept.get(self._path) if self._path is not None else None
        self._draw(found.frames if found is not None else (), None)
        if found is None:
            self.box.show_rest()
        else:
            self.box.show_text(found.text)

    def _came(self, job: Job, found: ReadPhoto) -> None:
        if job is not self._job:
            return
        self._job = None
        while len(self._kept) >= _MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[found.path] = found
        self._show()
        self.found.emit(found.path, found.text.offered)
        # Once the new widgets have their places.
        QTimer.singleShot(0, self, self.wanted.emit)

    def _failed(self, job: Job, problem: Exception) -> None:
        if job is self._job:
            self._job = None
            self.box.show_rest()
            self._services.tell_error(sentence(problem))

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _show_place(self, place: SignPlace) -> None:
        found = self._kept.get(self._path) if self._path is not None else None
        if found is None or self._map is None:
            return
        self._draw(found.frames, place.line)
        self._marked = True
        self._map.show_found(place.coordinate, place.place.city)
        self._map.fit_region(place.coordinate, _PLACE_KM)

    def _unmark(self) -> None:
        if self._marked and self._map is not None:
            self._map.show_found(None)
        self._marked = False

    def _map_made(self, view: MapView) -> None:
        self._map = view
