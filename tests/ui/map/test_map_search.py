"""Finding a place on the map: the card over the real page, its hits, and the mark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.map.pane import MapPane
from tests.ui.map_page import READY_MS


@pytest.fixture(scope="module")
def opened_pane(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[MapPane]:
    """A pane with its map, without the card over an empty one."""
    qtbot = QtBot(request)
    frame = QWidget()
    pane = MapPane(Theme(qapp, "light"), QLabel(), QThreadPool.globalInstance(), parent=frame)
    frame.resize(800, 600)
    pane.resize(800, 600)
    pane.show_welcome(False)
    frame.show()
    with qtbot.waitSignal(pane.ready, timeout=READY_MS):
        pane.make_map()
    yield pane
    shiboken6.delete(frame)


@pytest.fixture
def pane(opened_pane: MapPane) -> Iterator[MapPane]:
    yield opened_pane
    opened_pane.search.close_search()


def typed(pane: MapPane, qtbot: QtBot, text: str) -> QLineEdit:
    """Open the search, type, and wait for hits."""
    pane.find_place()
    field = pane.search.box.field
    field.clear()
    qtbot.keyClicks(field, text)
    qtbot.waitUntil(lambda: len(pane.search.box.model.hits) > 0, timeout=20_000)
    return field


@pytest.mark.parametrize(
    ("text", "title", "latitude_deg", "longitude_deg"),
    [
        ("tokyo", "Tokyo", 35.69, 139.69),
        ("48.8584, 2.2945", "48.85840, 2.29450", 48.8584, 2.2945),
        ("https://maps.google.com/?q=-33.8568,151.2153", "-33.85680, 151.21530", -33.857, 151.215),
        ("47e66fe1c", "S2 cell 47e66fe1c", 48.86, 2.29),
    ],
)
def test_what_is_found_is_marked_and_shown(
    pane: MapPane, qtbot: QtBot, text: str, title: str, latitude_deg: float, longitude_deg: float
) -> None:
    field = typed(pane, qtbot, text)
    assert pane.search.box.model.hits
    assert pane.map is not None
    qtbot.keyClick(field, Qt.Key.Key_Return)
    shown = pane.map
    qtbot.waitUntil(lambda: abs(shown.center().latitude_deg - latitude_deg) < 0.3, timeout=10_000)
    qtbot.waitUntil(lambda: abs(shown.center().longitude_deg - longitude_deg) < 0.3)
    assert f'"name":"{title}"' in shown.snapshot().topics["found"]


def test_escape_closes_the_card_and_takes_the_mark_away(pane: MapPane, qtbot: QtBot) -> None:
    field = typed(pane, qtbot, "tokyo")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert pane.search.isVisible()
    assert pane.search.geometry().right() < pane.width() - 50, "the map's buttons stay free"
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not pane.search.isVisible()
    assert pane.map is not None
    assert pane.map.snapshot().topics["found"] == "null"


def test_the_card_is_as_high_as_its_hits(pane: MapPane, qtbot: QtBot) -> None:
    field, card = typed(pane, qtbot, "san"), pane.search
    many = len(card.box.model.hits)
    qtbot.waitUntil(lambda: card.height() == card.sizeHint().height())
    before = card.height()
    qtbot.keyClicks(field, "defjord")
    qtbot.waitUntil(lambda: 0 < len(card.box.model.hits) < many, timeout=10_000)
    assert card.height() == card.sizeHint().height() < before
    assert field.height() < 40
