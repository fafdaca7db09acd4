"""Copy a coordinate, in the form that is needed."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import Coordinate
from geoguess_app.ui.kit.words import tr

_SHOWN_MS = 1500
QWIDGETSIZE_MAX = 16777215
"""What Qt takes for no limit."""


class CopyButton(QToolButton):
    """A click copies in the usual form; the menu offers all of them, written out."""

    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._coordinate: Coordinate | None = None
        self.form: str = cf.CoordinateFormat.DECIMAL
        self.setText(tr("Copy"))
        self.setAccessibleName(tr("Copy coordinates"))
        self.setToolTip(tr("Copy coordinates (Ctrl+C)"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self._shown = QTimer(self, interval=_SHOWN_MS, singleShot=True)
        self._shown.timeout.connect(self._rest)
        menu = QMenu(self)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)
        self.clicked.connect(lambda: self.copy())

    def set_coordinate(self, coordinate: Coordinate | None) -> None:
        """Set what is copied from now on."""
        self._coordinate = coordinate
        self.setEnabled(coordinate is not None)

    def copy(self, form: str | None = None) -> str | None:
        """Put the coordinate on the clipboard and return the text."""
        if self._coordinate is None:
            return None
        text = cf.format_coordinate(self._coordinate, form or self.form)
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(text)
        if self.toolButtonStyle() is not Qt.ToolButtonStyle.ToolButtonIconOnly:
            self.setFixedWidth(self.width())  # nothing beside it moves
            self.setText(tr("Copied"))
            self._shown.start()
        return text

    @property
    def is_seen(self) -> bool:
        """Tell whether what it says can be seen, not scrolled out of its pane."""
        return not self.visibleRegion().isEmpty()

    def _rest(self) -> None:
        self.setText(tr("Copy"))
        self.setMinimumWidth(0)
        self.setMaximumWidth(QWIDGETSIZE_MAX)

    def _fill(self) -> None:
        self.menu().clear()
        if self._coordinate is None:
            return
        titles = {
            cf.CoordinateFormat.DECIMAL: tr("Decimal"),
            cf.CoordinateFormat.DMS: tr("Degrees, minutes, seconds"),
            cf.CoordinateFormat.GEO_URI: tr("geo: link"),
            cf.CoordinateFormat.MAP_URL: tr("Map URL"),
        }
        for form, title in titles.items():
            text = cf.format_coordinate(self._coordinate, form).replace("&", "&&")  # no mnemonics
            action = self.menu().addAction(f"{title}:  {text}")
            action.triggered.connect(lambda _checked=False, form=form: self.copy(form))
