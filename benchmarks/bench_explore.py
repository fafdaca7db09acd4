"""Explore mode with a whole model: 13,000 cells on the map and 20,000 training photos as dots.

Run as `python -m benchmarks.bench_explore`; prints Markdown tables. The real page, without a
display: software drawing, a graphics card does better.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import shiboken6
from PySide6.QtWidgets import QApplication

from benchmarks.bench_map import FRAME_MS, Bench
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
_PAN = "map._rawPanBy(L.point(10, 3)); map.fire('move')"
_ZOOM = "map.setZoomAround(L.point(450, 300), map.getZoom() + 0.04, { animate: false })"
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
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - begun))
    return statistics.median(times)


def _row(*values: str) -> None:
    sys.stdout.write("| " + " | ".join(values) + " |\n")
    sys.stdout.flush()


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


def bench_work(model: Model, explorer: Explorer, link: MapLink, theme: Theme) -> None:
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
    _row(f"with {size:,} cells", "time")
    _row("---", "---:")
    _row("facts of all levels (not in the window's thread)", f"{model.cells_ms:.0f} ms")
    _row("names of all cells (not in the window's thread)", f"{model.names_ms:.0f} ms")
    _row("table: sort by photos", f"{_median(table.cells.refresh):.0f} ms")
    chosen = _median(lambda: [explorer.choose(ref) for ref in refs]) / len(refs)
    _row("choose a cell: panel, table row, outline", f"{chosen:.1f} ms")
    found = _median(lambda: [search(text, model.finder) for text in ("paris", "san", "qqzz")]) / 3
    _row("search a name", f"{found:.1f} ms")
    explorer.choose(None)
    shiboken6.delete(panel)


def bench_frames(bench: Bench, explorer: Explorer) -> None:
    """Frames while the map moves; 16.7 ms is what the screen asks for."""
    size = explorer.cells.levels[FINE].partition.size if explorer.cells else 0
    _row(f"{size:,} cells and {POINTS:,} dots", "median", "p95", "longest", "under 25 ms")
    _row("---", "---:", "---:", "---:", "---:")
    for name, view, move in (
        ("panning the world", (25, 10, 2.0), _PAN),
        ("panning a continent", (48, 10, 4.5), _PAN),
        ("zooming from the world to a country", (48, 10, 2.5), _ZOOM),
    ):
        bench.look_at(*view)
        _report(name, bench.frames(move))
    bench.look_at(30, 10, 2.0)
    explorer.set_level(0)
    bench.rest(1500)
    explorer.set_level(FINE)
    _report("the coarse cells divide into the fine ones", bench.frames(""))
    bench.look_at(48, 10, 4.5)
    explorer.set_level(0)
    bench.rest(1500)
    explorer.set_level(FINE)
    _report("the same on a continent", bench.frames(""))


def _report(name: str, times: list[float]) -> None:
    smooth = sum(t < 1.5 * FRAME_MS for t in times) / len(times)
    p95 = sorted(times)[int(0.95 * len(times))]
    _row(
        name,
        f"{statistics.median(times):.0f} ms",
        f"{p95:.0f} ms",
        f"{max(times):.0f} ms",
        f"{100 * smooth:.0f}%",
    )


def main() -> None:
    """Run all of it."""
    register_scheme()
    app = QApplication(["bench"])
    theme = Theme(app, "light")
    model, bench, explorer = Model(), Bench(), Explorer()
    link = MapLink(explorer, lambda use: use(bench.view))
    bench.look_at(30, 10, 2.0)
    shown_ms = show(bench, model, explorer, link)
    bench_work(model, explorer, link, theme)
    _row("cells on the map after entering", f"{shown_ms:.0f} ms")
    _row("hover: which cell is under the pointer", f"{bench.js(_HOVER):.2f} ms")
    sys.stdout.write("\n")
    explorer.show_all_photos(True)
    bench.wait(bench.view.drawn, lambda topic, _serial: topic == "explorePoints")
    bench_frames(bench, explorer)
    shiboken6.delete(bench.view)
    del app


if __name__ == "__main__":
    main()
