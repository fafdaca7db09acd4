"""The card about the answers to the user's own photos that know where they were taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.photos.known_accuracy import KnownAccuracy
from geoguess_app.review.accuracy import accuracy
from geoguess_app.review.values import ReviewPhoto
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.saving.file_table import FileTable, TextTable
from geoguess_app.ui.saving.link_line import LinkLine
from geoguess_app.ui.work.review_controller import ReviewController

_DELAY_MS = 500
_SCALES_KM = ((1, "street"), (25, "city"), (200, "region"), (750, "country"), (2500, "continent"))


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """One answer against the photo's own GPS."""

    photo: ReviewPhoto
    error_km: float
    inside: bool
    """Whether the truth lies inside the answer's 80% radius."""


class AccuracyCard(LinkLine):
    """One sentence; hidden where no photo with GPS was located."""

    wanted = Signal(object)
    """Numbers of photos to show in the list."""

    def __init__(
        self, controller: ReviewController, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__("mode-accuracy", theme, parent)
        self._controller = controller
        self._checked: dict[int, CheckedAnswer] = {}
        self.offer("details", tr("Details…"), self.open_dialog)
        self._later = QTimer(self, interval=_DELAY_MS, singleShot=True)
        self._later.timeout.connect(self._refresh)
        controller.changed.connect(self._note)
        controller.visit(self._note)

    def open_dialog(self) -> AccuracyDialog:
        """The shares at each scale, and every photo."""
        dialog = AccuracyDialog(list(self._checked.values()), self.window())
        dialog.wanted.connect(self.wanted)
        dialog.finished.connect(lambda _code: dialog.deleteLater())
        dialog.open()
        return dialog

    def units_changed(self) -> None:
        """Write the sentence in the units that are chosen now."""
        self._refresh()

    def _note(self, numbers: Iterable[int]) -> None:
        touched = False
        for number in numbers:
            photo = self._controller.photo(number)
            if photo.known is None or photo.answer is None or photo.decision.removed:
                touched = self._checked.pop(number, None) is not None or touched
                continue
            before = self._checked.get(number)
            if before is None or before.photo is not photo:
                self._checked[number] = check_answer(photo)
                touched = True
        if touched and not self._later.isActive():
            self._later.start()

    def _refresh(self) -> None:
        if not self._checked:
            self.hide()
            return
        found = report(self._checked.values())
        self.say(
            sentence(found), tr("Median error: {km}.").format(km=words.distance(found.median_km))
        )


def check_answer(photo: ReviewPhoto) -> CheckedAnswer:
    """Compare one photo's answer with its own GPS; it has both."""
    alone = accuracy([photo])
    return CheckedAnswer(photo, alone.errors_km[0], bool(alone.inside))


def report(rows: Iterable[CheckedAnswer]) -> KnownAccuracy:
    """All of them together."""
    listed = list(rows)
    return KnownAccuracy([row.error_km for row in listed], sum(row.inside for row in listed))


def sentence(found: KnownAccuracy) -> str:
    """``On your 412 photos with GPS: median error 38 km, 80% inside the 80% radius.``"""
    if found.count == 1:
        only = (
            tr("Your one photo with GPS: {km} off, inside the 80% radius.")
            if found.share_inside
            else tr("Your one photo with GPS: {km} off, outside the 80% radius.")
        )
        return only.format(km=words.distance(found.median_km))
    return tr(
        "On your {photos} with GPS: median error {km}, {share} inside the 80% radius."
    ).format(
        photos=words.photos(found.count),
        km=words.distance(found.median_km),
        share=words.percent(found.share_inside),
    )


class AccuracyTable(TextTable):
    """A table of photos, their errors and radii."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            (tr("Photo"), tr("Error"), tr("80% radius"), tr("GPS"), tr("Estimate")), parent=parent
        )

    def text(self, row: CheckedAnswer, column: int) -> str:
        assert row.photo.answer is not None
        assert row.photo.known is not None
        place = row.photo.answer.place
        radius = words.distance(row.photo.answer.radii.r80_km)
        here = row.photo.known
        return (
            row.photo.path.name,
            words.distance(row.error_km),
            f"{radius}, {tr('inside') if row.inside else tr('outside')}",
            f"{here.latitude_deg:.4f}, {here.longitude_deg:.4f}",
            words.place_in_sentence(place, row.photo.answer.coordinate),
        )[column]


class AccuracyDialog(QDialog):
    """Farthest off first: those tell most about where the model fails."""

    wanted = Signal(object)
    """Numbers of photos to show in the list."""

    def __init__(self, rows: Sequence[CheckedAnswer], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Accuracy on your photos"))
        self.resize(880, 520)
        self.setMinimumSize(820, 380)
        found = report(rows)
        line = QLabel(sentence(found))
        line.setWordWrap(True)
        line.setProperty("role", "strong")
        self.model = AccuracyTable(self)
        self.model.fill(sorted(rows, key=lambda row: -row.error_km))
        self.table = FileTable(
            self.model,
            ("m" * 18, "10,000 km ", "10,000 km, outside", "-25.7000, -154.4400", ""),
            tr("Photos with GPS"),
        )
        self.table.doubleClicked.connect(lambda _index: self._show())
        note = QLabel(
            tr(
                "The GPS of these photos was not used for their estimates. Photos of "
                "other kinds of places may give other results. Largest errors first."
            )
        )
        note.setWordWrap(True)
        note.setProperty("role", "muted")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 20, 24, 18)
        box.setSpacing(12)
        box.addWidget(line)
        box.addLayout(_scales(found))
        box.addWidget(self.table, 1)
        box.addWidget(note)
        box.addWidget(buttons)

    def _show(self) -> None:
        self.wanted.emit([row.photo.id for row in self.table.selected_rows()])
        self.accept()


def _scales(found: KnownAccuracy) -> QGridLayout:
    """Which share lies within each distance."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(18)
    grid.setVerticalSpacing(2)
    for column, (km, name) in enumerate(_SCALES_KM):
        within = sum(error <= km for error in found.errors_km) / max(1, found.count)
        value = QLabel(words.percent(within))
        value.setProperty("role", "strong")
        caption = QLabel(
            tr("within {limit} ({name})").format(limit=words.threshold(km), name=tr(name))
        )
        caption.setProperty("role", "muted")
        grid.addWidget(value, 0, column)
        grid.addWidget(caption, 1, column)
    grid.setColumnStretch(len(_SCALES_KM), 1)
    return grid
