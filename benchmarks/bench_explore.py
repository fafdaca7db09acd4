"""Explore mode with a whole model: 13,000 cells on the map and 20,000 training photos as dots.

Run as `python -m benchmarks explore`. The real page, without a
display: software drawing, a graphics card does better.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import shiboken6
from PySide6.QtWidgets import QApplication

from benchmarks.bench_map import PAN, ZOOM, Bench, report_frames
from benchmarks.results import Figures, in_turn
from benchmarks.world_cells import photo_places, world_partitions
from geoguess_app.core.decision.retrieval import Bank, build_bank
from geoguess_app.core.explore.cell_facts import CellRef, ModelCells
from geoguess_app.core.explore.cell_places import cell_names, largest_towns
from geoguess_app.core.explore.cell_search import search
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.partition.hierarchy import build_hierarchy
from geoguess_app.ui.explore.cell_table import CellTable
from geoguess_app.ui.explore.explorer import Explorer
from geoguess_app.ui.explore.map_link import MapLink
from geoguess_app.ui.explore.work import LevelNames, PreparedCells, name_level
from geoguess_app.ui.kit.icons import Icons
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.map.scheme import register_scheme

POINTS = 20_000
ROUNDS = 7
FINE = 2
_PART = "geoguess.parts.all.find((part) => part.constructor.name === 'Explore')"
_HOVER = f"""
(() => {{
  const part = {_PART}, random = (n) => ((n * 2654435761) % 4294967296) / 4294967296;
  const begun = performance.now();
  for (let n = 1; n <= 500; n++)
    part.hover({{ x: random(n), y: random(n + 7919), scale: geoguess.ground.window.scale }});
  return (performance.now() - begun) / 500;
}})()
"""


class Model:
    """The cells, their names and the remembered photos of a made-up model."""

    def __init__(self) -> None:
        partitions = world_partitions()
        latitude, longitude = (axis[:POINTS] for axis in photo_places())
        fine = partitions[-1].class_at(latitude, longitude)
        embeddings = np.ones((POINTS, 2), np.float32)
        bank: Bank = build_bank(embeddings, latitude, longitude, fine, partitions[-1].size)
        self.partitions = partitions
        self.finder = PlaceFinder()
        self.finder.load()
        hierarchy = build_hierarchy(partitions)
        self.cells_ms = _median(lambda: ModelCells(partitions, hierarchy, bank))
        self.cells = ModelCells(partitions, hierarchy, bank)
        begun = time.perf_counter()
        self.names = [self._named(level) for level in range(len(partitions))]
        self.names_ms = 1000 * (time.perf_counter() - begun)

    def _named(self, level: int) -> LevelNames:
        return name_level(self.cells, level, cell_names(self.partitions[level], self.finder))

    def read(self) -> PreparedCells:
        """As the window gets it."""
        return PreparedCells(self.cells, tuple(names.page for names in self.names))


def _median(run: Callable[[], object]) -> float:
    return 1000 * in_turn({"": run}, ROUNDS)[""]


def show(bench: Bench, model: Model, explorer: Explorer, link: MapLink) -> float:
    """Put everything on the map; milliseconds from the call until it is painted."""
    bench.view.set_partitions(list(model.partitions))
    bench.wait(bench.view.drawn, lambda topic, _serial: topic == "partitions")
    explorer.set_cells(model.read())
    for names in model.names:
        explorer.set_names(names)
    explorer.set_level(FINE)
    begun = time.perf_counter()
    link.enter()
    bench.wait(bench.view.drawn, lambda topic, _serial: topic == "explore")
    return 1000 * (time.perf_counter() - begun)


def bench_work(
    figures: Figures, model: Model, explorer: Explorer, link: MapLink, theme: Theme
) -> None:
    """What the window itself does, off the page."""
    from geoguess_app.ui.explore.cell_panel import CellPanel

    size = model.cells.levels[FINE].partition.size
    table = CellTable(explorer)
    panel = CellPanel(explorer, Icons(theme))
    panel.finder = model.finder
    panel.resize(370, 700)
    panel.show()
    refs = [CellRef(FINE, cell) for cell in range(0, size, size // 40)]
    largest_towns(model.cells.cell_id(refs[0]))
    search("a", model.finder)
    figures.add("cells of the finest level", size, "cells")
    figures.add("facts of all levels (in a thread)", model.cells_ms, "ms")
    figures.add("names of all cells (in a thread)", model.names_ms, "ms")
    figures.add("table sorted by photos", _median(table.cells.refresh), "ms")
    chosen = _median(lambda: [explorer.choose(ref) for ref in refs]) / len(refs)
    figures.add("a cell chosen: panel, table row, outline", chosen, "ms")
    found = _median(lambda: [search(text, model.finder) for text in ("paris", "san", "qqzz")]) / 3
    figures.add("search for a name", found, "ms")
    explorer.choose(None)
    shiboken6.delete(panel)


def bench_frames(figures: Figures, bench: Bench, explorer: Explorer) -> None:
    """Frames while the map moves; 16.7 ms is what the screen asks for."""
    for name, view, move in (
        ("panning the world", (25, 10, 2.0), PAN),
        ("panning a continent", (48, 10, 4.5), PAN),
        ("zooming from the world to a country", (48, 10, 2.5), ZOOM),
    ):
        bench.look_at(*view)
        report_frames(figures, name, bench.frames(move))
    bench.look_at(30, 10, 2.0)
    explorer.set_level(0)
    bench.rest(1500)
    explorer.set_level(FINE)
    report_frames(figures, "the coarse cells divide into the fine ones", bench.frames(""))
    bench.look_at(48, 10, 4.5)
    explorer.set_level(0)
    bench.rest(1500)
    explorer.set_level(FINE)
    report_frames(figures, "the same on a continent", bench.frames(""))


def main() -> None:
    """Run all of it."""
    register_scheme()
    app = QApplication(["bench"])
    theme = Theme(app, "light")
    model, bench, explorer = Model(), Bench(), Explorer()
    figures = Figures(__file__, __doc__)
    link = MapLink(explorer, lambda use: use(bench.view))
    bench.look_at(30, 10, 2.0)
    shown_ms = show(bench, model, explorer, link)
    bench_work(figures, model, explorer, link, theme)
    figures.add("cells on the map after entering", shown_ms, "ms")
    figures.add("which cell is under the pointer", float(bench.js(_HOVER)), "ms")
    explorer.show_all_photos(True)
    bench.wait(bench.view.drawn, lambda topic, _serial: topic == "explorePoints")
    bench_frames(figures, bench, explorer)
    figures.save()
    shiboken6.delete(bench.view)
    del app


if __name__ == "__main__":
    main()
