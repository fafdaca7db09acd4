"""The model library: from the question to the pin, and everything that a list of models needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from geoguess_app.core.bundle import write_bundle
from geoguess_app.files.user_data import models_dir
from geoguess_app.models.library import LibraryModel
from geoguess_app.models.published import MIRROR
from geoguess_app.settings import load_settings
from geoguess_app.ui.library.page import LibraryPage
from geoguess_app.ui.library.question import GetQuestion
from geoguess_app.ui.shell.window import MainWindow
from tests.core.tiny_bundle import shared_parts
from tests.models.geoclip_files import write_split
from tests.models.host import COMMIT, Host, running_host, slowly
from tests.ui.window.conftest import ANSWER_MS, LOADING_MS, all_done

SPLIT = "Xenova/geoclip-large-patch14"
VISION = "onnx/vision_model_int8.onnx"
BUILT = "geoclip-int8.geomodel"


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """A mirror on this machine with GeoCLIP's split files, tiny and random."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    write_split(tmp_path / "split")
    contents = {
        file.relative_to(tmp_path / "split").as_posix(): file.read_bytes()
        for file in (tmp_path / "split").rglob("*")
        if file.is_file()
    }
    contents[VISION] = contents.pop("onnx/vision_model.onnx")
    with running_host() as found:
        small = {"config.json": b"{}", "preprocessor_config.json": b"{}"}
        found.add_repository(SPLIT, {**contents, **small})
        monkeypatch.setenv(MIRROR, found.base)
        yield found


@pytest.fixture
def page(window: MainWindow, qtbot: QtBot) -> Iterator[LibraryPage]:
    """The library, opened from the menu, with the models of this test's own folder."""
    for before in window.findChildren(LibraryPage):
        before.list.clear()
    window.actions_.models.trigger()
    found = window.findChild(LibraryPage)
    assert found is not None
    qtbot.waitUntil(lambda: bool(found.list.entries()), timeout=ANSWER_MS)
    yield found
    found.tasks.cancel()
    qtbot.waitUntil(lambda: not found.tasks.busy, timeout=ANSWER_MS)
    found.strip.hide()
    found.close()


def names(page: LibraryPage) -> list[str]:
    return [entry.name for entry in page.list.entries() if isinstance(entry, LibraryModel)]


def asked(page: LibraryPage) -> GetQuestion:
    assert not page.tasks.busy
    page.list.select("geoclip")
    page.detail.get.click()
    found = [question for question in page.findChildren(GetQuestion) if question.isVisible()]
    return found[-1]


def agree(page: LibraryPage, qtbot: QtBot) -> None:
    asked(page).yes.click()
    qtbot.waitUntil(lambda: not page.tasks.busy and BUILT[:-9] in names(page), timeout=LOADING_MS)


def test_from_the_question_to_the_pin(
    window: MainWindow, page: LibraryPage, host: Host, photos: list[Path], qtbot: QtBot
) -> None:
    question = asked(page)
    said = question.text().replace("\N{NO-BREAK SPACE}", " ")
    for part in ("127.0.0.1", SPLIT, VISION, "about 307 MB", "licence MIT", "are free", "35%"):
        assert part in said
    question.choices.button(1).click()
    assert "vision_model_fp16" in question.text()
    question.reject()
    assert host.asked == []
    assert not models_dir().joinpath("downloads").exists()

    agree(page, qtbot)
    there = models_dir() / BUILT
    assert "is in the library" in page.strip.text()
    assert page.list.current().path == there  # the new one is shown
    assert page.detail.values["Confidence"].startswith("Not calibrated on photos of yours")
    assert f"{host.base}/{SPLIT}" in page.detail.values["Fetched from"]
    assert page.detail.values["Pace here"].startswith("Not measured")
    qtbot.waitUntil(lambda: len(page.detail.world.places) > 0, timeout=ANSWER_MS)

    with qtbot.waitSignal(window.locator.modelReady, timeout=LOADING_MS):
        page.detail.use.click()
    assert window.settings.model == str(there) == load_settings().model
    qtbot.waitUntil(lambda: page.detail.badge.text() == "In use", timeout=ANSWER_MS)
    assert "GeoCLIP 1" in window.status.model.text()
    window.intake.open_paths(photos[:1])
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    outcome = window.locate.model.rows()[0].outcome
    assert outcome is not None
    assert "GeoCLIP 1" in outcome.located.prediction.model
    # Wherever its confidence stands it says so, with the button that changes it.
    answer = window.locate.detail.answer
    qtbot.waitUntil(lambda: answer.calibrate.isVisibleTo(answer), timeout=ANSWER_MS)
    assert "not calibrated on photos of yours" in answer.confidence.text()
    page.close()
    answer.calibrate.click()
    qtbot.waitUntil(page.isVisible, timeout=ANSWER_MS)
    qtbot.waitUntil(lambda: "photos per" in page.detail.values["Pace here"], timeout=ANSWER_MS)


def test_cancelled_in_the_middle_it_goes_on_the_next_time(
    window: MainWindow, page: LibraryPage, host: Host, qtbot: QtBot
) -> None:
    path = f"/{SPLIT}/resolve/{COMMIT}/{VISION}"
    host.answers[path] = [slowly(100, 0.05)]
    asked(page).yes.click()
    qtbot.waitUntil(lambda: VISION.split("/")[1] in page.strip.step.text(), timeout=ANSWER_MS)
    assert page.strip.title.text() == "Getting GeoCLIP from 127.0.0.1"
    assert not page.add.isEnabled()
    page.close()  # the main window tells of it
    assert window.status.offline.text() == "Downloading from 127.0.0.1"
    assert window.status.background.text() == "Getting GeoCLIP from 127.0.0.1"
    window.status.background.click()
    assert page.isVisible()
    page.strip.cancel.click()
    assert page.strip.step.text() == "Cancelling…"
    qtbot.waitUntil(lambda: not page.tasks.busy, timeout=3_000)
    assert page.strip.text().startswith("Cancelled.")
    assert window.status.offline.text() == "Offline"
    assert not window.status.background.isVisible()
    part = models_dir() / "downloads" / "geoclip-int8" / f"{VISION}.part"
    kept = part.stat().st_size
    assert 0 < kept < len(host.files[path])
    question = asked(page)
    assert "it goes on from there" in question.room.text()
    question.reject()
    agree(page, qtbot)
    assert host.ranges(path)[-1] == f"bytes={kept}-"
    assert not part.parent.parent.exists()


def test_what_is_not_as_published_is_asked_again(
    page: LibraryPage, host: Host, qtbot: QtBot
) -> None:
    api = f"/api/models/{SPLIT}"
    host.files[api] = host.files[api].replace(b'"mit"', b'"other"')
    asked(page).yes.click()
    qtbot.waitUntil(lambda: bool(page.findChildren(QMessageBox)), timeout=ANSWER_MS)
    box = page.findChildren(QMessageBox)[-1]
    assert "now names the licence “other”" in box.text()
    box.reject()
    qtbot.waitUntil(lambda: not page.tasks.busy, timeout=ANSWER_MS)
    assert not [path for path, _ in host.asked if "/resolve/" in path]
    del host.files[api]
    asked(page).yes.click()
    qtbot.waitUntil(lambda: page.strip.text() != "" and not page.tasks.busy, timeout=ANSWER_MS)
    assert "127.0.0.1" in page.strip.text()  # one sentence names the host
    assert names(page) == ["starter"]


def test_models_are_added_compared_and_removed(
    window: MainWindow,
    page: LibraryPage,
    photos: list[Path],
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parts = shared_parts(seed=3)
    file = tmp_path / "other.geomodel"
    write_bundle(file, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)
    broken = tmp_path / "broken.geomodel"
    broken.write_bytes(b"PK no model")
    chosen = [str(file), str(broken)]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (chosen.pop(0), ""))
    page.add.click()
    qtbot.waitUntil(lambda: "other" in names(page), timeout=ANSWER_MS)
    assert (models_dir() / "other.geomodel").read_bytes() == file.read_bytes()
    page.add.click()
    qtbot.waitUntil(lambda: "broken.geomodel" in page.strip.text(), timeout=ANSWER_MS)
    qtbot.waitUntil(lambda: not page.tasks.busy, timeout=ANSWER_MS)

    page.list.select(models_dir() / "other.geomodel")
    assert not page.detail.compare.isEnabled()  # there is no photo to ask it about
    window.intake.open_paths(photos[:1])
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    window.locate.list.select(photos[0])
    qtbot.waitUntil(page.detail.compare.isEnabled, timeout=ANSWER_MS)
    page.detail.compare.click()
    compare = window.modes.current
    assert compare is window.modes.get("compare")
    qtbot.waitUntil(lambda: all(compare.sides), timeout=LOADING_MS)
    assert compare.pickers[1].chosen_model() == models_dir() / "other.geomodel"
    assert [picker.chosen_photo() for picker in compare.pickers] == [photos[0]] * 2

    window.modes.switch("locate")
    window.actions_.ask_other.trigger()  # two others: a menu asks which
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    titles = [action.text() for action in menu.actions()]
    assert len(titles) == 2
    assert titles[1] == "Tiny 0.1"
    menu.actions()[1].trigger()
    menu.close()
    assert window.modes.current is compare
    qtbot.waitUntil(lambda: all(compare.sides), timeout=LOADING_MS)

    page.detail.remove.click()
    box = page.findChildren(QMessageBox)[-1]
    assert str(models_dir() / "other.geomodel") in box.informativeText()
    next(button for button in box.buttons() if button.text() == "Remove").click()
    qtbot.waitUntil(lambda: "other" not in names(page), timeout=ANSWER_MS)
    assert not (models_dir() / "other.geomodel").exists()
    page.list.select(page.list.entries()[0].path)
    assert not page.detail.remove.isVisible()  # the starter stays


def test_files_brought_by_hand_are_built_and_calibrated_only_on_enough_photos(
    page: LibraryPage,
    host: Host,
    photos: list[Path],
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = [str(tmp_path / "split"), str(photos[0].parent)]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: chosen.pop(0))
    page.build.click()
    qtbot.waitUntil(lambda: "geoclip" in names(page), timeout=LOADING_MS)
    assert host.asked == []
    qtbot.waitUntil(lambda: not page.tasks.busy, timeout=ANSWER_MS)
    before = (models_dir() / "geoclip.geomodel").read_bytes()
    page.detail.calibrate.click()
    assert page.strip.title.text() == "Calibrating GeoCLIP on photos"
    qtbot.waitUntil(lambda: not page.tasks.busy, timeout=LOADING_MS)
    assert "calibrating needs 300" in page.strip.text()
    assert (models_dir() / "geoclip.geomodel").read_bytes() == before


def test_other_ways_into_the_library(window: MainWindow, page: LibraryPage, qtbot: QtBot) -> None:
    page.close()
    window.welcome.show_limits(starter=True)
    assert "cannot tell" in window.welcome.limits.text()
    window.welcome.limits.linkActivated.emit("geoclip")
    qtbot.waitUntil(lambda: page.detail.title.text() == "GeoCLIP", timeout=ANSWER_MS)
    assert page.detail.get.isVisible()
    page.close()
    window.locate.calibrateWanted.emit()
    assert page.isVisible()
    page.train.click()
    assert window.modes.current is window.modes.get("train")
    window.modes.switch("locate")
    assert window.actions_.ask_other.shortcut().toString() == "Shift+M"
    window.actions_.ask_other.trigger()
    assert window.modes.current is window.modes.get("compare")  # the starter is the only other one
    compare = window.modes.get("compare")
    qtbot.waitUntil(lambda: len(compare.models()) == 2, timeout=LOADING_MS)
    window.welcome.show_limits(starter=False)
