"""The map while it moves: painted in steps, and in the end the same as painted at once."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from geoguess_app.ui.work.map_state import MapState
from tests.ui.map_page import MapDriver
from tests.ui.map_samples import world_partition

CELLS = 4000
_SUM = """
(() => {
  const { canvas } = geoguess.ground;
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
  copy.drawImage(canvas, 0, 0);
  const bytes = copy.getImageData(0, 0, canvas.width, canvas.height).data;
  let sum = 7;
  for (let n = 0; n < bytes.length; n++) sum = (sum * 31 + bytes[n]) | 0;
  return sum;
})()
"""
_AT_ONCE = "(geoguess.ground.paintAtOnce(), 1)"
_COUNT = """
(() => {
  const { ground } = geoguess;
  window.counted = { shown: 0, steps: 0, atOnce: 0 };
  const [show, atOnce] = [ground.show, ground.paintAtOnce];
  ground.show = function (painting) { counted.shown++; return show.call(this, painting); };
  ground.paintAtOnce = function () { counted.atOnce++; return atOnce.call(this); };
  ground.onFrame = ((old) => function () {
    if (this.painting) counted.steps++;
    return old.apply(this, arguments);
  })(ground.onFrame);
  ground.cost = 1000; // a slow machine: painting does not fit into a frame
  return 1;
})()
"""


@pytest.fixture
def driver(qtbot: QtBot) -> MapDriver:
    opened = MapDriver(qtbot).open()
    partition = world_partition("fine", CELLS)
    opened.drawn("partitions", lambda: opened.view.set_partitions([partition]))
    p = np.arange(1, CELLS + 1) / (CELLS * (CELLS + 1) / 2)
    state = MapState({"fine": (np.arange(CELLS), p)})
    opened.drawn("prediction", lambda: opened.view.show_prediction(state))
    opened.look_at(30.0, 10.0, 2.5)
    opened.js(_COUNT.strip())
    return opened


def settled(driver: MapDriver, move: str) -> None:
    """Move the map and wait until it is painted at rest."""
    driver.js(f"({move}, 1)")
    driver.await_js("!geoguess.dirty")


def test_a_picture_painted_in_steps_is_the_one_painted_at_once(driver: MapDriver) -> None:
    settled(driver, "geoguess.map.setZoom(2.8, { animate: false })")
    counted = driver.js("counted")
    assert counted["shown"] >= 1
    assert counted["steps"] >= 1, "it took more than one frame"
    assert counted["atOnce"] == 0
    in_steps = driver.js(_SUM)
    driver.js(_AT_ONCE)
    assert driver.js(_SUM) == in_steps
    settled(driver, "geoguess.map.panBy([40, 10], { animate: false })")
    assert driver.js(_SUM) != in_steps, "the sum tells pictures apart"


def test_the_old_picture_is_stretched_until_the_new_one_is_whole(driver: MapDriver) -> None:
    driver.js("(geoguess.map.setZoom(3.0, { animate: false }), 1)")
    grown, width = driver.js(
        "[geoguess.ground.grown, geoguess.ground.canvas.getBoundingClientRect().width"
        " / geoguess.ground.window.width]"
    )
    assert grown == pytest.approx(2**0.5, rel=1e-3)
    assert width == pytest.approx(grown, rel=1e-3)
    driver.await_js("!geoguess.dirty")
    assert driver.js("geoguess.ground.grown") == 1


def test_on_the_way_out_the_whole_of_what_comes_is_painted(driver: MapDriver) -> None:
    driver.look_at(30.0, 10.0, 4.0)
    driver.js("(counted.shown = 0, geoguess.ground.cost = 1000, geoguess.motion.zoomBy(-0.6), 1)")
    driver.await_js("geoguess.ground.painting !== null || counted.shown > 0")
    scale, target = driver.js(
        "[(geoguess.ground.painting ?? geoguess.ground).window.scale, 256 * 2 ** 3.4]"
    )
    assert scale == pytest.approx(target)
    driver.await_js("!geoguess.dirty")
    assert driver.js("geoguess.map.getZoom()") == pytest.approx(3.4)
    corners = driver.js(
        "(() => { const { left, top, inner } = geoguess.ground.window;"
        " const { min } = geoguess.map.getPixelBounds();"
        " return [left + inner.left - min.x, top + inner.top - min.y]; })()"
    )
    assert np.abs(corners).max() < 2, "painted where the map came to rest"


def test_a_jump_far_away_is_painted_at_once(driver: MapDriver) -> None:
    settled(driver, "geoguess.map.setView([-30, 140], 6, { animate: false })")
    assert driver.js("counted.atOnce") >= 1


def test_what_changes_while_a_picture_is_in_the_making_is_shown(driver: MapDriver) -> None:
    driver.js("(geoguess.map.setZoom(2.9, { animate: false }), 1)")
    driver.await_js("geoguess.ground.painting !== null || counted.shown > 0")
    driver.drawn("theme", lambda: driver.view.set_theme("dark"))
    driver.await_js("!geoguess.dirty")
    shown = driver.js(_SUM)
    driver.js(_AT_ONCE)
    assert driver.js(_SUM) == shown


def test_a_picture_given_up_half_way_leaves_nothing_behind(driver: MapDriver) -> None:
    """Every number of steps: the clip of a band of rows must not outlive it."""
    driver.look_at(30.0, 10.0, 2.6)
    driver.js(_AT_ONCE)
    whole = driver.js(_SUM)
    for steps in range(1, 6):
        driver.js(
            "(() => { const g = geoguess.ground; g.begin();"
            f" for (let n = 0; n < {steps}; n++) g.painting.steps.next();"
            " g.drop(); g.begin(); g.painting.finish(); g.show(g.painting); return 1; })()"
        )
        assert driver.js(_SUM) == whole, steps


def test_content_can_fade_in_and_is_reported_when_painted(driver: MapDriver) -> None:
    before = driver.js(_SUM)
    driver.js("(geoguess.ground.fade(), 1)")
    driver.drawn("theme", lambda: driver.view.set_theme("dark"))
    driver.await_js("!geoguess.dirty && geoguess.ground.fading === null")
    assert driver.js(_SUM) != before
    assert driver.js("geoguess.ground.spare.hidden")
