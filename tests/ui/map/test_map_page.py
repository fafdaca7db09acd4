"""The map page itself: it loads, stays on this machine, waits its turn and goes away quietly."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QUrl
from PySide6.QtWebEngineCore import QWebEngineUrlScheme
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from geoguess_app.ui.map import builder
from geoguess_app.ui.map.builder import build_page
from geoguess_app.ui.map.page import map_profile
from geoguess_app.ui.map.page_cache import map_page
from geoguess_app.ui.map.scheme import PAGE_URL, MapSchemeHandler, register_scheme
from geoguess_app.ui.map.view import MapView
from tests.ui.map_page import MapDriver
from tests.ui.map_samples import BERLIN, PARIS, answer_at, partition_around


def test_page_loads_without_an_error(qtbot: QtBot) -> None:
    driver = MapDriver(qtbot)
    driver.view.start()
    with qtbot.waitSignal(driver.web.loadFinished, timeout=30_000) as loaded:
        driver.view.show()
    assert loaded.args == [True]
    qtbot.waitSignal(driver.view.ready, timeout=30_000).wait()
    assert driver.web.url() == QUrl(PAGE_URL)
    assert driver.js("isSecureContext")
    assert driver.problems == []


def test_only_the_program_itself_is_asked(qtbot: QtBot) -> None:
    driver = MapDriver(qtbot).open()
    partitions = [partition_around("coarse", [PARIS, BERLIN], 4)]
    driver.drawn("partitions", lambda: driver.view.set_partitions(partitions))
    driver.drawn("prediction", lambda: driver.view.show_prediction(answer_at(PARIS, partitions)))
    driver.look_at(48.0, 5.0, 8.0)  # near enough for the detailed coast
    driver.await_js("geoguess.basemap.scales['10m']?.ready")
    requested = map_profile().interceptor.requested
    assert {QUrl(address).scheme() for address in requested} <= {"geoguess", "qrc", "data"}
    assert any(address.endswith("land-10m.json") for address in requested)
    assert any(address.endswith("leaflet.js") for address in requested)
    assert map_profile().interceptor.blocked == set()


@pytest.mark.allow_page_errors
def test_no_script_reaches_the_network_or_the_disk(qtbot: QtBot) -> None:
    driver = MapDriver(qtbot).open()
    for address in ("https://example.org/x", "http://127.0.0.1:9/x", "file:///etc/hostname"):
        driver.js(
            f"(window.answer = null, fetch('{address}').then(() => answer = 'reached',"
            " () => answer = 'refused'), 1)"
        )
        driver.await_js("answer")
        assert driver.js("answer") == "refused", address
    driver.js(
        "(window.answer = null, (i => { i.onload = () => answer = 'reached';"
        " i.onerror = () => answer = 'refused'; i.src = 'https://example.org/a.png'; })"
        "(new Image()), 1)"
    )
    driver.await_js("answer")
    assert driver.js("answer") == "refused"


@pytest.mark.allow_page_errors
def test_interceptor_blocks_where_the_page_policy_does_not(qtbot: QtBot) -> None:
    """The second belt on its own: a page without any policy gets nothing from outside either."""
    from PySide6.QtWebEngineCore import QWebEnginePage

    profile = map_profile()
    profile.handler.publish("bare.html", b"<!doctype html><title>bare</title>")
    page = QWebEnginePage(profile)
    try:
        with qtbot.waitSignal(page.loadFinished, timeout=30_000) as loaded:
            page.load(QUrl("geoguess://map/bare.html"))
        assert loaded.args == [True]
        page.runJavaScript("fetch('https://example.org/y')")
        qtbot.waitUntil(lambda: "https://example.org/y" in profile.interceptor.blocked)
    finally:
        profile.handler.withdraw("bare.html")
        profile.interceptor.blocked.clear()
        shiboken6.delete(page)


@pytest.mark.allow_page_errors
@pytest.mark.parametrize("address", ["file:///etc/hostname", "https://example.org/"])
def test_navigation_is_refused(qtbot: QtBot, address: str) -> None:
    driver = MapDriver(qtbot).open()
    driver.js(f"(location.href = '{address}', 1)")
    driver.web.load(QUrl(address))
    qtbot.wait(200)
    assert driver.web.url() == QUrl(PAGE_URL)
    assert driver.js("typeof geoguess.map.getZoom()") == "number"


def test_drops_are_left_to_the_window(qtbot: QtBot) -> None:
    driver = MapDriver(qtbot).open()
    assert not driver.web.acceptDrops()
    assert not driver.view.acceptDrops()


def test_what_is_set_early_is_shown_when_the_page_is_ready(qtbot: QtBot) -> None:
    driver = MapDriver(qtbot)
    partitions = [partition_around(name, [PARIS, BERLIN], level) for name, level in
                  (("coarse", 4), ("fine", 7))]  # fmt: skip
    driver.view.set_theme("dark")
    driver.view.set_partitions(partitions)
    driver.view.show_prediction(answer_at(PARIS, partitions))
    driver.view.set_layer("coarse")
    driver.view.fit_answer()
    driver.open()
    driver.await_js("geoguess.cells.active === 'coarse' && geoguess.cells.partition().rings")
    assert driver.js("document.documentElement.dataset.theme") == "dark"
    driver.await_js("geoguess.map.getZoom() > 4")
    center = driver.js("geoguess.map.getCenter()")
    assert abs(center["lng"] - PARIS.longitude_deg) < 1.0


def test_state_is_sent_again_after_the_page_was_lost(qtbot: QtBot) -> None:
    driver = MapDriver(qtbot).open()
    partitions = [partition_around("coarse", [PARIS, BERLIN], 4)]
    driver.drawn("partitions", lambda: driver.view.set_partitions(partitions))
    driver.drawn("prediction", lambda: driver.view.show_prediction(answer_at(PARIS, partitions)))
    driver.web.lost.emit()
    with qtbot.waitSignal(driver.view.ready, timeout=30_000):
        driver.web.reload()
    driver.await_js("geoguess.prediction?.answer && geoguess.cells.partition()?.rings")


def test_four_maps_in_one_process_go_away_quietly(
    qtbot: QtBot, capfd: pytest.CaptureFixture[str]
) -> None:
    handler = map_profile().handler
    for _ in range(4):
        driver = MapDriver(qtbot)
        driver.open()
        partitions = [partition_around("only", [PARIS], 5)]
        driver.drawn("partitions", lambda d=driver, p=partitions: d.view.set_partitions(p))
        driver.view.close()
        driver.view.deleteLater()
        qtbot.waitUntil(lambda d=driver: not shiboken6.isValid(d.view))
        del driver
        gc.collect()
        QApplication.processEvents()
    assert handler.content("data/") is None
    assert not handler.published("data/"), "cells of maps that are gone must not be kept"
    assert "Release of profile" not in capfd.readouterr().err


def test_a_map_that_closes_while_it_fetches_cells_goes_away_quietly(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    driver = MapDriver(qtbot).open()
    partitions = [partition_around("only", [PARIS], 5)]
    driver.drawn("partitions", lambda d=driver: d.view.set_partitions(partitions))
    (path, *_) = map_profile().handler.published("data/")
    fetching = f"for (let i = 0; i < 200; i++) fetch('{path}', {{cache: 'no-store'}})"
    driver.web.page().runJavaScript(fetching)
    requested = map_profile().interceptor.requested
    requested.clear()
    qtbot.waitUntil(lambda: bool(requested))
    shiboken6.delete(driver.view)
    del driver
    gc.collect()
    qtbot.wait(300)
    assert not caplog.records


def test_a_map_that_was_never_shown_goes_away_quietly(qtbot: QtBot) -> None:
    view = MapView()
    view.set_partitions([partition_around("only", [PARIS], 5)])
    view.deleteLater()
    qtbot.waitUntil(lambda: not shiboken6.isValid(view))


def test_registering_twice_is_harmless() -> None:
    register_scheme()
    register_scheme()
    scheme = QWebEngineUrlScheme.schemeByName(b"geoguess")
    assert scheme.name() == b"geoguess"
    assert scheme.flags() & QWebEngineUrlScheme.Flag.SecureScheme


def test_page_names_no_host_and_allows_scripts_by_hash_only() -> None:
    html = build_page()
    assert "http:" not in html
    assert "https:" not in html
    policy = html.split('Content-Security-Policy" content="')[1].split('"')[0]
    scripts = next(part for part in policy.split(";") if "script-src" in part)
    assert "unsafe-inline" not in scripts
    assert scripts.count("sha256-") == html.count("<script>")
    assert "default-src 'none'" in policy


def test_page_is_kept_between_starts_and_built_again_when_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOGUESS_CACHE_DIR", str(tmp_path / "new"))
    first = map_page()
    (kept,) = (tmp_path / "new").iterdir()
    assert map_page() == first, "the second start reads the same page"
    kept.write_text(first[:200])
    assert map_page().endswith("</html>")
    kept.write_bytes(b"\xff\xfe")
    assert map_page().endswith("</html>")
    monkeypatch.setitem(builder.RECIPE, "main", '<script type="module" src="js/new.js"></script>')
    assert "js/new.js" in map_page(), "another recipe, another page"
    assert [file.suffix for file in (tmp_path / "new").iterdir()] == [".html"]
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GEOGUESS_CACHE_DIR", str(tmp_path / "file"))
    assert "js/new.js" in map_page(), "a folder that cannot be written is no harm"


OUTSIDE = ("../../pyproject.toml", "/etc/hostname", "leaflet/../../../../secret", "", "js",
           "data/no.bin", "%2e%2e/%2e%2e/pyproject.toml")  # fmt: skip


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_outside_its_folders_is_served(path: str) -> None:
    assert MapSchemeHandler().content(path) is None


def test_every_file_of_the_page_is_served() -> None:
    handler = MapSchemeHandler()
    for path in ("map.css", "js/main.js", "data/labels.json", "leaflet/leaflet.js",
                 "leaflet/leaflet.css"):  # fmt: skip
        assert handler.content(path), path
