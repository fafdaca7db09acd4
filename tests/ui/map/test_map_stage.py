"""The map while it moves: painted in steps, and in the end the same as painted at once."""

from __future__ import annotations

import numpy as np
import pytest

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
  if (window.isCounting) return 1;
  window.isCounting = true;
  const [show, atOnce] = [ground.show, ground.paintAtOnce];
  ground.show = function (painting) { counted.shown++; return show.call(this, painting); };
  ground.paintAtOnce = function () { counted.atOnce++; return atOnce.call(this); };
  ground.onFrame = ((old) => function () {
    if (this.painting) counted.steps++;
    return old.apply(this, arguments);
  })(ground.onFrame);
  return 1;
})()
"""
_SLOW = "(geoguess.ground.cost = 1000, 1)"
"""A slow machine: painting does not fit into a frame."""


@pytest.fixture
def cells(driver: MapDriver) -> MapDriver:
    """Thousands of cells on a map that counts how it paints them."""
    partition = world_partition("fine", CELLS)
    driver.drawn("partitions", lambda: driver.view.set_partitions([partition]))
    p = np.arange(1, CELLS + 1) / (CELLS * (CELLS + 1) / 2)
    state = MapState({"fine": (np.arange(CELLS), p)})
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    driver.look_at(30.0, 10.0, 2.5)
    driver.js(_COUNT.strip())
    driver.js(_SLOW)
    return driver


def settled(driver: MapDriver, move: str) -> None:
    """Move the map and wait until it is painted at rest."""
    driver.js(f"({move}, 1)")
    driver.await_js("!geoguess.dirty")


def test_a_picture_painted_in_steps_is_the_one_painted_at_once(cells: MapDriver) -> None:
    settled(cells, "geoguess.map.setZoom(2.8, { animate: false })")
    counted = cells.js("counted")
    assert counted["shown"] >= 1
    assert counted["steps"] >= 1, "it took more than one frame"
    assert counted["atOnce"] == 0
    in_steps = cells.js(_SUM)
    cells.js(_AT_ONCE)
    assert cells.js(_SUM) == in_steps
    settled(cells, "geoguess.map.panBy([40, 10], { animate: false })")
    assert cells.js(_SUM) != in_steps, "the sum tells pictures apart"


def test_the_old_picture_is_stretched_until_the_new_one_is_whole(cells: MapDriver) -> None:
    cells.js("(geoguess.map.setZoom(3.0, { animate: false }), 1)")
    grown, width = cells.js(
        "[geoguess.ground.grown, geoguess.ground.canvas.getBoundingClientRect().width"
        " / geoguess.ground.window.width]"
    )
    assert grown == pytest.approx(2**0.5, rel=1e-3)
    assert width == pytest.approx(grown, rel=1e-3)
    cells.await_js("!geoguess.dirty")
    assert cells.js("geoguess.ground.grown") == 1


def test_on_the_way_out_the_whole_of_what_comes_is_painted(cells: MapDriver) -> None:
    cells.look_at(30.0, 10.0, 4.0)
    cells.js("(counted.shown = 0, geoguess.ground.cost = 1000, geoguess.motion.zoomBy(-0.6), 1)")
    cells.await_js("geoguess.ground.painting !== null || counted.shown > 0")
    scale, target = cells.js(
        "[(geoguess.ground.painting ?? geoguess.ground).window.scale, 256 * 2 ** 3.4]"
    )
    assert scale == pytest.approx(target)
    cells.await_js("!geoguess.dirty")
    assert cells.js("geoguess.map.getZoom()") == pytest.approx(3.4)
    corners = cells.js(
        "(() => { const { left, top, inner } = geoguess.ground.window;"
        " const { min } = geoguess.map.getPixelBounds();"
        " return [left + inner.left - min.x, top + inner.top - min.y]; })()"
    )
    assert np.abs(corners).max() < 2, "painted where the map came to rest"


def test_a_jump_far_away_is_painted_at_once(cells: MapDriver) -> None:
    settled(cells, "geoguess.map.setView([-30, 140], 6, { animate: false })")
    assert cells.js("counted.atOnce") >= 1


def test_what_changes_while_a_picture_is_in_the_making_is_shown(cells: MapDriver) -> None:
    cells.js("(geoguess.map.setZoom(2.9, { animate: false }), 1)")
    cells.await_js("geoguess.ground.painting !== null || counted.shown > 0")
    cells.drawn("theme", lambda: cells.view.set_theme("dark"))
    cells.await_js("!geoguess.dirty")
    shown = cells.js(_SUM)
    cells.js(_AT_ONCE)
    assert cells.js(_SUM) == shown


def test_a_picture_given_up_half_way_leaves_nothing_behind(cells: MapDriver) -> None:
    """Every number of steps: the clip of a band of rows must not outlive it."""
    cells.look_at(30.0, 10.0, 2.6)
    cells.js(_AT_ONCE)
    whole = cells.js(_SUM)
    for steps in range(1, 6):
        cells.js(
            "(() => { const g = geoguess.ground; g.begin();"
            f" for (let n = 0; n < {steps}; n++) g.painting.steps.next();"
            " g.drop(); g.begin(); g.painting.finish(); g.show(g.painting); return 1; })()"
        )
        assert cells.js(_SUM) == whole, steps


def test_content_can_fade_in_and_is_reported_when_painted(cells: MapDriver) -> None:
    before = cells.js(_SUM)
    cells.js("(geoguess.ground.fade(), 1)")
    cells.drawn("theme", lambda: cells.view.set_theme("dark"))
    cells.await_js("!geoguess.dirty && geoguess.ground.fading === null")
    assert cells.js(_SUM) != before
    assert cells.js("geoguess.ground.spare.hidden")


def test_land_and_lines_are_painted_anew_only_for_another_view_or_theme(cells: MapDriver) -> None:
    painted = "geoguess.basemap.ground.counted"
    cells.js(
        "((kept) => { const { painter } = kept; kept.counted = 0; kept.painter = { paint(...a) {"
        " kept.counted++; return painter.paint(...a); } }; return 1; })(geoguess.basemap.ground)"
    )
    cells.drawn("prediction", lambda: cells.view.show_prediction(None))
    before = cells.js(_SUM.strip())
    assert cells.js(painted) == 0
    cells.drawn("theme", lambda: cells.view.set_theme("dark"))
    assert cells.js(painted) == 1
    assert cells.js(_SUM.strip()) != before
    cells.drawn("theme", lambda: cells.view.set_theme("light"))
    assert cells.js(_SUM.strip()) == before
    cells.look_at(30.0, 20.0, 2.5)
    assert cells.js(painted) > 2
    assert cells.js(_SUM.strip()) != before
