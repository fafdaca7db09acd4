"""Dropping and pasting: anything useful, anywhere; nothing else happens."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from geoguess_app.ui.locate.photo_row import RowState
from geoguess_app.ui.map.page import map_profile
from geoguess_app.ui.map.scheme import PAGE_URL
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import ANSWER_MS, LOADING_MS, all_done, drop, files


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


def middle_of_map(window: MainWindow) -> QPoint:
    pane = window.map_pane
    return pane.mapTo(window, QPoint(pane.width() // 4, pane.height() // 2))


def test_folder_dropped_on_the_map_fills_the_list_and_the_map_stays(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window.map_pane.show_welcome(False)
    event = drop(window, files(photos[0].parent), middle_of_map(window))
    assert event.dropAction() is Qt.DropAction.CopyAction
    qtbot.waitUntil(all_done(window, len(photos)), timeout=ANSWER_MS)
    assert [row.path for row in window.locate.model.rows()] == photos
    assert {row.state for row in window.locate.model.rows()} == {RowState.LOCATED}
    assert window.map_pane.map._web.url().toString() == PAGE_URL
    assert window.locate.list.current().path == photos[0]
    assert window.map_pane._state is window.locate.list.current().outcome.map_state


def test_photo_dropped_on_any_part_is_located(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    parts = (window.locate.list, window.locate.detail, window.status)
    for count, (part, photo) in enumerate(zip(parts, photos, strict=False), start=1):
        drop(window, files(photo), part.mapTo(window, part.rect().center()))
        qtbot.waitUntil(all_done(window, count), timeout=ANSWER_MS)
    assert [row.path for row in window.locate.model.rows()] == photos[:3]
    assert {row.state for row in window.locate.model.rows()} == {RowState.LOCATED}
    assert window.locate.detail.answer.coordinates.text()


def test_dropping_the_same_photos_again_lists_them_once(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    for _ in range(2):
        drop(window, files(*photos[:2]), QPoint(60, 300))
        qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    qtbot.wait(200)
    assert window.locate.model.rowCount() == 2


def test_invitation_says_what_a_drop_will_do(
    window: MainWindow, photos: list[Path], tiny_model: Path
) -> None:
    for mime, text in (
        (files(*photos), "Drop 6 photos to locate them"),
        (files(photos[0]), "Drop 1 photo to locate it"),
        (files(photos[0].parent), "Drop the folder to locate its photos"),
        (files(photos[0].parent, photos[0]), "Drop 1 photo and 1 folder to locate all photos"),
        (files(tiny_model), "Drop to use this model"),
    ):
        enter = QDragEnterEvent(
            QPoint(50, 300),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(window, enter)
        assert window.overlay.isVisible()
        assert window.overlay.text == text
        QApplication.sendEvent(window, QDragLeaveEvent())
        assert not window.overlay.isVisible()


def test_web_address_is_not_fetched_but_explained(window: MainWindow, qtbot: QtBot) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/photo.jpg")])
    drop(window, mime, middle_of_map(window))
    qtbot.waitUntil(lambda: "not downloaded" in window.notice.text, timeout=5000)
    assert window.locate.model.rowCount() == 0
    asked = {QUrl(url).scheme() for url in map_profile().interceptor.requested}
    assert asked <= {"geoguess", "qrc", "data", "blob"}


def test_pasted_picture_is_located_and_leaves_no_file(
    own_window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    QGuiApplication.clipboard().setImage(QImage(str(photos[2])))
    qtbot.keyClick(own_window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(all_done(own_window, 1), timeout=ANSWER_MS)
    row = own_window.locate.model.rows()[0]
    assert row.state is RowState.LOCATED
    assert row.name == "Pasted picture 1"
    kept = row.path
    assert kept.exists()
    own_window.close()
    assert not kept.exists()


def test_pasted_paths_and_files_are_loaded(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    QGuiApplication.clipboard().setText(f"{photos[0]}\n'{photos[1]}'\n")
    window.intake.paste()
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    QGuiApplication.clipboard().setMimeData(files(photos[3]))
    window.intake.paste()
    qtbot.waitUntil(all_done(window, 3), timeout=ANSWER_MS)
    pasted = [photos[0], photos[1], photos[3]]
    assert [row.path for row in window.locate.model.rows()] == pasted
    assert {row.state for row in window.locate.model.rows()} == {RowState.LOCATED}


def test_pasting_words_says_that_there_is_no_photo(window: MainWindow) -> None:
    QGuiApplication.clipboard().setText("hello, world")
    window.intake.paste()
    assert "no photo" in window.notice.text
    assert window.locate.model.rowCount() == 0


def test_broken_photo_is_a_row_with_a_reason_and_stops_nobody(
    window: MainWindow, photos: list[Path], broken_photo: Path, qtbot: QtBot
) -> None:
    drop(window, files(photos[0], broken_photo, photos[1]), QPoint(60, 300))
    qtbot.waitUntil(all_done(window, 3), timeout=ANSWER_MS)
    states = [row.state for row in window.locate.model.rows()]
    assert states == [RowState.LOCATED, RowState.FAILED, RowState.LOCATED]
    window.locate.list.select(broken_photo)
    assert window.locate.detail.error.isVisible()
    assert "broken.jpg" in window.locate.detail.error.body.text()
    assert not window.locate.detail.answer.isVisible()


def test_dropped_bundle_is_used_and_the_list_located_anew(
    window: MainWindow, photos: list[Path], tiny_model: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    import dataclasses

    from geoguess_app.core.bundle import write_bundle
    from tests.core.tiny_bundle import shared_parts

    drop(window, files(photos[0]), QPoint(60, 300))
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    parts = shared_parts(seed=7)
    other = write_bundle(
        tmp_path / "other.geomodel",
        dataclasses.replace(parts.manifest, name="Other"),
        parts.partitions,
        parts.tensors,
        parts.extra_files,
    )
    drop(window, files(other), middle_of_map(window))
    qtbot.waitUntil(lambda: window.status.model.text() == "Other 0.1", timeout=LOADING_MS)
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    assert window.locate.model.rows()[0].outcome.located.prediction.model == "Other 0.1"
    assert window.settings.model == str(other)


def test_hostile_bundle_is_refused_in_one_sentence_and_the_model_stays(
    window: MainWindow, tiny_model: Path, tmp_path: Path, photos: list[Path], qtbot: QtBot
) -> None:
    import shutil

    bad = tmp_path / "bad"
    shutil.copytree(tiny_model, bad)
    weights = bad / "weights" / "base.safetensors"
    weights.write_bytes(weights.read_bytes()[:-40])
    drop(window, files(bad), QPoint(60, 300))
    qtbot.waitUntil(lambda: "base.safetensors" in window.notice.text, timeout=LOADING_MS)
    assert window.status.model.text() == "Tiny 0.1"
    assert window.settings.model == str(tiny_model)
    drop(window, files(photos[0]), QPoint(60, 300))
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    assert window.locate.model.rows()[0].state is RowState.LOCATED


def test_a_model_that_only_labels_scenes_is_told_from_one_that_locates(
    window: MainWindow, tiny_model: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    from geoguess_app.core.bundle import write_bundle
    from tests.core.bundle.test_scene_bundles import scene_parts

    parts = scene_parts(name="Labeller")
    scenes = write_bundle(tmp_path / "scenes.geomodel", parts.manifest, (), parts.tensors)
    drop(window, files(scenes), QPoint(60, 300))
    qtbot.waitUntil(lambda: "only labels scenes" in window.notice.text, timeout=LOADING_MS)
    assert "Labeller 0.1" in window.notice.text
    assert window.status.model.text() == "Tiny 0.1"
    assert window.settings.model == str(tiny_model)


def test_what_a_search_leaves_out_is_said_with_a_way_to_search_it(
    window: MainWindow, photos: list[Path], tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "nas"
    (folder / "@eaDir").mkdir(parents=True)
    shutil.copyfile(photos[0], folder / "a.jpg")
    shutil.copyfile(photos[1], folder / "@eaDir" / "b.jpg")
    (folder / "c.psd").write_bytes(b"8BPS\0\1" + bytes(20))
    drop(window, files(folder), middle_of_map(window))
    qtbot.waitUntil(lambda: "PSD" in window.notice.text, timeout=ANSWER_MS)
    assert window.notice.text == (
        "1 photo in thumbnail and recycle folders of a NAS left out. "
        "1 file of a kind that GeoGuess cannot read (1 PSD)."
    )
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    window.notice.button.click()
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)


def test_of_several_models_one_is_used_and_the_others_are_named(
    window: MainWindow, tiny_model: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    models = [tmp_path / f"{name}.geomodel" for name in ("first", "second", "third")]
    for model in models:
        shutil.copyfile(tiny_model, model) if tiny_model.is_file() else shutil.copytree(
            tiny_model, model
        )
    with qtbot.waitSignal(window.locator.modelReady, timeout=LOADING_MS):
        drop(window, files(*models), middle_of_map(window))
    qtbot.waitUntil(lambda: "second" in window.notice.text, timeout=ANSWER_MS)
    assert window.notice.text == (
        "first.geomodel is used; only one model can be at a time. "
        "Not loaded: second.geomodel, third.geomodel."
    )
