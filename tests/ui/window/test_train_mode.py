"""Train, in the real window with the real trainer: folder → report → model → a photo located."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from geoguess_app.core.predictor import load_predictor
from geoguess_app.ui.shell.modes import MODES
from geoguess_app.ui.shell.window import MainWindow
from geoguess_app.ui.train import runs
from geoguess_app.ui.train.events import PAUSED, TrainingProgress
from geoguess_app.ui.train.mode import TrainMode
from geoguess_app.ui.train.panel import TrainStep
from tests.trainer.engine.sets import RECIPE as NETWORK
from tests.trainer.local.sets import RECIPE, phone_folder, rows_of
from tests.ui.window.conftest import ANSWER_MS, LOADING_MS, all_done

pytestmark = pytest.mark.timeout(900)
TRAINER_MS = 400_000
"""Far more than is needed, for computers that are busy."""
PHOTOS = 40
EPOCHS = 7


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GEOGUESS_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture(scope="module")
def campus(photo_sets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos as a phone leaves them; the last one does not say where it was taken."""
    return phone_folder(photo_sets, tmp_path_factory.mktemp("photos") / "campus", PHOTOS)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A small network of random weights instead of the pretrained one, to be done in seconds."""
    path = tmp_path / "small.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A recipe of the engine: a small network, and so many steps that it can be paused."""
    path = tmp_path / "network.toml"
    text = NETWORK.replace('task = "cells"', 'task = "regression"')
    path.write_text(text.replace("epochs = 2", f"epochs = {EPOCHS}"), encoding="utf-8")
    return path


def entered(window: MainWindow, qtbot: QtBot) -> TrainMode:
    mode = window.modes.switch("train")
    assert isinstance(mode, TrainMode)
    qtbot.waitUntil(lambda: mode.controller.trainers.command is not None, timeout=TRAINER_MS)
    return mode


def checked(mode: TrainMode, source: Path, qtbot: QtBot) -> None:
    assert mode.open_paths([source])
    qtbot.waitUntil(lambda: mode.controller.report is not None, timeout=TRAINER_MS)


def planned(mode: TrainMode, recipe: Path, qtbot: QtBot) -> None:
    qtbot.mouseClick(mode.panel.check.go_on, Qt.MouseButton.LeftButton)
    assert mode.panel.current is TrainStep.RECIPE
    mode.controller.add_recipe(recipe)


def earlier(source: Path, recipe: Path) -> runs.TrainingFolder:
    """A training that was stopped before it had begun."""
    run = runs.new_run(source)
    out = str(runs.model_path("Campus"))
    return run.changed(
        state=runs.STOPPED, recipe=str(recipe), task="local", name="Campus", license="none", out=out
    )


def state_of(folder: Path) -> list[tuple[str, int, int]]:
    return sorted((p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in folder.rglob("*"))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_folder_becomes_a_model_that_the_window_uses(
    window: MainWindow,
    campus: Path,
    recipe: Path,
    data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "no-weights"))
    before = state_of(campus)
    mode = entered(window, qtbot)
    painted: list[str] = []
    window.map_pane.map.drawn.connect(lambda topic, _serial: painted.append(topic))
    checked(mode, campus, qtbot)
    _the_report_is_told(mode)
    qtbot.waitUntil(lambda: "train" in painted, timeout=ANSWER_MS)
    planned(mode, recipe, qtbot)
    body = mode.panel.recipe
    assert body.recipe.itemText(0) == "campus-auto (recommended)"
    assert body.name.text() == "Campus"
    body.author.setText('Ada "L." Lovelace')
    body.license.setCurrentText("CC0 1.0")
    body.show_out(campus / "model.geomodel")
    _a_start_waits_for_what_may_be_missing(mode, recipe, qtbot)
    qtbot.mouseClick(body.start, Qt.MouseButton.LeftButton)
    assert "inside the photo folder" in body.trouble.body.text()
    body.show_out(data_dir / "models" / "Campus.geomodel")
    qtbot.mouseClick(body.start, Qt.MouseButton.LeftButton)
    assert mode.panel.current is TrainStep.TRAIN
    qtbot.waitUntil(lambda: mode.controller.result is not None, timeout=TRAINER_MS)
    _the_result_is_honest(mode, data_dir)
    assert state_of(campus) == before  # nothing is written beside the photos
    _the_model_is_used(window, mode, campus, qtbot)


def _a_start_waits_for_what_may_be_missing(mode: TrainMode, recipe: Path, qtbot: QtBot) -> None:
    body = mode.panel.recipe
    chosen = body.recipe.currentIndex()
    body.recipe.setCurrentText("campus-resnet18")
    qtbot.mouseClick(body.start, Qt.MouseButton.LeftButton)
    assert body.start.text() == "Estimating…"
    assert not body.start.isEnabled()
    qtbot.waitUntil(lambda: not body.weights.isHidden(), timeout=TRAINER_MS)
    assert mode.panel.current is TrainStep.RECIPE
    assert body.start.text() == "Start training"
    assert not body.start.isEnabled()
    assert not body.random_start.isHidden()
    body.recipe.setCurrentIndex(chosen)
    assert body.start.isEnabled()


def _the_report_is_told(mode: TrainMode) -> None:
    page = mode.pages.report
    assert mode.pages.currentWidget() is page
    assert page.title.text() == f"{PHOTOS - 1} of {PHOTOS} photos usable"
    assert ("1", "no position") in page.dropped.rows()
    assert "Half of them are within" in page.extent.text()
    assert "within 25\N{NO-BREAK SPACE}m of another" in page.notes.text()
    assert mode.panel.headers[TrainStep.CHECK].summary == f"{PHOTOS - 1} of {PHOTOS} usable"


def _the_result_is_honest(mode: TrainMode, data_dir: Path) -> None:
    model = data_dir / "models" / "Campus.geomodel"
    manifest = load_predictor(model, "cpu").bundle.manifest
    assert manifest.license == "CC0 1.0"
    assert 'Ada "L." Lovelace' in manifest.description
    figures, result, page = manifest.evaluation, mode.controller.result, mode.pages.result
    assert result.this.median_m == figures["median_m"]
    assert result.nearest.median_m == figures["nearest_neighbour"]["median_m"]
    assert [row[0] for row in page.errors.rows()] == [
        "This model",
        "Position of the closest look-alike",
        "Always the centre of your photos",
        "Always the nearest training photo",
    ]
    assert result.ceiling.median_m == figures["ceiling_nearest_photo"]["median_m"]
    assert result.ceiling.median_m <= result.nearest.median_m
    assert page.poor.isHidden() == result.beats_floor
    held = figures["inside_50_80_95"][1]
    assert page.radii.rows()[1][1].startswith(f"{held} of {figures['photos']} ")
    errors = [test.error_km for test in result.tests]
    assert len(errors) == figures["photos"]
    assert errors == sorted(errors, reverse=True)
    assert result.report.is_file()
    assert result.tests[0].path.is_file()
    tried = mode.pages.training.chart.curves()
    assert {"similar photos", "coordinates", "small cells", "centre of all"} == {
        curve.name for curve in tried
    }
    assert mode.controller.run.plan.state == runs.DONE


def _the_model_is_used(window: MainWindow, mode: TrainMode, campus: Path, qtbot: QtBot) -> None:
    mode.pages.result.table.selectRow(0)
    assert "Error: " in mode.pages.result.answer.text()
    qtbot.mouseClick(mode.panel.result.use, Qt.MouseButton.LeftButton)
    model = mode.controller.result.model
    qtbot.waitUntil(lambda: window.locator.model.path == model, timeout=TRAINER_MS)
    qtbot.waitUntil(lambda: mode.panel.result.use.text() == "In use", timeout=ANSWER_MS)
    window.modes.switch("locate")
    window.intake.open_paths([campus / "IMG_0007.jpg"])
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    answer = window.locate.model.rows()[0].outcome.located.prediction
    assert answer.coordinate.latitude_deg == pytest.approx(34.02, abs=0.05)


def test_a_network_is_trained_with_a_pause_and_a_stop_to_a_model_that_is_used(
    make_window: Callable[..., MainWindow],
    tiny_model: Path,
    campus: Path,
    network: Path,
    qtbot: QtBot,
) -> None:
    run = earlier(campus, network).changed(task="regression")
    window = make_window(tiny_model)
    mode = entered(window, qtbot)
    mode.controller.open_run(run)
    training, body = mode.controller.training, mode.panel.train
    curve = training.progress.validation
    qtbot.waitUntil(lambda: "val_median_km" in curve, timeout=TRAINER_MS)
    qtbot.mouseClick(body.pause, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: training.progress.state == PAUSED, timeout=TRAINER_MS)
    assert body.stage.text() == "Paused"
    assert not body.go_on.isHidden()
    assert body.pause.isHidden()
    qtbot.mouseClick(body.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: body.stage.text() == "Stopped", timeout=TRAINER_MS)
    assert next(runs.runs()).plan.state == runs.STOPPED
    assert not Path(run.plan.out).exists()
    before = training.progress.validation["val_median_km"]
    assert 0 < len(before) < EPOCHS
    window.close()

    window = make_window(tiny_model)
    window.start([])
    qtbot.waitUntil(lambda: window.locator.model is not None, timeout=LOADING_MS)
    mode = entered(window, qtbot)
    offered = mode.panel.photos.runs()
    assert [button.text() for button in offered] == ["Resume Campus"]
    qtbot.mouseClick(offered[0], Qt.MouseButton.LeftButton)
    assert mode.panel.current is TrainStep.TRAIN
    qtbot.waitUntil(lambda: mode.controller.result is not None, timeout=TRAINER_MS)
    assert next(runs.runs()).plan.state == runs.DONE
    _the_network_is_told(mode, before)
    _an_earlier_training_is_shown_whole(mode, qtbot)
    _the_model_is_used(window, mode, campus, qtbot)


def _the_network_is_told(mode: TrainMode, before: list[tuple[float, float]]) -> None:
    result, page = mode.controller.result, mode.pages.result
    figures = load_predictor(result.model, "cpu").bundle.manifest.evaluation
    assert [row[0] for row in page.errors.rows()] == [
        "This model",
        "Always the centre of your photos",
        "Always the nearest training photo",
    ]
    assert result.floor.median_m == figures["floor_mean_point"]["median_m"]
    assert page.poor.isHidden() == result.beats_floor
    assert page.radii.rows()[1][1].startswith(f"{figures['inside_50_80_95'][1]} of ")
    assert "whole spots held out" in page.split.text()
    # The curves go on where the stop was, also in a new window: one point an epoch.
    chart = mode.pages.training.validation
    model, floor = chart.curves()
    assert [x for x, _ in model.points] == list(range(1, EPOCHS + 1))
    assert [y for _, y in model.points[: len(before)]] == [1000 * y for _, y in before]
    assert floor.quiet
    assert "in m" in chart.accessibleName()
    assert mode.pages.training.loss.curves()


def _an_earlier_training_is_shown_whole(mode: TrainMode, qtbot: QtBot) -> None:
    control, body = mode.controller, mode.panel.train
    curves = mode.pages.training.validation.curves()
    result = control.result
    control.another()
    mode.pages.training.show_progress(TrainingProgress())
    control.open_run(next(runs.runs()))
    qtbot.waitUntil(lambda: control.result is not None, timeout=ANSWER_MS)
    assert control.result.this == result.this
    assert mode.pages.training.validation.curves() == curves
    control.go_to(TrainStep.TRAIN)
    assert "on the right" in body.left.text()
    assert all(button.isHidden() for button in (body.pause, body.stop, body.resume, body.change))
    control.go_to(TrainStep.RESULT)


def test_what_goes_wrong_is_one_sentence_and_the_way_stays_open(
    window: MainWindow,
    campus: Path,
    recipe: Path,
    photo_sets: Path,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    mode = entered(window, qtbot)
    control, body = mode.controller, mode.panel.check
    few = tmp_path / "few.csv"
    rows = rows_of(photo_sets, "campus")[:20]
    lines = [f"{row['file']},{row['latitude']},{row['longitude']}" for row in rows]
    few.write_text("\n".join(["file,latitude,longitude", *lines]), encoding="utf-8")
    checked(mode, few, qtbot)
    assert "No photos next to the table" in body.trouble.title.text()
    assert not body.images.isHidden()
    control.choose_images(photo_sets)
    qtbot.waitUntil(lambda: control.report is not None, timeout=TRAINER_MS)
    assert body.trouble.body.text() == "At least 30 usable photos are needed; see the report."
    assert body.go_on.isHidden()
    empty = tmp_path / "empty"
    empty.mkdir()
    assert mode.open_paths([empty])
    qtbot.waitUntil(lambda: "no photo" in body.trouble.body.text(), timeout=TRAINER_MS)


def test_a_failed_training_says_why_and_can_be_changed_and_closing_ends_one(
    window: MainWindow, campus: Path, recipe: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    mode = entered(window, qtbot)
    control, body = mode.controller, mode.panel.train
    control.open_run(earlier(campus, recipe))
    qtbot.waitUntil(lambda: control.training.pid > 0, timeout=ANSWER_MS)
    os.kill(control.training.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: not body.trouble.isHidden(), timeout=ANSWER_MS)
    assert "crashed or was terminated. Progress is kept" in body.trouble.body.text()
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(recipe.read_text().replace("[spaces]", "[spaces]\nbeauty = 3"))
    control.open_run(earlier(campus, wrong))
    qtbot.waitUntil(lambda: "beauty" in body.trouble.body.text(), timeout=TRAINER_MS)
    assert "beauty is not a known key" in body.trouble.body.text()
    assert control.run.plan.state == runs.FAILED
    qtbot.mouseClick(body.change, Qt.MouseButton.LeftButton)
    assert mode.panel.current is TrainStep.CHECK  # read anew: there was no report of it
    control.open_run(earlier(campus, recipe))
    qtbot.waitUntil(lambda: control.training.pid > 0, timeout=ANSWER_MS)
    pid = control.training.pid
    assert alive(pid)
    assert window.status.background.isHidden()  # the page itself says it
    window.modes.switch("locate")
    qtbot.waitUntil(lambda: window.status.background.text().startswith("Training"))
    assert window.status.background.isVisible()
    assert not window.close()  # it asks
    _answer(window, "Keep open", qtbot)
    assert window.isVisible()
    assert alive(pid)
    window.status.background.click()
    assert window.modes.current is mode
    assert not window.close()
    _answer(window, "Stop and close", qtbot)
    assert not window.isVisible()
    assert not alive(pid)
    assert next(runs.runs()).plan.state == runs.STOPPED


def _answer(window: MainWindow, text: str, qtbot: QtBot) -> None:
    box = window.findChild(QMessageBox)
    next(button for button in box.buttons() if button.text() == text).click()
    qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None)


def test_without_a_trainer_it_says_how_to_get_one(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, qtbot: QtBot
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    mode = window.modes.switch("train")
    intro = mode.pages.intro
    assert 'pip install "geoguess[trainer]"' in intro.missing.body.text()
    assert not mode.panel.photos.folder.isEnabled()
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\necho hello\n")
    other.chmod(0o755)
    mode.controller.trainers.choose(str(other))
    qtbot.waitUntil(
        lambda: "is not a compatible trainer" in intro.missing.body.text(), timeout=ANSWER_MS
    )
    monkeypatch.delattr(sys, "frozen")
    window.window_state.remove("train/trainer")
    qtbot.mouseClick(intro.again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: intro.missing.isHidden(), timeout=TRAINER_MS)
    assert mode.panel.photos.folder.isEnabled()


def test_the_mode_is_on_offer() -> None:
    assert "train" in [entry.name for entry in MODES]
