"""Export → Report of this photo: the same page as the command line's, also as PDF."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from geoguess_app.core.clues.clue import parse_clue
from geoguess_app.core.clues.found import ClueSource, FoundClue
from geoguess_app.core.format import distance, percent
from geoguess_app.core.geo.coordinates import decimal
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import ANSWER_MS


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


def written(window: MainWindow, target: Path, qtbot: QtBot, *, with_picture: bool = True) -> bytes:
    """The report of the current photo."""
    row = window.locate.list.current()
    assert row is not None
    window.locate.reporting.write(row, target, with_picture=with_picture)
    qtbot.waitUntil(lambda: str(target) in window.notice.text, timeout=ANSWER_MS)
    return target.read_bytes()


def test_the_shown_photo_becomes_a_report(
    located: MainWindow, photos: list[Path], tmp_path: Path, qtbot: QtBot
) -> None:
    assert all(action.isEnabled() for action in located.locate.actions_.reports)
    page = written(located, tmp_path / "r.html", qtbot).decode()
    row = located.locate.list.current()
    assert row is not None
    assert row.outcome is not None
    answer = row.outcome.located.prediction
    assert decimal(answer.coordinate) in page
    assert distance(answer.radii.r80_km) in page
    assert percent(answer.confidence).replace("<", "&lt;") in page
    assert f"geoguess report {photos[0].name} --output r.html --model tiny --crops" in page
    assert 'class="cell"' in page
    for word in (str(Path.home()), tempfile.gettempdir(), str(tmp_path)):
        assert word not in page
    without = written(located, tmp_path / "w.html", qtbot, with_picture=False).decode()
    assert "<img" in page
    assert "<img" not in without
    pdf = written(located, tmp_path / "r.pdf", qtbot)
    assert pdf.startswith(b"%PDF-")
    assert tempfile.gettempdir().encode() not in pdf


def test_clues_of_the_window_are_in_it(located: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    areas = located.locate.areas
    areas.use_clues([parse_clue("drives-on=left"), parse_clue("hemisphere=south")])
    row = located.locate.list.current()
    qtbot.waitUntil(lambda: areas.settled(row), timeout=ANSWER_MS)
    try:
        page = written(located, tmp_path / "r.html", qtbot).decode()
    finally:
        areas.use_clues([])
    assert "--clue drives-on=left --clue hemisphere=south" in page
    for words in ("drives on the left", "southern hemisphere"):
        assert f"<td>{words}</td>" in page
    assert "Without them, the answer would be" in page


def test_clues_used_and_dismissed_stand_there_with_their_source(
    located: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    row, clues = located.locate.list.current(), located.locate.clues
    assert row is not None
    found = [
        FoundClue(parse_clue(text), ClueSource.CAPTION, said)
        for text, said in (("near=Lisbon", "Lisboa"), ("hemisphere=south", "Süden"))
    ]
    clues.offer(row.path, ClueSource.CAPTION, found)
    clues.dismiss(found[0].clue)
    clues.use(found[1].clue)
    qtbot.waitUntil(lambda: located.locate.areas.settled(row), timeout=ANSWER_MS)
    page = written(located, tmp_path / "r.html", qtbot).decode()
    assert "<td>southern hemisphere</td><td>caption: “Süden”</td>" in page
    assert "--clue hemisphere=south" in page
    dismissed = "<td>near Lisbon, Portugal</td><td>caption: “Lisboa”</td>"
    assert f"{dismissed}<td>dismissed by the user</td>" in page


def test_the_photo_itself_is_never_overwritten(
    located: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    before = photos[0].read_bytes()
    row = located.locate.list.current()
    assert row is not None
    located.locate.reporting.write(row, photos[0])
    assert "it is the photo itself" in located.notice.text
    assert photos[0].read_bytes() == before
