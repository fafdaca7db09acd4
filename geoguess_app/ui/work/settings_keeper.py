"""The program's settings while it runs: read anywhere, changed in one place."""

from __future__ import annotations

import dataclasses
from typing import Any

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.errors import SettingsError
from geoguess_app.settings import Settings, save_settings


class SettingsKeeper(QObject):
    """A keeper that holds the settings of the moment and saves every change; belongs to the GUI
    thread."""

    problem = Signal(str)
    """One sentence: a change applies, but could not be saved."""

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now = settings

    @property
    def now(self) -> Settings:
        """The settings as they are; the object changes with the next ``change``."""
        return self._now

    def change(self, **values: Any) -> None:
        """Set some of them and save all; a folder that cannot be written loses only the saving."""
        self._now = dataclasses.replace(self._now, **values)
        try:
            save_settings(self._now)
        except SettingsError as error:
            self.problem.emit(str(error))
