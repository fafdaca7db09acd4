"""Positions from recorded GPS tracks, proposed for the photos of a review."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.types import Coordinate
from geoguess_app.photos.file_position import FilePosition
from geoguess_app.review.values import ChosenPosition, Origin
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.jobs import Job, Work
from geoguess_app.ui.work.locator import sentence

if TYPE_CHECKING:
    from geoguess_app.photos.tracks.matching import TrackMatches
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.work.review_controller import ReviewController


@dataclass(frozen=True, slots=True)
class _Found:
    matches: TrackMatches
    positions: dict[Path, ChosenPosition]


class TrackWork(QObject):
    """Asks for GPX files, matches all photos of the review with them, and proposes the result as
    one step."""

    problem = Signal(str)

    def __init__(self, services: Services, action: QAction, parent: QObject) -> None:
        super().__init__(parent)
        self._services, self._action = services, action
        self._controller: ReviewController | None = None
        self._job: Job | None = None
        action.setEnabled(False)
        action.triggered.connect(lambda _checked=False: self.ask())

    def use(self, controller: ReviewController) -> None:
        """The review is open."""
        self._controller = controller
        self._action.setEnabled(True)

    def close(self) -> None:
        """Ask for nothing more."""
        self._controller = None
        if self._job is not None:
            self._job.cancel()

    def ask(self) -> None:
        """Ask which files, and begin."""
        names, _ = QFileDialog.getOpenFileNames(
            self._services.host, tr("GPS tracks"), "", tr("GPS tracks (*.gpx *.GPX)")
        )
        if names:
            self.match([Path(name) for name in names])

    def match(self, files: Sequence[Path]) -> None:
        """Match the photos with tracks; the headers are read in another thread."""
        if self._controller is None or self._job is not None:
            return
        photos = [(photo.path, photo.anchor) for photo in self._controller.session]
        job = self._job = Job(_matching(photos, files), self)
        self._action.setEnabled(False)
        job.item.connect(self._propose)
        job.failed.connect(lambda error: self.problem.emit(sentence(error)))
        job.finished.connect(lambda _complete: self._ended())
        job.start(self._services.pools.files)

    def _ended(self) -> None:
        self._job = None
        self._action.setEnabled(self._controller is not None)

    def _propose(self, found: _Found) -> None:
        controller = self._controller
        if controller is None:
            return
        numbers = {controller.session.number_of(path): p for path, p in found.positions.items()}
        positions = {number: p for number, p in numbers.items() if number is not None}
        told = self._services.notice.tell
        if not positions:
            told(_summary(0, found.matches))
            return
        controller.propose(positions, then=lambda done: told(_summary(len(done), found.matches)))


def _matching(photos: Sequence[tuple[Path, Coordinate | None]], files: Sequence[Path]) -> Work:
    """``photos`` with the positions that a person or a receiver gives, where there is one."""

    def work(token: CancelToken) -> Iterator[_Found]:
        from geoguess_app.photos.sidecars import Sidecars
        from geoguess_app.photos.tracks.gpx_files import read_tracks
        from geoguess_app.photos.tracks.matching import match_photos, read_timed_photo

        track, sidecars, timed = read_tracks(files), Sidecars(), []
        for path, anchor in photos:
            if token.cancelled:
                return
            photo = read_timed_photo(path, sidecars)
            if photo is not None and anchor is not None:
                photo = replace(photo, known=FilePosition(anchor, None, path))
            if photo is not None:
                timed.append(photo)
        matches = match_photos(timed, track)
        placed = list(matches.positions.items())
        places = PlaceFinder().at_many([position.coordinate for _, position in placed])
        yield _Found(
            matches,
            {
                path: ChosenPosition(
                    position.coordinate, position.error_m / 1000, Origin.TRACK, place=place
                )
                for (path, position), place in zip(placed, places, strict=True)
            },
        )

    return work


def _summary(proposed: int, matches: TrackMatches) -> str:
    """ "The track places 37 photos; accept them to save. 12 were taken outside it."."""
    parts = [
        tr("The track places {photos}. Accept them to save their positions.").format(
            photos=words.photos(proposed)
        )
        if proposed
        else tr("The track places no photo.")
    ]
    for count, text in (
        (len(matches.outside), tr("{photos} taken while it was not recorded.")),
        (len(matches.undated), tr("{photos} without a time.")),
        (
            len(matches.without_clock),
            tr(
                "{photos} from a camera whose time zone is not known: place two of them by hand, "
                "then try again."
            ),
        ),
    ):
        if count:
            parts.append(text.format(photos=words.photos(count)))
    return " ".join(parts)
