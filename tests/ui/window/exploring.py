"""Explore mode in the real window: entering it, and looking into its map."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from geoguess_app.core.explore.cell_facts import ModelCells
from geoguess_app.core.types import Coordinate
from geoguess_app.ui.explore.cell_table import PHOTOS
from geoguess_app.ui.explore.explorer import CellFilter
from geoguess_app.ui.explore.mode import ExploreMode
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.map_page import MapDriver
from tests.ui.window.conftest import LOADING_MS


class WindowMap(MapDriver):
    """The map of a window that is there already."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self.qtbot = qtbot
        assert window.map_pane.map is not None
        self.view = window.map_pane.map
        self.problems: list[str] = []
        self.view.problem.connect(self.problems.append)

    def settle(self) -> None:
        """Wait until nothing moves and all is painted."""
        self.await_js(
            "!geoguess.dirty && !geoguess.parts.all.some((part) => part.split?.isRunning)"
        )

    def see(self, place: Coordinate, zoom: float) -> None:
        """Jump to a place and click-ready wait."""
        self.settle()
        self.look_at(place.latitude_deg, place.longitude_deg, zoom)
        self.settle()


class Exploring:
    """A window in Explore mode, with its cells read and named."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self.qtbot, self.window = qtbot, window
        mode = window.modes.switch("explore")
        assert isinstance(mode, ExploreMode)
        self.mode, self.explorer = mode, mode.explorer
        self.browser, self.panel = mode.browser, mode.panel
        self.map = WindowMap(qtbot, window)
        self.ready()

    def ready(self) -> None:
        """Wait for the cells, their names, and the page's part of them."""
        qtbot, explorer = self.qtbot, self.explorer
        qtbot.waitUntil(lambda: explorer.cells is not None, timeout=LOADING_MS)
        qtbot.waitUntil(lambda: self.panel.finder is not None, timeout=LOADING_MS)
        levels = len(self.cells.levels)
        qtbot.waitUntil(lambda: len(explorer.names) == levels, timeout=LOADING_MS)
        if levels:
            self.map.await_js(f"{PART}.facts.length === {levels} && {PART}.facts[0].places")
            self.map.await_js(f"{PART}.cells.partition()?.rings")
        self.map.settle()

    def reset(self) -> Exploring:
        """As after entering: the coarsest level, nothing chosen or left out."""
        explorer = self.explorer
        self.window.modes.switch("explore")
        self.browser.search.clear()
        explorer.set_filter(CellFilter())
        explorer.set_measure("photos")
        explorer.set_log(True)
        explorer.show_all_photos(False)
        explorer.set_level(0)
        explorer.choose(None)
        self.browser.table.sortByColumn(PHOTOS, Qt.SortOrder.DescendingOrder)
        self.window.theme.choose("light")
        self.map.await_js(f"{PART}.state?.level === 0 && {PART}.chosen === null")
        self.map.settle()
        return self

    @property
    def cells(self) -> ModelCells:
        assert self.explorer.cells is not None
        return self.explorer.cells

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
        """A key in the window, as if nothing special had the keyboard."""
        self.qtbot.keyClick(self.window, key, modifier or Qt.KeyboardModifier.NoModifier)

    def token(self) -> str:
        """What the right pane calls the chosen cell's token."""
        values = {fact.name: fact.value for fact in self.panel.facts.facts}
        return values.get("S2 token", "")


PART = "geoguess.parts.all.find((part) => part.constructor.name === 'Explore')"
"""The page's own part of Explore mode."""
