"""The map as a picture, as a page of its own, and a view as a file: saved, opened, and refused."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import shutil
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

from geoguess_app.core.types import Coordinate
from geoguess_app.ui.accuracy.mode import AccuracyMode
from geoguess_app.ui.views.values import ViewError
from geoguess_app.ui.views.view_file import ViewFile, read_view, write_view
from geoguess_app.ui.window import MainWindow
from tests.ui.window.conftest import ANSWER_MS, all_done, drop, files
from tests.ui.window.exploring import WindowMap

OPEN_MS = 20_000


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
def located(window: MainWindow, photos: list[Path], qtbot: QtBot) -> MainWindow:
    """The window with two real photos located, the first one shown."""
    window.intake.open_paths(photos[:2])
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    window.list.select(photos[0])
    return window


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """An evaluation of three photos, as another program's table."""
    path = tmp_path / "<img src=x>three.csv"  # a legal name, and no markup
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
    assert head.startswith(located.list.current().name)
    assert "Estimates by Tiny 0.1 from pictures, not measurements." in head
    assert browser.js("document.querySelector('.legend').innerText.includes('Probability')")
    assert browser.js("document.querySelector('.sources').innerText") == "Natural Earth · GeoNames"
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
    names = json.loads(unpacked(path)["data/errors.json"])
    assert names == ["paris.jpg", "<!--<script>berlin.jpg"]
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


def test_a_view_of_the_list_comes_back(
    located: MainWindow, photos: list[Path], tmp_path: Path, qtbot: QtBot
) -> None:
    view = located.map_pane.map
    located.map_pane.choose_layer(1)
    place = Coordinate(47.0, 8.0)
    with qtbot.waitSignal(view.viewMoved, timeout=OPEN_MS):
        view.go_to(place, 6.0)
    qtbot.waitUntil(lambda: view.zoom() == 6.0, timeout=OPEN_MS)
    path = tmp_path / "photos" / "here.geoview"
    located.views.save_view(path)
    written = json.loads(path.read_text())
    assert written["photos"] == ["photo_1.jpg", "photo_2.jpg"]  # they may move together
    located.model.clear()
    located.map_pane.choose_layer(2)
    located.modes.switch("accuracy")
    drop(located, files(path), located.map_pane.mapTo(located, located.map_pane.rect().center()))
    qtbot.waitUntil(all_done(located, 2), timeout=ANSWER_MS)
    assert located.modes.current.name == "locate"
    assert [row.path for row in located.model.rows()] == photos[:2]
    assert located.map_pane.layer() == located.map_pane.layers()[0]
    qtbot.waitUntil(
        lambda: view.zoom() == 6.0 and abs(view.center().latitude_deg - 47.0) < 0.1,
        timeout=OPEN_MS,
    )
    assert located.list.current().path == photos[0]


def test_a_view_of_errors_comes_back_with_its_filters(
    window: MainWindow, table: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    mode = errors(window, table, qtbot)
    combo = mode.side.filters.scene
    combo.setCurrentIndex(combo.findData("urban"))
    mode.choose_photo(1)
    path = tmp_path / "errors.geoview"
    window.views.save_view(path)
    mode.side.filters.reset()
    mode.choose_photo(2)
    window.modes.switch("locate")
    window.views.open(path)
    qtbot.waitUntil(lambda: mode.index == 1, timeout=OPEN_MS)
    assert window.modes.current is mode
    assert mode.side.tally.text() == "2 of 3 photos"
    table.unlink()
    window.views.open(path)
    assert "the evaluation that it shows is not there" in window.notice.text


def test_a_view_of_cells_comes_back(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    mode = window.modes.switch("explore")
    explorer = mode.explorer
    qtbot.waitUntil(lambda: explorer.cells is not None, timeout=OPEN_MS)
    explorer.set_level(1)
    explorer.set_measure("area")
    explorer.set_log(False)
    path = tmp_path / "cells.geoview"
    window.views.save_view(path)
    explorer.set_level(0)
    explorer.set_measure("photos")
    explorer.set_log(True)
    window.modes.switch("locate")
    window.views.open(path)
    assert window.modes.current is mode
    assert (explorer.level, explorer.measure, explorer.log) == (1, "area", False)


def test_missing_photos_and_another_model_are_said(
    window: MainWindow, photos: list[Path], tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "old.geoview"
    gone = tmp_path / "gone.jpg"
    view = ViewFile("locate", Coordinate(1.0, 2.0), 3.0, model="Other 2", photos=(photos[0], gone))
    write_view(path, view)
    window.views.open(path)
    assert window.notice.text == (
        "1 of 2 photos of this view are not there. "
        "It was made with Other 2; what you see is by Tiny 0.1."
    )
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)


def good() -> dict[str, Any]:
    where = {"latitude": 1.0, "longitude": 2.0, "zoom": 3.0, "layer": "", "display": {}}
    return {"format": "geoguess-view", "format_version": 1, "mode": "locate", "map": where}


SPOILED: dict[str, Any] = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "foreign": {**good(), "format": "x"},
    "later": {**good(), "format_version": 2},
    "no map": {**good(), "map": [1]},
    "no latitude": {**good(), "map": {"longitude": 2, "zoom": 3}},
    "beyond the pole": {**good(), "map": {**good()["map"], "latitude": 91}},
    "true for a number": {**good(), "map": {**good()["map"], "zoom": True}},
    "infinite": json.dumps({**good(), "map": {**good()["map"], "zoom": 1e999}}).encode(),
    "a share": {**good(), "photos": ["\\\\evil.example\\share\\a.jpg"]},
    "another share": {**good(), "photo": "//evil.example/a.jpg"},
    "a number for a path": {**good(), "photos": [1]},
    "too many photos": {**good(), "photos": ["a.jpg"] * 20_001},
    "a dictionary of photos": {**good(), "photos": {}},
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_view_is_one_sentence(tmp_path: Path, name: str) -> None:
    content = SPOILED[name]
    path = tmp_path / "bad.geoview"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(ViewError) as refused:
        read_view(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert str(refused.value).count(".") <= 4


def test_what_a_view_says_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.geoview"
    path.parent.mkdir()
    view = ViewFile(
        "explore",
        Coordinate(-16.9, 179.4),
        5.5,
        "fine",
        {"scale": "linear"},
        "M 1",
        (tmp_path / "c.jpg", tmp_path / "a" / "d.jpg"),
        tmp_path / "c.jpg",
        {"level": "fine"},
    )
    write_view(path, view)
    assert read_view(path) == view
    shutil.move(str(tmp_path / "a"), str(tmp_path / "z"))
    assert read_view(tmp_path / "z" / "b.geoview").photos[1] == tmp_path / "z" / "d.jpg"


def test_an_unknown_mode_is_said(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "future.geoview"
    write_view(path, ViewFile("teleport", Coordinate(1.0, 2.0), 3.0))
    window.views.open(path)
    assert "a part that this version lacks" in window.notice.text
    assert window.modes.current.name == "locate"


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

    from geoguess_app.ui.map_export.picture import picture, png
    from geoguess_app.ui.map_export.snapshot import Caption
    from geoguess_app.ui.palettes import DARK

    label = QLabel("map")
    label.resize(300, 200)
    content = png(picture(label, Caption("Title " * 30, "Note"), DARK))
    with Image.open(io.BytesIO(content)) as image:
        assert image.width == 300
        assert image.height > 260  # the long title takes several lines
