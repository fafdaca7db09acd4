"""The list of regions to hide: for the keyboard and for screen readers, beside the canvas."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QWidget

from geoguess_app.core.explain.hide import PhotoRegion
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.privacy import sentences
from geoguess_app.ui.privacy.canvas import resize_region, shift_region

MIDDLE = PhotoRegion(0.375, 0.375, 0.625, 0.625)
"""Where a region that is added without drawing begins."""
_STEP = 0.02
_WAYS = {
    Qt.Key.Key_Left: (-_STEP, 0.0),
    Qt.Key.Key_Right: (_STEP, 0.0),
    Qt.Key.Key_Up: (0.0, -_STEP),
    Qt.Key.Key_Down: (0.0, _STEP),
}


class RegionList(QListWidget):
    """Alt and arrows move the chosen region, Alt+Shift and arrows size it, Delete removes it."""

    changed = Signal()
    """The regions are others now, or another one is chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._regions: list[PhotoRegion] = []
        self.setAccessibleName(tr("Regions to hide"))
        self.setToolTip(
            tr("Alt+arrows move a region, Alt+Shift+arrows resize it, Delete removes it.")
        )
        self.currentRowChanged.connect(lambda _row: self.changed.emit())

    def regions(self) -> tuple[PhotoRegion, ...]:
        """List the regions in their order."""
        return tuple(self._regions)

    def set_regions(self, regions: tuple[PhotoRegion, ...], current: int = -1) -> None:
        """Replace all and choose one."""
        self._regions = list(regions)
        self.blockSignals(True)
        self.clear()
        self.addItems([sentences.region(n, r) for n, r in enumerate(self._regions, start=1)])
        self.setCurrentRow(min(current, len(self._regions) - 1))
        self.blockSignals(False)
        self.changed.emit()

    def add(self, region: PhotoRegion) -> None:
        """Add one more region, chosen."""
        self.set_regions((*self._regions, region), len(self._regions))

    def replace(self, number: int, region: PhotoRegion) -> None:
        """Give one of the regions, counted from 0, another place."""
        self._regions[number] = region
        self.set_regions(tuple(self._regions), number)

    def remove_current(self) -> None:
        """Hide the chosen one no more."""
        row = self.currentRow()
        if row >= 0:
            left = self._regions[:row] + self._regions[row + 1 :]
            self.set_regions(tuple(left), min(row, len(left) - 1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row, way = self.currentRow(), _WAYS.get(Qt.Key(event.key()))
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_current()
        elif row >= 0 and way and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            sizing = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            here = self._regions[row]
            self.replace(
                row, resize_region(here, *way) if sizing else shift_region(here, QPointF(*way))
            )
        else:
            super().keyPressEvent(event)
