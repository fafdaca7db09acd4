"""One line over the foot of the window: what happened and what to do; nothing modal."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from geoguess_app.ui.kit import icons as drawing
from geoguess_app.ui.kit.icons import Icons
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr

_STAYS_MS = 9000
_STAYS_WITH_ACTION_MS = 30_000
_WIDEST_PX = 720
_MARGIN_PX = 12


class Notice(QFrame):
    """Plain messages go away by themselves, errors stay until they are closed.

    It floats, so that nothing below the pointer moves when it comes and goes.
    """

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
        self.button = QPushButton()
        self.button.setProperty("link", True)
        self.button.clicked.connect(self._act)
        self._action: Callable[[], object] | None = None
        close = icons.bind(QToolButton(), "cancel")
        close.setAccessibleName(tr("Dismiss this message"))
        close.clicked.connect(self.hide)
        box = QHBoxLayout(self)
        box.setContentsMargins(14, 7, 8, 7)
        box.setSpacing(10)
        box.addWidget(self._icon)
        box.addWidget(self._text, 1)
        box.addWidget(self.button)
        box.addWidget(close)
        self._timer = QTimer(self, interval=_STAYS_MS, singleShot=True)
        self._timer.timeout.connect(self.hide)
        theme.changed.connect(self._colour)
        self.hide()

    def float_over(self, host: QWidget) -> None:
        """Show messages over the foot of this widget."""
        self.setParent(host)
        host.installEventFilter(self)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and not self.isHidden():
            self._settle()
        return super().eventFilter(watched, event)

    def _settle(self) -> None:
        host = self.parentWidget()
        if host is None:
            return
        width = min(host.width() - 2 * _MARGIN_PX, _WIDEST_PX)
        height = max(self.heightForWidth(width), self.sizeHint().height())
        left, top = (host.width() - width) // 2, host.height() - height - _MARGIN_PX
        self.setGeometry(left, top, width, height)
        self.raise_()

    @property
    def text(self) -> str:
        """The message on show, or nothing."""
        return self._text.text() if not self.isHidden() else ""

    def tell(
        self,
        text: str,
        *,
        error: bool = False,
        action: tuple[str, Callable[[], object]] | None = None,
    ) -> None:
        """Show a message; an error stays. An action is a button that does it and goes away."""
        self.button.setText(action[0] if action else "")
        self.button.setVisible(action is not None)
        self._action = action[1] if action else None
        self._kind = "error" if error else "plain"
        self.setProperty("card", self._kind)
        self.style().unpolish(self)
        self.style().polish(self)
        self._text.setText(text)
        self.setAccessibleName(text)
        self._colour()
        self._settle()
        self.show()
        if error:
            self._timer.stop()
        else:
            self._timer.start(_STAYS_WITH_ACTION_MS if action else _STAYS_MS)

    def _act(self) -> None:
        action = self._action
        self.hide()
        if action is not None:
            action()

    def _colour(self) -> None:
        tokens = self._theme.tokens
        error = self._kind == "error"
        colour, name = (tokens.error, "warning") if error else (tokens.accent, "help")
        self._icon.setPixmap(drawing.pixmap(name, colour, 18, self.devicePixelRatioF()))
