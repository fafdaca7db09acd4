"""The map below everything: land, sea, names, themes, seen in its real pixels."""

from __future__ import annotations

import itertools

from geoguess_app.core.types import Coordinate
from tests.ui.map_page import MapDriver

SAHARA = Coordinate(23.3, 5.7)
OPEN_SEA = Coordinate(41.3, -38.7)


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


def test_theme_changes_every_colour(driver: MapDriver) -> None:
    driver.look_at(30.0, 0.0, 4.0)
    light = [driver.painted(SAHARA), driver.painted(Coordinate(36.5, -15.0))]
    driver.drawn("theme", lambda: driver.view.set_theme("dark"))
    dark = [driver.painted(SAHARA), driver.painted(Coordinate(36.5, -15.0))]
    for day, night in zip(light, dark, strict=True):
        assert night.lightnessF() < 0.3 < 0.7 < day.lightnessF()
    card = driver.js("getComputedStyle(document.querySelector('.buttons')).backgroundColor")
    assert card.startswith("rgba(26, 32, 40")


def test_labels_do_not_overlap(driver: MapDriver) -> None:
    driver.look_at(50.0, 8.0, 5.5)
    boxes = driver.js("geoguess.labels.taken.boxes.filter(b => b[2] - b[0] > 8)")  # not the dots
    assert len(boxes) > 20
    for a, b in itertools.combinations(boxes, 2):
        if a != b:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (a, b)


def test_lakes_are_water_from_afar_and_from_near(driver: MapDriver) -> None:
    driver.await_js("geoguess.detail.world")
    victoria, vanern = Coordinate(-1.3, 33.0), Coordinate(59.05, 13.55)
    driver.look_at(36.4, -13.7, 6.0)
    sea = driver.painted(Coordinate(36.4, -13.7))
    driver.look_at(victoria.latitude_deg, victoria.longitude_deg, 4.3)
    assert driver.painted(victoria) == sea
    driver.look_at(58.95, 13.5, 8.6)
    assert driver.painted(vanern) == sea
    assert driver.painted(Coordinate(58.6, 13.9)) != sea, "the shore is land"


def test_a_near_view_has_rivers_and_all_towns_and_no_edges_of_tiles(driver: MapDriver) -> None:
    driver.look_at(47.56, 7.6, 9.6)
    shown = "geoguess.detail.cover(geoguess.ground.window).map((tile) => tile.shapes)"
    assert driver.js(f"{shown}.every((shapes) => shapes.rivers[0].count > 0)")
    assert driver.js("geoguess.labels.taken.boxes.filter(b => b[2] - b[0] > 8).length") > 40
    # Far from any coast only lakes have shores: none runs along a whole tile.
    longest = driver.js(
        f"Math.max(...{shown}.flatMap(({{ coast }}) => Array.from({{ length: coast.count }}, "
        "(_, i) => coast.boxes[4 * i + 2] - coast.boxes[4 * i])))"
    )
    assert longest < 0.7 / 128


def test_land_is_whole_where_tiles_meet(driver: MapDriver) -> None:
    driver.look_at(51.5, 33.75, 10.0)  # a corner of four tiles, x = 76 / 128
    near = [Coordinate(51.43, 33.75 + step * 0.0007) for step in range(-4, 5)]
    assert len({driver.painted(place).name() for place in near}) == 1
