"""The program's settings while it runs: read anywhere, changed in one place."""

from __future__ import annotations

import dataclasses
from typing import Any

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.errors import SettingsError
from geoguess_app.settings import Settings, change_settings


class SettingsKeeper(QObject):
    """A keeper that holds the settings of the moment and saves every change; belongs to the GUI
    thread."""

    problem = Signal(str)
    """One sentence: a change applies, but could not be saved."""

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now = settings
        self._unsaved: dict[str, Any] = {}

    @property
    def now(self) -> Settings:
        """The settings as they are; the object changes with the next ``change``."""
        return self._now

    def change(self, **values: Any) -> None:
        """Set some of them and save these; a folder that cannot be written loses only the saving.

        What another program changed meanwhile stays in the file.
        """
        self._now = dataclasses.replace(self._now, **values)
        self._unsaved |= values
        try:
            change_settings(**self._unsaved)
        except SettingsError as error:
            self.problem.emit(str(error))
        else:
            self._unsaved = {}
