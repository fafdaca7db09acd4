"""Small pieces that every pane and dialog is made of: wrapped text, headings, sections, feet."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QScrollArea,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.ui.kit.words import tr


def text_label(role: str | None = None, text: str = "") -> QLabel:
    """Plain text that wraps; roles as in the theme: muted, strong, heading, title."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        label.setProperty("role", role)
    return label


class NothingShown(QWidget):
    """A note in a list's place while a filter leaves nothing of it, and the way out."""

    def __init__(self, reset: Callable[[], object]) -> None:
        """``reset`` lets the filter pass everything again."""
        super().__init__()
        reason = text_label("muted", tr("No photos match the filter."))
        # Not aligned by the layout: that would give the lines less height than they need.
        reason.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.everything = QPushButton(tr("Show all photos"))
        self.everything.setProperty("link", "true")
        self.everything.clicked.connect(reset)
        box = QVBoxLayout(self)
        box.addStretch(1)
        box.addWidget(reason)
        box.addWidget(self.everything, 0, Qt.AlignmentFlag.AlignCenter)
        box.addStretch(1)


def say(label: QLabel, text: str) -> None:
    """Show a text; nothing at all where it is empty."""
    label.setText(text)
    label.setVisible(bool(text))


def section(title: str, *content: QWidget) -> QWidget:
    """A line, a heading, and what stands below it."""
    part = QWidget()
    box = QVBoxLayout(part)
    box.setContentsMargins(0, 6, 0, 0)
    box.setSpacing(8)
    line = QFrame()
    line.setProperty("line", "true")
    for widget in (line, text_label("heading", title), *content):
        box.addWidget(widget)
    return part


def foot(dialog: QDialog, leave: str, act: QPushButton) -> QHBoxLayout:
    """The last line of a dialog: a button that leaves it, and the one that it is there for."""
    leaving = QPushButton(leave)
    leaving.setAutoDefault(False)
    leaving.clicked.connect(dialog.reject)
    line = QHBoxLayout()
    line.addStretch(1)
    line.addWidget(leaving)
    line.addWidget(act)
    return line


def stand_as_pane(area: QScrollArea, name: str) -> None:
    """Let a column of parts stand as the window's right pane: it scrolls up and down alone."""
    area.setObjectName("detail")
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    area.setAccessibleName(name)
    area.setMinimumWidth(220)


def dress(table: QTableView) -> None:
    """Whole rows of one line each, one at a time, without grid."""
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setAcceptDrops(False)
    rows = table.verticalHeader()
    rows.hide()
    rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    rows.setDefaultSectionSize(table.fontMetrics().height() + 10)
    table.horizontalHeader().setHighlightSections(False)


def show_whole(table: QTableView, wide_column: int) -> None:
    """Let a table of a scrolled pane stand there with all its rows: it scrolls with the pane, and
    one column takes the room that the others leave."""
    dress(table)
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    header = table.horizontalHeader()
    header.setMinimumSectionSize(20)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(wide_column, QHeaderView.ResizeMode.Stretch)
