"""Pages of the steps before the training, on the right side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from geoguess_app.models.trainer_command import INSTALL
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.cards import Card
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.train.pieces import Page, ValueRows, button, label
from geoguess_app.ui.train.report import DataReport
from geoguess_app.ui.work.photo_view import PhotoView
from geoguess_app.ui.work.pictures import Pictures

_MOST_DROPPED = 8


class IntroPage(Page):
    """The page on what training takes and gives; or that there is no trainer, and what to do."""

    trainerWanted = Signal()
    lookAgainWanted = Signal()
    copyWanted = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("trainIntro", parent)
        self.missing = Card("warning", "warning", theme)
        self.copy = button(tr("Copy command"))
        self.choose = button(tr("Choose geoguess-train…"))
        self.again = button(tr("Check again"))
        self.copy.clicked.connect(lambda: self.copyWanted.emit(INSTALL))
        self.choose.clicked.connect(self.trainerWanted)
        self.again.clicked.connect(self.lookAgainWanted)
        self._ways = QWidget()
        ways = QVBoxLayout(self._ways)
        ways.setContentsMargins(0, 0, 0, 0)
        ways.setSpacing(6)
        for widget in (self.copy, self.choose, self.again):
            ways.addWidget(widget, 0, Qt.AlignmentFlag.AlignLeft)
        self.add(self.missing, self._ways, label(tr("A model of your area"), "title"))
        for text in _INTRODUCTION:
            self.add(label(tr(text)))
        self.box.addStretch(1)
        self.show_missing("")

    def show_missing(self, sentence: str) -> None:
        """Show why there is no trainer that can be used; nothing: there is."""
        if sentence:
            self.missing.say(tr("Trainer required"), sentence)
        self.missing.setVisible(bool(sentence))
        self._ways.setVisible(bool(sentence))


_INTRODUCTION = (
    "With a few hundred photos that have GPS, you can train a model of a town, a campus "
    "or a valley. It then locates other photos of that area, often to within a few "
    "hundred metres.",
    "You need at least 30 photos. More spots help more than more photos of one spot.",
    "One fifth of the photos are held out and used only for a test at the end, so you "
    "learn how accurate the model really is.",
    "Training takes minutes and runs in the background while you use this window. Your "
    "photos are read but never changed, and nothing leaves this computer.",
)


class ReportPage(Page):
    """The page on what became of the photos."""

    openWanted = Signal(object)
    """A file for the system's own program."""

    def __init__(self, theme: Theme, pictures: Pictures, parent: QWidget | None = None) -> None:
        super().__init__("trainReport", parent)
        self._theme = theme
        self.title, self.extent = label(role="title"), label()
        self.photo = PhotoView(theme, pictures)
        self.photo_name = label(role="muted")
        self.dropped = ValueRows()
        self.files = label(role="muted")
        self.cards: list[Card] = []
        self.map = button(tr("Open report map in browser"), link=True)
        self.list = button(tr("Open list of unused photos"), link=True)
        self._folder = Path()
        self.map.clicked.connect(lambda: self.openWanted.emit(self._folder / "map.html"))
        self.list.clicked.connect(lambda: self.openWanted.emit(self._folder / "dropped.csv"))
        self.add(self.title, self.extent)
        self._doubts = QWidget()
        self._doubts_box = QVBoxLayout(self._doubts)
        self._doubts_box.setContentsMargins(0, 0, 0, 0)
        self.notes = label(role="muted")
        self.add(self._doubts, self.notes, self.photo, self.photo_name)
        self._reasons = self.section(tr("Not used"), self.dropped, self.files)
        self._files = self.section(tr("Files"), self.map, self.list)
        self.box.addStretch(1)
        self.show_waiting()

    def show_waiting(self) -> None:
        """The photos are being read."""
        self.title.setText(tr("Reading the photos"))
        self.extent.setText(
            tr(
                "Every photo is opened once to check its position and sharpness and to "
                "find duplicates."
            )
        )
        self.show_photo(None)
        for part in (self._doubts, self.notes, self._reasons, self._files):
            part.hide()

    def show_stopped(self) -> None:
        """Show that there is no report."""
        self.title.setText(tr("No report"))
        self.extent.setText(tr("Could not read the photos; see the reason on the left."))

    def show_report(self, report: DataReport) -> None:
        """Show the whole of a report."""
        self._folder = report.folder
        self.title.setText(
            tr("{kept} of {found} usable").format(
                kept=f"{report.kept:,}", found=words.photos(report.found)
            )
        )
        self.extent.setText(_extent(report) if report.kept else "")
        self.extent.setVisible(bool(report.kept))
        self._show_doubts(report.doubts)
        self.notes.setText("\n".join(report.notes))
        self.notes.setVisible(bool(report.notes))
        self.dropped.show_rows(
            [(f"{count:,}", reason_words(name)) for name, count in report.dropped.items()]
        )
        shown = report.dropped_files[:_MOST_DROPPED]
        lines = [
            f"{Path(name).name}: {detail or reason_of_one(reason)}"
            for name, reason, detail in shown
        ]
        if sum(report.dropped.values()) > len(shown):
            lines.append("…")
        self.files.setText("\n".join(lines))
        self._reasons.setVisible(bool(report.dropped))
        self.list.setVisible(bool(report.dropped))
        self._files.show()

    def show_photo(self, path: Path | None) -> None:
        """A photo that was clicked on the map."""
        self.photo.setVisible(path is not None)
        self.photo_name.setVisible(path is not None)
        self.photo.show_photo(path, path.name if path else "")
        self.photo_name.setText(path.name if path else "")

    def _show_doubts(self, doubts: Sequence[str]) -> None:
        for card in self.cards:
            card.hide()
            card.deleteLater()
        self.cards = []
        for text in doubts:
            card = Card("warning", "warning", self._theme)
            card.say("", text)
            self._doubts_box.addWidget(card)
            self.cards.append(card)
        self._doubts.setVisible(bool(doubts))


def _extent(report: DataReport) -> str:
    spread = report.spread
    return tr(
        "Half of them are within {half} of the central one, 95% within {most}. The area "
        "measures about {width} by {height}."
    ).format(
        half=words.distance(spread.half_km),
        most=words.distance(spread.most_km),
        width=words.distance(spread.width_km),
        height=words.distance(spread.height_km),
    )


def reason_words(name: str) -> str:
    """Say why photos are dropped, by the trainer's word for it."""
    return {
        "listed-twice": tr("listed twice"),
        "missing-file": tr("file not found"),
        "unreadable": tr("unreadable"),
        "estimate": tr("position estimated by GeoGuess"),
        "no-gps": tr("no position"),
        "impossible-gps": tr("invalid position"),
        "swapped": tr("latitude and longitude may be swapped"),
        "inconsistent-gps": tr("position contradicts other data"),
        "small": tr("too small"),
        "blurred": tr("blurred or empty"),
        "duplicate": tr("near-duplicate of another photo"),
    }.get(name, name)


def reason_of_one(name: str) -> str:
    """The same of a single photo."""
    return {
        "listed-twice": tr("already listed"),
        "missing-file": tr("file not found"),
        "impossible-gps": tr("invalid position"),
    }.get(name, reason_words(name))


class EffortPage(Page):
    """The page on what the chosen recipe would take."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("trainEffort", parent)
        self.said = label(role="muted")
        self.facts = ValueRows()
        self.add(label(tr("Training effort"), "title"), self.said, self.facts)
        self.note = label(
            tr(
                "Estimated from a few photos on this computer. Training runs in the "
                "background and can be paused or stopped at any time."
            ),
            "muted",
        )
        self.add(self.note)
        self.box.addStretch(1)
        self.show_reckoning()

    def show_reckoning(self) -> None:
        """The trainer is asked."""
        self.said.setText(tr("Estimating…"))
        self.said.show()
        self.facts.hide()
        self.note.hide()

    def show_facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show what the trainer answered."""
        self.said.hide()
        self.facts.show_rows(rows)
        self.facts.show()
        self.note.show()

    def show_trouble(self, sentence: str) -> None:
        """Show that it cannot say, or that it would not work."""
        self.said.setText(sentence)
        self.said.show()
        self.facts.hide()
        self.note.hide()
