"""Two photos side by side over the window: what is done to one is done to both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from geoguess_app.ui.frame.large_photo import large_pictures, middle_of
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.photo_viewer import PhotoViewer
from geoguess_app.ui.work.pictures import Pictures

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services


class PairViewer(QWidget):
    """Two viewers that zoom and move together; Escape or a click beside a photo closes both."""

    closed = Signal()

    def __init__(self, theme: Theme, pictures: Pictures, parent: QWidget) -> None:
        super().__init__(parent)
        self._over, self.pictures = parent, pictures
        self.setAccessibleName(tr("Both photos side by side"))
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(0)
        self.area = QWidget()
        self.box.addWidget(self.area, 1)
        beside = QHBoxLayout(self.area)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(1)
        halves = [QWidget(), QWidget()]
        for half in halves:
            beside.addWidget(half, 1)
        self.sides = tuple(PhotoViewer(theme, pictures, half) for half in halves)
        for side, other in (self.sides, self.sides[::-1]):
            side.looked.connect(other.look)
            side.closed.connect(self.close_)
            side.stepped.connect(lambda _by, other=other: other.setFocus())
        parent.installEventFilter(self)
        self.hide()

    def open(self, photos: Sequence[tuple[Path | None, str]]) -> None:
        """Show two photos, each with the line under it."""
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()
        for side, (path, caption) in zip(self.sides, photos, strict=True):
            side.show_photo(path, caption)
            side.open()
        self.sides[0].setFocus()

    def close_(self) -> None:
        """Hide both; the keyboard goes back."""
        if self.isVisible():
            self.hide()
            for side in self.sides:
                side.hide()
            self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._over.rect())
        return False


def make_pair_viewer(services: Services, parent: QObject) -> PairViewer:
    """Make the viewer over the middle of the window, with a store of large pictures of its own."""
    return PairViewer(services.theme, large_pictures(services, parent), middle_of(services))
