"""Locating photos one by one or many: the mode in which the program starts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from geoguess_app.ui.shell.modes import Mode

if TYPE_CHECKING:
    from geoguess_app.ui.shell.window import MainWindow
    from geoguess_app.ui.views.opened import OpenedView


class LocateMode(Mode):
    """The list, the answer on the map and the details; their widgets belong to the window."""

    name = "locate"
    menu = "&Photos"

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._separators = [QAction(self) for _ in range(3)]
        for separator in self._separators:
            separator.setSeparator(True)

    def left(self) -> QWidget:
        return self.window.list

    def right(self) -> QWidget:
        return self.window.detail

    def actions(self) -> list[QAction]:
        own = self.window.actions_
        after_copying, after_steps, after_taking_off = self._separators
        return [
            *(own.paste, own.copy, own.again, own.cancel, own.privacy, after_copying),
            *(own.next, own.previous, after_steps),
            *(own.remove, own.clear, after_taking_off, own.fit, own.play, own.why),
        ]

    def exports(self) -> list[QAction]:
        return self.window.actions_.result_exports

    def enter(self) -> None:
        window = self.window
        window.actions_.use_number_keys(True)
        window.map_pane.resume()
        window.map_pane.show_welcome(window.model.rowCount() == 0)
        window.areas.show_on_map()
        window.show_row(window.list.current())
        window.list.view.setFocus()

    def leave(self) -> None:
        self.window.actions_.use_number_keys(False)
        self.window.map_pane.show_welcome(False)
        self.window.map_pane.suspend()
        view = self.window.map_pane.map
        if view is not None:
            view.push("reviewDraw", None)
            view.push("review", None)

    def view_state(self, folder: Path) -> dict[str, object]:
        from geoguess_app.ui.locate import view_state

        return view_state.captured(self.window)

    def view_photos(self) -> tuple[Sequence[Path], Path | None]:
        row = self.window.list.current()
        paths = [found.path for found in self.window.model.rows()]
        return paths, row.path if row is not None else None

    def restore_view(self, view: OpenedView) -> None:
        from geoguess_app.ui.locate import view_state

        view_state.restore(self.window, view)

    def focus_widget(self) -> QWidget | None:
        return self.window.list.view
