"""Makes the README's screenshots from the program's own sample photos.

Run as `python docs/make_screenshots.py OUT` in the project's folder; needs no display.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_LIMIT_S = 180.0
_SETTLE_MS = 700
_MODE_MS = 4000
"""A mode's first look: it reads its cells, or estimates."""


def main(out: Path) -> int:
    """Write empty, located and cannot-tell pictures, light and dark, and each mode."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as config:
        os.environ["GEOGUESS_CONFIG_DIR"] = config
        os.environ["GEOGUESS_DATA_DIR"] = config
        return _make(out)


def _make(out: Path) -> int:
    from geoguess_app.settings import load_settings
    from geoguess_app.ui.kit.samples import sample_photos
    from geoguess_app.ui.kit.theme import Theme
    from geoguess_app.ui.locate.photo_row import RowState
    from geoguess_app.ui.shell.app import make_application, window_state
    from geoguess_app.ui.shell.window import MainWindow

    app = make_application()
    theme = Theme(app, "light")
    window = MainWindow(theme, load_settings(), window_state())
    window.resize(1280, 800)
    window.show()
    out.mkdir(parents=True, exist_ok=True)

    def save(name: str) -> None:
        _turn(_SETTLE_MS)
        window.grab().save(str(out / f"{name}.png"))
        sys.stdout.write(f"{out / name}.png\n")

    window.start([])
    _wait(lambda: window.locator.model is not None)
    save("empty-light")
    theme.choose("dark")
    save("empty-dark")
    samples = sample_photos()
    window.intake.open_paths(samples)
    _wait(
        lambda: (
            window.locate.model.rowCount() == len(samples)
            and all(row.state is RowState.LOCATED for row in window.locate.model.rows())
        )
    )
    for name in ("dark", "light"):
        theme.choose(name)
        for path in samples:
            window.locate.list.select(path)
            save(f"{path.stem}-{name}")
    for name in ("explore", "compare", "train"):
        window.modes.switch(name)
        _turn(_MODE_MS)
        save(name)
    review = window.modes.switch("review")
    review.open_paths([samples[0].parent])
    _turn(2 * _MODE_MS)
    save("review")
    window.close()
    sys.stdout.flush()
    os._exit(0)


def _turn(milliseconds: int) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def _wait(done: Callable[[], bool]) -> None:
    end = time.monotonic() + _LIMIT_S
    while not done():
        if time.monotonic() > end:
            sys.exit("gave up waiting")
        _turn(50)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python docs/make_screenshots.py OUT")
    sys.exit(main(Path(sys.argv[1])))
