"""A line of words with an icon before it and links in it; short where there is little room."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from geoguess_app.ui.kit import icons
from geoguess_app.ui.kit.theme import Theme

_ICON_PX = 16


class LinkLine(QWidget):
    """Hidden until it says something; links work by mouse, Tab and Enter."""

    def __init__(self, icon: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name, self._theme = icon, theme
        self._links: dict[str, tuple[str, Callable[[], object]]] = {}
        self._long = self._short = ""
        self._is_short = False
        self._icon = QLabel()
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.RichText)
        self.label.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.label.linkActivated.connect(self.follow)
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        box.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        box.addWidget(self.label, 1)
        theme.changed.connect(self._show)
        self.hide()

    def offer(self, name: str, text: str, slot: Callable[[], object]) -> None:
        """One more link behind the words."""
        self._links[name] = (text, slot)

    def say(self, long: str, short: str = "") -> None:
        """Fill and show the line; without a short text there is one for all sizes."""
        self._long, self._short = long, short or long
        self._show()
        self.show()

    def shorten(self, short: bool) -> None:
        """Take whether there is little room."""
        if short != self._is_short:
            self._is_short = short
            self._show()

    def follow(self, name: str) -> None:
        """Do what a click on a link asks for."""
        self._links[name][1]()

    @property
    def text(self) -> str:
        """The words on show, without the links."""
        return self._short if self._is_short else self._long

    def _show(self, *_: object) -> None:
        tokens = self._theme.tokens
        links = " · ".join(
            f'<a href="{name}" style="color:{tokens.accent}; text-decoration:none">'
            f"{escape(text).replace(' ', '&nbsp;')}</a>"
            for name, (text, _) in self._links.items()
        )
        self.label.setText(f"{escape(self.text)} {links}")
        self.label.setToolTip(escape(self._long) if self._is_short else "")
        self.setAccessibleName(self._long)
        self._icon.setPixmap(
            icons.pixmap(self._icon_name, tokens.muted, _ICON_PX, self.devicePixelRatioF())
        )
