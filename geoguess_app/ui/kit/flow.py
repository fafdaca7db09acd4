"""A layout that puts widgets side by side, and goes on in the next line where there is no room."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Lines of widgets of their own sizes, from the left."""

    def __init__(self, parent: QWidget, margin: int, gap: int) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(margin, margin, margin, margin)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange(rect, move=True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        margins, size = self.contentsMargins(), QSize()
        for item in self._items:
            size = size.expandedTo(QSize(1, item.sizeHint().height()))
        return size + QSize(2 * margins.left(), 2 * margins.top())

    def _arrange(self, rect: QRect, *, move: bool) -> int:
        """Place the widgets; returns the height that they take."""
        margin = self.contentsMargins().left()
        right = rect.right() - margin
        x, y, line = rect.x() + margin, rect.y() + margin, 0
        for item in self._items:
            size = item.sizeHint().boundedTo(QSize(max(1, rect.width() - 2 * margin), 1000))
            if line and x + size.width() > right + 1:
                x, y, line = rect.x() + margin, y + line + self._gap, 0
            if move:
                item.setGeometry(QRect(QPoint(x, y), size))
            x += size.width() + self._gap
            line = max(line, size.height())
        return y + line + margin - rect.y()
