"""Widths that a scroll bar does not change.

A part that becomes lower as it becomes narrower, such as a picture, may fit with the bar and not
without it: then the bar comes and goes for ever, each time within the last, until the stack is
full.
"""

from __future__ import annotations

from PySide6.QtWidgets import QScrollArea, QWidget


def steady_width(widget: QWidget) -> int:
    """The width that ``widget`` has, or would have, with the scroll bar beside it.

    Counted from the outside: in the middle of a change the bar and the widgets may disagree.
    """
    area: QWidget | None = widget.parentWidget()
    while area is not None and not isinstance(area, QScrollArea):
        area = area.parentWidget()
    body = area.widget() if isinstance(area, QScrollArea) else None
    if area is None or body is None:
        return widget.width()
    margins = body.width() - widget.width()
    return area.contentsRect().width() - area.verticalScrollBar().sizeHint().width() - margins
