"""The privacy check through the window: estimate, hide, estimate again, save a copy."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from geoguess_app.core.explain.hide import PhotoRegion
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.ui.privacy.dialog import PrivacyDialog
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import ANSWER_MS, all_done


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


@pytest.fixture
def photo(photo_sets: Path, tmp_path: Path) -> Path:
    """A camera photo that tells its position."""
    copy = tmp_path / "garden.jpg"
    shutil.copyfile(photo_sets / "exif" / "nikon_1.jpg", copy)
    return copy


@pytest.fixture
def dialog(window: MainWindow, photo: Path, qtbot: QtBot) -> PrivacyDialog:
    window.intake.open_paths([photo])
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    window.locate.actions_.privacy.trigger()
    shown = window.findChild(PrivacyDialog)
    qtbot.waitUntil(lambda: shown.first is not None, timeout=ANSWER_MS)
    return shown


def test_it_says_what_the_photo_and_its_file_tell(
    dialog: PrivacyDialog, window: MainWindow
) -> None:
    located = window.locate.model.rows()[0].outcome.located.prediction
    assert dialog.first.prediction.level is located.level
    assert dialog.as_it_is.title.text()
    assert "its position (43.72" in dialog.told.text()
    assert "the camera (NIKON COOLPIX P6000)" in dialog.told.text()
    assert dialog.with_hidden.isHidden()
    assert not dialog.isModal()


def test_a_drawn_region_is_hidden_and_the_estimate_made_anew(
    dialog: PrivacyDialog, qtbot: QtBot
) -> None:
    canvas = dialog.canvas
    frame = canvas._frame().toRect()
    begin, end = (
        frame.topLeft() + QPoint(round(x * frame.width()), round(y * frame.height()))
        for x, y in ((0.2, 0.2), (0.8, 0.9))
    )
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=begin)
    qtbot.mouseMove(canvas, end)
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=end)
    (region,) = dialog.regions.regions()
    assert (region.left, region.bottom) == pytest.approx((0.2, 0.9), abs=0.02)
    qtbot.waitUntil(lambda: dialog.now is not None, timeout=ANSWER_MS)
    assert not dialog.with_hidden.isHidden()
    assert "The estimate moved by" in dialog.with_hidden.body.text()
    nearest = [verdict.prediction.neighbours[0] for verdict in (dialog.first, dialog.now)]
    assert nearest[0].similarity != nearest[1].similarity
    # A drag inside moves it.
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=begin + QPoint(9, 9))
    qtbot.mouseMove(canvas, begin + QPoint(9 - frame.width() // 10, 9))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=begin)
    (moved,) = dialog.regions.regions()
    assert moved.left == pytest.approx(0.1, abs=0.02)
    assert moved.share == pytest.approx(region.share)


def test_regions_can_be_made_with_the_keyboard_alone(dialog: PrivacyDialog, qtbot: QtBot) -> None:
    qtbot.keyClick(dialog.add, Qt.Key.Key_Space)
    keys = dialog.regions
    before = keys.regions()[0]
    qtbot.keyClick(keys, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    shift = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(keys, Qt.Key.Key_Down, shift)
    (after,) = keys.regions()
    assert after.left < before.left
    assert after.bottom > before.bottom
    assert keys.item(0).text().startswith("1 · middle centre · 6.8")
    qtbot.keyClick(keys, Qt.Key.Key_Delete)
    assert keys.regions() == ()


def test_the_suggested_regions_are_those_that_speak_for_the_estimate(
    dialog: PrivacyDialog, qtbot: QtBot
) -> None:
    wanted = dialog.first.giveaways
    assert wanted
    dialog.suggest.click()
    assert dialog.regions.regions() == wanted
    qtbot.waitUntil(lambda: dialog.now is not None, timeout=ANSWER_MS)


def test_the_saved_copy_tells_nothing_and_hides_the_region(
    dialog: PrivacyDialog, photo: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    before = photo.read_bytes()
    dialog.regions.add(PhotoRegion(0.25, 0.25, 0.75, 0.75))
    dialog.how.setCurrentIndex(1)
    copy = tmp_path / "copy.jpg"
    dialog.save_to(copy)
    qtbot.waitUntil(lambda: "Saved copy.jpg" in dialog.said.text(), timeout=20_000)
    found = subprocess.run(
        ["exiftool", "-j", "-G1", "-a", str(copy)], capture_output=True, text=True, check=True
    )
    (tags,) = json.loads(found.stdout)
    assert not [tag for tag in tags if "GPS" in tag or tag.startswith(("Nikon", "ExifIFD"))]
    pixels = np.asarray(open_upright(copy), float)
    high, wide = pixels.shape[:2]
    assert pixels[high // 3 : high // 2, wide // 3 : wide // 2].std(axis=(0, 1)).max() < 2
    dialog.save_to(photo)
    qtbot.waitUntil(lambda: "the photo itself" in dialog.said.text(), timeout=20_000)
    assert photo.read_bytes() == before


def test_a_crop_keeps_only_the_frame(
    dialog: PrivacyDialog, photo: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog.regions.add(PhotoRegion(0.0, 0.0, 0.5, 0.5))
    dialog.how.setCurrentIndex(2)
    dialog.save_to(tmp_path / "crop.png")
    qtbot.waitUntil(lambda: "Saved crop.png" in dialog.said.text(), timeout=20_000)
    wide, high = open_upright(photo).size
    assert open_upright(tmp_path / "crop.png").size == (wide // 2, high // 2)


def test_closing_in_the_middle_leaves_nothing_running(
    dialog: PrivacyDialog, window: MainWindow, qtbot: QtBot
) -> None:
    dialog.regions.add(PhotoRegion(0.1, 0.1, 0.4, 0.4))
    dialog._judge()
    tokens = [job.token for job in dialog._jobs]
    assert tokens
    dialog.close()
    assert all(token.cancelled for token in tokens)
    qtbot.waitUntil(lambda: window.findChild(PrivacyDialog) is None, timeout=10_000)
    pools = window.pools.all()
    qtbot.waitUntil(lambda: not any(p.activeThreadCount() for p in pools), timeout=ANSWER_MS)
