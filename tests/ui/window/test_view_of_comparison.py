"""A comparison in a view, saved in one window and opened in another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from geoguess_app.core.bundle import write_bundle
from geoguess_app.ui.compare.mode import CompareMode
from geoguess_app.ui.shell.window import MainWindow
from tests.core.tiny_bundle import shared_parts
from tests.ui.window.conftest import ANSWER_MS, OpenWindow, all_done
from tests.ui.window.view_parts import change, look_at, save, settled_at_place


@pytest.fixture(scope="module")
def second(
    open_window: OpenWindow,
    first: MainWindow,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[MainWindow]:
    """Another one, with settings and data of its own, that they are opened in."""
    with open_window(tmp_path_factory.mktemp("second")) as window:
        yield window


@pytest.fixture(scope="module")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the same kind with other weights."""
    parts, folder = shared_parts(seed=7), tmp_path_factory.mktemp("others") / "other"
    return write_bundle(folder, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)


def compared(window: MainWindow, qtbot: QtBot) -> CompareMode:
    mode = window.modes.get("compare")
    assert isinstance(mode, CompareMode)
    qtbot.waitUntil(lambda: all(mode.sides), timeout=ANSWER_MS)
    return mode


@pytest.fixture
def comparison(
    first: MainWindow, photos: list[Path], other_model: Path, tmp_path: Path, qtbot: QtBot
) -> Path:
    """A view of two photos by two models, the second by the network for one scene."""
    first.modes.switch("locate")
    first.locate.model.clear()
    first.intake.open_paths(photos[:2])
    qtbot.waitUntil(all_done(first, 2), timeout=ANSWER_MS)
    first.locate.list.select(photos[0])
    mode = first.modes.switch("compare")
    assert isinstance(mode, CompareMode)
    mode.pickers[1].otherPhoto.emit(photos[1])
    mode.pickers[1].otherModel.emit(other_model)
    qtbot.waitUntil(lambda: mode.pickers[1].chosen_model() == other_model, timeout=ANSWER_MS)
    way = mode.pickers[1].way
    way.setCurrentIndex(way.findText("Indoor network"))
    way.activated.emit(way.currentIndex())
    mode.actions()[2].trigger()
    compared(first, qtbot)
    look_at(first, qtbot)
    path = tmp_path / "photos" / "two.geoview"
    state = save(first, path)
    assert [side["photo"] for side in state["sides"]] == ["photo_1.jpg", "photo_2.jpg"]
    return path


def test_a_comparison_is_made_again(
    comparison: Path, first: MainWindow, second: MainWindow, other_model: Path, qtbot: QtBot
) -> None:
    assert second.locate.model.rowCount() == 0
    own = second.locator.model
    second.views.open(comparison)
    found, made = compared(second, qtbot), first.modes.get("compare")
    settled_at_place(second, qtbot)
    for side, same in zip(found.sides, made.sides, strict=True):
        assert (side.photo, side.way, side.model) == (same.photo, same.way, same.model)
        assert side.prediction.coordinate == same.prediction.coordinate
    assert found.sides[1].way == "indoor network"
    assert found.pickers[1].chosen_model() == other_model
    assert found.view_box.currentData() == "b"
    assert found.panel.verdict.text() == made.panel.verdict.text()
    assert second.locator.model is own


def test_what_a_comparison_lacks_is_said(
    comparison: Path, second: MainWindow, photos: list[Path], tmp_path: Path, qtbot: QtBot
) -> None:
    sides = json.loads(comparison.read_text())["state"]["sides"]
    sides[0]["photo"] = "gone.jpg"
    sides[1].update(model="gone.geomodel", model_name="Gone 1", way="by the stars")
    change(comparison, sides=sides)
    second.views.open(comparison)
    mode = second.modes.get("compare")
    qtbot.waitUntil(lambda: mode.sides[1] is not None, timeout=ANSWER_MS)
    gone = comparison.parent / "gone"
    assert second.notice.text == (
        f"The photo for side A was not found ({gone}.jpg). "
        f"The model for side B was not found ({gone}.geomodel), so Tiny 0.1 is used instead of "
        "Gone 1. Tiny 0.1 does not support “by the stars”, so side B uses the default method."
    )
    assert mode.sides[0] is None
    assert mode.sides[1].photo == photos[1]
    settled_at_place(second, qtbot)
