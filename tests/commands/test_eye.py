"""DINOv2-small for reference photos: the question, the download, the check that decides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from geoguess_app.commands.common import OK, SOME_FAILED, WRONG_USAGE
from geoguess_app.models.eye import eye_path
from geoguess_app.models.published import MIRROR
from geoguess_app.references.collection import ReferenceCollection
from tests.commands.conftest import Geoguess
from tests.models.host import COMMIT, Host, running_host
from tests.references.eye_file import eye_graph
from tests.references.samples import located_photo, picture

REPOSITORY = "onnx-community/dinov2-small"
GET = ("models", "get", "dinov2-small")


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """A mirror on this machine that has the file."""
    with running_host() as found:
        found.add_repository(
            REPOSITORY, {"onnx/model_quantized.onnx": eye_graph()}, licence="apache-2.0"
        )
        monkeypatch.setenv(MIRROR, found.base)
        yield found


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """Twelve places, each seen on two days."""
    folder = tmp_path / "places"
    for number in range(12):
        located_photo(folder / f"{number} a.jpg", number, 30.0 + number, "2024:07:01 12:00:00")
        again = located_photo(
            folder / f"{number} b.jpg", 99, 30.0 + number, f"2024:07:02 12:{number:02}:00"
        )
        dimmed = picture(number).point(lambda value: value * 0.9)
        from PIL import Image

        with Image.open(again) as image:
            exif = image.info["exif"]
        dimmed.save(again, exif=exif, quality=95)
    return folder


def test_nothing_connects_without_consent(host: Host, geoguess: Geoguess) -> None:
    ran = geoguess(*GET)
    assert ran.status == WRONG_USAGE
    assert f"from {host.base}/{REPOSITORY} (licence Apache-2.0):" in ran.out
    assert "onnx/model_int8.onnx, about 24 MB" in ran.out
    assert "nothing was fetched: without a terminal, agree with --yes." in ran.err
    assert host.asked == []


def test_it_is_used_where_it_finds_more(
    host: Host, geoguess: Geoguess, tiny_model: Path, places: Path
) -> None:
    model = ("--model", tiny_model, "--device", "cpu")
    assert "dinov2-small" in geoguess("models", "list").out
    geoguess("references", "add", places, *model)
    got = geoguess(*GET, "--yes")
    assert got.status == OK, got.err
    assert f"commit {COMMIT}, licence: apache-2.0" in got.out
    assert "geoguess references update" in got.out
    assert eye_path().is_file()
    origin = json.loads(eye_path().with_name("dinov2-small.onnx.origin.json").read_text())
    assert origin["model"] == "dinov2-small"
    assert "dinov2-small" not in geoguess("models", "list").out

    assert geoguess("references", "update", *model).status == OK
    results = json.loads(geoguess("references", "check", "--json").out)
    eye = next(result for result in results if result["space"] == "DINOv2-small")
    other = next(result for result in results if result["space"] != "DINOv2-small")
    assert eye["within_km"]["0.1"] == 1.0
    assert eye["in_use"] == (eye["within_km"]["0.1"] > other["within_km"]["0.1"])
    with ReferenceCollection() as collection:
        assert collection.spaces()[0].is_eye == eye["in_use"]

    assert "Removed DINOv2-small" in geoguess("models", "remove", "dinov2-small").out
    row = json.loads(geoguess("locate", places / "0 a.jpg", *model, "--format", "jsonl").out)
    assert row["status"] == "ok"


def test_another_file_is_refused(
    host: Host, geoguess: Geoguess, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.add_repository(
        REPOSITORY, {"onnx/model_quantized.onnx": eye_graph(size=100)}, licence="apache-2.0"
    )
    ran = geoguess(*GET, "--yes")
    assert ran.status == SOME_FAILED
    assert "is not DINOv2-small: it does not turn a picture into 384 numbers." in ran.err
    assert not eye_path().exists()
