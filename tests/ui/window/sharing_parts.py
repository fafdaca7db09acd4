"""What tests of exports and views share: three answers as a table, open in Accuracy mode."""

from __future__ import annotations

import csv
from pathlib import Path

from pytestqt.qtbot import QtBot

from geoguess_app.ui.accuracy.mode import AccuracyMode
from geoguess_app.ui.shell.window import MainWindow

OPEN_MS = 20_000


def three_answers(folder: Path) -> Path:
    """An evaluation of three photos, as another program's table."""
    path = folder / "<img src=x>three.csv"  # a legal name, and no markup
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["img_id", "pred_lat", "pred_lng", "true_lat", "true_lng", "scene"])
        writer.writerow(["paris.jpg", "48.9", "2.5", "48.8566", "2.3522", "urban"])
        writer.writerow(["<!--<script>berlin.jpg", "48.9", "2.4", "52.52", "13.405", "urban"])
        writer.writerow(["secret.jpg", "1.0", "2.0", "35.68", "139.69", "natural"])
    return path


def errors(window: MainWindow, path: Path, qtbot: QtBot) -> AccuracyMode:
    mode = window.modes.switch("accuracy")
    assert isinstance(mode, AccuracyMode)
    mode.open(path)
    qtbot.waitUntil(lambda: mode.photos is not None, timeout=OPEN_MS)
    return mode
