"""Small pictures: upright, in their own shape, decoded away from the window."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QThreadPool
from pytestqt.qtbot import QtBot

from geoguess_app.ui.work import pictures as module
from geoguess_app.ui.work.pictures import Pictures, read_image


@pytest.fixture
def pool(qapp: object) -> Iterator[QThreadPool]:
    made = QThreadPool()
    made.setMaxThreadCount(2)
    yield made
    assert made.waitForDone(10_000)


def test_pixels_survive_the_way_to_qt(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    pixels = np.random.default_rng(1).integers(0, 255, (37, 53, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    image = read_image(path, 64, square=False)
    assert (image.width(), image.height()) == (53, 37)
    for x, y in ((0, 0), (52, 36), (17, 30)):
        assert image.pixelColor(x, y).getRgb()[:3] == tuple(pixels[y, x])


def test_square_is_cut_from_the_middle_and_turned_upright(photo_sets: Path) -> None:
    exif = sorted((photo_sets / "exif").rglob("*.jpg"))[:5]
    assert exif
    for path in exif:
        image = read_image(path, 48, square=True)
        assert (image.width(), image.height()) == (48, 48)
        assert image.pixelColor(0, 0).alpha() == 0
        assert image.pixelColor(24, 24).alpha() == 255


def test_asked_for_once_decoded_elsewhere_kept(
    photo_sets: Path, pool: QThreadPool, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def noting(path: Path, side_px: int, *, square: bool) -> object:
        threads.append(threading.get_ident())
        begun.set()
        assert go_on.wait(10)
        return read_image(path, side_px, square=square)

    monkeypatch.setattr(module, "read_image", noting)
    pictures = Pictures(pool, 64, square=True)
    path = sorted((photo_sets / "world").iterdir())[0]
    assert pictures.get(path) is None
    assert pictures.get(path) is None
    assert begun.wait(10)
    assert pictures.get(path) is None, "asked for again while it is decoded"
    with qtbot.waitSignal(pictures.ready, timeout=10_000):
        go_on.set()
    assert pictures.get(path) is not None
    assert pool.waitForDone(10_000)
    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


def test_broken_file_is_unreadable_not_an_error(
    tmp_path: Path, pool: QThreadPool, qtbot: QtBot
) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"\xff\xd8\xff nothing")
    pictures = Pictures(pool, 64, square=True)
    pictures.get(path)
    with qtbot.waitSignal(pictures.ready, timeout=10_000):
        pass
    assert pictures.get(path) is None
    assert pictures.unreadable(path)
