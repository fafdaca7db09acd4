"""The photo with its speaking regions in colour, and the legend of the colours."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.why.overlay import ramp_gradient
from geoguess_app.ui.work.photo_view import PhotoView
from geoguess_app.ui.work.pictures import Pictures

_BAR = 7


class RegionView(PhotoView):
    """A view that shows the photo alone until the regions are known."""

    most_px = 300

    def __init__(self, theme: Theme, pictures: Pictures, parent: QWidget | None = None) -> None:
        super().__init__(theme, pictures, parent)
        self._overlay: QImage | None = None
        self._strength = 1.0
        self._saying = ""
        self.setAccessibleName(tr("Photo with contributing regions highlighted"))

    def show_photo(self, path: Path | None, name: str = "") -> None:
        """Show this photo, no regions yet."""
        if path != self._path:
            self._overlay = None
            super().show_photo(path, name)

    def show_regions(self, overlay: QImage | None, spoken: str = "") -> None:
        """The regions, and the same in words; None while they are not known."""
        self._overlay, self._saying = overlay, ""
        self.setAccessibleDescription(spoken)
        self.setToolTip(spoken)
        self.update()

    def say(self, text: str) -> None:
        """A few words over the photo while its regions are looked for."""
        self._saying = text
        self.update()

    def set_strength(self, share: float) -> None:
        """Set how strongly the colours cover the photo, 0…1."""
        self._strength = share
        self.update()

    @property
    def overlay(self) -> QImage | None:
        """Return what lies over the photo."""
        return self._overlay

    def paint_over(self, painter: QPainter, box: QRect, *, there: bool) -> None:
        """The colours, and what is said meanwhile."""
        if there and self._overlay is not None:
            painter.setOpacity(self._strength)
            painter.drawImage(box, self._overlay)
            painter.setOpacity(1.0)
        if self._saying:
            self._paint_saying(painter, box)

    def _paint_saying(self, painter: QPainter, box: QRect) -> None:
        tokens, metrics = self._theme.tokens, self.fontMetrics()
        width = metrics.horizontalAdvance(self._saying) + 20
        pill = QRectF(0, 0, min(width, box.width() - 12), metrics.height() + 8)
        pill.moveCenter(QRectF(box).center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.surface))
        painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        painter.setPen(QColor(tokens.text))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, self._saying)


class RampLegend(QWidget):
    """The ramp with a word at either end."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._ends = (tr("No contribution"), tr("Highest"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Blue: no contribution; yellow: highest contribution"))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(200, self.fontMetrics().height() + _BAR + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ramp_gradient(self.width()))
        painter.drawRoundedRect(QRectF(0, 0, self.width(), _BAR), _BAR / 2, _BAR / 2)
        painter.setPen(QColor(self._theme.tokens.muted))
        line = QRectF(0, _BAR + 4, self.width(), self.fontMetrics().height())
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, self._ends[0])
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, self._ends[1])
