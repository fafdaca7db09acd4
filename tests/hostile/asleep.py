"""Commands, a training and the window that are stopped for seconds and go on, as where the machine
sleeps. Takes minutes, so it is run by name: ``pytest tests/hostile/asleep.py``."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.commands.conftest import SAMPLES, environment, tiny_model
from tests.trainer.engine.sets import COMMAND, arguments, write_set
from trainer.common.progress import FILE

__all__ = ["tiny_model"]  # fixture

NAPS, NAP_S, AWAKE_S = 2, 6.0, 1.5
ABSURD_S = 1800.0
CHINA = SAMPLES / "china.jpg"


def nap(process: subprocess.Popen[bytes]) -> None:
    """Stop a process and let it go on, a few times; it must not end before."""
    for _ in range(NAPS):
        time.sleep(AWAKE_S)
        assert process.poll() is None
        process.send_signal(signal.SIGSTOP)
        time.sleep(NAP_S)
        process.send_signal(signal.SIGCONT)


def folders(base: Path) -> dict[str, str]:
    return {f"GEOGUESS_{kind}_DIR": str(base / kind) for kind in ("CONFIG", "DATA")}


def make_album(folder: Path, photos: int) -> Path:
    folder.mkdir()
    for number in range(photos):
        (folder / f"{number:04}.jpg").write_bytes(CHINA.read_bytes() + b"%d" % number)
    return folder


def wait_until(condition: object, limit_s: float = 60.0) -> None:
    until_s = time.monotonic() + limit_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until_s
        time.sleep(0.05)


def test_a_folder_is_located(tiny_model: Path, tmp_path: Path) -> None:
    album, out = make_album(tmp_path / "album", 600), tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "geoguess_app", "locate", str(album), "--output", str(out)]
    ours, theirs = pty.openpty()
    told: list[bytes] = []

    def listen() -> None:
        try:
            while heard := os.read(ours, 4096):
                told.append(heard)
        except OSError:  # the other end has closed
            return

    with subprocess.Popen(
        [*command, "--format", "jsonl", "--model", str(tiny_model), "--crops", "10"],
        stderr=theirs,
        env=environment(**folders(tmp_path)),
    ) as process:
        os.close(theirs)
        listener = threading.Thread(target=listen)
        listener.start()
        wait_until(lambda: b"a second" in b"".join(told))
        nap(process)
        assert process.wait(timeout=300) == 0
    listener.join()
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [row["status"] for row in rows] == ["ok"] * 600
    said = b"".join(told).decode()
    assert not re.search(r"\d h |\d{2,} min|Traceback", said)


def test_a_network_is_trained(photo_sets: Path, tmp_path: Path) -> None:
    args = arguments(tmp_path, write_set(photo_sets, tmp_path), photo_sets, "run")
    recipe = tmp_path / "small.toml"
    recipe.write_text(recipe.read_text("utf-8").replace("epochs = 2", "epochs = 60"), "utf-8")
    lines = tmp_path / "run" / FILE
    with subprocess.Popen([*COMMAND, *args], stderr=subprocess.PIPE) as process:
        wait_until(lambda: lines.exists() and '"step"' in lines.read_text("utf-8"))
        nap(process)
        _, said = process.communicate(timeout=300)
        assert process.returncode == 0, said[-2000:]
    events = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    assert events[-1]["event"] == "done"
    left = [event["remaining_s"] for event in events if event.get("remaining_s") is not None]
    assert left
    assert max(left) < ABSURD_S


@pytest.mark.skipif("DISPLAY" not in os.environ, reason="needs a display")
def test_the_window_goes_on(tiny_model: Path, tmp_path: Path) -> None:
    album = make_album(tmp_path / "album", 400)
    logs = tmp_path / "CONFIG" / "logs" / "geoguess.log"
    (tmp_path / "CONFIG").mkdir()
    settings = {"version": 1, "model": str(tiny_model), "device": "cpu"}
    (tmp_path / "CONFIG" / "settings.json").write_text(json.dumps(settings), "utf-8")
    answers = tmp_path / "DATA"
    command = [sys.executable, "-m", "geoguess_app", "--new-window", str(album)]
    with subprocess.Popen(
        command, env=dict(os.environ) | folders(tmp_path), stderr=subprocess.DEVNULL
    ) as process:
        wait_until(lambda: [f for f in answers.rglob("*.sqlite-wal") if f.stat().st_size > 30_000])
        nap(process)
        time.sleep(AWAKE_S)
        assert process.poll() is None
        process.kill()
    said = logs.read_text("utf-8")
    assert not [line for line in said.splitlines() if " ERROR " in line or " CRITICAL " in line]
