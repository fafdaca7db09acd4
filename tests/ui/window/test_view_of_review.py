"""A view of the review, opened where the photos are in the review, and where they are not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from geoguess_app.review.values import State
from geoguess_app.review.views import Order, PhotoFilter
from geoguess_app.ui.review.mode import ReviewMode
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import ANSWER_MS, OpenWindow
from tests.ui.window.review_parts import control, current, located
from tests.ui.window.view_parts import OPEN_MS, change, look_at, save, settled_at_place

WANTED = PhotoFilter(frozenset({State.LOCATED}), 0.0, 1.0, None, False, "photo_")


@pytest.fixture(scope="module")
def album(photo_sets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six real photos, which stay."""
    folder = tmp_path_factory.mktemp("album")
    for number, photo in enumerate(sorted((photo_sets / "world").iterdir())[:6], start=1):
        shutil.copy(photo, folder / f"photo_{number}.jpg")
    return folder


@pytest.fixture(scope="module")
def first(
    open_window: OpenWindow,
    request: pytest.FixtureRequest,
    album: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ReviewMode]:
    """A window that reviews the six photos, one of them accepted."""
    qtbot, folder = QtBot(request), tmp_path_factory.mktemp("first")
    with open_window(folder) as window:
        mode = window.modes.switch("review")
        assert isinstance(mode, ReviewMode)
        qtbot.waitUntil(lambda: mode.controller is not None, timeout=OPEN_MS)
        mode.open_paths([album])
        qtbot.waitUntil(located(mode, 6), timeout=ANSWER_MS)
        control(mode).accept([2])
        yield mode


@pytest.fixture(scope="module")
def saved(first: ReviewMode, album: Path, request: pytest.FixtureRequest) -> Path:
    """A view of a filtered list, another photo than the first looked at and two more selected."""
    qtbot = QtBot(request)
    first.pane.filters.set_wanted(WANTED, Order.NAME)
    qtbot.waitUntil(lambda: list(first.model.numbers) == [1, 3, 4, 5, 6], timeout=OPEN_MS)
    first.list.select_numbers([3, 4, 5])
    first.services.host.map_pane.choose_layer(1)
    look_at(first.services.host, qtbot)
    path = album / "sub" / "review.geoview"
    path.parent.mkdir()
    state = save(first.services.host, path)
    assert state["states"] == ["located"]
    assert state["selected"] == [f"../photo_{n}.jpg" for n in (3, 4, 5)]
    found = json.loads(path.read_text())
    assert found["photos"] == [f"../photo_{n}.jpg" for n in (1, 3, 4, 5, 6)]
    return path


@pytest.fixture(scope="module")
def second(
    open_window: OpenWindow,
    first: ReviewMode,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[MainWindow]:
    """Another user's window; nothing has been reviewed in it."""
    with open_window(tmp_path_factory.mktemp("second")) as window:
        yield window


def same_is_shown(mode: ReviewMode, album: Path, qtbot: QtBot) -> None:
    settled_at_place(mode.services.host, qtbot)
    assert mode.pane.filters.wanted() == WANTED
    assert mode.pane.filters.order() is Order.NAME
    assert current(mode).path == album / "photo_3.jpg"
    selected = [control(mode).photo(number).path.name for number in mode.list.selected()]
    assert selected == ["photo_3.jpg", "photo_4.jpg", "photo_5.jpg"]
    pane = mode.services.host.map_pane
    assert pane.layer() == pane.layers()[0]


def test_the_own_review_is_looked_at_as_before_and_stays_as_it_is(
    first: ReviewMode, saved: Path, album: Path, qtbot: QtBot
) -> None:
    window = first.services.host
    control(first).reject([6])
    before = list(control(first).session)
    first.pane.filters.set_wanted(PhotoFilter(), Order.TIME)
    first.list.go_to(1)
    window.modes.switch("locate")
    window.map_pane.choose_layer(2)
    window.views.open(saved)
    assert window.modes.current is first
    same_is_shown(first, album, qtbot)
    assert list(control(first).session) == before
    names = [control(first).photo(number).path.name for number in first.model.numbers]
    assert names == [f"photo_{n}.jpg" for n in (1, 3, 4, 5)]


def test_an_empty_review_takes_the_photos_in(
    second: MainWindow, saved: Path, album: Path, qtbot: QtBot
) -> None:
    second.views.open(saved)
    mode = second.modes.get("review")
    assert isinstance(mode, ReviewMode)
    qtbot.waitUntil(lambda: mode.controller is not None, timeout=OPEN_MS)
    qtbot.waitUntil(located(mode, 5), timeout=ANSWER_MS)
    same_is_shown(mode, album, qtbot)
    assert {photo.state for photo in control(mode).session} == {State.LOCATED}


def test_what_an_own_review_lacks_comes_only_where_it_is_wanted(
    second: MainWindow, saved: Path, album: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    mode = second.modes.get("review")
    assert isinstance(mode, ReviewMode)
    control(mode).remove([1])
    path = Path(shutil.copy(saved, tmp_path / "other.geoview"))
    found = json.loads(path.read_text())
    names = ["photo_1.jpg", "photo_2.jpg", "photo_3.jpg", "gone.jpg"]
    found.update(photos=[str(album / name) for name in names], photo=str(album / "gone.jpg"))
    path.write_text(json.dumps(found))
    change(path, states=[], selected=[])
    second.views.open(path)
    qtbot.waitUntil(lambda: second.notice.button.isVisible(), timeout=OPEN_MS)
    assert second.notice.text == (
        "1 of this view’s 4 photos were not found. Not in your review: 2 of this view’s 4 photos."
    )
    settled_at_place(second, qtbot)
    assert len(control(mode)) == 4
    second.notice.button.click()
    qtbot.waitUntil(located(mode, 6), timeout=ANSWER_MS)


BAD = {
    "states": ["burnt"],
    "order": "at random",
    "least_confidence": -1,
    "most_confidence": "1",
    "country": "Peru",
    "gps": True,
    "text": "a" * 201,
    "selected": ["//evil.example/a.jpg"],
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_one_sentence(
    first: ReviewMode, saved: Path, tmp_path: Path, name: str
) -> None:
    path = Path(shutil.copy(saved, tmp_path / "bad.geoview"))
    change(path, **{name: BAD[name]})
    before = first.pane.filters.wanted()
    first.services.host.views.open(path)
    assert first.services.host.notice.text.startswith(f"{path}: ")
    assert first.services.host.notice.text.endswith("; save the view again.")
    assert first.pane.filters.wanted() == before
