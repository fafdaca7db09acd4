"""The photo with its speaking regions in colour, and the legend of the colours."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from geoguess_app.ui.pictures import Pictures
from geoguess_app.ui.steady import steady_width
from geoguess_app.ui.theme import Theme
from geoguess_app.ui.why.overlay import ramp_gradient
from geoguess_app.ui.words import tr

_MAX_HEIGHT = 300
_BAR = 7


class RegionView(QWidget):
    """Keeps the photo's shape; shows it alone until the regions are known."""

    def __init__(self, theme: Theme, pictures: Pictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._pictures = theme, pictures
        self._path: Path | None = None
        self._overlay: QImage | None = None
        self._strength = 1.0
        self._saying = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Photo with the regions that speak"))
        pictures.ready.connect(self._fit)
        theme.changed.connect(self.update)

    def show_photo(self, path: Path | None) -> None:
        """This photo, no regions yet."""
        if path != self._path:
            self._path, self._overlay = path, None
            self._fit()

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
        """How strongly the colours cover the photo, 0…1."""
        self._strength = share
        self.update()

    @property
    def overlay(self) -> QImage | None:
        """What lies over the photo."""
        return self._overlay

    def sizeHint(self) -> QSize:
        return QSize(300, self._height_for(max(self.width(), 200)))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 100)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setFixedHeight(self._height_for(steady_width(self)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        picture = self._pictures.get(self._path) if self._path else None
        box = self._box(picture.size() if picture else QSize(3, 2))
        clip = QPainterPath()
        clip.addRoundedRect(QRectF(box), 8, 8)
        painter.setClipPath(clip)
        if picture is None:
            painter.fillPath(clip, QColor(self._theme.tokens.raised))
        else:
            painter.drawPixmap(box, picture)
            if self._overlay is not None:
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

    def _box(self, size: QSize) -> QRect:
        target = size.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left = (self.width() - target.width()) // 2
        return QRect(left, (self.height() - target.height()) // 2, target.width(), target.height())

    def _fit(self) -> None:
        self.setFixedHeight(self._height_for(steady_width(self)))
        self.update()

    def _height_for(self, width: int) -> int:
        picture = self._pictures.get(self._path) if self._path else None
        if picture is None or picture.width() == 0:
            return 160
        return max(90, min(_MAX_HEIGHT, round(width * picture.height() / picture.width())))


class RampLegend(QWidget):
    """The ramp with a word at either end."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._ends = (tr("Says nothing"), tr("Speaks most"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Blue says nothing, yellow speaks most"))
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
