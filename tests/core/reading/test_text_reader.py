"""Text on photos is read where it stands, offline, and not after it was cancelled."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.core.reading import text_reader
from geoguess_app.core.reading.photo_text import read_photo_text
from geoguess_app.core.reading.script_detection import has_script_detection
from geoguess_app.core.reading.text_reader import ReadingError, TextReader, load_text_reader
from tests.signs import PHOTO, photo_with_sign

SIGN = ("Padaria Central", "Tel. +351 21 123 4567", "www.padaria.pt", "LISBOA")


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return load_text_reader()


def test_a_sign_is_read_line_by_line_where_it_stands(reader: TextReader) -> None:
    found = read_photo_text(photo_with_sign(SIGN), reader)
    assert found is not None
    assert [line.text for line in found.lines] == list(SIGN)
    for number, line in enumerate(found.lines):
        (left, top), (right, _), (_, bottom), _ = line.corners
        assert abs(left - 24) < 20  # the sign's edge
        assert right > left + 100
        middle = (top + bottom) / 2
        assert abs(middle - (12 + 68 * number + 26)) < 20
        assert line.confidence > 0.9
    assert {str(one.clue) for one in found.clues} >= {"phone=351", "domain=pt"}
    assert found.places[0].place.city == "Lisbon"
    assert found.places[0].text == "LISBOA"


def test_text_is_found_on_a_photo_of_any_size(reader: TextReader) -> None:
    large = photo_with_sign(SIGN).resize((3600, 2400))
    found = read_photo_text(large, reader)
    assert found is not None
    assert "LISBOA" in [line.text for line in found.lines]
    assert max(x for x, _ in found.lines[0].corners) > 1000  # in the large photo's pixels
    assert read_photo_text(Image.new("RGB", (1, 1)), reader) is not None


@pytest.mark.real_data
def test_the_town_on_a_real_bus_is_offered(reader: TextReader, real_photos: Path) -> None:
    (bus,) = (real_photos / "exif").glob("*FinePixS1Pro_(5).jpg")
    found = read_photo_text(open_upright(bus), reader)
    assert found is not None
    assert [(each.text, each.place.city) for each in found.places] == [("Poole", "Poole")]


def test_a_photo_without_text_has_none(reader: TextReader) -> None:
    found = read_photo_text(open_upright(PHOTO), reader)
    assert found is not None
    assert not found.lines
    assert not found.clues
    assert not found.places


def test_a_cancelled_reading_says_nothing(reader: TextReader) -> None:
    token = CancelToken()
    token.cancel()
    assert read_photo_text(photo_with_sign(SIGN), reader, token=token) is None


def test_nothing_is_asked_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **_: object) -> None:
        raise AssertionError(f"a connection was wanted: {args}")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    found = read_photo_text(photo_with_sign(SIGN[:1]), TextReader())
    assert found is not None
    assert found.lines[0].text == SIGN[0]


def test_the_package_cannot_fetch_what_it_misses() -> None:
    TextReader()
    from rapidocr import EngineType, RapidOCR

    with pytest.raises(ReadingError, match="nothing was fetched"):
        RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.model_root_dir": "/nowhere-to-be-found",
                "Det.engine_type": EngineType.OPENVINO,
            }
        )(photo_with_sign(SIGN[:1]))


def test_without_the_extra_one_sentence_says_how_to_get_it() -> None:
    script = (
        "import sys; sys.modules['rapidocr'] = None\n"
        "from geoguess_app.core.reading.text_reader import can_read_text, load_text_reader\n"
        "assert not can_read_text()\n"
        "try: load_text_reader()\n"
        "except Exception as problem: print(problem)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        'To read text on photos, install rapidocr: pip install "rapidocr>=3.10,<3.11".\n'
    )


def test_missing_models_are_not_fetched_but_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_reader, "_DETECTOR", "missing.onnx")
    with pytest.raises(ReadingError, match="reinstall them"):
        TextReader()


def test_reading_loads_nothing_before_it_is_asked() -> None:
    script = (
        "import sys\n"
        "import geoguess_app.core.reading.photo_text, geoguess_app.commands.locate\n"
        "import geoguess_app.ui.locate.mode\n"
        "print([name for name in ('rapidocr', 'openvino') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.skipif(not has_script_detection(), reason="Tesseract is not installed")
def test_tesseract_says_the_script_that_the_models_cannot_read(reader: TextReader) -> None:
    said = ("Добро пожаловать", "Ресторан", "Улица Ленина 12")
    found = read_photo_text(photo_with_sign(said), reader)
    assert found is not None
    assert "script=Cyrl" in [str(each.clue) for each in found.clues]
    latin = read_photo_text(photo_with_sign(SIGN), reader)
    assert latin is not None
    assert not any(str(each.clue).startswith("script=") for each in latin.clues)
