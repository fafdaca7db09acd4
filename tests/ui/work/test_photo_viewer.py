"""The photo over the window: the wheel zooms about the pointer, dragging moves, keys do both."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from geoguess_app.paths import resource_dir
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.work.photo_viewer import PhotoViewer
from geoguess_app.ui.work.pictures import Pictures
from geoguess_app.ui.work.pools import Pools
from tests.data import FLOWER

CHINA = resource_dir() / "samples" / "china.jpg"


@pytest.fixture
def viewer(qtbot: QtBot, qapp: QApplication) -> PhotoViewer:
    host = QWidget()
    host.resize(800, 600)
    qtbot.addWidget(host)
    pools = Pools()
    pictures = Pictures(pools.pictures, 1600, square=False, parent=host)
    shown = PhotoViewer(Theme(qapp, "light"), pictures, host)
    with qtbot.waitExposed(host):
        host.show()
    shown.show_photo(CHINA, "china.jpg")
    shown.open()
    qtbot.waitUntil(lambda: pictures.get(CHINA) is not None, timeout=10_000)
    yield shown
    pictures.close()
    pools.close()


def turn(viewer: PhotoViewer, at: QPoint, notches: int) -> None:
    event = QWheelEvent(
        QPointF(at),
        viewer.mapToGlobal(QPointF(at)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewer, event)


def colour(viewer: PhotoViewer, at: QPoint) -> tuple[int, int, int]:
    pixel = viewer.grab().toImage().pixelColor(at)
    return pixel.red(), pixel.green(), pixel.blue()


def test_what_is_under_the_pointer_stays_there(viewer: PhotoViewer) -> None:
    at = QPoint(330, 250)
    before = colour(viewer, at)
    for _ in range(6):
        turn(viewer, at, 1)
    assert viewer.zoom == pytest.approx(1.25**6)
    after = colour(viewer, at)
    assert max(abs(a - b) for a, b in zip(before, after, strict=True)) < 60
    turn(viewer, at, -30)
    assert viewer.zoom == 1.0
    assert colour(viewer, at) == before


def test_keys_and_mouse_zoom_move_and_close(viewer: PhotoViewer, qtbot: QtBot) -> None:
    QTest.keyClick(viewer, Qt.Key.Key_Plus)
    QTest.keyClick(viewer, Qt.Key.Key_Plus)
    assert viewer.zoom == pytest.approx(1.5625)
    corner = viewer.grab().toImage()
    QTest.mousePress(viewer, Qt.MouseButton.LeftButton, pos=QPoint(400, 300))
    QTest.mouseMove(viewer, QPoint(460, 330))
    QTest.mouseRelease(viewer, Qt.MouseButton.LeftButton, pos=QPoint(460, 330))
    assert viewer.isVisible(), "dragging does not close"
    assert viewer.grab().toImage() != corner
    QTest.keyClick(viewer, Qt.Key.Key_0)
    assert viewer.zoom == 1.0
    QTest.mouseDClick(viewer, Qt.MouseButton.LeftButton, pos=QPoint(400, 300))
    assert viewer.zoom == 4.0
    viewer.show_photo(FLOWER, "flower.jpg")
    assert viewer.zoom == 1.0, "another photo is shown whole"
    with qtbot.waitSignal(viewer.stepped):
        QTest.keyClick(viewer, Qt.Key.Key_Right)
    with qtbot.waitSignal(viewer.closed):
        QTest.keyClick(viewer, Qt.Key.Key_Escape)
    viewer.open()
    with qtbot.waitSignal(viewer.closed):
        QTest.mouseClick(viewer, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
    assert not viewer.isVisible()


def test_a_photo_that_cannot_be_read_says_so(viewer: PhotoViewer, tmp_path: Path) -> None:
    gone = tmp_path / "gone.jpg"
    viewer.show_photo(gone, "gone.jpg")
    turn(viewer, QPoint(400, 300), 2)
    assert viewer.zoom == 1.0
