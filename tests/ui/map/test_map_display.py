"""What of an answer's cells the map shows: scale, least probability, how many, outlines, layers."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from geoguess_app.core import cells
from geoguess_app.core.types import COMBINED, Coordinate
from geoguess_app.ui.work.map_state import Display, MapState
from tests.ui.map_page import MapDriver
from tests.ui.map_samples import BERLIN, PARIS, falling_off, partition_around

NEAR_PARIS = [Coordinate(48.8566 + 0.9 * i, 2.3522 + 1.3 * j) for i in range(4) for j in range(4)]


@pytest.fixture
def shown(driver: MapDriver) -> tuple[MapDriver, MapState]:
    """A map with some cells of unlike probability in three layers."""
    partitions = [
        partition_around("coarse", [PARIS, BERLIN], 4),
        partition_around("fine", NEAR_PARIS, 8),
    ]
    layers = {
        partition.name: (np.arange(partition.size), falling_off(partition, PARIS, 60.0))
        for partition in partitions
    }
    state = MapState(layers={**layers, COMBINED: layers["fine"]}, answer=PARIS)
    driver.drawn("partitions", lambda: driver.view.set_partitions(partitions))
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    return driver, state


def shown_cells(driver: MapDriver) -> set[int]:
    return set(driver.js("geoguess.cells.layers[geoguess.cells.active].cells"))


def test_only_the_likeliest_cells_are_shown_on_request(shown: tuple[MapDriver, MapState]) -> None:
    driver, state = shown
    indices, probabilities = state.layers[COMBINED]
    driver.drawn("display", lambda: driver.view.set_display(Display(top=5)))
    expected = {int(i) for i in indices[np.argsort(-probabilities)[:5]]}
    assert shown_cells(driver) == expected
    assert driver.js("document.querySelector('.legend .note').textContent") == (
        f"5 of {len(indices)} cells shown"
    )


def test_cells_below_the_threshold_are_left_out(shown: tuple[MapDriver, MapState]) -> None:
    driver, state = shown
    indices, probabilities = state.layers[COMBINED]
    least = float(np.sort(probabilities)[len(probabilities) // 2])
    driver.drawn("display", lambda: driver.view.set_display(Display(least=least)))
    assert shown_cells(driver) == {
        int(i) for i, p in zip(indices, probabilities, strict=True) if p >= least * 0.999
    }


def test_the_outline_goes_round_the_smallest_set_that_holds_the_share(
    shown: tuple[MapDriver, MapState],
) -> None:
    driver, state = shown
    indices, probabilities = state.layers[COMBINED]
    order = np.argsort(-probabilities)
    held = np.cumsum(probabilities[order])
    expected = {int(i) for i in indices[order[: int(np.searchsorted(held, 0.8)) + 1]]}
    driver.drawn("display", lambda: driver.view.set_display(Display(region=80)))
    assert set(driver.js("geoguess.cells.credible")) == expected
    driver.look_at(PARIS.latitude_deg, PARIS.longitude_deg, 7.0)
    # It lies around the set: something is painted, and nothing inside the likeliest cell.
    assert painted_above(driver, driver.view.rect().center(), reach=200)
    assert not painted_above(driver, driver.point(partition_centre(indices[order[0]])), reach=3)
    driver.drawn("display", lambda: driver.view.set_display(Display()))
    assert driver.js("geoguess.credible.isEmpty")


def partition_centre(index: int) -> Coordinate:
    partition = partition_around("fine", NEAR_PARIS, 8)
    latitude, longitude = cells.centers(partition.cell_ids[[int(index)]])
    return Coordinate(float(latitude[0]), float(longitude[0]))


def painted_above(driver: MapDriver, at: QPoint, reach: int) -> bool:
    """Whether the upper canvas has any paint in a square of the view."""
    return bool(
        driver.js(
            "(() => { const g = geoguess.above, r = devicePixelRatio, i = g.window.inner;"
            f" const x = (i.left + {at.x() - reach}) * r, y = (i.top + {at.y() - reach}) * r;"
            f" const side = {2 * reach} * r;"
            " const copy = new OffscreenCanvas(side, side).getContext('2d');"
            " copy.drawImage(g.canvas, -x, -y);"
            " const { data } = copy.getImageData(0, 0, side, side);"
            " return data.some((value, n) => n % 4 === 3 && value); })()"
        )
    )


def test_a_linear_scale_colours_by_share_of_the_highest(shown: tuple[MapDriver, MapState]) -> None:
    driver, state = shown
    driver.drawn("display", lambda: driver.view.set_display(Display(per="cell")))
    probabilities = state.layers[COMBINED][1]
    most = float(probabilities.max())
    shade = "geoguess.cells.shade(geoguess.cells.layers.combined, %.9g)"
    assert driver.js(shade % (most / 2)) > 0.85  # logarithmic: half is nearly all
    driver.drawn("display", lambda: driver.view.set_display(Display("linear", "cell")))
    assert driver.js(shade % (most / 2)) == pytest.approx(0.5, abs=0.01)
    assert driver.js("document.querySelector('.ticks .first').textContent") == "0%"


def test_what_is_chosen_in_the_page_reaches_the_window_and_is_kept(
    shown: tuple[MapDriver, MapState], qtbot: QtBot
) -> None:
    driver, _ = shown
    with qtbot.waitSignal(driver.view.displayChanged) as told:
        driver.js(
            "(document.querySelector('.toggle').click(), geoguess.display.top.input.value = 10,"
            " geoguess.display.top.input.dispatchEvent(new Event('change')), 1)"
        )
    assert told.args == [Display(top=10)] == [driver.view.display()]
    with qtbot.waitSignal(driver.view.ready, timeout=30_000):
        driver.web.reload()
    driver.await_js("geoguess.display.state.top === 10")


def test_the_layers_are_played_from_coarse_to_fine(
    shown: tuple[MapDriver, MapState], qtbot: QtBot
) -> None:
    driver, _ = shown
    seen: list[str] = []
    driver.view.layerChosen.connect(seen.append)
    driver.view.play_layers()
    qtbot.waitUntil(lambda: seen == ["coarse", "fine", COMBINED], timeout=10_000)
    driver.await_js("geoguess.display.timer === 0")
