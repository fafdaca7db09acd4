"""What the map shows and how it answers, seen in its real pixels and felt through real clicks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import s2sphere
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from geoguess_app.core.types import Candidate, Conflict, Coordinate, Radii
from geoguess_app.ui.work.map_state import COMBINED, MapState
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

SAHARA = Coordinate(23.3, 5.7)
OPEN_SEA = Coordinate(41.3, -38.7)


def candidate(rank: int, place: Coordinate, probability: float, cell: str = "47a1c") -> Candidate:
    return Candidate(rank, cell, 0, place, probability)


@pytest.fixture
def driver(qtbot: QtBot) -> MapDriver:
    return MapDriver(qtbot).open()


def test_land_and_sea_stand_where_they_are(driver: MapDriver) -> None:
    driver.look_at(30.0, -10.0, 3.0)
    land, sea = driver.painted(SAHARA), driver.painted(OPEN_SEA)
    assert land != sea
    assert sea.blue() > sea.red(), "the sea is bluish"
    for place in (Coordinate(52.0, 20.0), Coordinate(46.0, -75.5), Coordinate(-10.3, -52.0)):
        driver.look_at(place.latitude_deg, place.longitude_deg, 6.0)
        assert driver.painted(place) == land, place
    for place in (Coordinate(-40.1, 90.3), Coordinate(41.5, 52.0), Coordinate(35.2, 18.0)):
        driver.look_at(place.latitude_deg, place.longitude_deg, 6.0)
        assert driver.painted(place) == sea, place


def test_both_sides_of_the_antimeridian_are_land_without_a_seam(driver: MapDriver) -> None:
    chukotka = [Coordinate(67.0, longitude) for longitude in (179.3, 179.97, -179.97, -179.3)]
    driver.look_at(67.0, 180.0, 5.5)
    assert len({driver.painted(place).name() for place in chukotka}) == 1


def test_antarctica_reaches_the_lower_edge_of_the_map(driver: MapDriver) -> None:
    driver.look_at(23.5, 5.5, 6.0)
    land = driver.painted(SAHARA)
    for longitude in (-93.3, -3.3, 63.3, 123.3):
        driver.look_at(-84.0, longitude, 4.2)
        assert driver.painted(Coordinate(-84.9, longitude)) == land, longitude
        assert driver.painted(Coordinate(-82.1, longitude)) == land, longitude


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
    partition = partition_around("only", [TAVEUNI], 5)
    driver.drawn("partitions", lambda: driver.view.set_partitions([partition]))
    latitude, longitude = partition.mean_latitude_deg[0], partition.mean_longitude_deg[0]
    inside, mirrored = Coordinate(latitude, longitude), Coordinate(latitude, -longitude)
    state = MapState({"only": (np.array([0]), np.array([1.0]))})
    for middle in (180.0, -180.0, 540.0):  # every copy of the world shows the same
        driver.drawn("prediction", lambda: driver.view.show_prediction(None))
        driver.look_at(-17.0, middle, 5.0)
        bare = driver.painted(inside)
        driver.drawn("prediction", lambda: driver.view.show_prediction(state))
        assert driver.painted(inside) != bare, middle
        assert driver.painted(mirrored) == bare, middle


def test_cell_across_the_antimeridian_is_drawn_in_one_piece(driver: MapDriver) -> None:
    pacific = s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(0, 180)).parent(0)
    partition = partition_of("only", [pacific.id()])  # one of six faces of the cube
    driver.drawn("partitions", lambda: driver.view.set_partitions([partition]))
    inside = [Coordinate(3.3, longitude) for longitude in (137.7, 177.7, -177.7, -137.7)]
    outside = [Coordinate(3.3, longitude) for longitude in (132.3, 92.7, -92.7, -132.3, 2.7)]
    for middle in (170.0, -170.0):
        for place, is_inside in [(p, True) for p in inside] + [(p, False) for p in outside]:
            driver.drawn("prediction", lambda: driver.view.show_prediction(None))
            driver.look_at(3.0, middle, 2.0)
            bare = driver.painted(place)
            state = MapState({"only": (np.array([0]), np.array([1.0]))})
            driver.drawn("prediction", lambda s=state: driver.view.show_prediction(s))
            assert (driver.painted(place) != bare) == is_inside, (middle, place)


def test_thirteen_thousand_cells_are_shown(driver: MapDriver) -> None:
    partition = world_partition("fine", 13_000)
    driver.drawn("partitions", lambda: driver.view.set_partitions([partition]))
    assert driver.js("geoguess.cells.partition('fine').rings.count") == 13_000
    p = np.full(partition.size, 1 / partition.size)
    state = MapState({"fine": (np.arange(partition.size), p)})
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    driver.look_at(20.0, 0.0, 2.0)
    assert driver.js("geoguess.ground.cost") < 1000


def test_click_on_a_candidate_reaches_the_window(driver: MapDriver) -> None:
    state = answer_at(
        PARIS,
        [partition_around("only", [PARIS, BERLIN], 5)],
        (candidate(1, PARIS, 0.6), candidate(2, BERLIN, 0.3)),
    )
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    driver.look_at(50.5, 8.0, 5.0)
    with driver.qtbot.waitSignal(driver.view.candidateClicked, timeout=5000) as clicked:
        driver.click(driver.point(BERLIN))
    assert clicked.args == [2]
    with driver.qtbot.waitSignal(driver.view.candidateClicked, timeout=5000) as clicked:
        driver.click(driver.point(PARIS) - QPoint(0, 20))  # the head of the pin
    assert clicked.args == [1]


def test_click_on_the_map_tells_place_and_cell(driver: MapDriver) -> None:
    partition = partition_around("only", [PARIS], 6)
    driver.drawn("partitions", lambda: driver.view.set_partitions([partition]))
    state = MapState({"only": (np.array([0]), np.array([1.0]))})
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    driver.look_at(48.0, 362.0, 6.0)  # one turn around the world
    cells: list[tuple[str, int]] = []
    driver.view.cellClicked.connect(lambda layer, index: cells.append((layer, index)))
    with driver.qtbot.waitSignal(driver.view.clicked, timeout=5000) as clicked:
        driver.click(driver.point(PARIS))
    place = clicked.args
    assert cells == [("only", 0)]
    assert place[0] == pytest.approx(PARIS.latitude_deg, abs=0.02)
    assert place[1] == pytest.approx(PARIS.longitude_deg, abs=0.02)


def test_tooltip_names_probability_cell_and_photos(driver: MapDriver) -> None:
    partition = partition_around("only", [PARIS, BERLIN], 6)
    driver.drawn("partitions", lambda: driver.view.set_partitions([partition]))
    at_paris = int(partition.class_at(PARIS.latitude_deg, PARIS.longitude_deg))
    state = MapState({"only": (np.array([at_paris]), np.array([0.032]))})
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    driver.look_at(48.0, 5.0, 6.0)
    with driver.qtbot.waitSignal(driver.view.cellHovered, timeout=5000) as hovered:
        driver.move_to(driver.point(PARIS))
    assert hovered.args == ["only", at_paris]
    photos = partition.photo_counts[at_paris]
    unit = "training photo" if photos == 1 else "training photos"
    expected = f"3.2 % · cell {partition.tokens[at_paris]} · {photos} {unit}"
    assert driver.js("document.querySelector('.tooltip').textContent") == expected
    with driver.qtbot.waitSignal(driver.view.cellHovered, timeout=5000) as left:
        driver.move_to(driver.point(Coordinate(45.0, 9.0)))
    assert left.args == ["only", -1]


def test_regions_are_true_circles_on_the_ground(driver: MapDriver) -> None:
    state = MapState(answer=Coordinate(64.0, -21.9), radii=Radii(100.0, 400.0, 1200.0))
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    boxes = driver.js("geoguess.overlay.regions.map(r => Array.from(r.lines.boxes))")
    for (left, top, right, bottom), radius_km in zip(boxes, (100, 400, 1200), strict=True):
        tall = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * np.array([top, bottom])))))
        assert np.ptp(tall) * np.pi / 180 * 6371 / 2 == pytest.approx(radius_km, rel=0.01)
        assert (right - left) * 360 / 2 > radius_km / 111.2, "a parallel is shorter up north"


@pytest.mark.parametrize("latitude", [89.0, -88.5])
def test_region_around_a_pole_spans_the_world_once(driver: MapDriver, latitude: float) -> None:
    state = MapState(answer=Coordinate(latitude, 10.0), radii=Radii(500.0, 900.0, 2000.0))
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    widths = driver.js("geoguess.overlay.regions.map(r => r.lines.boxes[2] - r.lines.boxes[0])")
    assert all(0.9 < width < 1.1 for width in widths)


def test_conflict_is_said_in_words(driver: MapDriver) -> None:
    conflict = Conflict(coarse=candidate(4, BERLIN, 0.41), fine=candidate(1, PARIS, 0.23))
    state = answer_at(PARIS, [partition_around("only", [PARIS], 5)], (candidate(1, PARIS, 0.23),),
                      conflict=conflict)  # fmt: skip
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    words = driver.js("[...document.querySelectorAll('.tag')].map(t => t.textContent)")
    assert any("Final answer" in text and "23 %" in text for text in words)
    assert any("Other hypothesis" in text and "41 %" in text and "877 km" in text for text in words)
    assert len(driver.js("geoguess.overlay.links")) == 1


def test_known_position_is_marked_with_its_distance(driver: MapDriver) -> None:
    state = answer_at(PARIS, [partition_around("only", [PARIS], 5)], known=BERLIN)
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    (words,) = driver.js("[...document.querySelectorAll('.tag-known')].map(t => t.textContent)")
    assert words == "Taken here (GPS) · 877 km off"


def test_cannot_tell_shows_words_instead_of_a_pin(driver: MapDriver) -> None:
    partitions = [partition_around("only", [PARIS, BERLIN], 4)]
    driver.drawn("partitions", lambda: driver.view.set_partitions(partitions))
    state = answer_at(PARIS, partitions, cannot_tell=True)
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    assert driver.js("document.querySelector('.pin')") is None
    assert driver.js("geoguess.overlay.regions") == []
    banner = "document.querySelector('.banner')"
    assert not driver.js(f"{banner}.hidden")
    assert "Cannot tell" in driver.js(f"{banner}.textContent")
    driver.drawn("prediction", lambda: driver.view.show_prediction(None))
    assert driver.js(f"{banner}.hidden")


def test_legend_follows_the_numbers(driver: MapDriver) -> None:
    partition = partition_around("only", [PARIS, BERLIN, TAVEUNI], 5)
    driver.drawn("partitions", lambda: driver.view.set_partitions([partition]))
    ticks = "[...document.querySelectorAll('.ticks span')].map(t => t.textContent)"
    for p, ends in (([0.83, 0.1, 0.001], ("0.1 %", "83 %")), ([0.05, 0.04, 0.03], ("3 %", "5 %"))):
        state = MapState({"only": (np.arange(3), np.array(p))})
        driver.drawn("prediction", lambda s=state: driver.view.show_prediction(s))
        shown = driver.js(ticks)
        assert (shown[0], shown[-1]) == ends
    driver.drawn("prediction", lambda: driver.view.show_prediction(None))
    assert driver.js("document.querySelector('.panel').hidden")


def test_theme_changes_every_colour(driver: MapDriver) -> None:
    driver.look_at(30.0, 0.0, 4.0)
    light = [driver.painted(SAHARA), driver.painted(Coordinate(36.5, -15.0))]
    driver.drawn("theme", lambda: driver.view.set_theme("dark"))
    dark = [driver.painted(SAHARA), driver.painted(Coordinate(36.5, -15.0))]
    for day, night in zip(light, dark, strict=True):
        assert night.lightnessF() < 0.3 < 0.7 < day.lightnessF()
    card = driver.js("getComputedStyle(document.querySelector('.buttons')).backgroundColor")
    assert card.startswith("rgba(26, 32, 40")


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


def test_fit_answer_shows_the_80_percent_region(driver: MapDriver) -> None:
    partitions = [partition_around("only", [PARIS], 5)]
    driver.view.show_prediction(answer_at(PARIS, partitions))
    driver.view.fit_answer()
    driver.await_js("geoguess.map.getZoom() > 4 && !geoguess.ground.moving")
    seen = driver.js("(b => [b.getSouth(), b.getWest(), b.getNorth(), b.getEast()])"
                     "(geoguess.map.getBounds())")  # fmt: skip
    assert seen[0] < PARIS.latitude_deg - 2.16
    assert seen[2] > PARIS.latitude_deg + 2.16
    assert seen[2] - seen[0] < 12, "not farther away than needed"
    driver.view.fit_world()
    driver.await_js("geoguess.map.getZoom() < geoguess.map.getMinZoom() + 0.02")


def test_world_always_fills_the_view(qtbot: QtBot) -> None:
    for width, height in ((900, 420), (300, 500)):
        driver = MapDriver(qtbot, width, height).open()
        driver.press(Qt.Key.Key_Minus)
        driver.press(Qt.Key.Key_Minus)
        driver.await_js("geoguess.motion.target === null")
        world = driver.js("256 * 2 ** geoguess.map.getZoom()")
        assert world >= max(width, height) - 1
        driver.look_at(84.0, 0.0, driver.js("geoguess.map.getZoom()"))
        driver.await_js("geoguess.map.getPixelBounds().min.y > -1")


def test_keys_move_zoom_and_give_the_focus_back(driver: MapDriver) -> None:
    driver.web.setFocus()
    driver.look_at(0.0, 0.0, 4.0)
    with driver.qtbot.waitSignal(
        driver.view.viewMoved, timeout=5000, check_params_cb=lambda _lat, lon, _z: lon > 5
    ):
        driver.press(Qt.Key.Key_Right)
    with driver.qtbot.waitSignal(
        driver.view.viewMoved, timeout=5000, check_params_cb=lambda _lat, _lon, z: z > 4.9
    ):
        driver.press(Qt.Key.Key_Plus)
    with driver.qtbot.waitSignal(driver.view.escapePressed, timeout=5000):
        driver.press(Qt.Key.Key_Escape)
    assert driver.view.center().longitude_deg > 5


def test_keys_show_the_answer_and_the_world(driver: MapDriver) -> None:
    """The same as in the window's menus; in an exported page there are no others."""
    state = answer_at(PARIS, [partition_around("only", [PARIS], 5)])
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    driver.look_at(-20.0, 130.0, 3.0)
    driver.press(Qt.Key.Key_F)
    driver.await_js("geoguess.map.getZoom() > 4 && !geoguess.ground.moving")
    assert abs(driver.js("geoguess.map.getCenter().lng") - PARIS.longitude_deg) < 1.0
    driver.press(Qt.Key.Key_W)
    driver.await_js("geoguess.map.getZoom() < geoguess.map.getMinZoom() + 0.02")


def test_highlight_marks_one_candidate_and_brings_it_into_view(driver: MapDriver) -> None:
    state = answer_at(PARIS, [partition_around("only", [PARIS], 5)],
                      (candidate(1, PARIS, 0.6), candidate(2, BERLIN, 0.3)))  # fmt: skip
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    driver.look_at(48.8, 2.3, 7.0)
    driver.drawn("highlight", lambda: driver.view.highlight_candidate(2))
    chosen = "[...document.querySelectorAll('.chosen')].map(n => n.getAttribute('aria-label'))"
    assert driver.js(chosen) == ["Candidate 2, 30 %, cell 47a1c"]
    driver.await_js(
        f"geoguess.map.getBounds().contains([{BERLIN.latitude_deg}, {BERLIN.longitude_deg}])"
    )
    driver.drawn("highlight", lambda: driver.view.highlight_candidate(None))
    assert driver.js(chosen) == []


def test_dots_of_photos_answer_to_clicks(driver: MapDriver) -> None:
    pins = [(7, PARIS, "sure"), ("b", BERLIN, "unsure"), (9, TAVEUNI, "known")]
    driver.drawn("pins", lambda: driver.view.set_photo_pins(pins))
    driver.look_at(50.0, 8.0, 5.0)
    with driver.qtbot.waitSignal(driver.view.pinClicked, timeout=5000) as clicked:
        driver.click(driver.point(BERLIN))
    assert clicked.args == ["b"]
    driver.drawn("pins", driver.view.clear)
    assert driver.js("geoguess.overlay.pins") == []


def test_new_partitions_never_show_the_old_answer(driver: MapDriver) -> None:
    old = [partition_around("only", [PARIS], 5)]
    driver.drawn("partitions", lambda: driver.view.set_partitions(old))
    driver.drawn("prediction", lambda: driver.view.show_prediction(answer_at(PARIS, old)))
    driver.drawn("partitions", lambda: driver.view.set_partitions([world_partition("new", 50)]))
    driver.await_js("geoguess.cells.partition('new')?.rings?.count === 50")
    assert driver.js("geoguess.prediction") is None


def test_controls_do_not_overlap_in_a_small_pane(qtbot: QtBot) -> None:
    driver = MapDriver(qtbot, 380, 400).open()
    partitions = [partition_around(name, [PARIS], level) for name, level in
                  (("coarse", 4), ("middle", 6), ("fine", 8))]  # fmt: skip
    driver.drawn("partitions", lambda: driver.view.set_partitions(partitions))
    state = answer_at(PARIS, partitions, cannot_tell=True)
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    boxes = driver.js(
        "['.buttons', '.banner', '.panel', '.notes'].map(s => (r => [r.left, r.top, r.right,"
        " r.bottom])(document.querySelector(s).getBoundingClientRect()))"
    )
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= 380
        assert 0 <= top < bottom <= 400
    for a, b in itertools.combinations(boxes, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (a, b)


def test_labels_do_not_overlap(driver: MapDriver) -> None:
    driver.look_at(50.0, 8.0, 5.5)
    boxes = driver.js("geoguess.labels.taken.boxes.filter(b => b[2] - b[0] > 8)")  # not the dots
    assert len(boxes) > 20
    for a, b in itertools.combinations(boxes, 2):
        if a != b:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (a, b)
