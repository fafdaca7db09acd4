"""A picture beside a scroll bar that comes and goes with it: no height may set off a chase."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from geoguess_app.ui.kit.samples import sample_photos
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.work.photo_view import PhotoView
from geoguess_app.ui.work.pictures import Pictures


class Counted(PhotoView):
    """Counts how often it is resized."""

    def resizeEvent(self, event) -> None:
        self.resized = getattr(self, "resized", 0) + 1
        assert self.resized < 5_000, "the picture and the scroll bar chase each other"
        super().resizeEvent(event)


def test_a_picture_settles_in_a_scroll_area_of_any_height(qtbot: QtBot, qapp: QApplication) -> None:
    pool = QThreadPool()
    pictures = Pictures(pool, 900, square=False)
    area, body = QScrollArea(), QWidget()
    qtbot.addWidget(area)
    area.setWidgetResizable(True)
    box = QVBoxLayout(body)
    photo = Counted(Theme(qapp, "light"), pictures)
    box.addWidget(photo)
    box.addWidget(QLabel("\n".join("words below the picture" for _ in range(8))))
    area.setWidget(body)
    area.show()
    photo.show_photo(sample_photos()[0])
    qtbot.waitUntil(lambda: pictures.get(sample_photos()[0]) is not None, timeout=20_000)
    try:
        for width in (230, 300):
            for height in range(260, 480, 2):
                area.resize(width, height)
                photo.resized = 0
                qapp.processEvents()
                assert photo.resized < 20
    finally:
        pictures.close()
        pool.waitForDone()


@pytest.fixture(autouse=True)
def nothing_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOGUESS_CONFIG_DIR", str(tmp_path))
