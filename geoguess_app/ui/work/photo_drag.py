"""Photos that are dragged from a list to a place on the map."""

from __future__ import annotations

import json
from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QWidget

from geoguess_app.ui.kit import icons
from geoguess_app.ui.kit.theme import Theme

PHOTOS_MIME = "application/x-geoguess-photos"
"""Numbers of dragged photos as a JSON list."""
_CURSOR = 32


def drag_photos(source: QWidget, numbers: Sequence[int], theme: Theme) -> None:
    """Let the user drag photos; returns when they are dropped."""
    drag = QDrag(source)
    drag.setMimeData(photos_on_a_drag(numbers))
    # The middle of the crosshair is the pointer: that is where the photos will be.
    drag.setPixmap(icons.pixmap("review-gps", theme.tokens.accent, _CURSOR, 1.0))
    drag.setHotSpot(QPoint(_CURSOR // 2, _CURSOR // 2))
    drag.exec(Qt.DropAction.CopyAction)


def photos_on_a_drag(numbers: Sequence[int]) -> QMimeData:
    """Return what a drag of photos carries."""
    mime = QMimeData()
    mime.setData(PHOTOS_MIME, json.dumps(list(numbers)).encode())
    return mime


def dragged_photos(mime: QMimeData) -> list[int]:
    """The photos of a drag, none for any other."""
    if not mime.hasFormat(PHOTOS_MIME):
        return []
    return [int(number) for number in json.loads(bytes(mime.data(PHOTOS_MIME).data()))]
