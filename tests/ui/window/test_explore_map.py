"""Explore mode on the map page itself: ±180°, the poles, colours, filters, dots."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import s2sphere
import shiboken6
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from geoguess_app.core import cells
from geoguess_app.core.decision.retrieval import build_bank
from geoguess_app.core.explore.cell_facts import CellRef, ModelCells
from geoguess_app.core.partition import Partition
from geoguess_app.core.partition.hierarchy import build_hierarchy
from geoguess_app.core.types import Coordinate
from geoguess_app.ui.explore.explorer import CellFilter, Explorer, Spot
from geoguess_app.ui.explore.map_link import MapLink
from geoguess_app.ui.explore.work import PreparedCells, level_page
from tests.ui.map_page import MapDriver
from tests.ui.window.exploring import PART

EAST_OF_FIJI = Coordinate(-16.9, -179.4)
WEST_OF_FIJI = Coordinate(-16.9, 179.4)
ARCTIC = Coordinate(83.5, 40.0)
ANTARCTIC = Coordinate(-84.0, -100.0)
EUROPE = Coordinate(48.0, 11.0)
ASIA = Coordinate(35.0, 105.0)
PLACES = (EAST_OF_FIJI, WEST_OF_FIJI, ARCTIC, ANTARCTIC, EUROPE, ASIA)


def holding(place: Coordinate, level: int) -> int:
    return int(cells.parents(cells.leaf_ids(place.latitude_deg, place.longitude_deg), level))


def partition(name: str, level: int) -> Partition:
    """The cells of one level that hold the places; each has ten times the photos of the last."""
    ids = np.array(sorted({holding(place, level) for place in PLACES}), dtype=np.uint64)
    photos = 10 ** np.arange(len(ids))
    return Partition(name, ids, photos, *cells.centers(ids))


class Shown(MapDriver):
    """A map alone, with an Explorer behind it."""

    def __init__(self, qtbot: QtBot) -> None:
        super().__init__(qtbot)
        self.open()
        self.explorer = Explorer()
        self.link = MapLink(self.explorer, lambda use: use(self.view))
        partitions = (partition("coarse", 2), partition("fine", 4))
        bank = build_bank(
            np.eye(6),
            np.array([place.latitude_deg for place in PLACES]),
            np.array([place.longitude_deg for place in PLACES]),
            partitions[1].class_at(
                [place.latitude_deg for place in PLACES], [place.longitude_deg for place in PLACES]
            ),
            partitions[1].size,
        )
        model = ModelCells(partitions, build_hierarchy(partitions), bank)
        pages = tuple(level_page(model, level, ()) for level in range(2))
        self.prepared = PreparedCells(model, pages)

    def reset(self, qtbot: QtBot) -> None:
        """The coarse cells, by photos, nothing chosen or left out, on an empty map."""
        self.link.leave()
        super().reset(qtbot)
        explorer = self.explorer
        explorer.set_measure("photos")
        explorer.set_log(True)
        explorer.show_all_photos(False)
        explorer.set_cells(self.prepared)
        partitions = [facts.partition for facts in self.model.levels]
        self.drawn("partitions", lambda: self.view.set_partitions(partitions))
        self.drawn("explore", self.link.enter)
        self.await_js(f"{PART}.facts.length === 2")

    def settle(self) -> None:
        self.await_js(f"!geoguess.dirty && !{PART}.split.isRunning")

    def see(self, place: Coordinate, zoom: float) -> None:
        self.settle()
        self.look_at(place.latitude_deg, place.longitude_deg, zoom)
        self.settle()

    def clicked(self, place: Coordinate) -> object:
        """What a click on a place chooses."""
        self.explorer.choose(None)
        self.click(self.point(place))
        self.qtbot.waitUntil(lambda: self.explorer.chosen is not None)
        return self.explorer.chosen

    @property
    def model(self) -> ModelCells:
        assert self.explorer.cells is not None
        return self.explorer.cells


@pytest.fixture(scope="module")
def one(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Shown]:
    made = Shown(QtBot(request))
    yield made
    shiboken6.delete(made.view)


@pytest.fixture
def shown(one: Shown, qtbot: QtBot) -> Shown:
    one.reset(qtbot)
    return one


@pytest.mark.parametrize("level", [0, 1])
def test_cells_on_both_sides_of_the_antimeridian_open(shown: Shown, level: int) -> None:
    shown.explorer.set_level(level)
    for middle in (Coordinate(-16.9, 180.0), Coordinate(-16.9, 179.0), EAST_OF_FIJI):
        shown.see(middle, 6.0)
        for place in (EAST_OF_FIJI, WEST_OF_FIJI):
            ref = shown.clicked(place)
            assert isinstance(ref, CellRef)
            assert shown.model.cell_id(ref) == holding(place, (2, 4)[level])


@pytest.mark.parametrize("place", [ARCTIC, ANTARCTIC], ids=["arctic", "antarctic"])
def test_cells_at_the_poles_open_and_are_outlined(shown: Shown, place: Coordinate) -> None:
    for level in (0, 1):
        shown.explorer.set_level(level)
        shown.see(place, 6.0)
        ref = shown.clicked(place)
        assert isinstance(ref, CellRef)
        assert shown.model.cell_id(ref) == holding(place, (2, 4)[level])
        shown.await_js(f"{PART}.chosen?.cell !== undefined || {PART}.chosen !== null")
        ring = shown.js(f"Array.from({PART}.chosen.outlines[0].lines.points)")
        assert np.isfinite(ring).all()
        assert min(ring[1::2]) < 0.05 if place is ARCTIC else max(ring[1::2]) > 0.95


def test_the_map_goes_to_a_chosen_cell_wherever_it_is(shown: Shown) -> None:
    for place in (EAST_OF_FIJI, ARCTIC, ANTARCTIC, ASIA):
        ref = shown.model.at(1, place)
        assert ref is not None
        shown.explorer.choose(ref, go=True)
        middle = shown.model.facts(ref).center(ref.cell)
        limit = max(-84.0, min(84.0, middle.latitude_deg))

        def near(middle: Coordinate = middle, limit: float = limit) -> None:
            lat, lon = shown.js(
                "(() => { const c = geoguess.map.getCenter().wrap(); return [c.lat, c.lng]; })()"
            )
            away = abs((lon - middle.longitude_deg + 180.0) % 360.0 - 180.0)
            assert away < 12.0
            assert abs(lat - limit) < 12.0

        shown.qtbot.waitUntil(near)


def test_more_photos_stand_out_more_and_in_proportion_when_asked(shown: Shown) -> None:
    def shade(place: Coordinate) -> float:
        ref = shown.model.at(0, place)
        assert ref is not None
        return shown.js(
            f"(() => {{ const c = {PART}.cells, l = c.layers.coarse;"
            f" return c.shade(l, l.values[{ref.cell}]); }})()"
        )

    ordered = sorted(PLACES, key=lambda place: shown.model.at(0, place).cell)
    logarithmic = [shade(place) for place in ordered]
    steps = np.diff(list(dict.fromkeys(logarithmic)))
    assert np.allclose(steps, steps[0]), "ten times as many photos are one step each"
    shown.explorer.set_log(False)
    shown.await_js(f"{PART}.state.log === false && {PART}.cells.layers.coarse.isLinear")
    linear = [shade(place) for place in ordered]
    assert linear[-1] == 1.0
    assert linear[-2] in (1.0, pytest.approx(0.1))


def test_the_legend_has_both_ends_in_numbers(shown: Shown) -> None:
    ticks = "[...document.querySelectorAll('.explore-legend .ticks span')].map(s => s.textContent)"
    photos = shown.model.levels[0].partition.photo_counts
    labels = shown.js(ticks)
    assert (labels[0], labels[-1]) == (f"{photos.min():,}", f"{photos.max():,}")
    shown.explorer.set_measure("share")
    shown.await_js(f"{PART}.state.measure === 'share'")
    shown.await_js(f"{ticks}.length > 1")
    assert shown.js(ticks)[-1].endswith("%")
    boxes = shown.js(
        "[...document.querySelectorAll('.explore-legend .ticks span')].map(s => "
        "{ const b = s.getBoundingClientRect(); return [b.left, b.right]; })"
    )
    assert all(left > right for (_, right), (left, _) in itertools.pairwise(boxes))


def test_a_few_tiny_cells_do_not_take_the_scale_for_themselves(shown: Shown) -> None:
    layer = shown.js(
        f"(() => {{ const s = {PART}, known = [1e-9, 900, 1000, 1100, 5e7]; s.values = () => known;"
        " return s.layer({ log: true }, 0, null); })()"
    )
    assert (layer["least"], layer["most"]) == (1.0, 1e6)
    assert layer["isCut"] is True
    assert layer["isCapped"] is True


def test_what_the_filter_hides_is_neither_drawn_nor_clicked(shown: Shown) -> None:
    shown.see(EUROPE, 5.0)
    before = shown.painted(EUROPE)
    ref = shown.model.at(0, EUROPE)
    assert ref is not None
    photos = int(shown.model.levels[0].partition.photo_counts[ref.cell])
    shown.drawn("explore", lambda: shown.explorer.set_filter(CellFilter(photos + 1)))
    shown.settle()
    assert shown.painted(EUROPE) != before
    assert isinstance(shown.clicked(EUROPE), Spot)
    shown.drawn("explore", lambda: shown.explorer.set_filter(CellFilter(photos)))
    shown.settle()
    assert shown.painted(EUROPE) == before


def test_dots_are_the_photos_of_the_chosen_cell_or_all(shown: Shown) -> None:
    ref = shown.model.at(1, EUROPE)
    assert ref is not None
    shown.drawn("explorePoints", lambda: shown.explorer.choose(ref))
    assert shown.js(f"{PART}.points.length") == 2
    x, y = shown.js(f"Array.from({PART}.points)")
    assert x == pytest.approx(EUROPE.longitude_deg / 360 + 0.5, abs=1e-9)
    assert 0.3 < y < 0.4
    shown.drawn("explorePoints", lambda: shown.explorer.show_all_photos(True))
    assert shown.js(f"{PART}.points.length") == 2 * len(PLACES)
    shown.see(Coordinate(-16.9, 180.0), 5.0)
    assert shown.js(f"{PART}.seenPoints(geoguess.ground.window, {PART}.points).length") >= 2


def test_an_s2_cell_that_was_asked_for_is_outlined(shown: Shown) -> None:
    asked = s2sphere.CellId(holding(EUROPE, 4)).child(1)
    middle = asked.to_lat_lng()
    place = Coordinate(middle.lat().degrees, middle.lng().degrees)
    shown.drawn("exploreChosen", lambda: shown.explorer.choose_token(asked.id(), place, "S2 cell"))
    assert shown.js(f"{PART}.chosen.outlines.map((o) => o.role)") == ["asked"]


@pytest.mark.parametrize("key", ["[", "PageUp"])
def test_keys_on_the_map(shown: Shown, key: str, qtbot: QtBot) -> None:
    told: list[str] = []
    shown.link.on_key = told.append
    press: Callable[[str], object] = lambda name: shown.js(  # noqa: E731
        f"document.body.dispatchEvent(new KeyboardEvent('keydown', {{key: '{name}',"
        " bubbles: true, cancelable: true}))"
    )
    press(key)
    press("P")
    press("Backspace")
    qtbot.waitUntil(lambda: told == ["coarser", "parent", "back"])
    shown.link.leave()
    shown.await_js(f"{PART}.isEmpty")
    press(key)
    shown.settle()
    assert len(told) == 3


def test_a_page_that_starts_again_shows_the_same(shown: Shown) -> None:
    ref = shown.model.at(1, EUROPE)
    shown.explorer.choose(ref)
    shown.explorer.set_filter(CellFilter(100))
    kept = int((shown.model.levels[1].partition.photo_counts >= 100).sum())
    shown.settle()
    with shown.qtbot.waitSignal(shown.view.ready, timeout=30_000):
        shown.web.reload()
    shown.await_js(f"{PART}.cells.layers.fine?.cells.length === {kept}")
    shown.await_js(f"{PART}.chosen?.outlines.length === 2 && {PART}.points?.length === 2")
    assert shown.problems == []
