"""An offer on the map where the built-in one has nothing more to show: streets from a tile file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSettings, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from geoguess_app.ui.kit.pieces import text_label
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.ui.map.pane import MapPane
    from geoguess_app.ui.map.view import MapView

_DISMISSED = "tileOfferDismissed"
_FROM_ZOOM = 13.2
"""About two kilometres a finger's breadth: nearer there are only streets."""
_SOON_MS = 700
"""Whoever only passes by is offered nothing."""
_WIDEST_PX, _BUTTONS_PX, _MARGIN_PX, _MESSAGE_PX = 400, 60, 10, 66


class TileOffer(QFrame):
    """A card over the top of the map; once it was dismissed it never comes again."""

    fileWanted = Signal()
    onlineWanted = Signal()

    def __init__(self, pane: MapPane, state: QSettings, is_built_in: Callable[[], bool]) -> None:
        """``is_built_in`` tells whether the map has no other background now."""
        super().__init__(pane)
        self._pane, self._state, self._is_built_in = pane, state, is_built_in
        self._zoom = 0.0
        self.setObjectName("mapOffer")
        text = tr(
            "The built-in map has no streets. A file of map tiles (MBTiles, PMTiles) shows them "
            "offline."
        )
        self.file = self._link(tr("Open tile file…"), self.fileWanted.emit)
        self.online = self._link(tr("Online tiles…"), self.onlineWanted.emit)
        self.never = self._link(tr("Don’t show again"), self.dismiss)
        row = QHBoxLayout()
        row.setSpacing(16)
        for button in (self.file, self.online):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.never)
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 10, 14, 10)
        box.setSpacing(6)
        box.addWidget(text_label(None, text))
        box.addLayout(row)
        self._soon = QTimer(self, interval=_SOON_MS, singleShot=True)
        self._soon.timeout.connect(self.show_or_hide)
        pane.installEventFilter(self)
        pane.when_map(self._map_came)
        self.hide()

    def dismiss(self) -> None:
        """Go, and never come again."""
        self._state.setValue(_DISMISSED, True)
        self.hide()

    def show_or_hide(self) -> None:
        """Show the card where it helps, and only there."""
        wanted = (
            self._zoom >= _FROM_ZOOM
            and self._is_built_in()
            and self._pane.welcome.isHidden()
            and not self._state.value(_DISMISSED, False, bool)
        )
        if wanted:
            self._settle()
        self.setVisible(wanted)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and not self.isHidden():
            self._settle()
        return False

    def _map_came(self, view: MapView) -> None:
        view.viewMoved.connect(self._moved)

    def _moved(self, _latitude_deg: float, _longitude_deg: float, zoom: float) -> None:
        self._zoom = zoom
        if zoom < _FROM_ZOOM:
            self._soon.stop()
            self.hide()
        elif self.isHidden():
            self._soon.start()

    def _settle(self) -> None:
        width = min(self._pane.width() - _BUTTONS_PX - _MARGIN_PX, _WIDEST_PX)
        height = max(self.heightForWidth(width), self.sizeHint().height())
        self.setGeometry(_MARGIN_PX, _MESSAGE_PX, width, height)
        self.raise_()

    def _link(self, text: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("link", "true")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _checked=False: act())
        return button
