"""What the map says of an answer: regions, marks, words, and candidates that are clicked."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint

from geoguess_app.core.types import Candidate, Conflict, Coordinate, Radii
from geoguess_app.ui.work.map_state import MapState
from tests.ui.map_page import MapDriver
from tests.ui.map_samples import BERLIN, PARIS, TAVEUNI, answer_at, partition_around

FAR = "877\N{NO-BREAK SPACE}km"
"""From Paris to Berlin."""


def candidate(rank: int, place: Coordinate, probability: float, cell: str = "47a1c") -> Candidate:
    return Candidate(rank, cell, 0, place, probability)


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
    expected = f"3.2% · cell {partition.tokens[at_paris]} · {photos} {unit}"
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
    assert any("Final answer" in text and "23%" in text for text in words)
    assert any("Other hypothesis" in text and "41%" in text and FAR in text for text in words)
    assert len(driver.js("geoguess.overlay.links")) == 1


def test_known_position_is_marked_with_its_distance(driver: MapDriver) -> None:
    state = answer_at(PARIS, [partition_around("only", [PARIS], 5)], known=BERLIN)
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    (words,) = driver.js("[...document.querySelectorAll('.tag-known')].map(t => t.textContent)")
    assert words == f"Taken here (GPS) · {FAR} off"


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


def test_highlight_marks_one_candidate_and_brings_it_into_view(driver: MapDriver) -> None:
    state = answer_at(PARIS, [partition_around("only", [PARIS], 5)],
                      (candidate(1, PARIS, 0.6), candidate(2, BERLIN, 0.3)))  # fmt: skip
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    driver.look_at(48.8, 2.3, 7.0)
    driver.drawn("highlight", lambda: driver.view.highlight_candidate(2))
    chosen = "[...document.querySelectorAll('.chosen')].map(n => n.getAttribute('aria-label'))"
    assert driver.js(chosen) == ["Candidate 2, 30%, cell 47a1c"]
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
