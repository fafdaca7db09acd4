"""The diamonds of known photos on the real page: painted, named under the pointer, clickable."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from geoguess_app.core.explain.alike import LookAlike
from geoguess_app.core.explain.spots import AlikeSpot, spots
from geoguess_app.core.types import Coordinate, Place
from geoguess_app.ui.why.alike_table import AlikeModel
from geoguess_app.ui.why.dots import dots
from tests.ui.map_page import MapDriver

LISBON, PORTO, FIJI = Coordinate(38.72, -9.14), Coordinate(41.15, -8.61), Coordinate(-18.1, 178.4)
TOOLTIP = "document.querySelector('.tooltip')"


def photo(number: int, place: Coordinate, similarity: float) -> LookAlike:
    return LookAlike(number, place, similarity, number + 1, 0.1, 12.0, True)


def shown(driver: MapDriver, chosen: int) -> list[AlikeSpot]:
    found = spots(
        [photo(0, LISBON, 0.9), photo(1, LISBON, 0.8), photo(2, PORTO, 0.7), photo(3, FIJI, 0.6)]
    )
    named = AlikeModel()
    named.show_spots(found, {0: Place("Lisboa", "", "Portugal", "PT")}, {})
    driver.drawn("why", lambda: driver.view.push("why", dots(found, named, chosen)))
    return found


def paint(driver: MapDriver, place: Coordinate) -> np.ndarray:
    """What lies on the layer above the map, 9 × 9 pixels around a place: RGBA."""
    at = driver.point(place)
    flat = driver.js(
        "(() => { const g = geoguess.above, r = devicePixelRatio, i = g.window.inner;"
        " const spot = new OffscreenCanvas(9, 9).getContext('2d');"
        f" spot.drawImage(g.canvas, 4 - (i.left + {at.x()}) * r, 4 - (i.top + {at.y()}) * r);"
        " return Array.from(spot.getImageData(0, 0, 9, 9).data); })()"
    )
    return np.array(flat).reshape(9, 9, 4)


def test_bursts_are_one_spot(driver: MapDriver) -> None:
    found = shown(driver, 0)
    assert [spot.count for spot in found] == [2, 1, 1]
    assert found[0].vote == pytest.approx(0.2)


def test_dots_are_painted_where_they_are_and_go_again(driver: MapDriver) -> None:
    driver.look_at(40.0, -9.0, 5)
    assert not paint(driver, PORTO).any()
    shown(driver, 0)
    driver.look_at(40.0, -9.0, 5)
    middle = paint(driver, PORTO)[4, 4]
    assert middle[3] == 255
    assert (paint(driver, LISBON)[4, 4] == middle).all()
    # Its other copy, beyond the date line, is seen as well.
    driver.look_at(-18.0, -179.0, 5)
    assert paint(driver, FIJI)[4, 4][3] == 255
    driver.drawn("why", lambda: driver.view.push("why", None))
    driver.look_at(40.0, -9.0, 5)
    assert not paint(driver, PORTO).any()


def test_the_pointer_names_them_and_a_click_chooses(driver: MapDriver, qtbot: QtBot) -> None:
    clicked: list[int] = []
    driver.view.listen("whyDot", clicked.append)
    shown(driver, 1)
    driver.look_at(40.0, -9.0, 5)
    driver.move_to(driver.point(LISBON))
    driver.await_js(f"{TOOLTIP}.textContent.includes('Lisboa, Portugal')")
    assert "90" in driver.js(f"{TOOLTIP}.textContent")
    driver.click(driver.point(LISBON))
    qtbot.waitUntil(lambda: clicked == [0], timeout=10_000)
    driver.look_at(-18.0, -179.0, 5)
    driver.click(driver.point(FIJI))
    qtbot.waitUntil(lambda: clicked == [0, 2], timeout=10_000)
