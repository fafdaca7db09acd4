"""Map tiles from a file and, after a question, from a host: drawn, refused, kept to one host."""

from __future__ import annotations

import io
import socket
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from geoguess_app.core.types import Coordinate
from geoguess_app.ui.map.page import map_profile
from geoguess_app.ui.map.tiles.files import TileError, open_tile_file, plain_attribution
from geoguess_app.ui.map.tiles.online import OnlineTiles, host_of
from tests.ui.map_page import MapDriver

NORTH_WEST, SOUTH_EAST = Coordinate(45.0, -90.0), Coordinate(-45.0, 90.0)
RED, BLUE, GREEN, GREY = (200, 30, 30), (30, 30, 200), (30, 160, 30), (90, 90, 90)
QUARTERS = {(0, 0): RED, (1, 0): BLUE, (0, 1): GREEN, (1, 1): GREY}
"""Colours of the four tiles of zoom 1, by x and y (y from the north)."""


def picture(colour: tuple[int, int, int]) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (256, 256), colour).save(made, "PNG")
    return made.getvalue()


def mbtiles(path: Path, form: str = "png") -> Path:
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE metadata (name text, value text)")
        file.execute(
            "CREATE TABLE tiles (zoom_level int, tile_column int, tile_row int, tile_data)"
        )
        facts = {"format": form, "attribution": '<a href="x">&copy; Somebody</a>'}
        file.executemany("INSERT INTO metadata VALUES (?, ?)", facts.items())
        rows = [(1, x, 1 - y, picture(colour)) for (x, y), colour in QUARTERS.items()]
        file.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    file.close()
    return path


def pmtiles(path: Path) -> Path:
    from pmtiles.tile import Compression, TileType, zxy_to_tileid
    from pmtiles.writer import Writer

    with path.open("wb") as file:
        writer = Writer(file)
        for (x, y), colour in sorted(QUARTERS.items(), key=lambda q: zxy_to_tileid(1, *q[0])):
            writer.write_tile(zxy_to_tileid(1, x, y), picture(colour))
        header = {
            "tile_type": TileType.PNG,
            "tile_compression": Compression.NONE,
            **{"min_zoom": 1, "max_zoom": 1, "center_zoom": 1},
            **{"min_lon_e7": -1800000000, "min_lat_e7": -850000000, "max_lon_e7": 1800000000},
            **{"max_lat_e7": 850000000, "center_lon_e7": 0, "center_lat_e7": 0},
        }
        writer.finalize(header, {"attribution": "© Somebody"})
    return path


@pytest.mark.parametrize("make", [mbtiles, pmtiles])
def test_tiles_of_a_file_are_drawn_at_their_place(qtbot: QtBot, tmp_path: Path, make) -> None:
    source = open_tile_file(make(tmp_path / "world.tiles"))
    assert (source.facts.least_zoom, source.facts.most_zoom) == (1, 1)
    driver = MapDriver(qtbot).open()
    driver.drawn("tiles", lambda: driver.view.set_tiles(source))
    for place, colour in ((NORTH_WEST, RED), (SOUTH_EAST, GREY), (Coordinate(45, 90), BLUE)):
        driver.look_at(place.latitude_deg, place.longitude_deg, 3.0)  # deeper than the file goes
        driver.await_js("[...geoguess.tiles.kept.values()].every((tile) => tile.ready)")
        driver.await_js("!geoguess.dirty")
        shown = driver.painted(place)
        assert (shown.red(), shown.green(), shown.blue()) == colour
    assert driver.js("document.querySelector('.sources').textContent") == "© Somebody"
    driver.drawn("tiles", lambda: driver.view.set_tiles(None))
    assert (
        driver.js("document.querySelector('.sources').textContent")
        == "Natural Earth · GSHHG · GeoNames"
    )
    assert driver.painted(NORTH_WEST).red() != RED[0]


def test_files_that_cannot_be_drawn_are_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TileError, match=r"roads\.mbtiles contains pbf tiles"):
        open_tile_file(mbtiles(tmp_path / "roads.mbtiles", form="pbf"))
    cut = tmp_path / "cut.pmtiles"
    cut.write_bytes(pmtiles(tmp_path / "whole.pmtiles").read_bytes()[:60])
    with pytest.raises(TileError, match=r"cut\.pmtiles is damaged"):
        open_tile_file(cut)
    other = tmp_path / "notes.mbtiles"
    other.write_text("no tiles at all")
    with pytest.raises(TileError, match="not an MBTiles or PMTiles"):
        open_tile_file(other)
    empty = tmp_path / "empty.mbtiles"
    with sqlite3.connect(empty) as file:
        file.execute("CREATE TABLE notes (text)")
    file.close()
    with pytest.raises(TileError, match=r"empty\.mbtiles is not a valid MBTiles file"):
        open_tile_file(empty)
    with pytest.raises(TileError, match="Could not read"):
        open_tile_file(tmp_path / "absent.mbtiles")


@pytest.mark.parametrize(
    "address",
    [
        "http://tile.example.org/{z}/{x}/{y}.png",
        "https://tile.example.org/{z}/{x}.png",
        "https://user:secret@tile.example.org/{z}/{x}/{y}.png",
        "file:///tmp/{z}/{x}/{y}.png",
        "tile.example.org/{z}/{x}/{y}.png",
        "",
    ],
)
def test_only_plain_secure_addresses_are_taken(address: str) -> None:
    with pytest.raises(TileError):
        host_of(address)


def test_the_host_is_the_one_in_the_address() -> None:
    assert host_of("https://tile.example.org/{z}/{x}/{y}.png?k=1") == "tile.example.org"


def test_attributions_come_without_markup() -> None:
    assert (
        plain_attribution('<a href="https://x">&copy; A &amp; B</a>\n contributors')
        == "© A & B contributors"
    )


@pytest.fixture
def tile_host() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A tile server on this machine, and what it was asked: path and user agent."""
    asked: list[tuple[str, str]] = []

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["User-Agent"]))
            _, zoom, x, y = self.path.split("/")
            name = (int(x) * 2 >> int(zoom), int(y.removesuffix(".png")) * 2 >> int(zoom))
            content = picture(QUARTERS[name] if int(zoom) else RED)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{{z}}/{{x}}/{{y}}.png", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_online_tiles_are_fetched_by_the_program_and_not_by_the_page(
    qtbot: QtBot, tile_host: tuple[str, list[tuple[str, str]]]
) -> None:
    address, asked = tile_host
    map_profile().interceptor.requested.clear()
    driver = MapDriver(qtbot).open()
    driver.look_at(45.0, -90.0, 3.0)
    assert asked == []
    driver.drawn("tiles", lambda: driver.view.set_tiles(OnlineTiles(address)))
    driver.await_js("[...geoguess.tiles.kept.values()].some((tile) => tile.ready)")
    driver.await_js("[...geoguess.tiles.kept.values()].every((tile) => tile.ready)")
    driver.await_js("!geoguess.dirty")
    assert driver.painted(NORTH_WEST).red() == RED[0]
    assert asked
    assert all(agent.startswith("GeoGuess/") for _, agent in asked)
    assert not [a for a in map_profile().interceptor.requested if a.startswith("http")]
    driver.view.set_tiles(None)
    before = len(asked)
    driver.look_at(-45.0, 90.0, 4.0)
    assert len(asked) == before


def test_a_host_that_cannot_be_reached_is_named_once_and_the_map_stays(qtbot: QtBot) -> None:
    with socket.socket() as reserved:  # nobody listens there
        reserved.bind(("127.0.0.1", 0))
        tiles = OnlineTiles(f"http://127.0.0.1:{reserved.getsockname()[1]}/{{z}}/{{x}}/{{y}}.png")
        told: list[str] = []
        tiles.failed.connect(told.append)
        driver = MapDriver(qtbot).open()
        driver.look_at(48.0, 8.0, 5.0)
        driver.drawn("tiles", lambda: driver.view.set_tiles(tiles))
        qtbot.waitUntil(lambda: len(told) == 1, timeout=10_000)
        driver.look_at(48.0, 20.0, 5.5)
        driver.await_js("!geoguess.tiles.isThere && geoguess.labels.taken.boxes.length > 10")
        driver.view.set_tiles(None)
    assert told == [told[0]]
    assert told[0].startswith("No map tiles from 127.0.0.1: ")
    assert told[0].endswith(". The built-in map is shown instead.")


def test_tiles_that_are_given_up_take_their_last_answer_with_them(qtbot: QtBot) -> None:
    answers: list[bytes | None] = []
    tiles = OnlineTiles("http://127.0.0.1:9/{z}/{x}/{y}.png")
    tiles.fetch(1, 0, 0, answers.append)
    tiles.close()
    assert answers == [None]
    del tiles
    # The reply goes now. Had it been the last to hold the tiles, it would be deleted twice.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
