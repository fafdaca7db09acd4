"""Where the map looks, what its keys do, and how it fits into panes of any size."""

from __future__ import annotations

import itertools

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from geoguess_app.core.types import Radii
from geoguess_app.ui.work.map_state import MapState
from tests.ui.map_page import MapDriver
from tests.ui.map_samples import PARIS, answer_at, partition_around


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


def test_what_is_small_is_shown_with_its_surroundings(driver: MapDriver) -> None:
    at = "((lat, lon) => { const p = L.CRS.EPSG3857.latLngToPoint(L.latLng(lat, lon), 0);"
    flat = " return [p.x / 256, p.y / 256]; })"
    seen_km = "(b => geoguess.map.distance(b.getSouthWest(), b.getSouthEast()) / 1000)"
    for degrees, least_km, most_km in ((0.02, 80, 400), (0.002, 16, 80)):
        ring = f"[...{at}{flat}(48.85, 2.35), ...{at}{flat}({48.85 + degrees}, 2.35)]"
        driver.js(f"(geoguess.motion.fitOutline({ring}, {{around: true}}), 1)")
        driver.await_js(f"!geoguess.dirty && {seen_km}(geoguess.map.getBounds()) < {most_km}")
        assert driver.js(f"{seen_km}(geoguess.map.getBounds())") >= least_km


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


def test_an_answer_to_a_town_is_shown_with_the_towns_around(driver: MapDriver) -> None:
    state = MapState(answer=PARIS, radii=Radii(1.5, 2.1, 700.0))
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    driver.press(Qt.Key.Key_F)
    driver.await_js("geoguess.map.getZoom() > 4 && !geoguess.ground.moving")
    bounds = "geoguess.map.getBounds()"
    across_deg = driver.js(f"{bounds}.getNorth() - {bounds}.getSouth()")
    assert 80 < across_deg * 111.2 < 160, "in km"


def test_a_flight_ends_where_it_was_to_end_though_the_view_changes_its_size(
    driver: MapDriver,
) -> None:
    driver.look_at(47.0, 30.0, 5.0)
    before = driver.view.size()
    fly = f"geoguess.motion.go([{PARIS.latitude_deg}, {PARIS.longitude_deg}], 7)"
    driver.js(f"({fly}, 1)")
    driver.view.resize(before.width() - 90, before.height())
    try:
        driver.await_js("geoguess.map.getZoom() === 7 && geoguess.motion.goal === null")
        assert abs(driver.js("geoguess.map.getCenter().lng") - PARIS.longitude_deg) < 0.1
    finally:
        driver.view.resize(before)


def test_who_asks_for_less_motion_is_there_at_once(driver: MapDriver) -> None:
    driver.look_at(47.0, 30.0, 5.0)
    assert driver.js("matchMedia('(prefers-reduced-motion: reduce)').matches"), "as tests ask for"
    driver.allow_motion(False)
    try:
        go = f"geoguess.motion.go([{PARIS.latitude_deg}, {PARIS.longitude_deg}], 7)"
        zoom, flight = driver.js(f"({go}, [geoguess.map.getZoom(), geoguess.motion.goal])")
        assert (zoom, flight) == (7, None)
    finally:
        driver.allow_motion()


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
