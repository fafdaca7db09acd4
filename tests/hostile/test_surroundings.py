"""Disks that are full or may not be written, and folders that go while the program is at work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.conftest import (
    SAMPLES,
    Geoguess,
    environment,
    geoguess,
    own_settings,
    tiny_model,
)
from tests.references.samples import located_photo

__all__ = ["geoguess", "own_settings", "tiny_model"]  # fixtures
CHINA = SAMPLES / "china.jpg"


@pytest.fixture(params=["full", "read-only"])
def no_room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB that takes nothing any more."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting is not allowed here")
    if request.param == "full":
        with (disk / "filler").open("wb", buffering=0) as filler:
            filler.write(bytes(1 << 20))
    else:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_no_room_for_what_the_program_keeps(
    geoguess: Geoguess, tiny_model: Path, no_room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOGUESS_DATA_DIR", str(no_room / "data"))
    monkeypatch.setenv("GEOGUESS_CONFIG_DIR", str(no_room / "config"))
    ran = geoguess("locate", CHINA, "--model", tiny_model, "--format", "jsonl")
    # Answers do not need it.
    assert ran.status == 0, ran.err
    assert json.loads(ran.out)["status"] == "ok"
    assert "Traceback" not in ran.err


def test_no_room_for_references(
    geoguess: Geoguess,
    tiny_model: Path,
    no_room: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    located_photo(tmp_path / "located" / "a.jpg", 1, 10.0)
    monkeypatch.setenv("GEOGUESS_DATA_DIR", str(no_room / "data"))
    ran = geoguess("references", "add", tmp_path / "located", "--model", tiny_model)
    assert ran.status in (1, 2)
    said = ran.err.splitlines()[-1]
    assert str(no_room) in said
    assert "delete" not in said  # what is there is whole
    assert said.endswith(".")
    assert "Traceback" not in ran.err


def test_no_room_for_results_and_tags(
    geoguess: Geoguess, tiny_model: Path, no_room: Path, tmp_path: Path
) -> None:
    for suffix in ("csv", "geojson"):
        out = no_room / f"out.{suffix}"
        ran = geoguess("export", CHINA, "--model", tiny_model, "--output", out)
        assert ran.status in (1, 2)
        assert str(out) in ran.err
        assert "Traceback" not in ran.err
        assert not out.exists()
    os.environ["GEOGUESS_DATA_DIR"] = str(no_room / "data")  # taken back by own_settings
    photo = Path(shutil.copy(CHINA, tmp_path / "photo.jpg"))
    ran = geoguess("tag", photo, "--model", tiny_model, "--include-uncertain")
    # What cannot be noted cannot be undone, so nothing is written.
    assert ran.status in (1, 2)
    assert "Traceback" not in ran.err
    assert photo.read_bytes() == CHINA.read_bytes()


def test_a_folder_that_goes_while_it_is_located(tiny_model: Path, tmp_path: Path) -> None:
    album = tmp_path / "album"
    album.mkdir()
    for number in range(40):
        (album / f"{number:02}.jpg").write_bytes(CHINA.read_bytes() + b"%d" % number)
    command = [sys.executable, "-m", "geoguess_app", "locate", str(album)]
    command += ["--model", str(tiny_model), "--format", "jsonl"]
    folders = {f"GEOGUESS_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA")}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**folders),
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        shutil.rmtree(album)
        out, said = process.communicate(timeout=120)
    rows = [json.loads(line) for line in (first + out).splitlines()]
    assert len(rows) == 40
    assert rows[0]["status"] == "ok"
    failed = [row for row in rows if row["status"] != "ok"]
    assert failed
    assert all(Path(row["file"]).name in row["error"] for row in failed)
    assert process.returncode == 1
    assert "Traceback" not in said
