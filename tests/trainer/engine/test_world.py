"""The recipe of the world network on a small set, all the way that millions of photos would take:
photos, split, partition, shards, two processes with two decoding processes each, a kill, a resume,
scene networks, evaluation and answers."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from geoguess_app.cli import main as geoguess
from geoguess_app.core.bundle import open_bundle, write_bundle
from tests.core.tiny_bundle import shared_parts
from tests.trainer.engine.sets import environment, write_rows
from trainer import cli
from trainer.data.training_photos import read_photo_shards
from trainer.engine.fit import read_curve
from trainer.engine.recipe import read_train_recipe

pytestmark = pytest.mark.timeout(900)  # six processes that each take seconds to begin
PHOTOS = 150
RECIPES = Path(__file__).parents[3] / "trainer" / "recipes"
SCRIPT = Path(sys.executable).with_name("geoguess-train")
TORCHRUN = (
    *(str(SCRIPT.with_name("torchrun")), "--standalone", "--nproc-per-node", "2"),
    "--no-python",
)
TAUS = {"coarse": (2, 40), "middle": (2, 20), "fine": (2, 10)}
TRUNK = "efficientnet_lite_tiny"
"""A small one: six processes load it, keep it and write it down."""
# Only sizes: everything else is the recipe's.
SMALL = (
    *("--weights", "scratch", "--set", f"trunk.architecture={TRUNK}"),
    *("--set", "preprocessing.size=32", "--set", "training.batch=16"),
    *("--set", "training.workers=2", "--set", "training.log_steps=1"),
)
MACHINE = ("--device", "cpu", "--quiet", "--no-report")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("world")


@pytest.fixture(scope="module")
def shards(photo_sets: Path, folder: Path) -> Path:
    """From somebody's table to shards, by the commands."""
    with (photo_sets / "world.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))[:PHOTOS]
    for row in rows:
        row.pop("split")
    write_rows(folder / "world.csv", rows)
    quiet = ("--workers", "0", "--quiet")
    run(
        "photos",
        folder / "world.csv",
        "--images",
        photo_sets,
        "--out",
        folder / "w.parquet",
        *quiet,
    )
    split = ("--by", "place", "--level", "9", "--out", folder / "split.csv", "--quiet")
    run("split", folder / "w.parquet", *split)
    taus = [word for low, high in TAUS.values() for word in ("--tau", f"{low}:{high}")]
    run("partition", folder / "split.csv", *taus, "--out", folder / "cells")
    out = folder / "shards"
    size = ("--short-side", "64", "--per-shard", "12", *quiet)
    run("shards", folder / "split.csv", "--images", photo_sets, "--out", out, *size)
    return out


def run(*args: object) -> None:
    assert cli.main([str(arg) for arg in args]) == 0


def training(folder: Path, recipe: str, out: str, *more: str) -> list[str]:
    place = ("--shards", str(folder / "shards"), "--out", str(folder / out))
    return ["train", str(RECIPES / f"{recipe}.toml"), *place, *MACHINE, *SMALL, *more]


@pytest.fixture(scope="module")
def world(folder: Path, shards: Path) -> Path:
    """The multi-scale network: killed in its only epoch, then resumed.

    The trainer starts its two processes itself; the second time torchrun does, as it would on
    several machines.
    """
    taus = [
        word
        for name, (low, high) in TAUS.items()
        for key, value in (("tau_min", low), ("tau_max", high))
        for word in ("--set", f"partitions.{name}.{key}={value}")
    ]
    args = training(folder, "world", "world", *taus, "--epochs", "1", "--devices", "2")
    often = ("--set", "training.checkpoint_steps=2")
    begun = [str(SCRIPT), *args, *often]
    process = subprocess.Popen(begun, env=environment(), stderr=subprocess.DEVNULL)
    checkpoint = folder / "world" / "checkpoints" / "last.ckpt"
    deadline = time.monotonic() + 250
    while not checkpoint.is_file() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 0 < torch.load(checkpoint, weights_only=True)["global_step"] < steps(shards)
    again = [*TORCHRUN, str(SCRIPT), *args, "--resume"]
    finished = subprocess.run(again, env=environment(), capture_output=True, text=True, timeout=280)
    assert finished.returncode == 0, finished.stderr
    return folder / "world" / "World.geomodel"


def steps(shards: Path) -> int:
    """Of an epoch: two processes of two workers, each of which fills batches of 8."""
    train = read_photo_shards(shards).rows("train").size
    return 2 * (train // 2 // 2 // 8)


def cells(path: Path) -> list[tuple[str, str]]:
    """Cells and their photos; where exactly their middle lies depends on the order of a sum."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [(row["hex_id"], row["imgs_per_cell"]) for row in csv.DictReader(stream)]


def test_the_network_of_the_recipe_comes_out(world: Path, folder: Path, shards: Path) -> None:
    manifest = open_bundle(world).manifest
    assert read_train_recipe(RECIPES / "world.toml").trunk.architecture == "resnet50"
    assert manifest.trunks["main"].architecture == TRUNK
    assert [entry.name for entry in manifest.partitions] == list(TAUS)
    curve = read_curve(world.parent, "train_loss")
    # The step whose checkpoint was written last may have been killed before it was logged.
    assert len(set(range(steps(shards))) - set(curve)) <= 1
    assert max(curve) == steps(shards) - 1
    assert len(read_curve(world.parent, "val_loss")) == 1
    photos = read_photo_shards(shards)
    assert manifest.evaluation["photos"] == photos.rows("test").size
    # What partition showed before is what was trained.
    for name, (low, high) in TAUS.items():
        shown = cells(folder / "cells" / f"cells_{low}_{high}.csv")
        assert cells(world.parent / "partitions" / f"{name}.csv") == shown
    told = (world.parent / "progress.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["event"] for line in told].count("start") == 2


def test_scene_networks_evaluation_and_answers(
    world: Path, folder: Path, photo_sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenes = folder / "scenes.geomodel"
    made = shared_parts().but(preprocessing=open_bundle(world).manifest.preprocessing)
    write_bundle(scenes, made.manifest, made.partitions, made.tensors, made.extra_files)
    parents = ("--base", str(world), "--scenes", str(scenes), "--epochs", "1")
    # Processes have had their turn above; each takes seconds to begin.
    plain = ("--set", "context.threshold=0.4", "--set", "training.workers=0")
    capsys.readouterr()
    assert cli.main(training(folder, "csn", "csn", *parents, *plain)) == 0
    model = Path(capsys.readouterr().out.strip())
    networks = open_bundle(model).manifest.context_networks
    assert set(networks) == {"indoor", "natural", "urban"}
    # To the small scene network every photo is 42% indoors, less of the rest: one network learns.
    assert [scene for scene, name in networks.items() if name != "base"] == ["indoor"]
    rows = ("--photos", str(folder / "split.csv"), "--images", str(photo_sets))
    out = folder / "report"
    measured = [
        "evaluate",
        *rows,
        "--model",
        str(model),
        "--out",
        str(out),
        "--where",
        "split=test",
    ]
    assert cli.main([*measured, "--device", "cpu"]) == 0
    assert json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert (out / "report.html").is_file()
    photo = next((photo_sets / "world").iterdir())
    capsys.readouterr()
    locate = ["locate", str(photo), "--model", str(model), "--device", "cpu", "--format", "jsonl"]
    assert geoguess(locate) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[0])
    assert -90 <= answer["latitude"] <= 90
