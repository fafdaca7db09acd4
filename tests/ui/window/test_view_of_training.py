"""A view of Train mode: photos and recipe, and a finished training; none of them starts one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from geoguess_app.core.bundle import write_bundle
from geoguess_app.ui.shell.window import MainWindow
from geoguess_app.ui.train import runs
from geoguess_app.ui.train.mode import TrainMode
from geoguess_app.ui.train.panel import TrainStep
from tests.core.tiny_bundle import shared_parts
from tests.trainer.local.sets import RECIPE, phone_folder
from tests.ui.window.conftest import OpenWindow
from tests.ui.window.view_parts import OPEN_MS, change, look_at, save, settled_at_place

TRAINER_MS = 200_000
PHOTOS = 34
TESTS = """img_id,true_lat,true_lng,pred_lat,pred_lng,distance_km,r80_km,level
IMG_0003.jpg,34.02,-118.28,34.03,-118.28,1.11,0.5,street
IMG_0004.jpg,34.02,-118.29,34.02,-118.28,0.92,0.5,street
"""


@pytest.fixture(scope="module")
def campus(photo_sets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos as a phone leaves them."""
    return phone_folder(photo_sets, tmp_path_factory.mktemp("photos") / "campus", PHOTOS)


@pytest.fixture(scope="module")
def first_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("first")


@pytest.fixture(scope="module")
def first(
    open_window: OpenWindow,
    request: pytest.FixtureRequest,
    campus: Path,
    first_folder: Path,
) -> Iterator[TrainMode]:
    """A window that has read the photos and looks at recipes."""
    qtbot = QtBot(request)
    with open_window(first_folder) as window:
        mode = window.modes.switch("train")
        assert isinstance(mode, TrainMode)
        control = mode.controller
        qtbot.waitUntil(lambda: control.trainers.command is not None, timeout=TRAINER_MS)
        assert mode.open_paths([campus])
        qtbot.waitUntil(lambda: control.report is not None, timeout=TRAINER_MS)
        control.plan()
        yield mode


@pytest.fixture(scope="module")
def planned(first: TrainMode, campus: Path, request: pytest.FixtureRequest) -> Path:
    """A view of another recipe than the suggested one, beside the photos' folder."""
    qtbot, body = QtBot(request), first.panel.recipe
    names = [body.recipe.itemText(i) for i in range(body.recipe.count())]
    body.recipe.setCurrentIndex(names.index("campus-resnet18"))
    look_at(first.services.host, qtbot)
    path = campus.parent / "plan.geoview"
    state = save(first.services.host, path)
    assert (state["source"], state["recipe"], state["step"]) == (
        *("campus", "campus-resnet18"),
        "recipe",
    )
    return path


@pytest.fixture(scope="module")
def second(
    open_window: OpenWindow,
    planned: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[MainWindow]:
    """Another user's window; nothing has been trained in it."""
    with open_window(tmp_path_factory.mktemp("second")) as window:
        yield window


@pytest.fixture
def own_data(first_folder: Path, second: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first window's data again: windows of one program share what the last one set."""
    monkeypatch.setenv("GEOGUESS_DATA_DIR", str(first_folder / "data"))


def in_training(window: MainWindow) -> TrainMode:
    mode = window.modes.current
    assert isinstance(mode, TrainMode)
    assert mode.controller.training is None
    return mode


def test_photos_beside_the_view_are_read_and_the_recipe_is_chosen(
    first: TrainMode, second: MainWindow, planned: Path, campus: Path, qtbot: QtBot
) -> None:
    second.views.open(planned)
    mode = in_training(second)
    qtbot.waitUntil(lambda: mode.panel.current is TrainStep.RECIPE, timeout=TRAINER_MS)
    settled_at_place(second, qtbot)
    assert mode.panel.recipe.choices().recipe.id == "campus-resnet18"
    assert mode.controller.report.kept == first.controller.report.kept
    assert Path(mode.controller.run.plan.source) == campus
    assert in_training(second).controller.run.plan.state == runs.CHECKED


def test_photos_elsewhere_are_read_only_if_the_user_says_so(
    second: MainWindow, planned: Path, campus: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "plan.geoview"
    shutil.copy(planned, path)
    change(path, source=str(campus))
    second.views.open(path)
    mode = in_training(second)
    assert mode.panel.current is TrainStep.PHOTOS
    assert (
        second.notice.text
        == f"This view shows the photos in {campus}, which have not been read yet."
    )
    assert mode.controller.report is None
    settled_at_place(second, qtbot)
    second.notice.button.click()
    assert mode.panel.current is TrainStep.CHECK
    mode.panel.check.cancel.click()
    change(path, source=str(tmp_path / "gone"))
    second.views.open(path)
    assert second.notice.text == f"The photos of this view were not found ({tmp_path / 'gone'})."


def test_photos_that_are_remembered_are_not_read_again(
    first: TrainMode, planned: Path, own_data: None, tmp_path: Path, qtbot: QtBot
) -> None:
    """And a recipe of one's own is taken only if the user says so."""
    run, own = first.controller.run, tmp_path / "own.toml"
    path = Path(shutil.copy(planned, planned.parent / "own.geoview"))
    own.write_text(RECIPE)
    change(path, recipe="", recipe_file=str(own))
    first.controller.go_to(TrainStep.CHECK)
    first.services.host.views.open(path)
    qtbot.waitUntil(lambda: first.panel.current is TrainStep.RECIPE, timeout=OPEN_MS)
    assert first.controller.run == run
    settled_at_place(first.services.host, qtbot)
    assert first.services.host.notice.text == f"This view uses its own recipe: {own}."
    assert first.panel.recipe.choices().recipe.id == "campus-auto"
    first.services.host.notice.button.click()
    assert first.panel.recipe.choices().recipe.path == str(own)
    assert first.controller.training is None


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that says how it was tested."""
    parts = shared_parts()
    manifest = replace(parts.manifest, evaluation={"photos": 2, "median_m": 1015, "mean_m": 1015})
    folder = tmp_path_factory.mktemp("trained") / "campus"
    return write_bundle(folder, manifest, parts.partitions, parts.tensors, parts.extra_files)


def finished_run(campus: Path, model: Path) -> runs.TrainingFolder:
    run = runs.new_run(campus).changed(state=runs.DONE, name="Campus", out=str(model))
    folder = run.work / "evaluation"
    folder.mkdir(parents=True)
    (folder / "predictions.csv").write_text(TESTS)
    return run


def test_the_result_of_a_training_is_looked_at_again(
    first: TrainMode, own_data: None, campus: Path, trained: Path, qtbot: QtBot
) -> None:
    control, page = first.controller, first.pages.result
    control.open_run(finished_run(campus, trained))
    qtbot.waitUntil(lambda: control.result is not None, timeout=OPEN_MS)
    page.table.selectRow(1)
    answer = page.answer.text()
    assert "920\N{NO-BREAK SPACE}m" in answer
    look_at(first.services.host, qtbot)
    path = campus.parent / "result.geoview"
    assert save(first.services.host, path)["photo"] == "IMG_0004.jpg"
    control.another()
    assert first.panel.current is TrainStep.PHOTOS
    first.services.host.views.open(path)
    qtbot.waitUntil(lambda: first.panel.current is TrainStep.RESULT, timeout=OPEN_MS)
    settled_at_place(first.services.host, qtbot)
    assert page.answer.text() == answer
    assert control.training is None


def test_elsewhere_a_result_is_what_the_model_says_of_itself(
    first: TrainMode, second: MainWindow, campus: Path, trained: Path, qtbot: QtBot
) -> None:
    before = [run.folder for run in runs.runs()]
    path = campus.parent / "result.geoview"
    second.views.open(path)
    mode = in_training(second)
    qtbot.waitUntil(lambda: mode.panel.current is TrainStep.RESULT, timeout=OPEN_MS)
    settled_at_place(second, qtbot)
    assert second.notice.text == "Only the test results stored in the model are available here."
    assert mode.pages.result.verdict.text() == first.pages.result.verdict.text()
    assert mode.controller.result.tests == ()
    change(path, model="gone.geomodel")
    second.views.open(path)
    gone = campus.parent / "gone.geomodel"
    assert second.notice.text == f"The model of this run was not found ({gone})."
    assert [run.folder for run in runs.runs()] == before


BAD = {
    "step": "victory",
    "source": 3,
    "images": "\\\\evil.example\\share",
    "run": ["a"],
    "recipe_file": "/\\evil.example/recipe.toml",
    "within_km": 1e9,
    "model": {},
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_one_sentence(
    second: MainWindow, planned: Path, tmp_path: Path, name: str
) -> None:
    path = Path(shutil.copy(planned, tmp_path / "bad.geoview"))
    change(path, **{name: BAD[name]})
    second.views.open(path)
    assert second.notice.text.startswith(f"{path}: ")
    assert second.notice.text.endswith("; save the view again.")
