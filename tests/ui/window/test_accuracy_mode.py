"""Accuracy mode in the real window: a real evaluation of real photos, opened and explored."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.format import distance
from geoguess_app.core.predictor import Predictor
from geoguess_app.core.types import Coordinate
from geoguess_app.evaluation.run.evaluate import evaluate
from geoguess_app.evaluation.study.evaluation import Evaluation
from geoguess_app.ui.accuracy import wording
from geoguess_app.ui.accuracy.mode import AccuracyMode
from geoguess_app.ui.accuracy.table import ERROR, PHOTO, SURE
from geoguess_app.ui.references.page import ReferencesPage
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import ANSWER_MS, all_done, drop, files
from tests.ui.window.exploring import WindowMap

PHOTOS = 9
OPEN_MS = 20_000


@pytest.fixture(scope="session")
def album(tmp_path_factory: pytest.TempPathFactory, photo_sets: Path) -> Path:
    """Real photos with their real table rows."""
    folder = tmp_path_factory.mktemp("album")
    with (photo_sets / "world.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    rows = rows[:: len(rows) // PHOTOS][:PHOTOS]  # of every part of the world
    (folder / "world").mkdir()
    for row in rows:
        shutil.copy(photo_sets / row["file"], folder / row["file"])
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.fixture(scope="session")
def measured(
    album: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Evaluation, Path]:
    out = tmp_path_factory.mktemp("measured") / "my evaluation"
    predictor = Predictor(open_bundle(tiny_model), "cpu", crops=1)
    return evaluate(predictor, album / "table.csv", album, out, report=False), out


@pytest.fixture
def folder(measured: tuple[Evaluation, Path], tmp_path: Path) -> Path:
    """A copy of the evaluation, to be spoiled or forgotten."""
    return Path(shutil.copytree(measured[1], tmp_path / "my evaluation"))


def accuracy(window: MainWindow) -> AccuracyMode:
    mode = window.modes.switch("accuracy")
    assert isinstance(mode, AccuracyMode)
    return mode


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    """The shared window, with nothing open in the mode."""
    found = shared_window.modes.get("accuracy")
    assert isinstance(found, AccuracyMode)
    found.photos, found.index = None, -1
    found.side.setCurrentIndex(0)
    found.side.table.sortByColumn(ERROR, Qt.SortOrder.DescendingOrder)
    return shared_window


@pytest.fixture
def mode(window: MainWindow, measured: tuple[Evaluation, Path], qtbot: QtBot) -> AccuracyMode:
    """The mode with the evaluation open."""
    found = accuracy(window)
    found.open(measured[1])
    qtbot.waitUntil(lambda: found.photos is not None, timeout=OPEN_MS)
    return found


def column(mode: AccuracyMode, number: int) -> list[str]:
    model = mode.side.table.model()
    return [model.index(row, number).data() for row in range(model.rowCount())]


def test_a_folder_dropped_on_the_window_opens_here(
    window: MainWindow, folder: Path, qtbot: QtBot
) -> None:
    window.map_pane.show_welcome(False)
    pane = window.map_pane
    drop(window, files(folder), pane.mapTo(window, QPoint(pane.width() // 4, pane.height() // 2)))
    qtbot.waitUntil(lambda: window.modes.current.name == "accuracy", timeout=OPEN_MS)
    found = accuracy(window)
    qtbot.waitUntil(lambda: found.photos is not None, timeout=OPEN_MS)
    assert len(column(found, PHOTO)) == PHOTOS
    assert window.locate.model.rowCount() == 0
    assert found.side.table.hasFocus()


def test_it_says_which_model_which_set_when_and_whether_it_was_trained_on_them(
    mode: AccuracyMode, measured: tuple[Evaluation, Path]
) -> None:
    side = mode.side
    assert side.title.text() == "table.csv"
    assert side.origin.text().startswith("Tiny 0.1 · ")
    assert mode.photos.about.finished.strftime("%H:%M") in side.origin.text()
    assert "9 photos" in side.origin.text()
    assert side.seen.text() == "No photo looks identical to a training photo."
    assert not side.warning.isVisible()
    assert side.caution.body.text().startswith("Only 9 photos")


def test_the_figures_are_those_of_the_evaluation(
    mode: AccuracyMode, measured: tuple[Evaluation, Path]
) -> None:
    overall = measured[0].metrics.overall
    lines = mode.side.shares.lines()
    assert len(lines) == 5
    for line, (km, share) in zip(lines, overall.accuracy.items(), strict=True):
        assert wording.percent(share.value) in line or not share.photos
        assert "Floor" in line
        assert "Ceiling" in line
        assert wording.percent(measured[0].floor.accuracy[km]) in line or not share.photos
    assert distance(overall.median_km) in mode.side.median.text()


def test_filters_narrow_map_table_and_figures_together(
    mode: AccuracyMode, measured: tuple[Evaluation, Path], window: MainWindow, qtbot: QtBot
) -> None:
    page = WindowMap(qtbot, window)
    groups = measured[0].metrics.by["continent"]
    continent, group = max(groups.items(), key=lambda item: item[1].summary.photos)
    combo = mode.side.filters.continent
    with qtbot.waitSignal(window.map_pane.map.drawn, timeout=10_000):
        combo.setCurrentIndex(combo.findData(continent))
    photos = group.summary.photos
    assert 0 < photos < PHOTOS
    assert mode.side.tally.text() == f"{photos} of 9 photos"
    assert len(column(mode, PHOTO)) == photos
    assert set(column(mode, 5)) == {wording.continent(continent)}
    assert distance(group.summary.median_km) in mode.side.median.text()
    page.await_js(
        "geoguess.parts.all.find((part) => part.topics?.errors).order?.length === " + str(photos)
    )
    qtbot.mouseClick(mode.side.filters.clear, Qt.MouseButton.LeftButton)
    assert mode.side.tally.text() == "All 9 photos"


def test_a_row_shows_the_photo_and_the_way_on_the_map(
    mode: AccuracyMode, window: MainWindow, qtbot: QtBot, album: Path
) -> None:
    table = mode.side.table
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Down)
    worst = int(np.argmax(mode.photos.error_km))
    assert mode.index in {worst, int(np.argsort(mode.photos.error_km)[-2])}
    panel = mode.panel
    assert panel.error.text() == wording.error_text(float(mode.photos.error_km[mode.index]))
    path = album / mode.photos.files[mode.index]
    qtbot.waitUntil(lambda: panel.photo._path == path, timeout=OPEN_MS)
    qtbot.waitUntil(lambda: window.services.pictures.get(path) is not None, timeout=OPEN_MS)
    assert panel.photo.isVisible()
    assert "80% radius of" in panel.radius.text()
    assert len(panel.bars.rows()) == 3
    page = WindowMap(qtbot, window)
    page.await_js(
        "geoguess.parts.all.find((part) => part.topics?.errors).chosen?.index === "
        + str(mode.index)
    )


def test_a_click_on_a_dot_chooses_its_row(
    mode: AccuracyMode, window: MainWindow, qtbot: QtBot
) -> None:
    page = WindowMap(qtbot, window)
    truth = Coordinate(*mode.photos.truth_deg[4].tolist())
    page.settle()
    page.look_at(truth.latitude_deg, truth.longitude_deg, 8.0)
    page.settle()
    page.click(page.point(truth))
    near = np.abs(mode.photos.truth_deg - mode.photos.truth_deg[4]).max(axis=1) < 0.01
    qtbot.waitUntil(lambda: mode.index >= 0 and bool(near[mode.index]), timeout=OPEN_MS)
    row = mode.side.table.selectionModel().selectedRows()[0]
    assert row.data() == mode.photos.files[mode.index].rsplit("/", 1)[-1]
    assert page.js("geoguess.map.getZoom()") == 8  # the map stays where the user looks


def test_the_table_sorts_by_error_and_by_confidence(mode: AccuracyMode) -> None:
    table, photos = mode.side.table, mode.photos
    table.sortByColumn(ERROR, Qt.SortOrder.AscendingOrder)
    order = np.argsort(photos.error_km, kind="stable")
    assert column(mode, PHOTO) == [photos.files[i].rsplit("/", 1)[-1] for i in order]
    table.sortByColumn(SURE, Qt.SortOrder.DescendingOrder)
    sure = [photos.confidence[table.model().index_at(row)] for row in range(PHOTOS)]
    assert sure == sorted(sure, reverse=True)


def test_sure_and_wrong_by_one_key(mode: AccuracyMode, qtbot: QtBot) -> None:
    object.__setattr__(mode.photos, "confidence", np.linspace(0.1, 0.9, PHOTOS))
    qtbot.keyClick(mode.side.table, Qt.Key.Key_S)
    assert mode.side.filters.fear.isChecked()
    wrong = (mode.photos.confidence >= 0.5) & (mode.photos.error_km > 25)
    assert 0 < wrong.sum() < PHOTOS
    assert mode.side.tally.text() == f"{wrong.sum()} of 9 photos"
    mode.side.table.selectRow(0)
    assert mode.panel.fear.isVisible()


def test_nothing_passes_is_said(mode: AccuracyMode, qtbot: QtBot) -> None:
    qtbot.keyClicks(mode.side.filters.text, "no such place")
    qtbot.waitUntil(lambda: mode.side.tally.text() == "0 of 9 photos")
    assert mode.side.median.text() == "No photos match these filters."
    assert not mode.side.coverage.isVisible()
    assert column(mode, PHOTO) == []


def test_photos_that_moved_are_asked_for_once(
    window: MainWindow, folder: Path, album: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(album / "world", moved / "deep" / "world")
    run = folder / "run.json"
    run.write_text(run.read_text().replace('"images": "', '"images": "gone/'))
    found = accuracy(window)
    found.open(folder)
    qtbot.waitUntil(lambda: found.photos is not None, timeout=OPEN_MS)
    found.choose_photo(2)
    panel = found.panel
    qtbot.waitUntil(panel.missing.isVisible, timeout=OPEN_MS)
    assert "not found" in panel.missing.title.text()
    assert not panel.photo.isVisible()
    assert len(column(found, PHOTO)) == PHOTOS  # the table works all the same
    found.use_images(moved)
    name = Path(found.photos.files[2]).name
    path = moved / "deep" / "world" / name
    qtbot.waitUntil(lambda: panel.photo._path == path, timeout=OPEN_MS)
    assert panel.photo.isVisible()
    assert found.side.tally.text() == "All 9 photos"
    found.photos = None
    found.open(folder)  # and again: it is remembered
    qtbot.waitUntil(lambda: found.photos is not None, timeout=OPEN_MS)
    assert found.photos.about.images == moved


def empty(folder: Path) -> None:
    (folder / "predictions.csv").write_text("img_id,pred_lat,pred_lng,true_lat,true_lng\n")


def foreign(folder: Path) -> None:
    (folder / "metrics.json").write_text("[]")


def cut(folder: Path) -> None:
    path = folder / "predictions.csv"
    path.write_bytes(path.read_bytes()[:-40])


def test_a_broken_evaluation_is_one_sentence_and_what_was_open_stays(
    mode: AccuracyMode,
    window: MainWindow,
    folder: Path,
    qtbot: QtBot,
) -> None:
    before = mode.photos
    for spoil in (empty, foreign, cut):
        spoiled = Path(shutil.copytree(folder, folder.with_name(spoil.__name__)))
        spoil(spoiled)
        mode.open(spoiled)
        qtbot.waitUntil(lambda s=spoiled: str(s) in window.notice.text, timeout=OPEN_MS)
        assert "Traceback" not in window.notice.text
        assert mode.photos is before
    assert len(column(mode, PHOTO)) == PHOTOS


def test_the_last_one_is_on_offer(
    mode: AccuracyMode, measured: tuple[Evaluation, Path], window: MainWindow
) -> None:
    window.modes.switch("locate")
    mode.photos = None
    mode.enter()
    assert mode.side.invitation.last.text() == "Reopen my evaluation"


def test_own_photos_with_gps_are_judged(
    window: MainWindow, photo_sets: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    from geoguess_app.photos.metadata import read_metadata

    located = [
        path
        for path in sorted((photo_sets / "exif").glob("*.jpg"))
        if read_metadata(path).coordinate is not None
    ][:2]
    assert located
    copies = [Path(shutil.copy(path, tmp_path / path.name)) for path in located]
    window.intake.open_paths(copies)
    qtbot.waitUntil(all_done(window, len(copies)), timeout=ANSWER_MS)
    found = accuracy(window)
    assert found.side.invitation.list.text() == f"My located photos ({len(copies)})"
    qtbot.mouseClick(found.side.invitation.list, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: found.photos is not None, timeout=OPEN_MS)
    row = window.locate.model.rows()[0].outcome.located
    assert found.photos.truth_deg[0].tolist() == [row.known.latitude_deg, row.known.longitude_deg]
    assert found.side.title.text() == "My located photos"
    # Who has located photos is told what else they are good for.
    assert "can locate others of the same places" in window.services.notice.text
    window.services.notice.button.click()
    page = window.findChild(ReferencesPage)
    assert page is not None
    assert page.isVisible()
    page.close()
    found.choose_photo(0)
    qtbot.waitUntil(lambda: found.panel.photo._path == copies[0], timeout=OPEN_MS)


def test_photos_of_a_review_are_judged_by_the_models_own_answers(
    window: MainWindow, photo_sets: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    from geoguess_app.photos.metadata import read_metadata
    from geoguess_app.ui.accuracy.own import reviewed_photos

    photo = next(
        path
        for path in sorted((photo_sets / "exif").glob("*.jpg"))
        if read_metadata(path).coordinate is not None
    )
    copy = Path(shutil.copy(photo, tmp_path / photo.name))
    window.modes.switch("review")
    window.intake.open_paths([copy])
    qtbot.waitUntil(lambda: len(reviewed_photos(window.services.photos)) == 1, timeout=ANSWER_MS)
    found = accuracy(window)
    qtbot.mouseClick(found.side.invitation.review, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: found.photos is not None, timeout=OPEN_MS)
    known = read_metadata(copy).coordinate
    assert found.photos.truth_deg[0] == pytest.approx([known.latitude_deg, known.longitude_deg])
    assert found.photos.about.model == "Tiny 0.1"


def test_leaving_and_coming_back_keeps_everything(
    mode: AccuracyMode, window: MainWindow, qtbot: QtBot
) -> None:
    mode.choose_photo(3)
    page = WindowMap(qtbot, window)
    part = "geoguess.parts.all.find((part) => part.topics?.errors)"
    page.await_js(f"{part}.chosen?.index === 3")
    window.modes.switch("locate")
    page.await_js(f"{part}.isEmpty")
    window.modes.switch("accuracy")
    page.await_js(f"{part}.chosen?.index === 3 && {part}.order?.length === {PHOTOS}")
    assert mode.panel.file.isVisible()
