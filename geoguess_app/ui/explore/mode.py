"""Explore mode: the cells of the loaded model on the map, in a table, and one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from geoguess_app.ui.explore import wording
from geoguess_app.ui.explore.browser import CellBrowser
from geoguess_app.ui.explore.cell_panel import CellPanel
from geoguess_app.ui.explore.explorer import Explorer, Spot
from geoguess_app.ui.explore.map_link import MapLink
from geoguess_app.ui.explore.work import LevelNames, NamesReady, PreparedCells, cells_work
from geoguess_app.ui.frame.mode import Mode
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.references.dots import ReferenceDots
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.locator import sentence

if TYPE_CHECKING:
    from geoguess_app.core.explore.cell_search import CellSearchResult, Hit
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.work.workers import LoadedModel

_PATIENCE_MS = 20_000


class ExploreMode(Mode):
    """A mode that reads a model's cells when it is first entered with it."""

    name = "explore"
    menu = "&Cells"
    help_page = "explore.md"

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.explorer = Explorer(self)
        self.browser = CellBrowser(self.explorer, services.theme, self._search)
        self.panel = CellPanel(self.explorer, services.icons)
        self.link = MapLink(self.explorer, services.map.when_map, self)
        self._model: LoadedModel | None = None
        self._job: Job | None = None
        self._pool = services.pools.exploring
        self._on = False
        self.references = ReferenceDots(services, self)
        self._actions = self._make_actions()
        self.link.on_key = self._page_key
        self.references.changed.connect(self._offer_references)
        self.browser.references.toggled.connect(lambda on: self.references.turn(on=on))
        self.browser.opened.connect(self.panel.setFocus)
        self.browser.search.taken.connect(self._go)
        self.panel.left.connect(self.browser.focus_table)
        self.panel.copied.connect(lambda text: services.notice.tell(tr("Copied: {}").format(text)))
        services.map.layersChanged.connect(self._layer_chosen)
        self._say_waiting()

    # --- the mode -------------------------------------------------------------------------

    def left(self) -> QWidget:
        return self.browser

    def right(self) -> QWidget:
        return self.panel

    def actions(self) -> list[QAction]:
        return self._actions

    def focus_widget(self) -> QWidget | None:
        has_cells = self.explorer.cells is not None and self.explorer.level >= 0
        return self.browser.table if has_cells else self.browser.search.field

    def enter(self) -> None:
        self._on = True
        self.panel.facts.form = self.services.settings.now.coordinate_format
        self._read()
        self.link.enter()
        self.references.enter()
        self.browser.focus_table()

    def leave(self) -> None:
        self._on = False
        self.references.leave()
        self.link.leave()

    def model_changed(self, model: LoadedModel) -> None:
        self._drop_job()
        self._model = model
        self.panel.finder = None
        self.explorer.set_cells(None)
        self._say_waiting()
        if self._on:
            self._read()

    def units_changed(self) -> None:
        self.panel.refresh()
        self.browser.table.viewport().update()

    def caption(self) -> str:
        return tr("Cells of {model}").format(model=self._model.name) if self._model else ""

    def close(self) -> bool:
        self._drop_job()
        self._pool.clear()
        return self._pool.waitForDone(_PATIENCE_MS)

    # --- reading the cells ----------------------------------------------------------------

    def _read(self) -> None:
        if self._model is None or self._job is not None or self.explorer.cells is not None:
            return
        self._job = Job(cells_work(self._model))
        self._job.item.connect(self._arrived)
        self._job.failed.connect(self._failed)
        self._job.start(self._pool)

    def _drop_job(self) -> None:
        if self._job is not None:
            self._job.abandon()
            self._job = None

    def _arrived(self, item: PreparedCells | NamesReady | LevelNames) -> None:
        if isinstance(item, NamesReady):
            self.panel.finder = self._model.places if self._model is not None else None
            self.panel.refresh()
            self.browser.search.refresh()
            return
        if isinstance(item, LevelNames):
            self.explorer.set_names(item)
            return
        searching = self.browser.search.field
        waited = self._on and searching.hasFocus() and not searching.text()
        self.explorer.set_cells(item)
        if waited:
            self.browser.focus_table()
        if not item.cells.levels:
            self.browser.say(tr("This model has no cells."))
            self.link.go_to_bank()

    def _failed(self, error: Exception) -> None:
        self.browser.say(sentence(error))

    def _say_waiting(self) -> None:
        waiting = tr("Waiting for the model…") if self._model is None else tr("Loading cells…")
        self.browser.say(waiting)

    # --- search ---------------------------------------------------------------------------

    def _search(self, text: str) -> CellSearchResult | None:
        from geoguess_app.core.explore.cell_search import search

        finder = self.panel.finder
        return None if finder is None else search(text, finder)

    def _go(self, hit: Hit) -> None:
        title, _ = wording.hit_texts(hit, self.explorer.cells)
        if hit.cell_id is not None:
            self.explorer.choose_token(hit.cell_id, hit.coordinate, title)
        elif self.explorer.level < 0:
            self.explorer.choose(Spot(hit.coordinate, title), go=True)
        else:
            self.explorer.choose_at(hit.coordinate, title, go=True)

    # --- keys -----------------------------------------------------------------------------

    def _make_actions(self) -> list[QAction]:
        explorer = self.explorer
        return [
            self._action(tr("Search"), self.browser.search.focus_search, "Ctrl+F", "/"),
            self._separator(),
            self._action(tr("Coarser cells"), lambda: explorer.step_level(-1), "["),
            self._action(tr("Finer cells"), lambda: explorer.step_level(1), "]"),
            self._action(tr("Parent cell"), explorer.choose_parent, "P"),
            self._action(tr("Densest child cell"), explorer.choose_child, "C"),
            self._action(tr("Back"), explorer.back, "Alt+Left"),
            self._separator(),
            self._action(tr("Show training photos"), self._toggle_photos, "D"),
            self._action(tr("Show reference photos"), self._toggle_references, "R"),
            self._action(tr("Zoom to selected cell"), self.link.go_to_chosen, "F"),
            self._action(tr("Clear selection"), lambda: explorer.choose(None)),
        ]

    def _action(self, text: str, slot: Callable[[], object], *keys: str) -> QAction:
        action = QAction(text, self)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.triggered.connect(lambda _checked=False: slot())
        return action

    def _toggle_photos(self) -> None:
        self.explorer.show_all_photos(not self.explorer.all_photos)

    def _toggle_references(self) -> None:
        self.references.turn(on=not self.references.is_on)

    def _offer_references(self) -> None:
        self.browser.offer_references(len(self.references.spots.names), on=self.references.is_on)

    def _separator(self) -> QAction:
        line = QAction(self)
        line.setSeparator(True)
        return line

    def _layer_chosen(self) -> None:
        """Ctrl+1, Ctrl+2 … and the menu of the map's cells mean levels here."""
        names = self.explorer.level_names()
        layer = self.services.map.layer()
        if self._on and layer in names:
            self.explorer.set_level(names.index(layer))

    def _page_key(self, meaning: str) -> None:
        explorer = self.explorer
        slots: dict[str, Callable[[], object]] = {
            "coarser": lambda: explorer.step_level(-1),
            "finer": lambda: explorer.step_level(1),
            "parent": explorer.choose_parent,
            "child": explorer.choose_child,
            "back": explorer.back,
            "search": self.browser.search.focus_search,
        }
        slots[meaning]()
