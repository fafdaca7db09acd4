"""The real map page, opened once for the tests of a module and emptied before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.ui.map_page import MapDriver, map_of_a_module


@pytest.fixture(scope="module")
def opened_map(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[MapDriver]:
    """A map whose page is loaded."""
    yield from map_of_a_module(request)


@pytest.fixture
def driver(opened_map: MapDriver, qtbot: QtBot) -> Iterator[MapDriver]:
    """An empty map; a problem that it tells of fails the test."""
    opened_map.reset(qtbot)
    yield opened_map
    assert opened_map.problems == []
