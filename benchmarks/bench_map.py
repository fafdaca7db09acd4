"""The map: time until it is there, cells on the screen, and frames while it moves.

Run as `python -m benchmarks map`. Everything is measured in the real
widget without a display (software drawing: a graphics card does better). The yardstick beside
our cells is what a Leaflet user would write first: one canvas polygon per cell, in the same page.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.results import QUICK, Figures, percentile

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if hasattr(os, "geteuid") and os.geteuid() == 0:
    os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")

import shiboken6
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QApplication

from geoguess_app.core import cells
from geoguess_app.core.partition import Partition
from geoguess_app.evaluation.accuracy.photos import (
    EvaluationOrigin,
    JudgedPhotos,
    JudgedRow,
    judged_photos,
)
from geoguess_app.ui.accuracy.map_side import AccuracyMapSide
from geoguess_app.ui.map.scheme import register_scheme
from geoguess_app.ui.map.view import MapView
from geoguess_app.ui.work.map_state import MapState

SIZES = (1_000, 13_000)
ERRORS = 20_000
ROUNDS = 2 if QUICK else 5
FRAMES = 60
REPAINT_MS = 100.0
VIEW = (900, 600)
FRAME_MS = 1000 / 60

# One canvas polygon per cell, with the colours of ours; returns when the canvas has been drawn.
_LEAFLET_CELLS = """
(() => {
  const { map, cells, theme } = geoguess;
  const rings = cells.partition().rings, layer = cells.layers.fine;
  const renderer = L.canvas({ padding: 0.3 }), group = L.layerGroup();
  const begun = performance.now();
  layer.cells.forEach((cell, n) => {
    const corners = [];
    for (let p = rings.offsets[cell]; p < rings.offsets[cell + 1]; p++)
      corners.push(map.unproject([256 * rings.points[2 * p], 256 * rings.points[2 * p + 1]], 0));
    const fillColor = theme.edge(cells.shade(layer, layer.p[n]));
    L.polygon(corners, { renderer, stroke: false, fillColor, fillOpacity: 0.6 }).addTo(group);
  });
  group.addTo(map);
  window.removePlain = () => { group.remove(); renderer.remove(); };
  window.plainTook = null;
  const done = () => (window.plainTook = performance.now() - begun);
  requestAnimationFrame(() => requestAnimationFrame(done));
})()
"""
# One canvas circle per photo, in the colours of ours; returns when the canvas has been drawn.
_LEAFLET_ERRORS = """
(() => {
  const { map, parts } = geoguess;
  const { set, order, colors } = parts.all.find((part) => part.topics?.errors);
  const renderer = L.canvas({ padding: 0.3 }), group = L.layerGroup();
  const begun = performance.now();
  for (const i of order)
    L.circleMarker(map.unproject([256 * set.x[i], 256 * set.y[i]], 0), {
      renderer, radius: 4, weight: 1, color: "#fff", fillColor: colors[set.band[i]], fillOpacity: 1,
    }).addTo(group);
  group.addTo(map);
  window.removePlain = () => { group.remove(); renderer.remove(); };
  window.plainTook = null;
  const done = () => (window.plainTook = performance.now() - begun);
  requestAnimationFrame(() => requestAnimationFrame(done));
})()
"""
_FIND_ERRORS = """
(() => {
  const part = geoguess.parts.all.find((part) => part.topics?.errors);
  const begun = performance.now();
  for (let n = 0; n < 50; n++) part.find({ x: 0.4 + n / 500, y: 0.3 + n / 300, scale: 1024 });
  return (performance.now() - begun) / 50;
})()
"""
_RECORD_FRAMES = """
(() => {
  window.frames = null;
  const times = [], map = geoguess.map;
  const step = (now) => {
    times.push(now);
    if (times.length > %d) { window.frames = times; return; }
    %s;
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})()
"""
PAN = "map._rawPanBy(L.point(10, 3)); map.fire('move')"  # what dragging does in Leaflet
ZOOM = "map.setZoomAround(L.point(450, 300), map.getZoom() + 0.04, { animate: false })"


class Bench:
    """A shown map and the means to wait for it."""

    def __init__(self) -> None:
        begun = time.perf_counter()
        self.view = MapView()
        self.view.resize(*VIEW)
        self.view.show()
        self.wait(self.view.ready)
        self.ready_ms = 1000 * (time.perf_counter() - begun)

    def wait(self, signal: Any, wanted: Callable[..., bool] = lambda *_: True) -> None:
        """Run the event loop until a signal comes with the arguments wanted."""
        loop = QEventLoop()

        def arrived(*arguments: object) -> None:
            if wanted(*arguments):
                loop.quit()

        signal.connect(arrived)
        loop.exec()
        signal.disconnect(arrived)

    def rest(self, milliseconds: int) -> None:
        """Let the page come to rest."""
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def js(self, code: str) -> Any:
        """Value of an expression in the page."""
        loop = QEventLoop()
        got: list[str] = []
        web = self.view.findChild(QWebEngineView)
        web.page().runJavaScript(
            f"JSON.stringify({code}) ?? 'null'", 0, lambda text: (got.append(text), loop.quit())
        )
        loop.exec()
        return json.loads(got[0]) if got[0] else None

    def await_js(self, code: str) -> Any:
        """Value of an expression once it is not null."""
        while (value := self.js(code)) is None:
            self.rest(20)
        return value

    def show_cells(self, partition: Partition, probabilities: np.ndarray) -> float:
        """Milliseconds from the call in the window until the page has painted."""
        state = MapState({"fine": (np.arange(partition.size), probabilities)})
        begun = time.perf_counter()
        serial = self.view.show_prediction(state)
        self.wait(self.view.drawn, lambda _topic, number: number == serial)
        return 1000 * (time.perf_counter() - begun)

    def look_at(self, latitude: float, longitude: float, zoom: float) -> None:
        """Jump there."""
        self.js(f"(geoguess.map.setView([{latitude}, {longitude}], {zoom}, {{animate: false}}), 1)")
        self.rest(500)

    def frames(self, move: str) -> list[float]:
        """Milliseconds between frames while the map moves by itself."""
        self.js(f"({_RECORD_FRAMES % (FRAMES, move)}, 1)")
        self.rest(1500)  # asking in between would take time from the frames
        times = self.await_js("window.frames")
        return [b - a for a, b in pairwise(times[1:])]


def sample(size: int) -> tuple[Partition, np.ndarray]:
    """``size`` cells of level 7, and probabilities of all magnitudes."""
    rng = np.random.default_rng(3)
    latitude = np.degrees(np.arcsin(rng.uniform(-0.8, 0.95, 5 * size)))
    leaves = cells.leaf_ids(latitude, rng.uniform(-180, 180, 5 * size))
    ids = np.sort(rng.permutation(np.unique(cells.parents(leaves, 7)))[:size])
    centers = cells.centers(ids)
    partition = Partition("fine", ids, np.ones(len(ids), np.int64), *centers)
    p = rng.gamma(0.2, size=partition.size)
    return partition, p / p.sum()


def bench_cells(figures: Figures, bench: Bench) -> None:
    """Ours against plain Leaflet polygons, taken in turns."""
    bench.look_at(30.0, 10.0, 2.0)
    for size in SIZES:
        partition, p = sample(size)
        begun = time.perf_counter()
        bench.view.set_partitions([partition])
        bench.wait(bench.view.drawn, lambda topic, _serial: topic == "partitions")
        outlines_ms = 1000 * (time.perf_counter() - begun)
        ours, plain = [], []
        for _ in range(ROUNDS):
            ours.append(bench.show_cells(partition, p))
            bench.js(f"({_LEAFLET_CELLS.strip()}, 1)")
            plain.append(float(bench.await_js("window.plainTook")))
            bench.js("(window.removePlain(), 1)")
            bench.rest(100)
        ours_ms, plain_ms = statistics.median(ours), statistics.median(plain)
        last = size == SIZES[-1]
        figures.add(f"{size:,} cells: outlines, once", outlines_ms, "ms")
        figures.add(
            f"{size:,} cells repainted for a new answer", ours_ms, "ms", most=REPAINT_MS, short=last
        )
        ratio, beside = plain_ms / ours_ms, "Leaflet polygons"
        figures.add(f"{size:,} cells repainted", ours_ms, "ms", ratio=ratio, beside=beside)


def bench_frames(figures: Figures, bench: Bench, what: str) -> None:
    """Frames with what is on the map; 16.7 ms is what the screen asks for."""
    for name, view, move in (
        ("standing still", (40, 10, 3.0), ""),
        ("panning the world", (25, 10, 2.0), PAN),
        ("panning a continent", (48, 10, 4.5), PAN),
        ("zooming", (48, 10, 2.5), ZOOM),
    ):
        bench.look_at(*view)
        report_frames(figures, f"{what}: {name}", bench.frames(move))


def report_frames(figures: Figures, name: str, times_ms: list[float]) -> None:
    """Median, 95th percentile, and how many come in time."""
    smooth = sum(t < 1.5 * FRAME_MS for t in times_ms) / len(times_ms)
    figures.add(f"{name}, frame (median)", statistics.median(times_ms), "ms")
    figures.add(f"{name}, frame (p95)", percentile(times_ms, 0.95), "ms")
    figures.add(f"{name}, frames under 25 ms", 100 * smooth, "%")


def bench_errors(figures: Figures, bench: Bench) -> None:
    """Errors of 20,000 photos against Leaflet's own circle markers on a canvas, in turns."""
    photos = made_up_errors(ERRORS)
    side = AccuracyMapSide(MapOf(bench.view))
    chosen = np.arange(ERRORS)
    bench.look_at(30.0, 10.0, 2.0)

    def drawn(topic: str, change: Callable[[], None]) -> float:
        begun = time.perf_counter()
        # After the event that changes it: the page may answer before this waits.
        QTimer.singleShot(0, change)
        bench.wait(bench.view.drawn, lambda name, _serial: name == topic)
        return 1000 * (time.perf_counter() - begun)

    side.enter()
    side.show_set(photos)
    shown, filtered, plain, found = [], [], [], []
    for _ in range(ROUNDS):
        side.show_set(photos)
        shown.append(drawn("errorsShown", lambda: side.show_some(chosen)))
        filtered.append(drawn("errorsShown", lambda: side.show_some(chosen[::2])))
        drawn("errorsShown", lambda: side.show_some(chosen))
        found.append(float(bench.js(_FIND_ERRORS.strip())))
        bench.js(f"({_LEAFLET_ERRORS.strip()}, 1)")
        plain.append(float(bench.await_js("window.plainTook")))
        bench.js("(window.removePlain(), 1)")
        bench.rest(100)
    ours, theirs = statistics.median(shown), statistics.median(plain)
    title = f"errors of {ERRORS:,} photos"
    figures.add(f"{title} shown", ours, "ms", ratio=theirs / ours, beside="Leaflet markers")
    figures.add(f"{title} filtered", statistics.median(filtered), "ms")
    figures.add(f"{title}, which is under the pointer", statistics.median(found), "ms")
    bench_frames(figures, bench, title)
    side.leave()


class MapOf:
    """A map pane that is nothing but its map."""

    def __init__(self, view: MapView) -> None:
        self._view = view

    def when_map(self, use: Callable[[MapView], None]) -> None:
        """There is one already."""
        use(self._view)


def made_up_errors(size: int) -> JudgedPhotos:
    """Photos crowded in Europe and spread over the rest, with errors of all magnitudes."""
    rng = np.random.default_rng(7)
    latitude = np.degrees(np.arcsin(rng.uniform(-0.75, 0.95, size)))
    longitude = rng.uniform(-180, 180, size)
    crowd = rng.random(size) < 0.6
    latitude[crowd] = rng.normal(48, 6, crowd.sum()).clip(-80, 80)
    longitude[crowd] = rng.normal(10, 12, crowd.sum())
    away = 0.5 * np.exp(rng.normal(0, 2.2, size))
    answers = (latitude + away * rng.normal(size=size)).clip(-85, 85)
    return judged_photos(
        EvaluationOrigin("bench"),
        [
            JudgedRow(f"{i}.jpg", (latitude[i], longitude[i]), (answers[i], longitude[i]))
            for i in range(size)
        ],
    )


def main() -> None:
    """Run all of it."""
    register_scheme()
    app = QApplication(["bench"])
    bench, second = Bench(), Bench()
    figures = Figures(__file__, __doc__)
    figures.add("first map ready", bench.ready_ms, "ms")
    figures.add("a second map ready", second.ready_ms, "ms")
    shiboken6.delete(second.view)
    bench_cells(figures, bench)
    bench_frames(figures, bench, f"{SIZES[-1]:,} cells")
    bench.view.clear()
    bench_errors(figures, bench)
    figures.save()
    # The pages go before the application, which owns their profile.
    shiboken6.delete(bench.view)
    del app


if __name__ == "__main__":
    main()
