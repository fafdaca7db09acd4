"""Hits: what a search found, as a list with two lines a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from geoguess_app.core.cells import tokens
from geoguess_app.core.explore.cell_search import Hit, HitKind
from geoguess_app.core.geo import coordinates as cf
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr

_TITLE, _REST = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
ModelIndex = QModelIndex | QPersistentModelIndex
HitTexts = Callable[[Hit], tuple[str, str]]
"""What was found, and where that is."""


def hit_texts(hit: Hit) -> tuple[str, str]:
    """Say in two lines what a search found, and where."""
    if hit.kind is HitKind.PLACE and hit.place is not None:
        parts = [hit.place.region, hit.place.country]
        return hit.place.city, ", ".join(dict.fromkeys(part for part in parts if part))
    if hit.kind is HitKind.TOKEN and hit.cell_id is not None:
        token = tokens([hit.cell_id])[0]
        return tr("S2 cell {token}").format(token=token), cf.decimal(hit.coordinate)
    return cf.decimal(hit.coordinate), tr("Coordinates")


class HitModel(QAbstractListModel):
    """The hits of a search as rows of a list."""

    def __init__(self, texts: HitTexts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._texts = texts
        self.hits: tuple[Hit, ...] = ()

    def fill(self, hits: tuple[Hit, ...]) -> None:
        """Replace the hits in the list."""
        self.beginResetModel()
        self.hits = hits
        self.endResetModel()

    def rowCount(self, parent: ModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.hits)

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        title, rest = self._texts(self.hits[index.row()])
        if role == _TITLE:
            return title
        if role == _REST:
            return rest
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return f"{title}, {rest}" if rest else title
        return None


class HitDelegate(QStyledItemDelegate):
    """Two lines: what it is, and where."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, _index: ModelIndex) -> QSize:
        return QSize(120, 2 * option.fontMetrics.height() + 11)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        tokens = self._theme.tokens
        painter.save()
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            ground = tokens.accent_soft if chosen else tokens.raised
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ground))
            painter.drawRoundedRect(option.rect.adjusted(2, 1, -2, -1), 5, 5)
        line = option.fontMetrics.height()
        room = option.rect.adjusted(10, 4, -8, 0)
        for row, (role, colour) in enumerate(((_TITLE, tokens.text), (_REST, tokens.muted))):
            painter.setPen(QColor(colour))
            text = option.fontMetrics.elidedText(
                str(index.data(role)), Qt.TextElideMode.ElideRight, room.width()
            )
            painter.drawText(
                QRect(room.left(), room.top() + row * (line + 1), room.width(), line),
                Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
                text,
            )
        painter.restore()
