"""Runs that read shards: killed and resumed, with broken photos, of every task."""

from __future__ import annotations

import signal
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.predictor import load_predictor
from tests.core.tiny_bundle import shared_parts
from tests.trainer.engine.sets import COMMAND, QUIET, RECIPE, environment, same, write_set
from tests.trainer.engine.sets import train as train_table
from trainer import cli
from trainer.data.shard_rows import ROWS_NAME
from trainer.data.training_photos import read_photo_shards, read_photo_table
from trainer.engine.fit import read_curve

WORKERS = ("--set", "training.workers=2", "--set", "training.shuffle_buffer=3")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shard_runs")
    (folder / "small.toml").write_text(RECIPE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def table(photo_sets: Path, folder: Path) -> Path:
    return write_set(photo_sets, folder)


@pytest.fixture(scope="module")
def shards(table: Path, folder: Path, photo_sets: Path) -> Path:
    return pack(table, photo_sets, folder / "shards")


def pack(table: Path, images: Path, out: Path) -> Path:
    args = ["shards", str(table), "--images", str(images), "--out", str(out)]
    assert cli.main([*args, "--per-shard", "5", "--workers", "0", "--quiet"]) == 0
    return out


def arguments(folder: Path, shards: Path, out: str, *more: str) -> list[str]:
    place = ["--shards", str(shards), "--out", str(folder / out)]
    return ["train", str(folder / "small.toml"), *place, *QUIET, *more]


def train(folder: Path, shards: Path, out: str, *more: str) -> Path:
    torch.set_num_threads(1)
    assert cli.main(arguments(folder, shards, out, *more)) == 0
    return folder / out


@pytest.fixture(scope="module")
def whole(folder: Path, shards: Path) -> Path:
    """An uninterrupted run with two decoding processes."""
    return train(folder, shards, "whole", *WORKERS)


def test_a_run_from_shards_is_measured_on_its_test_photos(whole: Path) -> None:
    assert open_bundle(whole / "Small.geomodel").manifest.evaluation["photos"] == 4


def test_the_rows_of_shards_are_those_of_the_table(
    shards: Path, table: Path, photo_sets: Path
) -> None:
    packed, plain = read_photo_shards(shards), read_photo_table(table, photo_sets, 1)
    order, plain_order = np.argsort(packed.names), np.argsort(plain.names)
    for name in ("names", "latitude_deg", "longitude_deg", "split", "source", "licence"):
        ours, theirs = np.array(getattr(packed, name)), np.array(getattr(plain, name))
        assert ours[order].tolist() == theirs[plain_order].tolist()
    first = (shards / ROWS_NAME).stat().st_mtime_ns
    read_photo_shards(shards)
    assert (shards / ROWS_NAME).stat().st_mtime_ns == first
    index = shards / "index.json"
    text = index.read_text(encoding="utf-8")
    # Other shards, other rows: what is kept of the former ones is not taken.
    index.write_text(text.replace('"sha256": "', '"sha256": "0'), encoding="utf-8")
    try:
        again = read_photo_shards(shards)
        assert (shards / ROWS_NAME).stat().st_mtime_ns > first
        assert again.fingerprint() == packed.fingerprint()
    finally:
        index.write_text(text, encoding="utf-8")


def living(session: int) -> list[int]:
    """Processes of a session that still run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, number = path.read_text().rpartition(")")[2].split()[:4]
        except OSError:  # it ended just now
            continue
        if int(number) == session and state != "Z":
            found.append(int(path.parent.name))
    return found


def test_killed_then_stopped_after_each_step_the_result_is_the_same(
    whole: Path, folder: Path, shards: Path
) -> None:
    """One run of 8 steps by two decoding processes in turn: whoever's turn comes after a stop."""
    # A checkpoint after every step: the kill leaves one after which the second worker has its turn.
    often = (*WORKERS, "--set", "training.checkpoint_steps=1")
    args = arguments(folder, shards, "killed", *often)
    process = subprocess.Popen(
        [*COMMAND, *args], env=environment(), stderr=subprocess.DEVNULL, start_new_session=True
    )
    checkpoint = folder / "killed" / "checkpoints" / "last.ckpt"
    deadline = time.monotonic() + 200
    while not checkpoint.is_file() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    done = steps_done(checkpoint)
    assert done < 6
    # Nobody could tell its decoding processes to end.
    deadline = time.monotonic() + 60
    while living(process.pid) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not living(process.pid)
    for step in (done + 1, done + 2):
        with stopped_after(step):
            assert cli.main([*args, "--resume"]) == 130
        assert steps_done(checkpoint) == step
    train(folder, shards, "killed", *WORKERS, "--resume")
    assert same(whole, folder / "killed")
    ours, theirs = (read_curve(run, "train_loss") for run in (whole, folder / "killed"))
    assert all(theirs[step] == ours[step] for step in theirs)


def steps_done(checkpoint: Path) -> int:
    return int(torch.load(checkpoint, weights_only=True)["global_step"])


@contextmanager
def stopped_after(step: int) -> Iterator[None]:
    """A run in this process is asked to stop as soon as so many steps are done."""
    from trainer.engine.checkpoints import LastCheckpoint

    before = LastCheckpoint.on_train_batch_end

    def stop_then(self: LastCheckpoint, trainer: object, module: object, *rest: object) -> None:
        module.stopping = trainer.global_step >= step  # type: ignore[attr-defined]
        before(self, trainer, module, *rest)  # type: ignore[arg-type]

    LastCheckpoint.on_train_batch_end = stop_then  # type: ignore[method-assign,assignment]
    # As the other runs: sums are rounded in another order on more threads.
    torch.set_num_threads(1)
    try:
        yield
    finally:
        LastCheckpoint.on_train_batch_end = before  # type: ignore[method-assign]


def test_a_photo_broken_in_its_shard_is_named_and_a_broken_shard_stops_in_one_sentence(
    table: Path, folder: Path, photo_sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shards = pack(table, photo_sets, folder / "damaged")
    path = next(shards.glob("train-*.tar"))
    with tarfile.open(path) as tar:
        photo, row = tar.next(), tar.next()
        assert photo is not None
        assert row is not None
        name = tar.extractfile(row).read().decode()  # type: ignore[union-attr]
    with path.open("r+b") as stream:
        stream.seek(photo.offset_data)
        stream.write(bytes(photo.size // 2))
    run = train(folder, shards, "broken", *WORKERS, "--epochs", "1")
    (broken,) = (run / "broken.txt").read_text(encoding="utf-8").splitlines()
    assert f'"file_name": "{broken}"' in name
    assert broken.startswith("local/campus/")
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size // 2)
    capsys.readouterr()
    assert cli.main(arguments(folder, shards, "torn", *WORKERS)) == 1
    sentence = capsys.readouterr().err.strip().splitlines()[-1]
    assert sentence.startswith(f"{path}: ")
    assert "run geoguess-train shards again" in sentence


def test_a_bank_from_shards_is_that_of_the_table(
    folder: Path, shards: Path, table: Path, photo_sets: Path
) -> None:
    task = ("--set", "task=retrieval")
    runs = [
        train(folder, shards, "bank", *task),
        train_table(folder, table, photo_sets, "bank-table", *task),
    ]
    banks = []
    for run in runs:
        bundle = open_bundle(run / "Small.geomodel")
        assert bundle.manifest.retrieval is not None
        bank = bundle.tensors(bundle.manifest.retrieval.weights)
        order = np.lexsort((bank["longitude_deg"], bank["latitude_deg"], bank["embeddings"][:, 0]))
        banks.append({name: values[order] for name, values in bank.items()})
    for name, values in banks[0].items():
        assert values == pytest.approx(banks[1][name], abs=2e-3)


def test_scene_networks_from_shards(whole: Path, folder: Path, shards: Path) -> None:
    base = whole / "Small.geomodel"
    scenes = folder / "scenes.geomodel"
    made = shared_parts().but(preprocessing=open_bundle(base).manifest.preprocessing)
    write_bundle(scenes, made.manifest, made.partitions, made.tensors, made.extra_files)
    more = ("--set", "task=context", "--set", "context.threshold=0.05", "--epochs", "1", *WORKERS)
    run = train(folder, shards, "csn", *more, "--base", str(base), "--scenes", str(scenes))
    shares = np.load(run / "scenes.npy")
    photos = read_photo_shards(shards)
    assert (shares.sum(axis=1) > 0.99).tolist() == np.isin(photos.split, ("train", "val")).tolist()
    bundle = open_bundle(run / "Small.geomodel")
    used = {name for name in bundle.manifest.context_networks.values() if name != "base"}
    assert used
    for name in used:
        assert read_curve(run / name, "val_loss")
    assert load_predictor(run / "Small.geomodel", "cpu").bundle.manifest.evaluation["photos"] == 4
