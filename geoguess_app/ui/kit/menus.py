"""Right-click menus: made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractScrollArea, QMenu, QWidget


def offer_menus(fills: Sequence[tuple[QWidget, Callable[[QPoint], QMenu | None]]]) -> None:
    """Show a menu where a widget is right-clicked; each is made then, by its function."""
    for widget, fill in fills:
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        widget.customContextMenuRequested.connect(
            lambda at, widget=widget, fill=fill: pop_up(fill(at), _inside(widget).mapToGlobal(at))
        )


def pop_up(menu: QMenu | None, at: QPoint) -> None:
    """Show a menu at a point of the screen; it goes when it is closed."""
    if menu is not None and not menu.isEmpty():
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)


def _inside(widget: QWidget) -> QWidget:
    # Of what scrolls, the point is that of the part that is seen.
    return widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
