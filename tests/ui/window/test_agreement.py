"""The window, the command line and the core give the same answer."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from geoguess_app.cli import main
from geoguess_app.core.predictor import load_predictor
from geoguess_app.paths import starter_bundle_dir
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import ANSWER_MS, LOADING_MS, all_done


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


@pytest.fixture
def starter_window(make_window: Callable[..., MainWindow], qtbot: QtBot) -> MainWindow:
    """A window with the model that comes with the program."""
    if not (starter_bundle_dir() / "bundle.json").is_file():
        pytest.skip("no starter model in this checkout")
    window = make_window()
    window.start([])
    qtbot.waitUntil(lambda: window.locator.model is not None, timeout=LOADING_MS)
    return window


def test_window_and_command_line_agree_on_the_starter(
    starter_window: MainWindow,
    photos: list[Path],
    qtbot: QtBot,
    capsys: pytest.CaptureFixture[str],
) -> None:
    window = starter_window
    window.intake.open_paths(photos[:2])
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    assert main(["locate", "--no-cache", "--format", "jsonl", *map(str, photos[:2])]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for row, said in zip(window.locate.model.rows(), lines, strict=True):
        shown = row.outcome.located
        prediction = shown.prediction
        assert said["file"] == str(row.path)
        assert said["latitude"] == pytest.approx(prediction.coordinate.latitude_deg, abs=1e-6)
        assert said["longitude"] == pytest.approx(prediction.coordinate.longitude_deg, abs=1e-6)
        assert said["radius_km"]["80"] == pytest.approx(prediction.radii.r80_km, abs=6e-4)
        assert said["confidence"] == pytest.approx(prediction.confidence, abs=1e-6)
        assert said["level"] == prediction.level.value
        assert said["place"]["city"] == shown.place.city
        assert said["model"] == window.status.model.text() == prediction.model
        for candidate, one in zip(prediction.candidates, said["candidates"], strict=False):
            assert one["cell"] == candidate.cell
            assert one["probability"] == pytest.approx(candidate.probability, abs=1e-6)


def test_window_shows_what_the_core_says(
    window: MainWindow, tiny_model: Path, photos: list[Path], qtbot: QtBot
) -> None:
    window.intake.open_paths(photos[:1])
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    outcome = window.locate.model.rows()[0].outcome
    predictor = load_predictor(tiny_model, "cpu", None)
    (expected,) = predictor.predict([predictor.prepare(photos[0])])
    assert outcome.located.prediction.coordinate == expected.coordinate
    for name, (indices, shown) in outcome.map_state.layers.items():
        whole = np.asarray(expected.cell_probabilities[name])
        assert shown == pytest.approx(whole[indices], abs=1e-6)
        assert shown.sum() >= 0.99 * whole.sum() or len(indices) == 2000


def test_exported_rows_are_those_of_the_command_line(
    window: MainWindow,
    tiny_model: Path,
    photos: list[Path],
    broken_photo: Path,
    tmp_path: Path,
    qtbot: QtBot,
    capsys: pytest.CaptureFixture[str],
) -> None:
    window.intake.open_paths([*photos[:2], broken_photo])
    qtbot.waitUntil(all_done(window, 3), timeout=ANSWER_MS)
    for form in ("csv", "geojson", "jsonl"):
        target = tmp_path / f"out.{form}"
        window.locate.commands.export_to(target, form)
        qtbot.waitUntil(lambda t=target: t.exists(), timeout=ANSWER_MS)
        paths = [str(path) for path in (*photos[:2], broken_photo)]
        options = ["--no-cache", "--model", str(tiny_model), "--format", form, "--top", "5"]
        status = main(["locate", *options, *paths])
        assert status == 1  # one photo failed
        assert target.read_text() == capsys.readouterr().out
    # A photo that failed has no place on a map.
    for form, mark in (("gpx", b"<wpt "), ("kml", b"<Placemark>")):
        target = tmp_path / f"out.{form}"
        window.locate.commands.export_to(target, form)
        qtbot.waitUntil(target.exists, timeout=ANSWER_MS)
        assert target.read_bytes().count(mark) == 2
    window.locate.commands.export_to(tmp_path / "out.kmz", "kmz")
    qtbot.waitUntil((tmp_path / "out.kmz").exists, timeout=ANSWER_MS)
    with zipfile.ZipFile(tmp_path / "out.kmz") as archive:
        assert len([n for n in archive.namelist() if n.startswith("thumbnails/")]) == 2
    window.locate.commands.export_to(tmp_path / "gone" / "out.csv", "csv")
    qtbot.waitUntil(lambda: "Could not write" in window.notice.text, timeout=5000)
