"""The chips above the map: what the photo looked at is kept to."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from geoguess_app.core.clues.clue import Clue, describe
from geoguess_app.ui.kit.flow import FlowLayout
from geoguess_app.ui.kit.words import tr


class ClueStrip(QWidget):
    """A chip for the search area and one for each clue; a press takes it away."""

    removed = Signal(object)
    """The Clue of the chip, or None for the search area."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips: list[QPushButton] = []
        self._shown: tuple[str, tuple[Clue, ...], tuple[Clue, ...]] = ("", (), ())
        self._flow = FlowLayout(self, 6, 6)
        self.hide()

    def show_used(self, area: str, clues: Sequence[Clue], own: Sequence[Clue]) -> None:
        """Show the search area in words (empty: everywhere), the clues of all photos, and those of
        the photo looked at alone."""
        only = tuple(clue for clue in own if clue not in clues)
        new = (area, tuple(clues), only)
        if new == self._shown:
            return
        self._shown = new
        for chip in self.chips:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = []
        if area:
            self._add(tr("Only in {area}").format(area=area), None)
        for clue in clues:
            self._add(_sentence(clue), clue)
        for clue in only:
            self._add(tr("{clue}, this photo").format(clue=_sentence(clue)), clue)
        self.setVisible(bool(self.chips))
        self.updateGeometry()

    def _add(self, words: str, clue: Clue | None) -> None:
        chip = QPushButton(f"{words} ×")
        chip.setProperty("chip", "true")
        chip.setAccessibleName(tr("{restriction}: lift").format(restriction=words))
        chip.setToolTip(chip.accessibleName())
        chip.clicked.connect(lambda: self.removed.emit(clue))
        self.chips.append(chip)
        self._flow.addWidget(chip)


def _sentence(clue: Clue) -> str:
    words = describe(clue)
    return f"{words[:1].upper()}{words[1:]}"
