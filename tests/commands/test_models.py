"""`geoguess models`: the library, and the whole way from a question to a pin."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from geoguess_app.commands.common import INTERRUPTED
from geoguess_app.core.bundle import write_bundle
from geoguess_app.files.user_data import models_dir
from geoguess_app.models.known import note_model
from geoguess_app.models.published import MIRROR
from geoguess_app.settings import load_settings
from tests.commands.conftest import SAMPLES, Geoguess, start
from tests.core.tiny_bundle import shared_parts
from tests.models.geoclip_files import write_release, write_split
from tests.models.host import COMMIT, Host, running_host, slowly

RELEASE, CLIP = "VicenteVivanco/geoclip-geolocation", "openai/clip-vit-large-patch14"
GET = ("models", "get", "geoclip", "--variant", "official")
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals and terminals")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """GeoCLIP's official files, small and random, in a folder."""
    folder = tmp_path_factory.mktemp("files") / "release"
    write_release(folder)
    return folder


@pytest.fixture
def host(release: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """A mirror on this machine that has these files."""
    clip = release / "clip-vit-large-patch14"
    with running_host() as found:
        names = ("config.json", "model.safetensors", "coordinates_100K.csv")
        found.add_repository(RELEASE, {name: (release / name).read_bytes() for name in names})
        weights = (clip / "model.safetensors").read_bytes()
        rest = {"config.json": b"{}", "preprocessor_config.json": b"{}", "README.md": b"#"}
        found.add_repository(CLIP, {**rest, "model.safetensors": weights}, licence=None)
        monkeypatch.setenv(MIRROR, found.base)
        yield found


def test_from_the_question_to_the_pin(host: Host, geoguess: Geoguess) -> None:
    ran = geoguess(*GET, "--yes")
    assert ran.status == 0, ran.err
    assert f"{host.base}/{RELEASE} (licence MIT):" in ran.out
    assert "model.safetensors, about 1.2 GB, only the tensors that are needed" in ran.out
    assert "are free." in ran.out
    assert f"commit {COMMIT}, licence: mit" in ran.out
    weights = f"/{CLIP}/resolve/{COMMIT}/model.safetensors"
    assert host.ranges(weights)[0] == "bytes=0-7"
    assert None not in host.ranges(weights)
    there = models_dir() / "geoclip-official.geomodel"
    assert sorted(path.name for path in models_dir().iterdir() if path.is_file()) == [
        there.name,
        f"{there.name}.origin.json",
    ]
    assert not list((models_dir() / "downloads").iterdir())

    info = json.loads(geoguess("models", "info", "geoclip-official", "--json").out)
    assert info["calibration"] == "published"
    sources = info["origin"]["sources"]
    assert [source["revision"] for source in sources] == [COMMIT, COMMIT]
    checked = {file["file"]: file["checked"] for s in sources for file in s["files"]}
    assert checked["coordinates_100K.csv"] == "sha256"
    assert checked["model.safetensors"] == "length"  # a part of the file, the later of the two
    text = geoguess("models", "info", "GeoCLIP").out
    assert "not measured by GeoGuess" in text
    assert "not on photos of yours" in text

    assert geoguess("models", "use", "geoclip-official").status == 0
    assert load_settings().model == str(there)
    answer = geoguess(
        "locate", SAMPLES / "china.jpg", "--format", "jsonl", "--no-cache", "--device", "cpu"
    )
    assert answer.status == 0, answer.err
    assert json.loads(answer.out)["model"] == "GeoCLIP 1 (not calibrated)"
    again = geoguess(*GET, "--yes")
    assert "is already here" in again.err
    assert geoguess("models", "remove", "geoclip-official").status == 0
    assert load_settings().model is None
    assert not list(models_dir().glob("geoclip*"))


def test_the_split_files_come_without_a_word_more(
    geoguess: Geoguess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_split(tmp_path / "split")
    table = (tmp_path / "split" / "gps_gallery" / "coordinates_100K.csv").read_text().split()[1:]
    places = [[float(number) for number in line.split(",")] for line in table]
    graphs = tmp_path / "split" / "onnx"
    files = {
        "onnx/vision_model_int8.onnx": (graphs / "vision_model.onnx").read_bytes(),
        "onnx/location_model.onnx": (graphs / "location_model.onnx").read_bytes(),
        "gps_gallery/coordinates_100K.json": json.dumps(places).encode(),
        "config.json": b"{}",
        "preprocessor_config.json": b"{}",
    }
    with running_host() as found:
        found.add_repository("Xenova/geoclip-large-patch14", files)
        monkeypatch.setenv(MIRROR, found.base)
        ran = geoguess("models", "get", "geoclip", "--yes")
    assert ran.status == 0, ran.err
    assert "geoguess-train calibrate" in ran.out
    described = json.loads(geoguess("models", "info", "geoclip-int8", "--json").out)
    assert described["manifest"]["gallery"]["count"] == len(places)
    recorded = described["origin"]["sources"][0]["files"]
    assert [file["file"] for file in recorded] == list(files)
    assert {file["checked"] for file in recorded} == {"sha256", "git"}


def test_without_consent_nothing_connects(host: Host, geoguess: Geoguess) -> None:
    for words in (GET, ("models", "get", "geoclip"), ("models", "get", "places365")):
        ran = geoguess(*words)
        assert ran.status == 2
        assert "without a terminal, agree with --yes" in ran.err
        assert "licence" in ran.out
    geoguess("models", "list")
    geoguess("models", "info", "geoclip")
    assert host.asked == []


def _all_of(terminal: int) -> bytes:
    """What was written to a terminal that nobody holds any more: it comes in pieces."""
    pieces = []
    while True:
        try:
            pieces.append(os.read(terminal, 10_000))
        except OSError:  # Linux says so at the end; others give an empty piece
            return b"".join(pieces)
        if not pieces[-1]:
            return b"".join(pieces)


@posix
def test_no_is_the_answer_unless_somebody_says_yes(host: Host) -> None:
    import pty

    for answer in ("n", "", "x"):
        ours, theirs = pty.openpty()
        with start(*GET, stdin=theirs, stderr=theirs) as process:
            os.write(ours, answer.encode() + b"\n")
            process.communicate(timeout=60)
        os.close(theirs)
        said = _all_of(ours).decode()
        os.close(ours)
        assert process.returncode == 1
        assert "download? [y/N]" in said
        assert "nothing was fetched" in said
    assert host.asked == []


def test_yes_covers_only_what_was_shown(host: Host, geoguess: Geoguess) -> None:
    host.add_repository(
        RELEASE, {"config.json": b"{}", "model.safetensors": b"", "gallery.csv": b""}
    )
    tree = f"/api/models/{RELEASE}"
    host.files[tree] = host.files[tree].replace(b'"mit"', b'"cc-by-nc-4.0"')
    ran = geoguess(*GET, "--yes")
    assert ran.status == 1
    assert "now names the licence “cc-by-nc-4.0”; it was “mit”" in ran.err
    assert "this is not what --yes agreed to" in ran.err
    assert not [path for path, _ in host.asked if "/resolve/" in path and RELEASE in path]


@posix
def test_a_kill_and_ctrl_c_lose_nothing(host: Host, geoguess: Geoguess) -> None:
    path = f"/{RELEASE}/resolve/{COMMIT}/model.safetensors"
    host.files[path] = content = host.files[path] + bytes(400_000)
    names = ("config.json", "coordinates_100K.csv")
    others = {name: host.files[f"/{RELEASE}/resolve/{COMMIT}/{name}"] for name in names}
    host.add_repository(RELEASE, {**others, "model.safetensors": content})
    part = models_dir() / "downloads" / "geoclip-official" / "model.safetensors.part"
    before = 0
    for number, code in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, INTERRUPTED)):
        host.answers[path] = [slowly(200, 0.05)]  # all of it, anew
        with start(*GET, "--yes") as process:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                if part.exists() and part.stat().st_size not in (0, before):
                    break
                time.sleep(0.02)
            process.send_signal(number)
            _, err = process.communicate(timeout=30)
        assert process.returncode == code
        before = part.stat().st_size
    assert "the same command goes on from there" in err
    host.answers.clear()
    ran = geoguess(*GET, "--yes", "--keep-files")
    assert host.ranges(path)[-1] == f"bytes={before}-"
    kept = models_dir() / "downloads" / "geoclip-official"
    assert (kept / "model.safetensors").read_bytes() == content
    assert (kept / "origin.json").exists()
    # The bytes that the test appended make it no model: said, and the files stay.
    assert ran.status == 1
    assert "model.safetensors" in ran.err


def test_files_brought_by_hand(release: Path, geoguess: Geoguess, tmp_path: Path) -> None:
    target = tmp_path / "mine.geomodel"
    ran = geoguess("models", "build-geoclip", "--from", release, "--to", target)
    assert ran.status == 0, ran.err
    assert target.exists()
    listed = geoguess("models", "info", target).out
    assert "GeoCLIP 1 (not calibrated), compares photos with a gallery of places" in listed
    missing = geoguess("models", "build-geoclip", "--from", tmp_path / "nowhere")
    assert (missing.status, "there is no such folder" in missing.err) == (2, True)
    empty = tmp_path / "empty"
    empty.mkdir()
    wrong = geoguess("models", "build-geoclip", "--from", empty)
    assert wrong.status == 2
    assert str(empty) in wrong.err


def test_the_library(geoguess: Geoguess, tiny_model: Path, tmp_path: Path) -> None:
    listed = geoguess("models", "list").out
    assert "* starter" in listed
    assert "geoclip" in listed
    ran = geoguess("models", "add", tiny_model)
    assert "To use it: geoguess models use tiny" in ran.out
    assert (models_dir() / "tiny.geomodel").read_bytes() == tiny_model.read_bytes()
    assert "already has a model tiny.geomodel" in geoguess("models", "add", tiny_model).err
    assert geoguess("models", "use", "tiny").status == 0
    assert "* tiny" in geoguess("models", "list").out
    broken = models_dir() / "broken.geomodel"
    broken.write_bytes(tiny_model.read_bytes()[:1000])
    refused = geoguess("models", "add", broken)
    assert refused.status == 2
    assert "damaged" in geoguess("models", "list").out
    found = json.loads(geoguess("models", "list", "--json").out)
    names = [entry.get("name") for entry in found["models"]]
    assert names[0] == "starter"
    assert names.count("tiny") == 1
    assert [entry for entry in found["models"] if "damaged" in entry.get("problem", "")]
    assert geoguess("models", "remove", "tiny").status == 0
    assert load_settings().model is None
    assert "tiny" not in geoguess("models", "list").out


def test_models_elsewhere_are_listed_and_never_deleted(
    geoguess: Geoguess, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine.geomodel"
    shutil.copyfile(tiny_model, mine)
    note_model("Mine", mine, {"accuracy": {"25": 0.5}})
    assert str(mine) in geoguess("models", "list").out
    monkeypatch.chdir(tmp_path)
    assert geoguess("models", "use", mine.name).status == 0
    assert load_settings().model == str(mine)
    refused = geoguess("models", "remove", "mine")
    assert refused.status == 2
    assert "not in GeoGuess's own folder" in refused.err
    assert mine.exists()
    assert "comes with the program" in geoguess("models", "remove", "starter").err


def test_a_folder_is_added_whole(geoguess: Geoguess, tmp_path: Path) -> None:
    parts = shared_parts()
    manifest = replace(parts.manifest, name="Folder")
    source = write_bundle(
        tmp_path / "town", manifest, parts.partitions, parts.tensors, parts.extra_files
    )
    assert geoguess("models", "add", source).status == 0
    assert geoguess("models", "info", "town").status == 0
    assert [path.name for path in models_dir().iterdir()] == ["town"]
    assert geoguess("models", "remove", "Folder").status == 0
    assert source.exists()
    assert not (models_dir() / "town").exists()


def test_names_that_nothing_has(geoguess: Geoguess) -> None:
    assert "To fetch it" not in geoguess("models", "use", "nothing").err
    said = geoguess("models", "use", "geoclip").err
    assert "GeoCLIP is not on this computer; to fetch it: geoguess models get geoclip" in said
    assert "there are: geoclip, places365" in geoguess("models", "get", "nothing").err
    variant = geoguess("models", "get", "geoclip", "--variant", "huge")
    assert "there are: int8, fp16, official" in variant.err
    assert geoguess("models").status == 2
