"""Choosing the map's background: built in, from a file, or online after a clear question."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QFileDialog, QMenu

from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.map.tiles.files import TileError, TileFile, open_tile_file
from geoguess_app.ui.map.tiles.offer import TileOffer
from geoguess_app.ui.map.tiles.online import OnlineTiles
from geoguess_app.ui.map.tiles.online_dialog import OnlineDialog

if TYPE_CHECKING:
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QWidget

    from geoguess_app.ui.map.pane import MapPane

_REMEMBERED = "tile-file"


class TileMenu(QObject):
    """The menu and what is on. A file is remembered; online tiles last until the program ends."""

    changed = Signal(str)
    """The host that tiles come from; "" while nothing goes online."""

    problem = Signal(str)
    """One sentence: a tile file cannot be used, or a host gives no tiles."""

    def __init__(self, pane: MapPane, state: QSettings, host: QWidget) -> None:
        """``host`` is the parent of dialogs; ``state`` remembers the file."""
        super().__init__(host)
        self._pane, self._state, self._host = pane, state, host
        self.menu = QMenu(tr("Map background"), host)
        group = QActionGroup(self)
        self.built_in = self._action(group, tr("Built-in map (offline)"), self.use_built_in)
        self.file = self._action(group, tr("Tile file (offline)…"), self.choose_file)
        self.online = self._action(group, tr("Online tiles…"), self.ask_online)
        self._on = self.built_in
        self.built_in.setChecked(True)
        self.offer = TileOffer(pane, state, lambda: self._on is self.built_in)
        self.offer.fileWanted.connect(self.choose_file)
        self.offer.onlineWanted.connect(self.ask_online)

    def restore(self) -> None:
        """Use the tile file of last time, if it is still there."""
        name = str(self._state.value(_REMEMBERED, "") or "")
        if name and Path(name).is_file():
            self.use_file(Path(name))

    def use_built_in(self) -> None:
        """Back to the map that comes with the program."""
        self._state.remove(_REMEMBERED)
        self._use(None, self.built_in, "")

    def choose_file(self) -> None:
        """Ask for a tile file."""
        self._on.setChecked(True)
        name, _ = QFileDialog.getOpenFileName(
            self._host,
            tr("Open tile file"),
            "",
            f"{tr('Map tiles')} (*.mbtiles *.pmtiles);;{tr('All files')} (*)",
        )
        if name:
            self.use_file(Path(name))

    def use_file(self, path: Path) -> None:
        """Draw on the tiles of a file; says so in one sentence where that cannot be."""
        try:
            source = open_tile_file(path)
        except TileError as error:
            self._on.setChecked(True)
            self.problem.emit(str(error))
            return
        self._state.setValue(_REMEMBERED, str(path))
        self._use(source, self.file, "")

    def ask_online(self) -> None:
        """Say what online tiles mean, and ask."""
        self._on.setChecked(True)
        dialog = OnlineDialog(self._host)
        dialog.agreed.connect(self.use_online)
        dialog.open()

    def use_online(self, template: str) -> None:
        """Draw on tiles of a host that the user has agreed to."""
        source = OnlineTiles(template)
        source.failed.connect(self.problem)
        self._use(source, self.online, source.facts.name)

    def _use(self, source: TileFile | OnlineTiles | None, action: QAction, host: str) -> None:
        self._on = action
        action.setChecked(True)
        self._pane.when_map(lambda view: view.set_tiles(source))
        self.offer.show_or_hide()
        self.changed.emit(host)

    def _action(self, group: QActionGroup, text: str, slot: object) -> QAction:
        action = QAction(text, self)
        action.setCheckable(True)
        action.triggered.connect(lambda _checked=False: slot())  # type: ignore[operator]
        group.addAction(action)
        self.menu.addAction(action)
        return action
