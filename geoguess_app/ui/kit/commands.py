"""Actions of menus and toolbars, all made alike."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from geoguess_app.ui.kit.icons import Icons


def make_action(
    parent: QObject,
    icons: Icons,
    icon: str | None,
    text: str,
    slot: Callable[[], object],
    key: str | None = None,
) -> QAction:
    """Make an action that calls ``slot``; its tooltip names the key, its icon follows the theme."""
    action = QAction(text, parent)
    action.triggered.connect(lambda _checked=False: slot())
    if key:
        action.setShortcut(QKeySequence(key))
    if icon:
        icons.bind(action, icon)
    plain = text.rstrip("…")
    shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    action.setToolTip(f"{plain} ({shown})" if shown else plain)
    return action
