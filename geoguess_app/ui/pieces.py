"""Small pieces that every pane is made of: wrapped text, headings, sections."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget


def text_label(role: str | None = None, text: str = "") -> QLabel:
    """Plain text that wraps; roles as in the theme: muted, strong, heading, title."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        label.setProperty("role", role)
    return label


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
