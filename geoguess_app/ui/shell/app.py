"""The start of the window: the order of things matters here and nowhere else."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import platformdirs
import shiboken6
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from geoguess_app import __version__
from geoguess_app.settings import config_dir, load_settings
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.map.scheme import register_scheme
from geoguess_app.ui.shell import headless
from geoguess_app.ui.shell.logs import CrashReporter, catch_crashes, route_qt_messages, write_log
from geoguess_app.ui.shell.single_instance import InstanceServer, hand_over
from geoguess_app.ui.shell.window import MainWindow
from geoguess_app.ui.work.garbage import collect_in_window_thread

log = logging.getLogger(__name__)

# Worker threads hand the interpreter over sooner than Python's 5 ms, for a window that is smooth.
_SWITCH_INTERVAL_S = 0.001


def run(paths: Sequence[Path | str], self_check: bool = False, *, new_window: bool = False) -> int:
    """Open the window with ``paths`` loaded and return its exit status.

    Where one is open already, that one gets them, unless ``new_window``. Only the first window
    keeps the list of photos.

    With ``self_check`` nothing is shown for long: page, model and one sample photo are tried and
    reported on standard output, and the status is 0 only if all of them work.
    """
    if self_check:
        headless.prepare()
    app = make_application()
    opened = [Path(path) for path in paths]
    if not self_check and not new_window and hand_over(opened):
        return 0
    log_dir = log_folder()
    write_log(log_dir)
    crash_file = catch_crashes(log_dir)
    route_qt_messages()
    if headless.is_root():
        log.info("running as root: the map's page runs without Chromium's sandbox")
    settings = load_settings()
    window = MainWindow(Theme(app, settings.theme), settings, window_state())
    uncaught = CrashReporter(window)
    uncaught.happened.connect(lambda sentence, trace: show_error(window, sentence, trace))
    try:
        if self_check:
            from geoguess_app.ui.shell.self_check import SelfCheck

            return SelfCheck(window).run()
        server = InstanceServer(window)
        server.opened.connect(window.take_over)
        window.closing.connect(server.close)
        first = server.listen()
        window.show()
        # One turn of the event loop paints the window; the slow part begins after it.
        QTimer.singleShot(0, window, lambda: window.start(opened, restore=first))
        return app.exec()
    finally:
        uncaught.restore()
        # The map's page must go before the application does, which owns its profile.
        window.leave()
        shiboken6.delete(window)
        if crash_file is not None:
            import faulthandler

            faulthandler.disable()
            crash_file.close()


def make_application() -> QApplication:
    """The application object, with the map's scheme known before it exists."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    headless.allow_root()
    register_scheme()
    app = QApplication.instance() or QApplication([sys.argv[0] or "geoguess"])
    assert isinstance(app, QApplication)
    collect_in_window_thread(app)
    app.setApplicationName("GeoGuess")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("geoguess")
    return app


def log_folder() -> Path:
    """Return where the log file lies; beside the settings when those have been moved."""
    if "GEOGUESS_CONFIG_DIR" in os.environ:
        return config_dir() / "logs"
    return platformdirs.user_log_path("geoguess", appauthor=False)


def window_state() -> QSettings:
    """Return where sizes and the last folder are remembered."""
    return QSettings(str(config_dir() / "window.ini"), QSettings.Format.IniFormat)


def show_error(window: QWidget, sentence: str, trace: str) -> None:
    """Tell about an error nobody caught; while one dialog is open, the log alone gets the next."""
    if window.findChild(QMessageBox) is not None:
        return  # one dialog is enough; the log has them all
    box = QMessageBox(window)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("GeoGuess")
    box.setText(tr("An unexpected error occurred. You can continue, or restart the program."))
    box.setInformativeText(sentence)
    box.setDetailedText(trace)
    box.finished.connect(box.deleteLater)
    box.open()
