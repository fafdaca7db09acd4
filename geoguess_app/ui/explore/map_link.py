"""Explore mode on the map page: what is pushed to its part, and what it reports."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from geoguess_app.core.types import Coordinate
from geoguess_app.ui.explore.explorer import Explorer, Spot
from geoguess_app.ui.explore.outlines import box_around, chosen_payload
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.core.decision.retrieval import Bank
    from geoguess_app.core.explore.cell_facts import CellRef, ModelCells
    from geoguess_app.core.types import IntArray
    from geoguess_app.ui.map.view import MapView

    WhenMap = Callable[[Callable[[MapView], None]], None]

_MOST_POINTS = 200_000
"""More training photos than this are thinned out evenly: the screen has no room for them."""
_PLACES_FITTED = 1000
"""So many of them tell well enough where they all are."""
_SPOT_SHOWN_KM = 150.0

_versions = itertools.count(1)


class MapLink(QObject):
    """A link that shows an Explorer's state on the map while it is on; the map's answers change the
    state."""

    def __init__(
        self, explorer: Explorer, when_map: WhenMap, parent: QObject | None = None
    ) -> None:
        """``when_map`` calls back with the map, now or as soon as there is one."""
        super().__init__(parent)
        self._explorer, self._when_map = explorer, when_map
        self._view: MapView | None = None
        self._on = False
        self._published: dict[int, bytes] = {}
        self._paths: dict[int, str] = {}
        self.on_key: Callable[[str], None] = lambda _meaning: None
        explorer.loaded.connect(self._show_all)
        explorer.named.connect(lambda _level: self._show_facts())
        explorer.levelChanged.connect(self._show_state)
        explorer.coloursChanged.connect(self._show_state)
        explorer.filterChanged.connect(self._show_state)
        explorer.photosChanged.connect(self._show_points)
        explorer.chosenChanged.connect(self._chosen_changed)

    def enter(self) -> None:
        """Show the whole state on the map."""
        self._on = True
        if self._view is None:
            self._when_map(self._connect)
        else:
            self._show_all()

    def leave(self) -> None:
        """Take everything off the map."""
        self._on = False
        if self._view is not None:
            for topic in ("explore", "exploreChosen", "explorePoints", "exploreFacts"):
                self._view.push(topic, None)

    def _connect(self, view: MapView) -> None:
        explorer = self._explorer
        self._view = view
        view.listen("exploreCell", lambda level, cell: explorer.choose(_ref(level, cell)))
        view.listen("exploreSpot", self._spot_clicked)
        view.listen("exploreTrainingPhoto", self._photo_clicked)
        view.listen("exploreLevel", lambda level: explorer.set_level(int(level)))
        view.listen("exploreScale", lambda log: explorer.set_log(bool(log)))
        view.listen("exploreKey", lambda meaning: self.on_key(str(meaning)))
        if self._on:
            self._show_all()

    def _spot_clicked(self, latitude_deg: float, longitude_deg: float) -> None:
        place = Coordinate(float(latitude_deg), float(longitude_deg))
        if self._explorer.cells is not None:
            self._explorer.choose(Spot(place, tr("This spot")))

    def _photo_clicked(self, number: int) -> None:
        cells = self._explorer.cells
        if cells is None or cells.bank is None:
            return
        step = _thinning_step(cells.bank.size)
        index = min(int(number) * step, cells.bank.size - 1)
        bank = cells.bank
        place = Coordinate(float(bank.latitude_deg[index]), float(bank.longitude_deg[index]))
        self._explorer.choose(Spot(place, tr("Training photo")))

    # --- what is shown ------------------------------------------------------------------

    def _show_all(self) -> None:
        if self._on and self._view is not None:
            self._show_facts()
            self._show_state()
            self._show_points()
            self._show_chosen()

    def _show_facts(self) -> None:
        view, cells = self._view, self._explorer.cells
        if not self._on or view is None:
            return
        if cells is None:
            view.push("exploreFacts", None)
            return
        pages = self._explorer.pages
        for level in [level for level in pages if pages[level] is not self._published.get(level)]:
            path = view.publish(f"explore-{level}.json", pages[level])
            self._published[level] = pages[level]
            self._paths[level] = f"{path}?{next(_versions)}"
        view.push("exploreFacts", [self._paths[level] for level in range(len(cells.levels))])

    def _show_state(self) -> None:
        view, explorer = self._view, self._explorer
        if not self._on or view is None:
            return
        if explorer.cells is None:
            view.push("explore", None)
            return
        view.push(
            "explore",
            {
                "level": explorer.level,
                "names": explorer.level_names(),
                "titles": [words.layer(name) for name in explorer.level_names()],
                "measure": explorer.measure,
                "log": explorer.log,
                "shown": self._publish_shown(view),
                "filtered": self._filtered(),
            },
        )

    def _publish_shown(self, view: MapView) -> str | None:
        explorer = self._explorer
        shown = explorer.shown(explorer.level) if explorer.level >= 0 else None
        if shown is None:
            return None
        path = view.publish("explore-shown.bin", shown.astype("u1").tobytes())
        return f"{path}?{next(_versions)}"

    def _filtered(self) -> str:
        explorer = self._explorer
        shown = explorer.shown(explorer.level) if explorer.level >= 0 else None
        if shown is None:
            return ""
        return tr("{n} of {all}").format(n=f"{int(shown.sum()):,}", all=f"{shown.size:,}")

    def _show_points(self) -> None:
        view, cells = self._view, self._explorer.cells
        if not self._on or view is None:
            return
        bank = cells.bank if cells is not None else None
        if cells is None or bank is None or not bank.size:
            view.push("explorePoints", None)
            return
        indices = self._points_shown(cells, bank)
        if indices is None or not len(indices):
            view.push("explorePoints", None)
            return
        path = view.publish("explore-points.bin", _points(bank, indices))
        view.push("explorePoints", f"{path}?{next(_versions)}")

    def _points_shown(self, cells: ModelCells, bank: Bank) -> IntArray | None:
        import numpy as np

        if self._explorer.all_photos or not cells.levels:
            return np.arange(0, bank.size, _thinning_step(bank.size))
        ref = self._explorer.cell()
        return None if ref is None else cells.training_photos(ref)

    def _chosen_changed(self, go: bool) -> None:
        self._show_chosen()
        if not self._explorer.all_photos:
            self._show_points()
        if go:
            self.go_to_chosen()

    def _show_chosen(self) -> None:
        if self._on and self._view is not None:
            self._view.push("exploreChosen", chosen_payload(self._explorer))

    def go_to_chosen(self) -> None:
        """Move the map to what is chosen."""
        view, cells = self._view, self._explorer.cells
        chosen = self._explorer.chosen
        if not self._on or view is None or cells is None or chosen is None:
            return
        if isinstance(chosen, Spot) and chosen.cell_id is not None:
            view.fit_box(*box_around(chosen.cell_id))
        elif isinstance(chosen, Spot):
            view.fit_region(chosen.coordinate, _SPOT_SHOWN_KM)
        else:
            view.fit_box(*box_around(cells.cell_id(chosen)))

    def go_to_bank(self) -> None:
        """Show where the training photos are: for models without cells."""
        view, cells = self._view, self._explorer.cells
        if not self._on or view is None or cells is None or cells.bank is None:
            return
        bank = cells.bank
        step = max(1, bank.size // _PLACES_FITTED)
        places = zip(
            bank.latitude_deg[::step].tolist(), bank.longitude_deg[::step].tolist(), strict=True
        )
        view.fit_places([Coordinate(*place) for place in places])


def _points(bank: Bank, indices: IntArray) -> bytes:
    from geoguess_app.core.geo.mercator import world_points

    places = world_points(bank.latitude_deg[indices], bank.longitude_deg[indices])
    content: bytes = places.astype("<f8").tobytes()
    return content


def _thinning_step(size: int) -> int:
    return max(1, -(-size // _MOST_POINTS))


def _ref(level: float, cell: float) -> CellRef:
    from geoguess_app.core.explore.cell_facts import CellRef

    return CellRef(int(level), int(cell))
