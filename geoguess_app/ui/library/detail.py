"""The chosen model in the library: what is known of it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.models.library import BrokenModel, LibraryModel
from geoguess_app.models.published import PublishedModel
from geoguess_app.ui.kit.pieces import say, stand_as_pane, text_label
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.library.facts import (
    AccuracyFigures,
    accuracy_figures,
    library_facts,
    published_facts,
    published_figures,
)
from geoguess_app.ui.library.model_list import Entry
from geoguess_app.ui.library.pictures import AccuracyBars, WorldPicture
from geoguess_app.ui.library.work import ModelPlaces

_CAPTION_PX = 112


class ModelDetail(QScrollArea):
    """A column of facts; its buttons only say what the user wants."""

    useWanted = Signal(object)
    compareWanted = Signal(object)
    calibrateWanted = Signal(object)
    removeWanted = Signal(object)
    """Each: a LibraryModel."""
    getWanted = Signal(object)
    """A PublishedModel."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        stand_as_pane(self, tr("About the model"))
        self._entry: Entry | None = None
        self._body = QWidget()
        self.title = text_label("title")
        self.badge = QLabel()
        self.badge.setProperty("badge", "plain")
        self.text = text_label(None)
        self.use = self._button(tr("Use"), self.useWanted, primary=True)
        self.get = self._button(tr("Get…"), self.getWanted, primary=True)
        self.compare = self._button(tr("Compare on the current photo"), self.compareWanted)
        self.calibrate = self._button(tr("Calibrate…"), self.calibrateWanted)
        self.remove = self._button(tr("Remove…"), self.removeWanted)
        self.world, self.bars = WorldPicture(theme), AccuracyBars(theme)
        self.bars_head = text_label("heading")
        self.bars_note = text_label("muted")
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(16)
        self._facts.setVerticalSpacing(6)
        self._facts.setColumnMinimumWidth(0, _CAPTION_PX)
        self._facts.setColumnStretch(1, 1)
        self.values: dict[str, str] = {}
        self._lay_out()

    def show_entry(self, entry: Entry, *, in_use: bool, pace: str, has_photo: bool) -> None:
        """Show a model. ``pace``: how fast it is here, in words; ``has_photo``: whether a photo is
        looked at that it can be asked about."""
        self._entry = entry
        self._body.show()
        self.world.hide()
        for button in (self.use, self.get, self.compare, self.calibrate, self.remove):
            button.hide()
        if isinstance(entry, LibraryModel):
            self._show_model(entry, in_use=in_use, pace=pace, has_photo=has_photo)
        elif isinstance(entry, PublishedModel):
            self._show_published(entry)
        else:
            self._show_broken(entry)
        there = bool(self.bars.figures.shares)
        self.bars_head.setVisible(there)
        self.bars_head.setText(self.bars.figures.title)
        self.bars_note.setVisible(there)

    def show_places(self, found: ModelPlaces) -> None:
        """Show where the chosen model answers."""
        if isinstance(self._entry, LibraryModel) and self._entry.path == found.path:
            self.world.show_places(found.degrees, self._entry.manifest.title)

    def show_now(self, pace: str, *, has_photo: bool) -> None:
        """Follow what changes while the page is open: the pace, and the photo looked at."""
        entry = self._entry
        self.compare.setEnabled(has_photo)
        self.compare.setToolTip("" if has_photo else tr("Choose a photo in Locate first"))
        shown = dict(library_facts(entry, pace)) if isinstance(entry, LibraryModel) else {}
        facts = {name: value for name, value in shown.items() if value}
        if facts != self.values:
            self._fill(facts.items())

    def allow(self, *, work: bool) -> None:
        """Let long work be begun, or not while other work runs."""
        for button in (self.get, self.calibrate, self.remove):
            button.setEnabled(work)

    def _show_model(self, model: LibraryModel, *, in_use: bool, pace: str, has_photo: bool) -> None:
        manifest = model.manifest
        self.title.setText(manifest.title)
        say(self.badge, tr("In use") if in_use else "")
        say(self.text, manifest.description)
        self.use.setVisible(model.locates and not in_use)
        self.compare.setVisible(model.locates and not in_use)
        self.calibrate.setVisible(manifest.kind == "gallery" and model.place != "program")
        self.calibrate.setText(
            tr("Calibrate anew…") if model.calibration == "photos" else tr("Calibrate…")
        )
        self.calibrate.setToolTip(
            tr("Measure on 300 or more photos of yours, whose place is known, how far to trust it")
        )
        self.remove.setVisible(model.place == "library")
        figures = accuracy_figures(model)
        self.bars.show_figures(figures)
        note = figures.note
        if figures.floor and figures.ceiling:
            note += " " + tr(
                "The marks: what a model without knowledge reaches, and what a perfect choice "
                "among its cells would."
            )
        self.bars_note.setText(note)
        self.show_now(pace, has_photo=has_photo)

    def _show_published(self, model: PublishedModel) -> None:
        self.title.setText(model.title)
        say(self.badge, tr("Not on this computer"))
        say(self.text, model.does)
        self.get.show()
        figures = published_figures(model)
        self.bars.show_figures(figures)
        self.bars_note.setText(figures.note)
        self._fill(published_facts(model))

    def _show_broken(self, model: BrokenModel) -> None:
        self.title.setText(model.path.name)
        say(self.badge, tr("Cannot be used"))
        say(self.text, model.reason)
        self.bars.show_figures(AccuracyFigures({}, ""))
        self._fill([(tr("Location"), str(model.path))])

    def _fill(self, facts: Iterable[tuple[str, str]]) -> None:
        while (item := self._facts.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.values = {name: value for name, value in facts if value}
        for row, (name, value) in enumerate(self.values.items()):
            caption, text = text_label("muted", name), text_label(None, value)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            for column, label in enumerate((caption, text)):
                self._facts.addWidget(label, row, column, Qt.AlignmentFlag.AlignTop)

    def _button(self, text: str, wanted: object, *, primary: bool = False) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        if primary:
            button.setProperty("primary", "true")
        button.clicked.connect(lambda: wanted.emit(self._entry))  # type: ignore[attr-defined]
        return button

    def _lay_out(self) -> None:
        body = self._body
        body.setObjectName("detailBody")
        box = QVBoxLayout(body)
        box.setContentsMargins(24, 18, 24, 18)
        box.setSpacing(10)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignVCenter)
        box.addLayout(head)
        box.addWidget(self.text)
        actions = QHBoxLayout()
        actions.setSpacing(8)
        for button in (self.use, self.get, self.compare, self.calibrate, self.remove):
            actions.addWidget(button)
        actions.addStretch(1)
        box.addLayout(actions)
        box.addSpacing(4)
        bars = QVBoxLayout()
        bars.setSpacing(6)
        for widget in (self.bars_head, self.bars, self.bars_note):
            bars.addWidget(widget)
        bars.addStretch(1)
        pictures = QHBoxLayout()
        pictures.setSpacing(20)
        pictures.addWidget(self.world, 0, Qt.AlignmentFlag.AlignTop)
        pictures.addLayout(bars, 1)
        box.addLayout(pictures)
        box.addSpacing(4)
        box.addLayout(self._facts)
        box.addStretch(1)
        self.setWidget(body)
        body.hide()  # until there is a model to speak of
