"""A GPS track in the review: positions are proposed, accepted and written as measured ones."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from geoguess_app.core.types import Coordinate
from geoguess_app.photos.position_tags import TRACK
from geoguess_app.review.saving import requests
from geoguess_app.review.values import Origin, State
from geoguess_app.ui.review.mode import ReviewMode
from geoguess_app.ui.shell.window import MainWindow
from tests.photos.tracks.walks import place_at, take_photo, write_walk
from tests.ui.window.conftest import ANSWER_MS, drop, files
from tests.ui.window.review_parts import control, located, open_review

AHEAD = timedelta(hours=2)


@pytest.fixture
def walk(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> ReviewMode:
    """Four photos of one camera without a time zone, and one of the day after."""
    folder = tmp_path / "walk"
    folder.mkdir()
    for number in range(4):
        take_photo(folder / f"{number}.jpg", 50.0 * number, AHEAD)
    take_photo(folder / "later.jpg", 1500.0, AHEAD)
    mode = open_review(window, qtbot)
    drop(window, files(folder), QPoint(640, 400))
    qtbot.waitUntil(located(mode, 5), timeout=ANSWER_MS)
    return mode


def test_two_photos_placed_by_hand_set_the_clock_for_the_others(
    walk: ReviewMode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    track, controller, notice = (
        write_walk(tmp_path / "walk.gpx"),
        control(walk),
        walk.services.notice,
    )
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_a, **_k: ([str(track)], ""))
    numbers = {photo.path.stem: photo.id for photo in controller.session}
    walk.keys.track.trigger()
    qtbot.waitUntil(lambda: "place two of them by hand" in notice.text, timeout=ANSWER_MS)
    for name in ("0", "3"):
        controller.place([numbers[name]], Coordinate(*map(float, place_at(50.0 * int(name)))))
    qtbot.waitUntil(walk.keys.track.isEnabled, timeout=ANSWER_MS)
    walk.keys.track.trigger()
    qtbot.waitUntil(lambda: "The track places 2 photos." in notice.text, timeout=ANSWER_MS)
    assert "1 photo taken while it was not recorded." in notice.text
    photo = controller.photo(numbers["1"])
    assert photo.state is State.LOCATED, "proposed, and nobody has accepted it yet"
    assert photo.proposed is not None
    assert photo.proposed.origin is Origin.TRACK
    lat, lon = place_at(50.0)
    assert photo.proposed.coordinate.latitude_deg == pytest.approx(lat, abs=1e-3)
    assert photo.proposed.coordinate.longitude_deg == pytest.approx(lon, abs=1e-3)
    walk.listing.show([photo.id])
    qtbot.waitUntil(lambda: "by the GPS track, within" in walk.panel.positions.new.note.text())
    walk.keys.accept.trigger()
    assert controller.photo(photo.id).state is State.PLACED
    assert [r.position.method for r in requests(controller.session, [photo.id])] == [TRACK]
    walk.keys.undo.trigger()
    walk.keys.undo.trigger()
    assert controller.photo(photo.id).decision.chosen is None
    assert "place by GPS track" in walk.keys.redo.text()
