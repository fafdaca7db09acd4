"""Nothing is cut: every text, button and scrolled column of every mode has the room it needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QLabel,
    QScrollArea,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from geoguess_app.ui.review.mode import ReviewMode
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import ANSWER_MS, all_done
from tests.ui.window.review_parts import located as all_reviewed
from tests.ui.window.test_accuracy_mode import accuracy, album, measured  # noqa: F401

SIZES = ((1000, 650), (1280, 800), (1366, 768), (1920, 1080))


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


def cut(top: QWidget) -> Iterator[str]:
    """What below ``top`` has less room than it needs, in words."""
    for part in top.findChildren(QWidget):
        if not part.isVisible():
            continue
        if isinstance(part, QLabel) and part.text() and part.pixmap().isNull():
            if part.wordWrap():
                if part.height() < part.heightForWidth(part.width()) - 1:
                    yield f"lines of {part.text()!r}"
            elif part.width() < part.sizeHint().width() - 1:
                yield f"the end of {part.text()!r}"
        elif isinstance(part, QAbstractButton):
            wanted = part.minimumSizeHint() if isinstance(part, QToolButton) else part.sizeHint()
            if part.text() and part.width() < wanted.width() - 1:
                yield f"the button {part.text()!r}"
        elif isinstance(part, QScrollArea) and part.widget() is not None:
            never = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            sideways = part.horizontalScrollBarPolicy() != never
            if not sideways and part.widget().width() > part.viewport().width():
                yield f"the right edge of {part.widget().objectName() or type(part.widget())}"
        if isinstance(part.parentWidget(), QAbstractScrollArea):
            continue  # a viewport is as large as it is


def assert_whole(window: MainWindow, state: str) -> None:
    found = []
    for size in SIZES:
        window.resize(*size)
        for _ in range(4):  # text that wraps is laid out in more than one round
            QApplication.processEvents()
        for side in (window.left.currentWidget(), window.right.currentWidget()):
            found += [f"{state} at {size[0]}: {what}" for what in cut(side)]
        found += [f"{state} at {size[0]}: {what}" for what in cut(window.status)]
    assert not found, "\n".join(dict.fromkeys(found))


def test_locate_and_its_filter(window: MainWindow, photos: list[Path], qtbot: QtBot) -> None:
    long = photos[0].with_name("A very long name of a photo taken on the last evening – edited.jpg")
    photos[0].rename(long)
    assert_whole(window, "Locate, empty")
    window.intake.open_paths([long, photos[1]])
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    window.locate.list.select(long)
    assert_whole(window, "Locate")
    window.locate.list.bar.search.setText("no such photo")
    qtbot.waitUntil(window.locate.list.nothing_shown.isVisible)
    assert_whole(window, "Locate, nothing shown")
    window.locate.list.bar.reset()


def test_review_and_its_filters(window: MainWindow, photos: list[Path], qtbot: QtBot) -> None:
    mode = window.modes.switch("review")
    assert isinstance(mode, ReviewMode)
    qtbot.waitUntil(lambda: mode.controller is not None, timeout=ANSWER_MS)
    assert_whole(window, "Review, empty")
    long = photos[0].with_name("A very long name of a photo taken on the last evening – edited.jpg")
    photos[0].rename(long)
    broken = photos[1].with_name("broken.jpg")
    broken.write_bytes(b"\xff\xd8\xff\xe0" + b"no picture" * 30)
    mode.open_paths([photos[0].parent])
    qtbot.waitUntil(all_reviewed(mode, 7), timeout=ANSWER_MS)
    for path in (long, broken):
        mode.list.go_to(mode.controller.session.number_of(path))
        assert_whole(window, f"Review of {path.name}")
    mode.pane.filters.more.setChecked(True)
    assert_whole(window, "Review with its filters")
    mode.pane.filters.search.setText("no such photo")
    qtbot.waitUntil(mode.pane.nothing_shown.isVisible)
    assert_whole(window, "Review, nothing shown")
    mode.pane.filters.reset()
    mode.pane.filters.more.setChecked(False)


@pytest.mark.parametrize("name", ["explore", "compare", "train"])
def test_other_modes(window: MainWindow, photos: list[Path], name: str, qtbot: QtBot) -> None:
    window.intake.open_paths(photos[:2])
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    window.modes.switch(name)
    qtbot.wait(300)
    assert_whole(window, name)


def test_accuracy_with_and_without_an_evaluation(
    window: MainWindow,
    measured: tuple[object, Path],  # noqa: F811
    qtbot: QtBot,
) -> None:
    mode = accuracy(window)
    assert_whole(window, "Accuracy, empty")
    mode.open(measured[1])
    qtbot.waitUntil(lambda: mode.photos is not None, timeout=ANSWER_MS)
    assert_whole(window, "Accuracy")
    mode.choose_photo(0)
    assert_whole(window, "Accuracy of a photo")


def test_the_buttons_of_the_review_are_in_sight_also_in_a_low_window(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    mode = window.modes.switch("review")
    assert isinstance(mode, ReviewMode)
    qtbot.waitUntil(lambda: mode.controller is not None, timeout=ANSWER_MS)
    upright = photos[0]
    with Image.open(upright) as picture:
        picture.rotate(90, expand=True).resize((300, 600)).save(upright)
    mode.open_paths([upright, photos[1]])
    number = lambda path: mode.controller.session.number_of(path)  # noqa: E731
    qtbot.waitUntil(lambda: number(photos[1]) is not None, timeout=ANSWER_MS)
    window.resize(1000, 650)
    mode.list.selectAll()
    mode.listing.show([number(upright), number(photos[1])])
    qtbot.waitUntil(lambda: mode.panel.photo.height() > 160)
    for _ in range(4):
        QApplication.processEvents()
    button = mode.panel.accept
    assert button.visibleRegion().boundingRect().height() == button.height()
