"""The map as a picture and as a page of its own: saved, opened, and refused."""

from __future__ import annotations

import base64
import gzip
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PIL import Image
from PySide6.QtCore import QUrl
from PySide6.QtWebEngineCore import (
    QWebEnginePage,
    QWebEngineProfile,
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
)
from PySide6.QtWebEngineWidgets import QWebEngineView
from pytestqt.qtbot import QtBot

from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.exploring import WindowMap
from tests.ui.window.sharing_parts import OPEN_MS, errors, three_answers


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


class NoNetwork(QWebEngineUrlRequestInterceptor):
    """Lets the file itself through and nothing else; remembers all that was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        url = info.requestUrl()
        if url.scheme() == "data":
            return
        self.asked.append(url.toString())
        info.block(url.scheme() != "file" or not url.path().endswith(".html"))


class Listening(QWebEnginePage):
    """A page that keeps what it complains about."""

    def __init__(self, profile: QWebEngineProfile, parent: QWebEngineView) -> None:
        super().__init__(profile, parent)
        self.complaints: list[str] = []

    def javaScriptConsoleMessage(self, level: Any, message: str, line: int, source: str) -> None:
        self.complaints.append(f"{message} ({line})")


class Browser:
    """A web view that has nothing of the program's: no scheme, no channel, no network."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.profile = QWebEngineProfile()
        self.guard = NoNetwork()
        self.profile.setUrlRequestInterceptor(self.guard)
        self.view = QWebEngineView()
        self.page = Listening(self.profile, self.view)
        self.view.setPage(self.page)
        self.view.resize(700, 560)

    def open(self, path: Path) -> None:
        self.view.show()
        with self.qtbot.waitSignal(self.view.loadFinished, timeout=OPEN_MS):
            self.view.load(QUrl.fromLocalFile(str(path)))
        self.await_js("window.geoguess?.prediction !== undefined && !geoguess.dirty")

    def js(self, code: str) -> Any:
        with self.qtbot.waitCallback(timeout=10_000) as called:
            self.page.runJavaScript(f"JSON.stringify({code})", 0, called)
        return json.loads(called.args[0]) if called.args[0] else None

    def await_js(self, condition: str) -> None:
        def holds() -> None:
            assert self.js(f"!!({condition})"), (condition, self.page.complaints)

        self.qtbot.waitUntil(holds, timeout=OPEN_MS)

    def close(self) -> None:
        shiboken6.delete(self.view)
        shiboken6.delete(self.profile)


@pytest.fixture
def browser(qtbot: QtBot) -> Iterator[Browser]:
    found = Browser(qtbot)
    yield found
    found.close()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return three_answers(tmp_path)


def saved(window: MainWindow, save: Callable[[Path], None], path: Path, qtbot: QtBot) -> Path:
    save(path)
    qtbot.waitUntil(lambda: str(path) in window.notice.text, timeout=OPEN_MS)
    assert path.is_file()
    return path


def test_an_exported_answer_opens_without_program_and_network(
    located: MainWindow, browser: Browser, tmp_path: Path, qtbot: QtBot
) -> None:
    window_map = WindowMap(qtbot, located)
    window_map.await_js("geoguess.prediction && geoguess.cells.partition()?.rings")
    path = saved(located, located.views.save_page, tmp_path / "map.html", qtbot)
    assert path.stat().st_size < 3_000_000
    browser.open(path)
    browser.await_js("geoguess.prediction && geoguess.cells.partition()?.rings")
    assert browser.guard.asked == [QUrl.fromLocalFile(str(path)).toString()]
    assert browser.page.complaints == []
    same = "[geoguess.prediction.answer, geoguess.cells.active, geoguess.cells.names]"
    assert browser.js(same) == window_map.js(same)
    head = browser.js("document.querySelector('header.exported').innerText")
    assert head.startswith(located.locate.list.current().name)
    assert "Estimated from images by Tiny 0.1, not measured." in head
    assert browser.js("document.querySelector('.legend').innerText.includes('Probability')")
    assert (
        browser.js("document.querySelector('.sources').innerText")
        == "Natural Earth · GSHHG · GeoNames"
    )
    # The land is there: its colour in the middle of Africa, unless a cell lies over it.
    colours = browser.js("geoguess.basemap.scales['50m'].land.count")
    assert colours > 500


def unpacked(path: Path) -> dict[str, bytes]:
    """The files inside an exported page."""
    text = path.read_text(encoding="utf-8")
    inside = text.split('id="geoguess-export">', 1)[1].split("</script>", 1)[0]
    packed = json.loads(inside)["files"]
    return {name: gzip.decompress(base64.b64decode(data)) for name, data in packed.items()}


def test_an_exported_error_map_gives_away_only_what_it_shows(
    window: MainWindow, table: Path, browser: Browser, tmp_path: Path, qtbot: QtBot
) -> None:
    mode = errors(window, table, qtbot)
    combo = mode.side.filters.scene
    combo.setCurrentIndex(combo.findData("urban"))
    mode.choose_photo(1)
    path = saved(window, window.views.save_page, tmp_path / "errors.html", qtbot)
    told = json.loads(unpacked(path)["data/errors.json"])
    assert [name for _, name in told] == ["paris.jpg", "<!--<script>berlin.jpg"]
    assert all(text.endswith(" off") for text, _ in told)
    assert b"secret" not in b"".join([path.read_bytes(), *unpacked(path).values()])
    browser.open(path)
    part = "geoguess.parts.all.find((part) => part.topics?.errors)"
    browser.await_js(f"{part}.order?.length === 2 && {part}.chosen?.index === 1")
    assert browser.js("document.querySelector('.error-legend b').textContent") == "0"
    assert browser.page.complaints == []
    assert browser.guard.asked == [QUrl.fromLocalFile(str(path)).toString()]
    title = browser.js("document.querySelector('header h1').textContent")
    assert title == "Errors on <img src=x>three.csv: 2 of 3 photos"


def test_explored_cells_are_exported_too(
    window: MainWindow, browser: Browser, tmp_path: Path, qtbot: QtBot
) -> None:
    mode = window.modes.switch("explore")
    qtbot.waitUntil(lambda: mode.explorer.cells is not None, timeout=OPEN_MS)
    part = "geoguess.parts.all.find((part) => part.topics?.explore)"
    window_map = WindowMap(qtbot, window)
    values = f"{part}.cells.layers[{part}.cells.active]?.p"
    window_map.await_js(f"{values}?.length > 0")
    path = saved(window, window.views.save_page, tmp_path / "cells.html", qtbot)
    browser.open(path)
    browser.await_js(f"{values}?.length > 0")
    assert browser.js(values) == window_map.js(values)
    assert browser.page.complaints == []


def test_a_picture_has_the_map_and_its_title(
    located: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window_map = WindowMap(qtbot, located)
    window_map.await_js("geoguess.prediction && geoguess.cells.partition()?.rings")
    path = saved(located, located.views.save_picture, tmp_path / "map.png", qtbot)
    view = located.map_pane.map
    with Image.open(path) as image:
        image.load()
        ratio = view.devicePixelRatioF()
        assert image.width == round(view.width() * ratio)
        assert image.height > view.height() * ratio
        band = image.crop((0, 0, image.width, image.height - round(view.height() * ratio)))
        assert len(band.convert("RGB").getcolors(1 << 24)) > 10  # letters
        shown = image.crop((0, band.height, image.width, image.height)).convert("RGB")
        assert len(shown.getcolors(1 << 24)) > 100
        # The zoom buttons stand at the top right, and are left out: the sea shows there.
        corner = shown.getpixel((shown.width - 26, 30))
        assert corner != (255, 255, 255)
    window_map.await_js("!geoguess.controls.fitWorld.parentElement.hidden")


def test_a_full_or_forbidden_place_is_one_sentence(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "no" / "such" / "map.html"
    window.views.save_page(path)
    qtbot.waitUntil(lambda: "cannot be written" in window.notice.text, timeout=OPEN_MS)
    window.views.save_view(path)
    assert "cannot be written" in window.notice.text


def test_the_picture_is_a_png_of_its_own(tmp_path: Path) -> None:
    """A picture made from a widget without a map: the band alone must not fail."""
    from PySide6.QtWidgets import QLabel

    from geoguess_app.ui.kit.palettes import DARK
    from geoguess_app.ui.map.export.picture import picture, png
    from geoguess_app.ui.map.export.snapshot import Caption

    label = QLabel("map")
    label.resize(300, 200)
    content = png(picture(label, Caption("Title " * 30, "Note"), DARK))
    with Image.open(io.BytesIO(content)) as image:
        assert image.width == 300
        assert image.height > 260  # the long title takes several lines
