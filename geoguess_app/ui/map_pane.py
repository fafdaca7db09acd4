"""The middle pane: the map, the layer buttons below it, the welcome card above it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from geoguess_app.ui.icons import Icons
from geoguess_app.ui.layer_bar import LayerBar
from geoguess_app.ui.map.state import MapState
from geoguess_app.ui.theme import Theme
from geoguess_app.ui.welcome import Welcome
from geoguess_app.ui.words import tr

if TYPE_CHECKING:
    from geoguess_app.core.partition import Partition
    from geoguess_app.ui.map.view import MapView

log = logging.getLogger(__name__)


class MapPane(QWidget):
    """Makes the map only when told to, so that the window is on the screen before Chromium."""

    ready = Signal()
    """The map's page has loaded."""
    candidateClicked = Signal(int)
    left = Signal()
    """Escape on the map: the keyboard goes back to the list."""

    def __init__(
        self, theme: Theme, icons: Icons, welcome: Welcome, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("mapPane")
        self.map: MapView | None = None
        self._theme = theme
        self._state: MapState | None = None
        self._partitions: list[Partition] = []
        self.layers = LayerBar(icons)
        self._space = QLabel(tr("Preparing the map…"))
        self._space.setProperty("role", "muted")
        self._space.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._box.addWidget(self._space, 1)
        self._box.addWidget(self.layers)
        self.welcome = welcome
        welcome.setParent(self)
        self.setMinimumSize(QSize(260, 200))
        self.layers.layerChosen.connect(self._layer_chosen)
        self.layers.fitRequested.connect(lambda: self.map and self.map.fit_answer())
        self.layers.worldRequested.connect(lambda: self.map and self.map.fit_world())
        theme.changed.connect(lambda _tokens: self.map and self.map.set_theme(theme.name))

    def make_map(self) -> None:
        """Start the web view; until its page is ready it keeps what is shown to it."""
        if self.map is not None:
            return
        from geoguess_app.ui.map.view import MapView

        self.map = MapView(self)
        self.map.ready.connect(self._map_ready)
        self.map.candidateClicked.connect(self.candidateClicked)
        self.map.escapePressed.connect(self.left)
        self._box.replaceWidget(self._space, self.map)
        self._box.setStretchFactor(self.map, 1)
        self._space.hide()
        self.welcome.raise_()
        self.map.set_theme(self._theme.name)
        self.map.set_partitions(self._partitions)
        self.map.set_layer(self.layers.current())
        self.map.show_prediction(self._state)

    def set_partitions(self, partitions: list[Partition]) -> None:
        """The cells of a newly loaded model."""
        self._partitions = partitions
        self._state = None
        self.layers.set_layers([partition.name for partition in partitions])
        if self.map is not None:
            self.map.show_prediction(None)
            self.map.set_partitions(partitions)
            self.map.set_layer(self.layers.current())

    def show_state(self, state: MapState | None) -> None:
        """Show one answer, or none."""
        if state is self._state:
            return
        self._state = state
        if self.map is not None:
            self.map.show_prediction(state)

    def highlight(self, rank: int | None) -> None:
        """Point at one candidate."""
        if self.map is not None:
            self.map.highlight_candidate(rank)

    def show_welcome(self, on: bool) -> None:
        """The card over an empty map."""
        self.welcome.setVisible(on)
        self._place_welcome()

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        self._place_welcome()

    def _place_welcome(self) -> None:
        room = self.size() - QSize(24, self.layers.height() + 24)
        width = min(460, room.width())
        height = min(
            max(self.welcome.heightForWidth(width), self.welcome.sizeHint().height()), room.height()
        )
        self.welcome.resize(width, height)
        self.welcome.move(
            (self.width() - width) // 2,
            max(8, (self.height() - self.layers.height() - height) // 2),
        )

    def _layer_chosen(self, name: str) -> None:
        if self.map is not None:
            self.map.set_layer(name)

    def _map_ready(self) -> None:
        log.info("the map is ready")
        self.ready.emit()
