"""Whole runs on a few real photos: every task ends in a model that the program opens."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.predictor import load_predictor
from geoguess_app.core.types import Level
from tests.core.tiny_bundle import shared_parts
from tests.trainer.engine.sets import (
    COMMAND,
    QUIET,
    arguments,
    environment,
    last,
    same,
    train,
    write_set,
)
from tests.trainer.local.sets import strange_pictures
from trainer import cli
from trainer.engine.fit import read_curve


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("engine")


@pytest.fixture(scope="module")
def table(photo_sets: Path, folder: Path) -> Path:
    return write_set(photo_sets, folder)


@pytest.fixture(scope="module")
def whole(folder: Path, table: Path, photo_sets: Path) -> Path:
    """An uninterrupted run of the task cells."""
    return train(folder, table, photo_sets, "whole")


def test_a_run_ends_in_a_model_that_answers_and_knows_its_error(
    whole: Path, photo_sets: Path
) -> None:
    predictor = load_predictor(whole / "Small.geomodel", "cpu")
    with (whole / "test.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 4
    answers = predictor.predict_paths([photo_sets / row["file"] for row in rows])
    errors = [
        float(
            great_circle_km(
                answer.coordinate.latitude_deg,
                answer.coordinate.longitude_deg,
                float(row["latitude"]),
                float(row["longitude"]),
            )
        )
        for answer, row in zip(answers, rows, strict=True)
    ]
    figures = predictor.bundle.manifest.evaluation
    assert figures["photos"] == 4
    assert figures["mean_m"] == pytest.approx(1000 * np.mean(errors), rel=1e-3, abs=0.02)
    assert "not pretrained" in figures["training"]["trunk_started_from"]
    assert predictor.bundle.manifest.calibration["temperatures"].keys() == {"coarse", "fine"}


def test_logs_of_both_kinds_and_the_best_checkpoint_are_there(whole: Path) -> None:
    assert sorted(read_curve(whole, "train_loss")) == list(range(8))
    assert sorted(read_curve(whole, "val_loss")) == [3, 7]
    assert list((whole / "tensorboard").glob("events.*"))
    assert (whole / "checkpoints" / "best.ckpt").is_file()


def test_a_killed_run_goes_on_to_the_same_result(
    whole: Path, folder: Path, table: Path, photo_sets: Path
) -> None:
    args = arguments(folder, table, photo_sets, "killed")
    process = subprocess.Popen([*COMMAND, *args], env=environment(), stderr=subprocess.DEVNULL)
    checkpoint = folder / "killed" / "checkpoints" / "last.ckpt"
    deadline = time.monotonic() + 120
    while not checkpoint.is_file() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert torch.load(checkpoint, weights_only=True)["global_step"] < 8
    assert not (folder / "killed" / "Small.geomodel").exists()
    train(folder, table, photo_sets, "killed", "--resume")
    assert same(whole, folder / "killed")
    ours, theirs = (read_curve(run, "train_loss") for run in (whole, folder / "killed"))
    # Steps after the last checkpoint may have been logged by neither or both: all others agree.
    assert all(theirs[step] == ours[step] for step in theirs)
    assert max(theirs) == 7


def test_two_processes_follow_the_same_curve_as_one(
    whole: Path, folder: Path, table: Path, photo_sets: Path
) -> None:
    # Lightning starts the second process by the script's path, as it does for users.
    script = Path(sys.executable).with_name("geoguess-train")
    args = arguments(folder, table, photo_sets, "two", "--devices", "2")
    subprocess.run([script, *args], env=environment(), check=True, capture_output=True, timeout=200)
    for column in ("val_loss", "train_loss"):
        one, two = (read_curve(run, column) for run in (whole, folder / "two"))
        assert one.keys() == two.keys()
        # Batch norms see half of a batch each; the curves agree but for that.
        assert [two[step] for step in one] == pytest.approx(list(one.values()), rel=0.05)


def test_smaller_parts_of_a_batch_give_a_curve_as_one_part(
    whole: Path, folder: Path, table: Path, photo_sets: Path
) -> None:
    run = train(folder, table, photo_sets, "parts", "--set", "training.accumulate=2")
    one, two = (read_curve(r, "val_loss") for r in (whole, run))
    assert list(two.values()) == pytest.approx(list(one.values()), rel=0.05)


REGRESSION = ("--set", "task=regression", "--set", "preprocessing.crops=3")


def test_regression_keeps_the_trunk_while_it_is_frozen_and_answers_nearby(
    folder: Path, table: Path, photo_sets: Path
) -> None:
    frozen = ("--set", "regression.frozen_epochs=1", "--set", "regression.head_dropout=0.2")
    both = [
        train(folder, table, photo_sets, f"frozen{n}", *REGRESSION, *frozen, "--epochs", str(n))
        for n in (1, 2)
    ]
    first, second = (last(run) for run in both)
    fresh = last_of_fresh_trunk(folder)
    trunk = [name for name in first if name.startswith("trunk.")]
    assert all(torch.equal(first[name], fresh[name.removeprefix("trunk.")]) for name in trunk)
    assert any(not torch.equal(second[name], first[name]) for name in trunk)
    predictor = load_predictor(both[1] / "Small.geomodel", "cpu")
    manifest = predictor.bundle.manifest
    assert manifest.kind == "regression"
    r50, r80, r95 = manifest.calibration["regression_radii_km"]
    assert 0 < r50 <= r80 <= r95
    # An untrained head answers near the middle of the campus: hundreds of metres, not kilometres.
    assert manifest.evaluation["mean_m"] < 3000


def last_of_fresh_trunk(folder: Path) -> dict[str, torch.Tensor]:
    from trainer.engine.modules import RegressionModule
    from trainer.engine.recipe import read_train_recipe

    recipe = read_train_recipe(folder / "small.toml", ["task=regression"])
    return dict(RegressionModule(recipe, (0.0, 0.0), (1.0, 1.0)).trunk.state_dict())


def test_retrieval_needs_no_training(folder: Path, table: Path, photo_sets: Path) -> None:
    run = train(folder, table, photo_sets, "bank", "--set", "task=retrieval")
    predictor = load_predictor(run / "Small.geomodel", "cpu")
    assert predictor.bundle.manifest.retrieval is not None
    with table.open(encoding="utf-8") as stream:
        row = next(csv.DictReader(stream))
    (answer,) = predictor.predict_paths([photo_sets / row["file"]])
    # A training photo is most alike to itself.
    nearest = answer.neighbours[0].coordinate
    assert nearest.latitude_deg == pytest.approx(float(row["latitude"]), abs=1e-6)


def test_scene_networks_start_from_the_base_with_its_heads(
    whole: Path, folder: Path, table: Path, photo_sets: Path
) -> None:
    parts = shared_parts()
    manifest = parts.manifest
    spec = open_bundle(whole / "Small.geomodel").manifest.preprocessing
    scenes = folder / "scenes.geomodel"
    made = parts.but(preprocessing=spec)
    write_bundle(scenes, made.manifest, made.partitions, made.tensors, made.extra_files)
    assert manifest.scene_network == "scene"
    base = whole / "Small.geomodel"
    still = ("--set", "optimizer.learning_rate=1e-12", "--epochs", "1")
    more = ("--set", "task=context", "--set", "context.threshold=0.05", *still)
    run = train(
        folder, table, photo_sets, "csn", *more, "--base", str(base), "--scenes", str(scenes)
    )
    bundle = open_bundle(run / "Small.geomodel")
    used = {name for name in bundle.manifest.context_networks.values() if name != "base"}
    assert used
    for name in used:
        own = bundle.tensors(bundle.manifest.networks[name].weights or "")
        heads = bundle.tensors(bundle.manifest.networks["base"].weights or "")
        for tensor in heads:
            assert own[tensor] == pytest.approx(heads[tensor], abs=1e-5)
    (answer,) = load_predictor(run / "Small.geomodel", "cpu").predict_paths(
        [photo_sets / "local" / "campus" / next((photo_sets / "local" / "campus").iterdir()).name]
    )
    assert answer.scene is not None


def test_a_lower_rate_takes_effect_on_resume(folder: Path, table: Path, photo_sets: Path) -> None:
    train(folder, table, photo_sets, "rate", "--epochs", "1")
    train(
        folder,
        table,
        photo_sets,
        "rate",
        "--resume",
        "--epochs",
        "2",
        "--set",
        "optimizer.learning_rate=0.001",
    )
    checkpoint = torch.load(folder / "rate" / "checkpoints" / "last.ckpt", weights_only=True)
    assert checkpoint["optimizer_states"][0]["param_groups"][0]["lr"] == pytest.approx(0.001)


def test_a_folder_is_never_overwritten_nor_resumed_with_another_recipe(
    whole: Path,
    folder: Path,
    table: Path,
    photo_sets: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    args = arguments(folder, table, photo_sets, "whole")
    assert cli.main(args) == 1
    assert "--resume" in capsys.readouterr().err
    assert cli.main([*args, "--resume", "--set", "training.batch=8"]) == 1
    assert "different recipe (training)" in capsys.readouterr().err


def test_a_dry_run_says_how_much_and_writes_nothing(
    folder: Path, table: Path, photo_sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments(folder, table, photo_sets, "dry", "--dry-run")) == 0
    said = capsys.readouterr().out
    assert "16 train, 6 validation, 4 test" in said
    assert "10,656 trunk" in said
    assert "4 an epoch of 4 photos, 8 in 2 epochs" in said
    assert "time        about" in said
    assert not (folder / "dry").exists()


def test_resnet18_goes_through(folder: Path, table: Path, photo_sets: Path) -> None:
    recipe = Path(__file__).parents[3] / "trainer" / "recipes" / "campus-resnet18.toml"
    args = ["train", str(recipe), "--photos", str(table), "--images", str(photo_sets)]
    small = ("--epochs", "1", "--set", "preprocessing.size=64", "--set", "training.workers=0")
    out = folder / "resnet"
    assert cli.main([*args, "--out", str(out), *QUIET, *small, "--weights", "scratch"]) == 0
    bundle = open_bundle(next(out.glob("*.geomodel")))
    assert bundle.manifest.trunks["main"].architecture == "resnet18"
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["photos"]


@pytest.mark.parametrize("task", ["cells", "regression", "retrieval"])
def test_a_model_of_a_town_cannot_tell_where_other_photos_are(
    task: str, folder: Path, photo_sets: Path
) -> None:
    """Photos from elsewhere are pictures of noise here: an untrained trunk tells those apart."""
    table = write_set(photo_sets, folder, train=42, val=15, name="more.csv")
    strange = folder / "strange"
    strange_pictures(strange, 75)
    still = ("--set", "optimizer.learning_rate=1e-6")
    set_task = ("--set", f"task={task}", "--epochs", "1", *still)
    known = train(folder, table, photo_sets, f"told-{task}", *set_task, "--elsewhere", str(strange))
    predictor = load_predictor(known / "Small.geomodel", "cpu")
    calibration = predictor.bundle.manifest.calibration
    assert calibration["smallest_radius_km"] == 0.02 or task != "cells"
    assert calibration["recognition"]["area"] > 0.0
    assert list(calibration["levels"]) == ["fine"]
    figures = predictor.bundle.manifest.evaluation["elsewhere"]
    assert figures["photos"] == 25
    # A third serves to fit, a third to learn what the fit means, a third is measured.
    answers = predictor.predict_paths(sorted(strange.iterdir())[2::3])
    refused = sum(answer.level is Level.CANNOT_TELL for answer in answers)
    assert refused == pytest.approx(figures["cannot_tell"], abs=1)
    assert refused >= 8
    own = predictor.predict_paths([photo_sets / name for name in files_tested(known)])
    sure = [np.mean([answer.confidence for answer in some]) for some in (own, answers)]
    assert sure[0] > sure[1] + 0.1
    plain = train(folder, table, photo_sets, f"plain-{task}", *set_task)
    manifest = open_bundle(plain / "Small.geomodel").manifest
    assert manifest.calibration["recognition"]["similarity"] > 0.0
    assert manifest.retrieval is not None
    answers = load_predictor(plain / "Small.geomodel", "cpu").predict_paths(
        [photo_sets / name for name in files_tested(plain)]
    )
    for radii in (answer.radii for answer in answers):
        assert radii.r50_km <= radii.r80_km <= radii.r95_km


def files_tested(run: Path) -> list[str]:
    with (run / "test.csv").open(encoding="utf-8") as stream:
        return [row["file"] for row in csv.DictReader(stream)]
