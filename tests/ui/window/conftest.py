"""The real window with its real map, offscreen, and a small bundle that loads in a moment."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from geoguess_app.core.bundle import write_bundle
from geoguess_app.settings import Settings
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.locate.photo_row import RowState
from geoguess_app.ui.map.page import map_profile
from geoguess_app.ui.shell.window import MainWindow
from tests.core.tiny_bundle import shared_parts

LOADING_MS = 90_000
ANSWER_MS = 60_000
OpenWindow = Callable[[Path], AbstractContextManager[MainWindow]]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle folder with every part, of small networks and random weights."""
    # Every answer says something: what the model cannot tell is accepted only in a step of its own.
    levels = {"coarse": {"radius_km": 20000.0, "probability": 0.5}}
    parts = shared_parts().but(calibration={"levels": levels})
    folder = tmp_path_factory.mktemp("models") / "tiny"
    return write_bundle(folder, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, window state and data go here, never to the user's own."""
    folder = tmp_path / "config"
    folder.mkdir()
    monkeypatch.setenv("GEOGUESS_CONFIG_DIR", str(folder))
    monkeypatch.setenv("GEOGUESS_DATA_DIR", str(tmp_path / "data"))
    return folder


@pytest.fixture
def make_window(
    qtbot: QtBot, qapp: QApplication, config: Path
) -> Iterator[Callable[..., MainWindow]]:
    """Makes windows; on the way out each is closed and must have left no thread behind."""
    made: list[MainWindow] = []
    # The profile is the application's: what earlier tests asked for must not count here.
    map_profile().interceptor.requested.clear()
    map_profile().interceptor.blocked.clear()

    def make(model: Path | None = None, theme: str = "light", size: tuple[int, int] = (1280, 800)):
        settings = Settings(model=str(model) if model else None, theme=theme)
        state = QSettings(str(config / "window.ini"), QSettings.Format.IniFormat)
        window = MainWindow(Theme(qapp, theme), settings, state)
        made.append(window)
        window.resize(*size)
        window.show()
        return window

    yield make
    for window in made:
        window.close()
        assert all(pool.activeThreadCount() == 0 for pool in window.pools.all())
        shiboken6.delete(window)
    assert not [t.name for t in threading.enumerate() if t.name.startswith("decode")]


@pytest.fixture
def own_window(
    make_window: Callable[..., MainWindow], tiny_model: Path, qtbot: QtBot
) -> MainWindow:
    """A new window with the tiny model loaded and the map's page ready."""
    shown = make_window(tiny_model)
    with qtbot.waitSignal(shown.map_pane.ready, timeout=LOADING_MS):
        shown.start([])
    qtbot.waitUntil(lambda: shown.locator.model is not None, timeout=LOADING_MS)
    return shown


@pytest.fixture
def window(own_window: MainWindow) -> MainWindow:
    """The window of a test; a module whose tests can share one says so: see `shared_window`."""
    return own_window


@contextmanager
def _window_in(
    request: pytest.FixtureRequest, app: QApplication, model: Path, folder: Path
) -> Iterator[MainWindow]:
    """A window for all tests of a module: starting one takes longer than most of them."""
    map_profile().interceptor.requested.clear()
    map_profile().interceptor.blocked.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOGUESS_CONFIG_DIR", str(folder))
        patch.setenv("GEOGUESS_DATA_DIR", str(folder / "data"))
        state = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
        settings = Settings(model=str(model), theme="light")
        window = MainWindow(Theme(app, "light"), settings, state)
        window.resize(1280, 800)
        window.show()
        qtbot = QtBot(request)
        with qtbot.waitSignal(window.map_pane.ready, timeout=LOADING_MS):
            window.start([])
        qtbot.waitUntil(lambda: window.locator.model is not None, timeout=LOADING_MS)
        yield window
        window.close()
        assert all(pool.activeThreadCount() == 0 for pool in window.pools.all())
        shiboken6.delete(window)


@pytest.fixture(scope="module")
def open_window(request: pytest.FixtureRequest, qapp: QApplication, tiny_model: Path) -> OpenWindow:
    """Opens a window that uses a folder of its own, for all tests of a module."""
    return lambda folder: _window_in(request, qapp, tiny_model, folder)


@pytest.fixture(scope="module")
def module_window(
    open_window: OpenWindow, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MainWindow]:
    """The window behind `shared_window`."""
    with open_window(tmp_path_factory.mktemp("shared")) as window:
        yield window


@pytest.fixture
def shared_window(
    module_window: MainWindow, config: Path, tiny_model: Path, qtbot: QtBot
) -> MainWindow:
    """One window for all tests of a module, as it was after its start.

    Settings and answers are kept in the test's own folders, so that nothing is known from an
    earlier test. Only what Locate shows is taken back: a test that changes what another mode
    holds, or that closes its window, needs `own_window`.
    """
    window = module_window
    for dialog in window.findChildren(QDialog):
        dialog.close()
    window.modes.switch("locate")
    window.locate.commands.clear()
    qtbot.waitUntil(lambda: not window.locator.running, timeout=ANSWER_MS)
    # Opened anew in the folder of this test.
    window.locator.answers.close()
    window.locator.references.close()
    if window.locator.model.path != tiny_model:
        with qtbot.waitSignal(window.locator.modelReady, timeout=LOADING_MS):
            window.load_model(tiny_model)
    begun = Settings(model=str(tiny_model), theme="light")
    if window.settings != begun:
        window.services.settings.change(**asdict(begun))
        (config / "settings.json").unlink()
    if window.theme.name != "light":
        window.theme.choose("light")
    if window.locate.areas.area is not None:
        window.locate.areas.box.all.click()
    window.locate.clues.state.clear()
    window.map_pane.choose_layer(len(window.map_pane.layers()))
    window.map_pane.fit_world()
    window.notice.hide()
    window.resize(1280, 800)
    window.activateWindow()  # Keys of a window that is behind another's are not heard.
    window.locate.list.view.setFocus()
    map_profile().interceptor.requested.clear()
    qtbot.waitUntil(lambda: window.locate.model.settled and window.welcome.isVisible())
    assert window.locate.model.rowCount() == 0
    return window


@pytest.fixture(scope="module")
def first(
    open_window: OpenWindow,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[MainWindow]:
    """The window that views are saved in."""
    with open_window(tmp_path_factory.mktemp("first")) as window:
        yield window


@pytest.fixture
def photos(photo_sets: Path, tmp_path: Path) -> list[Path]:
    """Six real photos in a folder of their own."""
    folder = tmp_path / "photos"
    folder.mkdir()
    return six_photos(photo_sets, folder)


def six_photos(photo_sets: Path, folder: Path) -> list[Path]:
    """Copy six real photos into a folder; returns their paths."""
    found = sorted((photo_sets / "world").iterdir())[:6]
    return [
        Path(shutil.copy(photo, folder / f"photo_{number}.jpg"))
        for number, photo in enumerate(found, start=1)
    ]


@pytest.fixture
def located(window: MainWindow, photos: list[Path], qtbot: QtBot) -> MainWindow:
    """The window with two real photos located, the first one shown."""
    window.intake.open_paths(photos[:2])
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    window.locate.list.select(photos[0])
    return window


@pytest.fixture
def broken_photo(tmp_path: Path) -> Path:
    """Begins like a JPEG and is none."""
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0" + b"no picture" * 30)
    return path


def drop(window: MainWindow, mime: QMimeData, at: QPoint) -> QDropEvent:
    """Drag over and drop at a point of the window, the way Qt hands it to the widget below."""
    target = window.childAt(at) or window
    point = QPointF(target.mapFrom(window, at))
    actions = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(point.toPoint(), actions, mime, buttons, keys)
    QApplication.sendEvent(target, enter)
    assert enter.isAccepted()
    dropped = QDropEvent(point, actions, mime, buttons, keys)
    QApplication.sendEvent(target, dropped)
    return dropped


def files(*paths: Path) -> QMimeData:
    """What a file manager puts on a drag."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def all_done(window: MainWindow, count: int) -> Callable[[], bool]:
    """True once ``count`` photos are listed, none waits, and the window shows it all."""

    def done() -> bool:
        rows = window.locate.model.rows()
        answered = len(rows) == count and all(row.state is not RowState.WAITING for row in rows)
        return answered and window.locate.model.settled and not window.locator.running

    return done
