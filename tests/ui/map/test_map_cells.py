"""The cells of an answer, seen in the real pixels of the map and in its legend."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import s2sphere
from PySide6.QtGui import QColor

from geoguess_app.core import cells
from geoguess_app.core.cells.rings import cell_rings
from geoguess_app.core.geo.mercator import world_points
from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM
from geoguess_app.core.types import COMBINED, Coordinate
from geoguess_app.ui.map.mercator import packed_rings
from geoguess_app.ui.work.map_state import Display, MapState
from tests.ui.map_page import MapDriver
from tests.ui.map_samples import (
    BERLIN,
    PARIS,
    TAVEUNI,
    answer_at,
    partition_around,
    partition_of,
    world_partition,
)


def test_cells_are_coloured_and_layers_switch_without_a_reload(driver: MapDriver) -> None:
    coarse = partition_around("coarse", [PARIS], 4)
    fine = partition_around("fine", [PARIS], 9)
    driver.drawn("partitions", lambda: driver.view.set_partitions([coarse, fine]))
    driver.js("(window.notReloaded = true, 1)")
    driver.look_at(49.2, 2.0, 6.2)
    corner = Coordinate(48.2, 3.1)  # in the coarse cell, outside the fine one
    bare = driver.painted(corner)
    state = answer_at(PARIS, [coarse, fine])
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    assert driver.js("geoguess.cells.active") == COMBINED
    assert driver.painted(corner) == bare
    driver.drawn("layer", lambda: driver.view.set_layer("coarse"))
    assert driver.painted(corner) != bare
    driver.drawn("layer", lambda: driver.view.set_layer("fine"))
    assert driver.painted(corner) == bare
    assert driver.js("window.notReloaded")


def test_more_probable_cells_stand_out_more_in_both_themes(driver: MapDriver) -> None:
    places = [Coordinate(23.0, longitude) for longitude in (0.0, 8.0, 16.0, 24.0)]
    partition = partition_around("only", places, 6)
    order = np.argsort(partition.mean_longitude_deg)
    p = np.empty(partition.size)
    p[order] = [0.004, 0.02, 0.1, 0.8]
    state = MapState({"only": (np.arange(partition.size), p)})
    driver.drawn("partitions", lambda: driver.view.set_partitions([partition]))
    for theme, sign in (("light", -1), ("dark", 1)):
        driver.drawn("theme", lambda t=theme: driver.view.set_theme(t))
        driver.drawn("prediction", lambda: driver.view.show_prediction(None))
        driver.look_at(22.0, 12.0, 4.2)
        ground = driver.painted(places[0]).lightnessF()
        driver.drawn("prediction", lambda: driver.view.show_prediction(state))
        steps = [sign * (luminance(driver.painted(place)) - ground) for place in places]
        assert all(b > a for a, b in itertools.pairwise(steps)), (theme, steps)


def luminance(color: QColor) -> float:
    """Relative luminance, which is what the eye and every colour-blind eye sees."""

    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return (
        0.2126 * linear(color.redF())
        + 0.7152 * linear(color.greenF())
        + 0.0722 * linear(color.blueF())
    )


def test_cell_beside_the_antimeridian_is_drawn_on_its_own_side_only(driver: MapDriver) -> None:
    partition = partition_around("only", [Coordinate(67.0, -175.5)], 6)  # Chukotka
    driver.drawn("partitions", lambda: driver.view.set_partitions([partition]))
    latitude, longitude = partition.mean_latitude_deg[0], partition.mean_longitude_deg[0]
    inside, mirrored = Coordinate(latitude, longitude), Coordinate(latitude, -longitude)
    state = MapState({"only": (np.array([0]), np.array([1.0]))})
    for middle in (180.0, -180.0, 540.0):  # every copy of the world shows the same
        driver.drawn("prediction", lambda: driver.view.show_prediction(None))
        driver.look_at(67.0, middle, 5.0)
        bare = driver.painted(inside)
        driver.drawn("prediction", lambda: driver.view.show_prediction(state))
        assert driver.painted(inside) != bare, middle
        assert driver.painted(mirrored) == bare, middle


def test_cell_across_the_antimeridian_is_drawn_in_one_piece(driver: MapDriver) -> None:
    pacific = s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(0, 180)).parent(0)
    partition = partition_of("only", [pacific.id()])  # one of six faces of the cube
    driver.drawn("partitions", lambda: driver.view.set_partitions([partition]))
    # In Australia, New Guinea, New Zealand and Hawaii; the sea is not filled.
    inside = [(-25.3, 144.7), (-5.3, 142.3), (-38.7, 175.7), (19.6, -155.45)]
    outside = [(-25.3, 130.3), (0.7, 113.7), (3.3, 23.3), (-10.3, -52.3), (40.3, -98.7)]
    for middle in (170.0, -170.0):
        for degrees, is_inside in [(p, True) for p in inside] + [(p, False) for p in outside]:
            place = Coordinate(*degrees)
            driver.drawn("prediction", lambda: driver.view.show_prediction(None))
            driver.look_at(3.0, middle, 3.0)
            bare = driver.painted(place)
            state = MapState({"only": (np.array([0]), np.array([1.0]))})
            driver.drawn("prediction", lambda s=state: driver.view.show_prediction(s))
            assert (driver.painted(place) != bare) == is_inside, (middle, place)


def test_a_cell_that_fills_the_view_leaves_the_map_bare(driver: MapDriver) -> None:
    partition = partition_around("only", [PARIS], 5)
    driver.drawn("partitions", lambda: driver.view.set_partitions([partition]))
    state = MapState({"only": (np.array([0]), np.array([1.0]))})
    middle = float(partition.mean_latitude_deg[0]), float(partition.mean_longitude_deg[0])
    for zoom, is_filled in ((5.0, True), (11.0, False)):
        driver.drawn("prediction", lambda: driver.view.show_prediction(None))
        driver.look_at(*middle, zoom)
        bare = driver.painted(Coordinate(*middle))
        driver.drawn("prediction", lambda: driver.view.show_prediction(state))
        assert (driver.painted(Coordinate(*middle)) != bare) == is_filled, zoom


def test_a_compared_cell_that_fills_the_view_leaves_the_map_bare(driver: MapDriver) -> None:
    partition = partition_around("only", [PARIS], 5)
    (ring,) = cell_rings(partition.cell_ids[:1])
    path = driver.view.publish("compare-A.bin", packed_rings([ring]))
    middle = float(partition.mean_latitude_deg[0]), float(partition.mean_longitude_deg[0])
    side = {"path": path, "p": [1.0], "at": [0.0, 0.0], "ring": []}
    both = {"sides": [side, side], "difference": None, "line": [], "view": "a", "fit": False}
    for zoom, is_filled in ((5.0, True), (11.0, False)):
        driver.drawn("compare", lambda: driver.view.push("compare", None))
        driver.look_at(*middle, zoom)
        bare = driver.painted(Coordinate(*middle))
        driver.drawn("compare", lambda: driver.view.push("compare", both))
        assert (driver.painted(Coordinate(*middle)) != bare) == is_filled, zoom


def test_thirteen_thousand_cells_are_shown(driver: MapDriver) -> None:
    partition = world_partition("fine", 13_000)
    driver.drawn("partitions", lambda: driver.view.set_partitions([partition]))
    assert driver.js("geoguess.cells.partition('fine').rings.count") == 13_000
    p = np.full(partition.size, 1 / partition.size)
    state = MapState({"fine": (np.arange(partition.size), p)})
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    driver.look_at(20.0, 0.0, 2.0)
    assert driver.js("geoguess.ground.cost") < 1000


def test_new_partitions_never_show_the_old_answer(driver: MapDriver) -> None:
    old = [partition_around("only", [PARIS], 5)]
    driver.drawn("partitions", lambda: driver.view.set_partitions(old))
    driver.drawn("prediction", lambda: driver.view.show_prediction(answer_at(PARIS, old)))
    driver.drawn("partitions", lambda: driver.view.set_partitions([world_partition("new", 50)]))
    driver.await_js("geoguess.cells.partition('new')?.rings?.count === 50")
    assert driver.js("geoguess.prediction") is None


def test_legend_follows_the_numbers(driver: MapDriver) -> None:
    partition = partition_around("only", [PARIS, BERLIN, TAVEUNI], 5)
    driver.drawn("partitions", lambda: driver.view.set_partitions([partition]))
    driver.drawn("display", lambda: driver.view.set_display(Display(per="cell")))
    ticks = "[...document.querySelectorAll('.ticks span')].map(t => t.textContent)"
    for p, ends in (([0.83, 0.1, 0.001], ("0.1%", "83%")), ([0.05, 0.04, 0.03], ("3%", "5%"))):
        state = MapState({"only": (np.arange(3), np.array(p))})
        driver.drawn("prediction", lambda s=state: driver.view.show_prediction(s))
        shown = driver.js(ticks)
        assert (shown[0], shown[-1]) == ends
    driver.drawn("prediction", lambda: driver.view.show_prediction(None))
    assert driver.js("document.querySelector('.panel').hidden")


def test_layer_switch_in_the_page_reaches_the_window(driver: MapDriver) -> None:
    partitions = [partition_around("coarse", [PARIS], 4), partition_around("fine", [PARIS], 8)]
    driver.drawn("partitions", lambda: driver.view.set_partitions(partitions))
    driver.drawn("prediction", lambda: driver.view.show_prediction(answer_at(PARIS, partitions)))
    names = driver.js("[...document.querySelectorAll('.switch input')].map(i => i.value)")
    assert names == ["coarse", "fine", COMBINED]
    with driver.qtbot.waitSignal(driver.view.layerChosen, timeout=5000) as chosen:
        driver.js("(document.querySelector('.switch input[value=coarse]').click(), 1)")
    assert chosen.args == ["coarse"]
    assert driver.js("geoguess.cells.active") == "coarse"


def test_a_small_likely_cell_stands_out_beside_a_large_one(driver: MapDriver) -> None:
    fine, coarse = Coordinate(24.0, 8.0), Coordinate(21.0, 24.0)
    leaves = cells.leaf_ids(
        [fine.latitude_deg, coarse.latitude_deg], [fine.longitude_deg, coarse.longitude_deg]
    )
    ids = [cells.parents(leaves[:1], 9)[0], cells.parents(leaves[1:], 4)[0]]
    partition = partition_of("only", ids)
    p = np.where(partition.cell_ids == ids[0], 0.51, 0.3)
    driver.drawn("partitions", lambda: driver.view.set_partitions([partition]))
    state = MapState({"only": (np.arange(2), p)})
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    layer = "geoguess.cells.layers.only"
    shades = f"{layer}.p.map((value) => geoguess.cells.shade({layer}, value))"
    assert driver.js("document.querySelector('.caption span').textContent") == (
        "Probability per area"
    )
    assert driver.js(shades) == [0, 1]
    area = driver.js("geoguess.cells.partition('only').areas.reduce((a, b) => Math.max(a, b))")
    largest = float(cells.areas_km2(partition.cell_ids).max())
    assert area * 4 * np.pi * EARTH_RADIUS_KM**2 == pytest.approx(largest, rel=0.02)
    driver.drawn("display", lambda: driver.view.set_display(Display("linear", "cell")))
    assert driver.js(shades) == pytest.approx([0.3 / 0.51, 1])
    ticks = "[...document.querySelectorAll('.ticks span')].map(t => t.textContent)"
    driver.drawn("display", lambda: driver.view.set_display(Display()))
    assert driver.js(ticks)[-1] == "highest"


def test_cells_are_filled_on_land_only(driver: MapDriver) -> None:
    partition = partition_around("only", [Coordinate(36.9, -8.4)], 4)  # the Algarve
    driver.drawn("partitions", lambda: driver.view.set_partitions([partition]))
    driver.look_at(37.0, -8.4, 5.6)
    land, sea = Coordinate(38.2, -7.6), Coordinate(36.3, -8.3)
    bare = driver.painted(land), driver.painted(sea)
    state = MapState({"only": (np.array([0]), np.array([1.0]))})
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    for place in (land, sea):
        x, y = world_points(place.latitude_deg, place.longitude_deg)
        assert driver.js(f"geoguess.cells.cellAt({x}, {y}, 1e4)") == 0, "both lie in the cell"
    assert driver.painted(land) != bare[0]
    assert driver.painted(sea) == bare[1]
