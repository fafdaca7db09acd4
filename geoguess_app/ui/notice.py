"""One line under the toolbar: what happened and what to do; nothing modal."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from geoguess_app.ui import icons as drawing
from geoguess_app.ui.icons import Icons
from geoguess_app.ui.theme import Theme
from geoguess_app.ui.words import tr

_STAYS_MS = 9000


class Notice(QFrame):
    """Plain messages go away by themselves, errors stay until they are closed."""

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._kind = "plain"
        self.setObjectName("notice")
        self._icon = QLabel()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        close = icons.bind(QToolButton(), "cancel")
        close.setAccessibleName(tr("Close this message"))
        close.clicked.connect(self.hide)
        box = QHBoxLayout(self)
        box.setContentsMargins(14, 7, 8, 7)
        box.setSpacing(10)
        box.addWidget(self._icon)
        box.addWidget(self._text, 1)
        box.addWidget(close)
        self._timer = QTimer(self, interval=_STAYS_MS, singleShot=True)
        self._timer.timeout.connect(self.hide)
        theme.changed.connect(self._colour)
        self.hide()

    @property
    def text(self) -> str:
        """The message on show, or nothing."""
        return self._text.text() if not self.isHidden() else ""

    def tell(self, text: str, *, error: bool = False) -> None:
        """Show a message; an error stays."""
        self._kind = "error" if error else "plain"
        self.setProperty("card", self._kind)
        self.style().unpolish(self)
        self.style().polish(self)
        self._text.setText(text)
        self.setAccessibleName(text)
        self._colour()
        self.show()
        if error:
            self._timer.stop()
        else:
            self._timer.start()

    def _colour(self) -> None:
        tokens = self._theme.tokens
        error = self._kind == "error"
        colour, name = (tokens.error, "warning") if error else (tokens.accent, "help")
        self._icon.setPixmap(drawing.pixmap(name, colour, 18, self.devicePixelRatioF()))
