"""The choice of clues: a list to search, and those that are used."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from geoguess_app.core.clues.clue import Clue, describe
from geoguess_app.ui.kit.inputs import ComboBox
from geoguess_app.ui.kit.words import tr


class ClueBox(QWidget):
    """One clue after another is added; a press on a used one takes it away."""

    added = Signal(object)
    """Use this Clue, too."""
    removed = Signal(object)
    """Use this Clue no more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.clues: tuple[Clue, ...] = ()
        self.own: tuple[Clue, ...] = ()
        self.list = ComboBox()
        self.list.setEditable(True)
        self.list.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.list.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.list.setAccessibleName(tr("Add a clue"))
        self.list.setToolTip(
            tr("What you see or know: side of the road, language, coast, climate, number plate, …")
        )
        line, completer = self.list.lineEdit(), self.list.completer()
        assert line is not None
        assert completer is not None
        self.show_scope(0)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.list.activated.connect(self._picked)
        self.chips: list[QPushButton] = []
        self._used = QVBoxLayout()
        self._used.setSpacing(4)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        box.addWidget(self.list)
        box.addLayout(self._used)

    def list_clues(self, known: Sequence[tuple[str, Clue]]) -> None:
        """Labels and clues to choose from."""
        with QSignalBlocker(self.list):
            self.list.clear()
            for label, clue in known:
                self.list.addItem(label, clue)
            self._forget()

    def show_clues(self, clues: Sequence[Clue], own: Sequence[Clue] = ()) -> None:
        """Show which are used; ``own``: for the photo that is looked at alone."""
        if (tuple(clues), tuple(own)) == (self.clues, self.own):
            return
        self.clues, self.own = tuple(clues), tuple(own)
        while self.chips:
            chip = self.chips.pop()
            chip.hide()
            chip.deleteLater()
        for clue in self.clues:
            self._add_chip(clue, "{clue} ×")
        for clue in self.own:
            if clue not in self.clues:
                self._add_chip(clue, tr("{clue}, this photo ×"))

    def _add_chip(self, clue: Clue, text: str) -> None:
        words = describe(clue)
        chip = QPushButton(text.format(clue=f"{words[:1].upper()}{words[1:]}"))
        chip.setProperty("chip", "true")
        chip.setAccessibleName(tr("Remove the clue: {clue}").format(clue=words))
        chip.setToolTip(chip.accessibleName())
        chip.clicked.connect(lambda: self._remove(clue))
        self.chips.append(chip)
        self._used.addWidget(chip, 0, Qt.AlignmentFlag.AlignLeft)

    def show_scope(self, photos: int) -> None:
        """Say for how many photos a clue that is picked will be used; 0: for all of the list."""
        line = self.list.lineEdit()
        assert line is not None
        line.setPlaceholderText(
            tr("Clue for the {n} selected photos…").format(n=f"{photos:,}")
            if photos
            else tr("Clue: side of the road, language, script…")
        )

    def _picked(self, index: int) -> None:
        clue = self.list.itemData(index)
        self._forget()
        if isinstance(clue, Clue) and clue not in self.clues:
            self.added.emit(clue)

    def _remove(self, gone: Clue) -> None:
        self.list.setFocus()  # the chip that had the focus goes
        self.removed.emit(gone)

    def _forget(self) -> None:
        with QSignalBlocker(self.list):
            self.list.setCurrentIndex(-1)
            self.list.clearEditText()
