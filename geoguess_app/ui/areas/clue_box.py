"""The choice of clues: a list to search, and those that are used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from geoguess_app.core.clues.clue import Clue, describe, utc_offset_clue
from geoguess_app.ui.kit.inputs import ComboBox
from geoguess_app.ui.kit.words import tr


class ClueBox(QWidget):
    """One clue after another is added; a press on a used one takes it away."""

    changed = Signal(object)
    """The clues (a tuple) that are to be used now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.clues: tuple[Clue, ...] = ()
        self.list = ComboBox()
        self.list.setEditable(True)
        self.list.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.list.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.list.setAccessibleName(tr("Add a clue"))
        self.list.setToolTip(
            tr("What you see on signs and roads, or know: side of the road, language, script, …")
        )
        line, completer = self.list.lineEdit(), self.list.completer()
        assert line is not None
        assert completer is not None
        line.setPlaceholderText(tr("Clue: side of the road, language, script…"))
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.list.activated.connect(self._picked)
        self.offer = QPushButton()
        self.offer.setProperty("link", "true")
        self.offer.clicked.connect(self._take_offer)
        self.offer.hide()
        self._offered: Clue | None = None
        self.chips: list[QPushButton] = []
        self._used = QVBoxLayout()
        self._used.setSpacing(4)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        box.addWidget(self.list)
        box.addWidget(self.offer)
        box.addLayout(self._used)

    def list_clues(self, known: Sequence[tuple[str, Clue]]) -> None:
        """Labels and clues to choose from."""
        with QSignalBlocker(self.list):
            self.list.clear()
            for label, clue in known:
                self.list.addItem(label, clue)
            self._forget()

    def show_clues(self, clues: Sequence[Clue]) -> None:
        """Show which are used."""
        self.clues = tuple(clues)
        while self.chips:
            chip = self.chips.pop()
            chip.hide()
            chip.deleteLater()
        for clue in self.clues:
            words = describe(clue)
            chip = QPushButton(f"{words[:1].upper()}{words[1:]} ×")
            chip.setProperty("chip", "true")
            chip.setAccessibleName(tr("Remove the clue: {clue}").format(clue=words))
            chip.setToolTip(chip.accessibleName())
            chip.clicked.connect(lambda _=False, gone=clue: self._remove(gone))
            self.chips.append(chip)
            self._used.addWidget(chip, 0, Qt.AlignmentFlag.AlignLeft)
        self._show_offer()

    def offer_clock(self, offset: timedelta | None) -> None:
        """Offer what the current photo's file says of the camera's clock; None: it says nothing."""
        self._offered = utc_offset_clue(offset) if offset is not None else None
        self._show_offer()

    def _show_offer(self) -> None:
        clue = self._offered
        self.offer.setVisible(clue is not None and clue not in self.clues)
        if clue is not None:
            self.offer.setText(
                tr("Use the camera’s clock: UTC{offset}").format(offset=clue.values[0])
            )
            self.offer.setToolTip(tr("Wrong where the camera was left on the time at home"))

    def _take_offer(self) -> None:
        if self._offered is not None:
            self.list.setFocus()  # the link goes
            self.changed.emit((*self.clues, self._offered))

    def _picked(self, index: int) -> None:
        clue = self.list.itemData(index)
        self._forget()
        if isinstance(clue, Clue) and clue not in self.clues:
            self.changed.emit((*self.clues, clue))

    def _remove(self, gone: Clue) -> None:
        self.list.setFocus()  # the chip that had the focus goes
        self.changed.emit(tuple(clue for clue in self.clues if clue != gone))

    def _forget(self) -> None:
        with QSignalBlocker(self.list):
            self.list.setCurrentIndex(-1)
            self.list.clearEditText()
