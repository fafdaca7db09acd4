"""Memory of the evaluation open last, and of where the photos of moved ones are."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PySide6.QtCore import QSettings

from geoguess_app.evaluation.accuracy.sniff import holds_evaluation

_LAST = "accuracy/last"
_IMAGES = "accuracy/images"


class AccuracyMemory:
    """A memory kept with the window's state, in the user's configuration."""

    def __init__(self, state: QSettings) -> None:
        self._state = state

    def last(self) -> Path | None:
        """The evaluation opened last, if it is still there."""
        text = self._state.value(_LAST)
        path = Path(text) if isinstance(text, str) and text else None
        return path if path is not None and holds_evaluation(path) else None

    def keep(self, path: Path) -> None:
        """Keep that this one has been opened."""
        self._state.setValue(_LAST, str(path.absolute()))

    def images(self, path: Path) -> Path | None:
        """Return where the user said that the photos of an evaluation are, if they are still
        there."""
        text = self._state.value(_key(path))
        folder = Path(text) if isinstance(text, str) and text else None
        return folder if folder is not None and folder.is_dir() else None

    def keep_images(self, path: Path, folder: Path) -> None:
        """The photos of this evaluation are in that folder."""
        self._state.setValue(_key(path), str(folder.absolute()))


def _key(path: Path) -> str:
    name = str(path.absolute()).encode(errors="surrogateescape")
    return f"{_IMAGES}/{hashlib.sha256(name).hexdigest()[:16]}"
