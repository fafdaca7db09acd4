"""Three captions on the map when the sample photos are tried for the first time."""

from __future__ import annotations

import json

from PySide6.QtCore import QEvent, QObject, QRectF, QSettings, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from geoguess_app.paths import resource_dir
from geoguess_app.ui.kit import icons
from geoguess_app.ui.kit.pieces import text_label
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr

_SEEN = "mapGuideSeen"
_WIDEST_PX = 420
_MARGIN_PX = 10
_BUTTONS_PX, _MESSAGE_PX = 60, 66
_SIGN = QSize(34, 22)


class MapGuide(QFrame):
    """A card over the top of the map; once it was dismissed it never comes again."""

    def __init__(self, theme: Theme, state: QSettings, host: QWidget) -> None:
        super().__init__(host)
        self._state, self._host = state, host
        self.setObjectName("mapGuide")
        self.captions = [
            text_label(None, text)
            for text in (
                tr("Colours: the farther along this scale, the more likely the place."),
                tr("Circle: holds the true place in 4 of 5 cases; the larger, the less is known."),
                tr("“Cannot tell”: the model does not know the place, so there is no pin."),
            )
        ]
        self.done = QPushButton(tr("Got it"))
        self.done.clicked.connect(self._dismiss)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 12, 16, 12)
        box.setSpacing(7)
        box.addWidget(text_label("strong", tr("How to read the map")))
        for kind, caption in zip(("colours", "circle", "unknown"), self.captions, strict=True):
            row = QHBoxLayout()
            row.setSpacing(10)
            row.addWidget(_Sign(kind, theme), 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(caption, 1)
            box.addLayout(row)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.done)
        box.addLayout(foot)
        host.installEventFilter(self)
        self.hide()

    def offer(self) -> None:
        """Show it, unless somebody has dismissed it before."""
        if not self._state.value(_SEEN, False, bool):
            self.show()
            self._settle()

    def leave(self) -> None:
        """Go with the answers that it explains; it may come again."""
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and not self.isHidden():
            self._settle()
        return super().eventFilter(watched, event)

    def _settle(self) -> None:
        # Beside the map's buttons, below its message, above the middle, where the pin stands.
        width = min(self._host.width() - _BUTTONS_PX - _MARGIN_PX, _WIDEST_PX)
        height = max(self.heightForWidth(width), self.sizeHint().height())
        self.setGeometry(_MARGIN_PX, _MESSAGE_PX, width, height)
        self.raise_()

    def _dismiss(self) -> None:
        self._state.setValue(_SEEN, True)
        self.hide()


def map_ramp(width: float, *, dark: bool) -> QLinearGradient:
    """The colours of the map's cells, the least likely first."""
    file = resource_dir() / "map" / "data" / "ramp.json"
    colours = json.loads(file.read_text(encoding="utf-8"))["colors"]
    gradient = QLinearGradient(0.0, 0.0, width, 0.0)
    for i, colour in enumerate(reversed(colours) if dark else colours):
        gradient.setColorAt(i / (len(colours) - 1), QColor(colour))
    return gradient


class _Sign(QWidget):
    """What a caption is about, as the map draws it."""

    def __init__(self, kind: str, theme: Theme) -> None:
        super().__init__()
        self._kind, self._theme = kind, theme
        self.setFixedSize(_SIGN)
        theme.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area, tokens = QRectF(self.rect()), self._theme.tokens
        if self._kind == "colours":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(map_ramp(self.width(), dark=tokens.dark))
            painter.drawRoundedRect(area.adjusted(0, 5, 0, -5), 4, 4)
        elif self._kind == "circle":
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.drawEllipse(area.center(), 9, 9)
        else:
            side = 18
            sign = icons.pixmap("state-unknown", tokens.muted, side, self.devicePixelRatioF())
            painter.drawPixmap((self.width() - side) // 2, (self.height() - side) // 2, sign)
