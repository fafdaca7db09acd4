"""A build that another program steers: told step by step, paused, stopped, gone on with."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from geoguess_app.core.predictor import load_predictor
from tests.trainer.local.sets import RECIPE, phone_folder
from trainer import cli
from trainer.local.build import STAGES

LIMIT_S = 120.0


def events(work: Path) -> list[dict[str, Any]]:
    """What the run has told so far; a line may be half written."""
    file = work / "progress.jsonl"
    if not file.is_file():
        return []
    lines = file.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines]


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT_S
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_steered_build_rests_goes_on_stops_and_can_be_resumed(
    photo_sets: Path, tmp_path: Path
) -> None:
    (tmp_path / "small.toml").write_text(RECIPE, encoding="utf-8")
    photos, work = phone_folder(photo_sets, tmp_path / "phone"), tmp_path / "work"
    place = ["--photos", str(photos), "--out", str(tmp_path / "town.geomodel")]
    more = ["--work", str(work), "--quiet", "--no-report", "--workers", "0"]
    command = ["build", str(tmp_path / "small.toml"), *place, *more]
    with subprocess.Popen(
        [sys.executable, "-m", "trainer", "--steered", *command],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_deaf_to_ctrl_c,
    ) as run:
        _steer(run, work)
    assert events(work)[-1]["event"] == "stopped"
    assert not (tmp_path / "town.geomodel").exists()
    assert cli.main([*command, "--resume"]) == 0
    _told_to_the_end(events(work), tmp_path / "town.geomodel")


def _deaf_to_ctrl_c() -> None:
    """As shells start programs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _steer(run: subprocess.Popen[str], work: Path) -> None:
    assert run.stdin is not None
    assert run.stderr is not None
    run.stdin.write("pause\n")
    run.stdin.flush()
    until(lambda: any(event["event"] == "paused" for event in events(work)))
    told = len(events(work))
    time.sleep(0.5)
    assert len(events(work)) == told  # nothing happens while it rests
    run.stdin.write("continue\n")
    run.stdin.flush()
    until(lambda: any(event["event"] == "continued" for event in events(work)))
    run.stdin.close()  # the program that steered is gone
    assert run.wait(LIMIT_S) == 130
    assert "--resume" in run.stderr.read()


def _told_to_the_end(told: list[dict[str, Any]], model: Path) -> None:
    last = told[[event["event"] for event in told].index("stopped") + 1 :]
    assert last[0]["stages"] == list(STAGES)
    assert [event["name"] for event in last if event["event"] == "stage"] == list(STAGES)
    assert last[-1] == {**last[-1], "event": "done", "model": str(model)}
    steps = [event for event in last if event["event"] == "step"]
    assert {"features", "candidates"} <= {event["stage"] for event in steps}
    assert all(event["done"] <= event.get("total", event["done"]) for event in steps)
    tried = [event for event in last if event["event"] == "tried"]
    figures = load_predictor(model, "cpu").bundle.manifest.evaluation
    chosen = [event for event in tried if event["stage"] == "candidates"]
    assert [event["photos"] for event in chosen] == sorted(event["photos"] for event in chosen)
    # The last one is what the model was chosen by.
    candidates = figures["training"]["candidates_median_m"]
    assert chosen[-1]["floor_m"] == candidates["middle of all photos"]
    assert min(chosen[-1]["median_m"].values()) == min(
        value for name, value in candidates.items() if name != "middle of all photos"
    )
    division = next(event for event in last if event["event"] == "division")
    assert division["test"] == figures["photos"]
    assert division["words"] == figures["split"]
    assert figures["nearest_neighbour"]["photos"] == figures["photos"]


def test_the_list_of_recipes_names_files_that_build_takes(capsys) -> None:
    assert cli.main(["recipes", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["missing"] == []
    by_name = {recipe["id"]: recipe for recipe in found["recipes"]}
    assert by_name["campus-auto"]["scale"] == "area"
    assert by_name["world"]["scale"] == "world"
    assert not {"starter", "csn"} & set(by_name)
    assert all(Path(recipe["path"]).is_file() for recipe in found["recipes"])
