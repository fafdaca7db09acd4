"""The export dialog: which photos of a review, in which form, into which file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QLabel,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
)

from geoguess_app.review.values import ReviewPhoto, State
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.choose import ask_to_save, show_in_folder
from geoguess_app.ui.kit.pieces import foot
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.saving.exporting import FORMATS, review_export_work
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.locator import sentence
from geoguess_app.ui.work.review_controller import ReviewController

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services

_TITLES = {
    "csv": "Table (CSV), for spreadsheets",
    "geojson": "Map layer with likely areas (GeoJSON), for QGIS and other GIS programs",
    "kml": "Google Earth (KML)",
    "kmz": "Google Earth with thumbnails (KMZ)",
    "gpx": "Waypoints (GPX), for map programs and GPS devices",
}
_DECIDED = frozenset((State.ACCEPTED, State.PLACED, State.SAVED))


class ExportDialog(QDialog):
    """A dialog that writes in the background; the photos themselves are not touched."""

    def __init__(
        self, services: Services, controller: ReviewController, track: Callable[[Job], Job]
    ) -> None:
        """``track`` sees to it that a job ends with the window."""
        super().__init__(services.host)
        self.setWindowTitle(tr("Export review"))
        self.setMinimumWidth(520)
        self._services, self._controller, self._track = services, controller, track
        self._job: Job | None = None
        self._photos = {
            "decided": [photo for photo in controller.session if photo.state in _DECIDED],
            "all": [photo for photo in controller.session if _has_position(photo)],
        }
        self.scopes, self.forms = QButtonGroup(self), QButtonGroup(self)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.hide()
        self.go = QPushButton(tr("Export…"))
        self.go.setProperty("primary", True)
        self.go.setDefault(True)
        self.go.clicked.connect(self._choose_file)
        self._lay_out()

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 20, 24, 18)
        box.setSpacing(8)
        titles = {"decided": tr("Accepted and placed: {n}"), "all": tr("All with a position: {n}")}
        box.addWidget(_heading(tr("Photos")))
        for scope, title in titles.items():
            count = len(self._photos[scope])
            button = _radio(self.scopes, scope, title.format(n=words.photos(count)))
            button.setEnabled(count > 0)
            box.addWidget(button)
        box.addSpacing(8)
        box.addWidget(_heading(tr("Format")))
        for form in FORMATS:
            box.addWidget(_radio(self.forms, form, tr(_TITLES[form])))
        _check(self.scopes, "decided" if self._photos["decided"] else "all")
        _check(self.forms, FORMATS[0])
        note = QLabel(
            tr("The exported file reveals where the photos were taken. Share it with care.")
        )
        note.setWordWrap(True)
        note.setProperty("role", "muted")
        box.addSpacing(8)
        box.addWidget(note)
        box.addWidget(self.progress)
        box.addLayout(foot(self, tr("Cancel"), self.go))
        self.go.setEnabled(bool(self._photos["all"]))

    def reject(self) -> None:
        if self._job is not None:
            self._job.cancel()
            return  # its end closes the dialog
        super().reject()

    def form(self) -> str:
        """The form that is chosen: the suffix of the file."""
        return _chosen(self.forms)

    def photos(self) -> list[ReviewPhoto]:
        """The photos that are chosen."""
        return self._photos[_chosen(self.scopes)]

    def _choose_file(self) -> None:
        form = self.form()
        kinds = [(form.upper(), (f".{form}",))]
        target = ask_to_save(
            self, tr("Export review"), f"review.{form}", kinds, self._services.window_state
        )
        if target is not None:
            self.export_to(target)

    def export_to(self, target: Path) -> None:
        """Write what is chosen; the dialog closes at the end and says so in the window."""
        model = self._services.locator.model
        if model is None:
            self._services.notice.tell(tr("Wait for the model to load."))
            return
        photos = self.photos()
        work = review_export_work(
            photos, self.form(), target, model, self._services.locator.answers
        )
        job = self._job = self._track(Job(work))
        written = 0

        def went_on(count: int) -> None:
            nonlocal written
            written = count
            if shiboken6.isValid(self):
                self.progress.setValue(count)

        def ended(complete: bool) -> None:
            if not shiboken6.isValid(self):
                return  # gone with the window
            self._job = None
            if complete:
                self._services.notice.tell(
                    tr("Wrote {photos} to {file}.").format(
                        photos=words.photos(written), file=target
                    ),
                    action=(tr("Show in folder"), lambda: show_in_folder(target)),
                )
                self.accept()
            elif job.token.cancelled:
                self.reject()

        job.item.connect(went_on)
        job.failed.connect(lambda error: self._failed(error, target))
        job.finished.connect(ended)
        self.go.setEnabled(False)
        self.progress.setRange(0, len(photos))
        self.progress.show()
        job.start(self._services.pools.files)

    def _failed(self, error: Exception, target: Path) -> None:
        if not shiboken6.isValid(self):
            return
        self.go.setEnabled(True)
        self.progress.hide()
        if isinstance(error, InterruptedError):
            return
        why = error.strerror if isinstance(error, OSError) else sentence(error).rstrip(".")
        self._services.notice.tell(
            tr("Could not write {file}: {why}.").format(file=target, why=why), error=True
        )


def _has_position(photo: ReviewPhoto) -> bool:
    return photo.proposed is not None and photo.state is not State.REJECTED


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label


def _radio(group: QButtonGroup, value: str, text: str) -> QRadioButton:
    button = QRadioButton(text)
    button.setProperty("value", value)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    group.addButton(button)
    return button


def _chosen(group: QButtonGroup) -> str:
    button = group.checkedButton()
    return str(button.property("value")) if button is not None else ""


def _check(group: QButtonGroup, value: str) -> None:
    for button in group.buttons():
        if button.property("value") == value:
            button.setChecked(True)
