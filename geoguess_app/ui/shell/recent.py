"""Folders that were opened before, as a menu."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QMenu, QWidget

from geoguess_app.ui.kit.words import tr

_KEY = "recent/folders"
_MOST = 8


class RecentFolders:
    """The last folders, newest first; kept between starts."""

    def __init__(
        self, state: QSettings, open_: Callable[[list[Path]], object], parent: QWidget
    ) -> None:
        """``open_`` opens what is chosen in the menu."""
        self._state, self._open = state, open_
        self.menu = QMenu(tr("Recent folders"), parent)
        self.menu.aboutToShow.connect(self._fill)

    def note(self, paths: Sequence[Path]) -> None:
        """Remember those of ``paths`` that are folders."""
        folders = [str(path.absolute()) for path in paths if path.is_dir()]
        if folders:
            kept = list(dict.fromkeys([*folders, *self._names()]))[:_MOST]
            self._state.setValue(_KEY, json.dumps(kept))

    def folders(self) -> list[Path]:
        """Return those that are still there, newest first."""
        return [path for path in map(Path, self._names()) if path.is_dir()]

    def _names(self) -> list[str]:
        try:
            found = json.loads(str(self._state.value(_KEY, "") or "[]"))
        except ValueError:
            return []
        return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []

    def _fill(self) -> None:
        self.menu.clear()
        folders = self.folders()
        for folder in folders:
            text = f"{folder.name or folder}   {folder.parent}".replace("&", "&&")
            self.menu.addAction(text, partial(self._open, [folder]))
        if folders:
            self.menu.addSeparator()
            self.menu.addAction(tr("Clear this menu"), partial(self._state.remove, _KEY))
        else:
            self.menu.addAction(tr("No folders yet")).setEnabled(False)
