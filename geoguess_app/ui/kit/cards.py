"""A card: an icon and a few sentences on a quiet ground."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from geoguess_app.ui.kit import icons
from geoguess_app.ui.kit.theme import Theme


class Card(QFrame):
    """Kind is plain, warning or error; never colour alone: an icon and words say the same."""

    def __init__(self, kind: str, icon: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name, self._kind, self._theme = icon, kind, theme
        self.setProperty("card", kind)
        self._icon = QLabel()
        self._icon.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.title = QLabel()
        self.title.setProperty("role", "strong")
        self.body = QLabel()
        for label in (self.title, self.body):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.body.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        texts = QVBoxLayout()
        texts.setSpacing(3)
        texts.addWidget(self.title)
        texts.addWidget(self.body)
        box = QHBoxLayout(self)
        box.setContentsMargins(12, 10, 12, 10)
        box.setSpacing(10)
        box.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        box.addLayout(texts, 1)
        theme.changed.connect(self._colour)
        self._colour()

    def say(self, title: str, body: str = "") -> None:
        """Fill and show the card."""
        self.title.setText(title)
        self.title.setVisible(bool(title))
        self.body.setText(body)
        self.body.setVisible(bool(body))
        self.setAccessibleName(f"{title} {body}".strip())
        self.show()

    def _colour(self) -> None:
        tokens = self._theme.tokens
        colour = {"warning": tokens.warning, "error": tokens.error}.get(self._kind, tokens.muted)
        self._icon.setPixmap(icons.pixmap(self._icon_name, colour, 20, self.devicePixelRatioF()))
