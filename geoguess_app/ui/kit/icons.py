"""Our SVG icons, drawn in the colours of the theme and redrawn when it changes."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

import shiboken6
from PySide6.QtCore import QByteArray, QObject, QRectF, Qt
from PySide6.QtGui import QAction, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from geoguess_app.paths import resource_dir
from geoguess_app.ui.kit.palettes import Tokens
from geoguess_app.ui.kit.theme import Theme

_Target = TypeVar("_Target", QAction, QAbstractButton)
_SIZES = (16, 20, 24, 32, 48)


@lru_cache(maxsize=256)
def pixmap(name: str, colour: str, side: int, ratio: float = 1.0) -> QPixmap:
    """The icon ``name`` in one colour, ``side`` logical pixels square."""
    drawn = QPixmap(round(side * ratio), round(side * ratio))
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    QSvgRenderer(QByteArray(_svg(name).replace("currentColor", colour).encode())).render(
        painter, QRectF(0, 0, drawn.width(), drawn.height())
    )
    painter.end()
    drawn.setDevicePixelRatio(ratio)
    return drawn


@lru_cache(maxsize=128)
def icon(name: str, tokens: Tokens) -> QIcon:
    """The icon for buttons and menus: normal, disabled and switched on."""
    made = QIcon()
    for side in _SIZES:
        for ratio in (1.0, 2.0):
            made.addPixmap(pixmap(name, tokens.text, side, ratio))
            made.addPixmap(pixmap(name, tokens.border, side, ratio), QIcon.Mode.Disabled)
    return made


def app_icon() -> QIcon:
    """The icon of the program."""
    return QIcon(str(resource_dir() / "icons" / "app.svg"))


class Icons(QObject):
    """The icons of actions and buttons, kept in step with the theme."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._theme = theme
        self._bound: list[tuple[QAction | QAbstractButton, str]] = []
        theme.changed.connect(self._refresh)

    def bind(self, target: _Target, name: str) -> _Target:
        """Give ``target`` the icon ``name``, now and after every change of theme."""
        self._bound = [
            pair for pair in self._bound if shiboken6.isValid(pair[0]) and pair[0] is not target
        ]
        self._bound.append((target, name))
        target.setIcon(icon(name, self._theme.tokens))
        return target

    def _refresh(self, tokens: Tokens) -> None:
        for target, name in self._bound:
            if shiboken6.isValid(target):
                target.setIcon(icon(name, tokens))


@lru_cache(maxsize=64)
def _svg(name: str) -> str:
    return (resource_dir() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
