"""Pasted and dragged pictures that are no files: kept as files until the window closes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PySide6.QtGui import QImage


class PastedPictures:
    """The pictures pasted, in a private temporary folder that goes away on ``close``."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._count = 0

    def keep(self, image: QImage) -> Path | None:
        """The picture as a PNG file, or None when there is nothing in it."""
        if image.isNull():
            return None
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="geoguess-pasted-")
        self._count += 1
        path = Path(self._folder.name) / f"Pasted picture {self._count}.png"
        return path if image.save(str(path)) else None

    def close(self) -> None:
        """Remove everything that was pasted."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
