"""Why here, in the real window: regions over the photo, known photos, dots on the map."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from geoguess_app.core.area.areas import Box
from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.explain.activation import CellTarget, SceneTarget, activation_map
from geoguess_app.core.predictor import Predictor
from geoguess_app.core.types import Coordinate, Level
from geoguess_app.ui.shell.window import MainWindow
from geoguess_app.ui.why.body import WhyBody
from geoguess_app.ui.why.dots import both_in_view
from geoguess_app.ui.why.questions import QuestionKind
from tests.core.bundle.test_bank_photos import COUNT, webp, with_photos, written
from tests.core.explained import bundles, neighbours_alone
from tests.ui.window.conftest import ANSWER_MS, LOADING_MS, all_done


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    """The shared window with the section closed, whatever the test before left."""
    shared_window.locate.detail.why.heading.setChecked(False)
    return shared_window


def located(window: MainWindow, photos: list[Path], qtbot: QtBot) -> None:
    window.intake.open_paths(photos)
    qtbot.waitUntil(all_done(window, len(photos)), timeout=ANSWER_MS)


def opened(window: MainWindow, qtbot: QtBot) -> WhyBody:
    QTest.keyClick(window.locate.list.view, Qt.Key.Key_Y)
    qtbot.waitUntil(lambda: window.locate.why.found is not None, timeout=ANSWER_MS)
    return window.locate.why.body


def pixels(body: WhyBody) -> np.ndarray:
    image = body.view.overlay
    assert image is not None
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return raw[:, : 4 * image.width()].reshape(image.height(), image.width(), 4).astype(int)


@pytest.fixture
def shown(window: MainWindow, photos: list[Path], qtbot: QtBot) -> MainWindow:
    """Two photos are located, the first is chosen."""
    located(window, photos[:2], qtbot)
    return window


def test_opening_it_shows_the_regions_of_the_answer(shown: MainWindow, qtbot: QtBot) -> None:
    assert shown.locate.detail.why.isVisibleTo(shown.locate.detail)
    assert not shown.locate.detail.why.is_open
    assert shown.locate.detail.why.body is None
    assert shown.map_pane.map is not None
    shown.map_pane.map.cellClicked.emit("coarse", 1)
    assert shown.locate.why.found is None, "a closed section is not asked"

    body = opened(shown, qtbot)
    assert body.isVisibleTo(shown.locate.detail)
    assert shown.locate.detail.why.heading.hasFocus()
    assert shown.locate.detail.verticalScrollBar().value() > 0
    found = shown.locate.why.found
    row = shown.locate.list.current()
    assert found is not None
    assert row is not None
    assert shown.locator.model is not None
    cell = row.outcome.located.prediction.candidates[0].cell_index
    expected = activation_map(shown.locator.model.predictor, row.path, CellTarget("combined", cell))
    np.testing.assert_allclose(found.regions.values, expected.values, atol=1e-4)
    # The colours: the loudest place is the yellowest, blue is where it is silent.
    coloured = pixels(body)
    values = expected.smooth(coloured.shape[1], coloured.shape[0])
    yellow = coloured[..., 0] - coloured[..., 2]
    loud, silent = np.unravel_index(values.argmax(), values.shape), values <= 0
    assert yellow[loud] > 60
    assert yellow[silent].max(initial=-99) < 0
    assert body.words.text().startswith("Strongest in ")
    assert body.words.text() in body.view.accessibleDescription()
    unsure = row.outcome.located.prediction.level is Level.CANNOT_TELL
    assert bool(body.caution.text()) == unsure
    assert body.title.text().startswith("Best guess") == unsure
    shown.locate.actions_.why.trigger()
    assert not body.isVisibleTo(shown.locate.detail)


def test_runner_up_scenes_candidates_and_cells(shown: MainWindow, qtbot: QtBot) -> None:
    body = opened(shown, qtbot)
    first = pixels(body)
    qtbot.mouseClick(body.buttons[QuestionKind.RUNNER_UP], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown.locate.why.found is not None, timeout=ANSWER_MS)
    row = shown.locate.list.current()
    assert row is not None
    assert row.outcome is not None
    second = row.outcome.located.prediction.candidates[1]
    assert shown.locate.why.found.regions.target == CellTarget("combined", second.cell_index)
    assert all(spot.best.here for spot in shown.locate.why.found.spots)
    assert np.abs(pixels(body) - first).max() > 0

    qtbot.mouseClick(body.buttons[QuestionKind.SCENE], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown.locate.why.found is not None, timeout=ANSWER_MS)
    assert isinstance(shown.locate.why.found.regions.target, SceneTarget)
    assert body.scenes.isVisibleTo(body)
    assert not body.table.isVisibleTo(body)
    body.scenes.activated.emit(1)
    qtbot.waitUntil(lambda: shown.locate.why.found is not None, timeout=ANSWER_MS)
    best = np.argsort(-row.outcome.located.prediction.scene.s365, kind="stable")[1]
    assert shown.locate.why.found.regions.target == SceneTarget("s365", int(best))

    shown.locate.detail.candidates.choose(4)
    qtbot.waitUntil(lambda: shown.locate.why.found is not None, timeout=ANSWER_MS)
    assert not any(button.isChecked() for button in body.buttons.values())
    assert "·" in body.title.text()

    assert shown.map_pane.map is not None
    shown.map_pane.map.cellClicked.emit("coarse", 1)
    qtbot.waitUntil(lambda: shown.locate.why.found is not None, timeout=ANSWER_MS)
    assert shown.locate.why.found.regions.target == CellTarget("coarse", 1)
    assert "(coarse cell)" in body.title.text()
    assert "without look-alikes" in body.said.text()


def test_look_alikes_with_a_picture_show_it_with_author_and_licence(
    make_window: Callable[..., MainWindow], photos: list[Path], tmp_path: Path, qtbot: QtBot
) -> None:
    red = webp((96, 64), "red")
    parts = with_photos(dict.fromkeys(range(COUNT), red))
    window = make_window(written(parts, tmp_path / "pictured.geomodel"))
    window.start([])
    qtbot.waitUntil(lambda: window.locator.model is not None, timeout=LOADING_MS)
    located(window, photos[:1], qtbot)
    body = opened(window, qtbot)
    rows = body.table.rows_model
    picture = rows.index(0, 0).data(Qt.ItemDataRole.DecorationRole)
    assert (picture.width(), picture.height()) == (96, 64)
    assert picture.pixelColor(48, 32).red() > 200
    assert "\nAnn" in rows.index(0, 0).data()
    assert body.table.rowHeight(0) >= body.table.iconSize().height() > 40
    told = rows.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "Ann" in told
    assert "not stored" not in told


def test_known_photos_their_dots_and_the_next_photo(shown: MainWindow, qtbot: QtBot) -> None:
    body = opened(shown, qtbot)
    found, view = shown.locate.why.found, shown.map_pane.map
    assert found is not None
    assert found.alike is not None
    assert view is not None
    row = shown.locate.list.current()
    assert row is not None
    assert row.outcome is not None
    neighbours = row.outcome.located.prediction.neighbours
    assert found.spots[0].best.bank_index == neighbours[0].bank_index
    assert sum(spot.count for spot in found.spots) <= 64
    model = body.table.rows_model
    assert model.rowCount() == len(found.spots) > 1
    assert all(model.index(r, 0).data() for r in range(model.rowCount()))
    assert "the image itself is not stored" in model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    serials: list[str] = []
    view.drawn.connect(lambda topic, _serial: serials.append(topic))
    body.table.selectRow(1)
    qtbot.waitUntil(lambda: "why" in serials, timeout=ANSWER_MS)
    # Another photo takes them away.
    serials.clear()
    shown.locate.list.step(1)
    qtbot.waitUntil(lambda: "why" in serials, timeout=ANSWER_MS)
    assert body.table.picked_row() is None
    # The next explanation may be there already: never the last photo's.
    qtbot.waitUntil(lambda: shown.locate.why.found not in (None, found), timeout=ANSWER_MS)
    assert shown.locate.why.found.regions.values.tolist() != found.regions.values.tolist()


def test_a_photo_that_went_away_is_said_so(shown: MainWindow, qtbot: QtBot) -> None:
    row = shown.locate.list.current()
    assert row is not None
    row.path.unlink()
    QTest.keyClick(shown.locate.list.view, Qt.Key.Key_Y)
    body = shown.locate.why.body
    qtbot.waitUntil(lambda: "does not exist" in body.words.text(), timeout=ANSWER_MS)


@pytest.mark.parametrize("name", ["a trunk each", "own last blocks", "neighbours alone"])
def test_models_of_other_builds(
    name: str,
    make_window: Callable[..., MainWindow],
    tmp_path: Path,
    photos: list[Path],
    qtbot: QtBot,
) -> None:
    parts = neighbours_alone() if name == "neighbours alone" else bundles()[name]
    path = write_bundle(
        tmp_path / "m", parts.manifest, parts.partitions, parts.tensors, parts.extra_files
    )
    window = make_window(path)
    with qtbot.waitSignal(window.map_pane.ready, timeout=LOADING_MS):
        window.start(photos[:1])
    qtbot.waitUntil(all_done(window, 1), timeout=LOADING_MS)
    opened(window, qtbot)
    body = window.locate.why.body
    assert body.buttons[QuestionKind.RUNNER_UP].isEnabled() == (name != "neighbours alone")
    assert ("alone" in body.said.text()) == (name == "neighbours alone")
    expected = activation_map(Predictor(open_bundle(path), "cpu"), photos[0])
    np.testing.assert_allclose(window.locate.why.found.regions.values, expected.values, atol=1e-3)


def test_two_places_fit_into_the_view_across_the_date_line() -> None:
    middle, radius_km = both_in_view(Coordinate(10, 179), Coordinate(10, -179))
    assert abs(middle.longitude_deg) == pytest.approx(180, abs=1e-6)
    assert 120 < radius_km < 250
    assert both_in_view(Coordinate(5, 5), Coordinate(5, 5))[1] == 120
    assert both_in_view(Coordinate(0, 0), Coordinate(0, 180))[1] > 6000


def test_inside_an_area_its_own_answer_is_explained(shown: MainWindow, qtbot: QtBot) -> None:
    row = shown.locate.list.current()
    assert row is not None
    assert row.outcome is not None
    other = row.outcome.located.prediction.candidates[1]
    at = other.coordinate
    shown.locate.areas.search(
        Box(
            at.latitude_deg - 0.5, at.longitude_deg - 0.5, at.latitude_deg + 0.5,
            at.longitude_deg + 0.5,
        )
    )  # fmt: skip
    qtbot.waitUntil(
        lambda: shown.locate.detail.restricted.title.text().startswith("Searched only"),
        timeout=ANSWER_MS,
    )
    body = opened(shown, qtbot)
    assert shown.locate.why.found.regions.target == CellTarget("combined", other.cell_index)
    assert "outside the search area" in body.caution.text()
    shown.locate.areas.box.all.click()
    first = row.outcome.located.prediction.candidates[0].cell_index
    qtbot.waitUntil(
        lambda: (
            shown.locate.why.found is not None
            and shown.locate.why.found.regions.target == CellTarget("combined", first)
        ),
        timeout=ANSWER_MS,
    )
    assert "outside the area" not in body.caution.text()
