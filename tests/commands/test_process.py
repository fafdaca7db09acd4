"""`geoguess` as a process: what it loads, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from geoguess_app.commands.common import INTERRUPTED, PIPE_CLOSED
from tests.commands.conftest import SAMPLES, environment, start

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")

LIST_MODULES = """
import json, os, sys

def watch(event, details):
    if event in ('socket.connect', 'socket.getaddrinfo', 'socket.gethostbyname'):
        os._exit(99)

sys.addaudithook(watch)
from geoguess_app.cli import main
for arguments in json.loads(sys.argv[1]):
    try:
        main(arguments)
    except SystemExit:
        pass
sys.stderr.write(json.dumps(sorted(sys.modules)))
"""


def modules_loaded(*commands: Sequence[object]) -> set[str]:
    """Top-level packages in memory after these commands have run in one process.

    Any attempt to connect or to look up a name ends the process with status 99, and the test.
    """
    lines = json.dumps([list(map(str, arguments)) for arguments in commands])
    run = subprocess.run(
        [sys.executable, "-c", LIST_MODULES, lines],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    return {name.partition(".")[0] for name in json.loads(run.stderr.splitlines()[-1])}


def test_locating_loads_no_qt_and_asks_nothing_of_the_network(tiny_model: Path) -> None:
    loaded = modules_loaded(
        ("locate", SAMPLES / "china.jpg", "--model", tiny_model, "--device", "cpu")
    )
    assert "torch" in loaded
    assert loaded.isdisjoint({"PySide6", "shiboken6", "folium", "trainer", "matplotlib"})
    assert "torchvision" not in loaded, "only its own trunks need it"


def test_help_and_info_load_no_torch(tiny_model: Path) -> None:
    commands = (("--help",), ("--version",), ("locate", "--help"), ("evaluate", "--help"))
    loaded = modules_loaded(*commands, ("info", tiny_model))
    assert loaded.isdisjoint({"torch", "torchvision", "PySide6", "matplotlib", "folium"})


def test_the_library_loads_no_torch_and_asks_nothing_of_the_network() -> None:
    commands = (("models", "list"), ("models", "info", "geoclip"), ("models", "get", "geoclip"))
    loaded = modules_loaded(*commands)  # without a terminal nobody has agreed to anything
    assert loaded.isdisjoint({"torch", "torchvision", "PySide6", "scipy", "matplotlib", "folium"})


def test_help_loads_nothing_that_takes_time() -> None:
    loaded = modules_loaded(("--help",))
    assert loaded.isdisjoint({"numpy", "scipy", "PIL", "torch", "safetensors"})


@posix
def test_a_reader_that_leaves_early_ends_the_work_quietly(tiny_model: Path) -> None:
    """Results come one by one: the first row is there long before the last photo is done."""
    photos = [SAMPLES / "china.jpg"] * 300
    with start(
        "locate", "--no-cache", "--model", tiny_model, "--format", "jsonl", *photos
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith('{"file"')
        process.stdout.close()
        assert process.wait(timeout=120) == PIPE_CLOSED
        assert process.stderr.read() == ""


@posix
def test_ctrl_c_ends_cleanly(tiny_model: Path) -> None:
    photos = [SAMPLES / "china.jpg"] * 2000
    with start(
        "locate", "--no-cache", "--model", tiny_model, "--format", "geojson", *photos
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=120)
    assert process.returncode == INTERRUPTED
    assert err == ""
    assert rest.endswith("\n]}\n")  # even cut short it is a valid document


@posix
def test_ctrl_c_leaves_the_output_file_alone_and_keeps_the_results(
    tiny_model: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    photos = [SAMPLES / "china.jpg"] * 2000
    options = ("--no-cache", "--model", tiny_model, "--format", "csv", "--output", target)
    with start("locate", *options, *photos) as process:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            parts = list(tmp_path.glob(".out.csv.*"))
            if parts and parts[0].stat().st_size > 500:
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == INTERRUPTED
    assert target.read_text() == "old"
    assert "out.csv.partial" in err
    assert (tmp_path / "out.csv.partial").read_text().startswith("img_id,pred_lat,pred_lng")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "out.csv.partial"]
