"""Miles or kilometres: panel, list, map and scale follow the setting, and go back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from geoguess_app.core.format import Units, units
from geoguess_app.settings import load_settings
from geoguess_app.ui.kit import words
from geoguess_app.ui.shell.settings_dialog import SettingsDialog
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import ANSWER_MS
from tests.ui.window.review_parts import Page
from tests.ui.window.test_accuracy_mode import accuracy, album, measured  # noqa: F401


@pytest.fixture
def window(shared_window: MainWindow) -> Iterator[MainWindow]:
    yield shared_window
    shared_window.commands.apply_settings(units="system")


def choose(window: MainWindow, units_wanted: str) -> None:
    window.actions_.settings.trigger()
    dialog = window.findChild(SettingsDialog)
    field = dialog.fields["units"]
    field.setCurrentIndex(field.findData(units_wanted))
    dialog.accept()
    dialog.deleteLater()


def test_an_answer_is_told_in_miles_everywhere(located: MainWindow, qtbot: QtBot) -> None:
    window = located
    page = Page(window, qtbot)
    scale = "document.querySelector('.leaflet-control-scale-line').textContent"
    row = window.locate.list.current()
    r80_km = row.outcome.located.prediction.radii.r80_km
    assert "km" in page.js(scale)
    assert row.detail == f"within {words.distance(r80_km)}"
    in_km = row.detail
    choose(window, "mi")
    assert units() is Units.MILES
    assert load_settings().units == "mi"
    assert row.detail == f"within {words.distance(r80_km)}" != in_km
    assert row.detail.endswith("mi")
    assert "within 16\N{NO-BREAK SPACE}mi" in window.locate.detail.answer.confidence.text()
    page.await_js(f"{scale}.endsWith(' mi')")
    page.await_js("geoguess.prediction.regions.every((region) => /(mi|ft)$/.test(region.text))")
    page.look_at(48.0, 2.0, 16)
    page.await_js(f"{scale}.endsWith(' ft')")
    page.look_at(48.0, 2.0, 2)
    page.await_js(f"/^\\d,\\d{{3}} mi$/.test({scale})")
    choose(window, "km")
    page.await_js(f"{scale}.endsWith(' km')")
    assert row.detail == in_km


def test_the_errors_of_an_evaluation_in_miles(
    window: MainWindow,
    measured: tuple[object, Path],  # noqa: F811
    qtbot: QtBot,
) -> None:
    mode = accuracy(window)
    mode.open(measured[1])
    qtbot.waitUntil(lambda: mode.photos is not None, timeout=ANSWER_MS)
    mode.side.filters.outside.setChecked(True)
    mode.choose_photo(int(mode.shown()[0]))
    page = Page(window, qtbot)
    page.await_js("document.body.textContent.includes('≤ 25\\u00a0km')")
    choose(window, "mi")
    assert mode.side.median.text().endswith("mi")
    assert mode.side.shares.lines()[1].startswith("Within 16\N{NO-BREAK SPACE}mi")
    assert mode.side.filters.outside.isChecked()  # what was set stays
    page.await_js("document.body.textContent.includes('≤ 16\\u00a0mi')")
    mode.side.filters.reset()
