"""What goes wrong in the middle of a run: one sentence, an intact checkpoint, and it goes on."""

from __future__ import annotations

import csv
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import torch

from tests.trainer.engine.sets import arguments, last, same, train, write_rows, write_set
from trainer import cli
from trainer.engine.fit import read_curve

SHORT_OF_MEMORY = """
import json, resource, sys
from pathlib import Path
from trainer import cli

small, large = json.loads(sys.argv[1])
assert cli.main(small) == 0  # all that a run needs is imported now
pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
spare = 60_000_000  # the photos of a batch fit in, what the network makes of them does not
_, hard = resource.getrlimit(resource.RLIMIT_AS)
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + spare, hard))
sys.exit(cli.main(large))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trouble")


@pytest.fixture(scope="module")
def table(photo_sets: Path, folder: Path) -> Path:
    return write_set(photo_sets, folder)


@pytest.fixture(scope="module")
def whole(folder: Path, table: Path, photo_sets: Path) -> Path:
    """An uninterrupted run."""
    return train(folder, table, photo_sets, "whole")


def events(run: Path) -> list[dict[str, object]]:
    lines = (run / "progress.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def checkpoint(run: Path, name: str = "last") -> bytes:
    return (run / "checkpoints" / f"{name}.ckpt").read_bytes()


def test_progress_tells_other_programs_how_far_a_run_is(whole: Path) -> None:
    told = events(whole)
    names = [event["event"] for event in told]
    assert [names[0], names[-1]] == ["start", "done"]
    assert told[0]["steps"] == 8
    curve = read_curve(whole, "val_loss")
    epochs = [event for event in told if event["event"] == "epoch"]
    assert [event["step"] for event in epochs] == [4, 8]
    assert [event["val_loss"] for event in epochs] == pytest.approx(list(curve.values()), rel=1e-4)
    stages = [event["name"] for event in told if event["event"] == "stage"]
    assert stages == ["calibrating", "measuring"]
    assert Path(str(told[-1]["model"])).is_file()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_a_run_ends_after_its_step_and_goes_on(
    number: signal.Signals,
    whole: Path,
    folder: Path,
    table: Path,
    photo_sets: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = folder / number.name
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            if read_curve(run, "train_loss"):
                os.kill(os.getpid(), number)
                return
            time.sleep(0.002)

    before = signal.getsignal(number)
    asking = threading.Thread(target=ask)
    asking.start()
    args = arguments(folder, table, photo_sets, number.name)
    torch.set_num_threads(1)
    try:
        assert cli.main([*args, "--set", "training.checkpoint_steps=100"]) == 130
    finally:
        done.set()
        asking.join()
    assert signal.getsignal(number) == before
    sentence = capsys.readouterr().err.strip().splitlines()[-1]
    assert sentence.startswith("Stopped; run the same command with --resume")
    assert events(run)[-1]["event"] == "stopped"
    step = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["global_step"]
    # All that was done is in the checkpoint and in the logs.
    assert sorted(read_curve(run, "train_loss")) == list(range(step))
    train(folder, table, photo_sets, number.name, "--resume")
    assert same(whole, run)
    assert read_curve(run, "train_loss") == read_curve(whole, "train_loss")


def test_a_full_disk_leaves_the_checkpoint_before_and_the_run_goes_on(
    whole: Path,
    folder: Path,
    table: Path,
    photo_sets: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = train(folder, table, photo_sets, "full", "--epochs", "1")
    before = checkpoint(run)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))
    try:
        status = cli.main(arguments(folder, table, photo_sets, "full", "--resume"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert status == 1
    sentence = capsys.readouterr().err.strip().splitlines()[-1]
    assert sentence.startswith("The disk is full")
    assert "--resume" in sentence
    assert checkpoint(run) == before
    assert sorted(p.name for p in (run / "checkpoints").iterdir()) == ["best.ckpt", "last.ckpt"]
    assert events(run)[-1]["event"] == "failed"
    train(folder, table, photo_sets, "full", "--resume")
    assert same(whole, run)


def test_too_little_memory_is_told_and_smaller_parts_go_on(
    folder: Path, table: Path, photo_sets: Path
) -> None:
    small = arguments(folder, table, photo_sets, "before", "--epochs", "1")
    large = ("--set", "preprocessing.size=512", "--set", "training.batch=16")
    args = arguments(folder, table, photo_sets, "memory", *large, "--epochs", "1")
    # In a process of its own: networks of one that has run short of memory may go on failing.
    program = [sys.executable, "-c", SHORT_OF_MEMORY, json.dumps([small, args])]
    done = subprocess.run(program, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1, done.stderr
    sentence = done.stderr.strip().splitlines()[-1]
    assert "does not have enough memory for this batch" in sentence
    assert "training.accumulate=2" in sentence
    assert cli.main([*args, "--resume", "--set", "training.accumulate=4"]) == 0


def test_a_loss_that_is_no_number_stops_and_can_go_on(
    folder: Path, table: Path, photo_sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = train(folder, table, photo_sets, "nan", "--epochs", "1")
    args = arguments(folder, table, photo_sets, "nan", "--epochs", "2", "--resume")
    assert cli.main([*args, "--set", "optimizer.learning_rate=1e35"]) == 1
    sentence = capsys.readouterr().err.strip().splitlines()[-1]
    assert sentence.startswith("The loss is no longer a number")
    assert "--resume" in sentence
    assert cli.main([*args, "--set", "optimizer.learning_rate=0.001"]) == 0
    assert sorted(read_curve(run, "val_loss")) == [3, 7]


def test_a_lost_network_is_never_written(
    folder: Path, table: Path, photo_sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decay, still = ("--set", "optimizer.weight_decay=1e5"), "optimizer.learning_rate=1e-12"
    run = train(folder, table, photo_sets, "lost", "--epochs", "1", *decay, "--set", still)
    before = checkpoint(run), checkpoint(run, "best")
    args = arguments(folder, table, photo_sets, "lost", "--epochs", "2", "--resume", *decay)
    # The loss of the first step is fine; what the step makes of the weights is not.
    wild = ("--set", "training.checkpoint_steps=1", "--set", "optimizer.learning_rate=1e35")
    assert cli.main([*args, *wild]) == 1
    assert "no longer a number at step 5" in capsys.readouterr().err
    assert (checkpoint(run), checkpoint(run, "best")) == before
    assert all(bool(torch.isfinite(value.float()).all()) for value in last(run).values())


def test_a_broken_photo_is_named_and_stops_nothing(
    folder: Path, table: Path, photo_sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with table.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    photo = photo_sets / rows[0]["file"]
    broken = folder / "local" / "broken.jpg"
    broken.parent.mkdir(exist_ok=True)
    broken.write_bytes(photo.read_bytes()[:600])
    for row in rows:
        (folder / row["file"]).parent.mkdir(parents=True, exist_ok=True)
        (folder / row["file"]).symlink_to(photo_sets / row["file"])
    rows[0]["file"] = "local/broken.jpg"
    rows[17]["file"] = "local/missing.jpg"
    damaged = folder / "damaged.csv"
    write_rows(damaged, rows)
    run = train(folder, damaged, folder, "broken", "--epochs", "1")
    names = ["local/broken.jpg", "local/missing.jpg"]
    assert (run / "broken.txt").read_text(encoding="utf-8").split() == names
