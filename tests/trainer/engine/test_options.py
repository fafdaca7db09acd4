"""Options of a recipe do what they say; a dry run tells what a machine without weights lacks."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from geoguess_app.ui.train.effort import read_dry_run
from tests.trainer.engine.sets import RECIPE, write_rows
from trainer import cli
from trainer.data.scene_columns import S3_COLUMNS
from trainer.engine.dataset import Batch
from trainer.engine.modules import RegressionModule, network_config
from trainer.engine.recipe import read_train_recipe
from trainer.engine.search import grid_of

RECIPES = Path(__file__).parents[3] / "trainer" / "recipes"


def module_of(folder: Path, *changes: str) -> RegressionModule:
    path = folder / "recipe.toml"
    path.write_text(RECIPE, encoding="utf-8")
    recipe = read_train_recipe(path, ("task=regression", *changes))
    return RegressionModule(recipe, (34.0, -118.3), (0.01, 0.02))


def test_huber_counts_large_errors_linearly(tmp_path: Path) -> None:
    points = torch.tensor([[34.02, -118.28], [34.03, -118.29]], dtype=torch.float64)
    none = torch.zeros(2, 0, dtype=torch.int64)
    batch = Batch(torch.zeros(2, 3, 8, 8), none, points, torch.ones(2), ("a", "b"))
    # In standard deviations the truth is (2, 1) and (3, 0.5).
    given = {"coordinates": torch.tensor([[2.4, 1.0], [3.0, -2.5]])}
    errors = np.array([[0.4, 0.0], [0.0, 3.0]])
    delta = 0.5
    inside = 0.5 * errors**2
    expected = np.where(errors <= delta, inside, delta * (errors - 0.5 * delta)).mean()
    huber = module_of(tmp_path, "regression.loss=huber", f"regression.huber_delta={delta}")
    assert float(huber.loss(given, batch)) == pytest.approx(expected, rel=1e-4)
    squares = module_of(tmp_path)
    assert float(squares.loss(given, batch)) == pytest.approx((errors**2).mean(), rel=1e-4)


def test_head_dropout_zeroes_its_share_while_training_only(tmp_path: Path) -> None:
    module = module_of(tmp_path, "regression.head_dropout=0.3")
    features = torch.ones(1, 200_000)
    layer = module.network.layers
    layer.train()
    torch.manual_seed(1)
    assert float((layer(features) == 0).float().mean()) == pytest.approx(0.3, abs=0.01)
    layer.eval()
    assert torch.equal(layer(features), features)


def test_head_dropout_of_cells_is_an_option_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE, encoding="utf-8")
    plain, dropping = (
        network_config(read_train_recipe(path, changes), {"fine": 4})
        for changes in ((), ("cells.head_dropout=0.4", "regression.head_dropout=0.1"))
    )
    assert plain.layers == ()
    assert [(layer.type, layer.p) for layer in dropping.layers] == [("dropout", 0.4)]
    assert list(grid_of(path, ["dropout=0.1,0.2"])) == ["cells.head_dropout"]
    path.write_text(RECIPE.replace('"cells"', '"regression"'), encoding="utf-8")
    assert list(grid_of(path, ["dropout=0.1,0.2"])) == ["regression.head_dropout"]


@pytest.mark.parametrize("labelled", [False, True])
def test_scene_networks_have_a_dry_run_before_their_models_are_there(
    photo_sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], labelled: bool
) -> None:
    with (photo_sets / "local.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["set"] == "campus"][:62]
    for number, row in enumerate(rows):
        row["split"] = "train" if number < 52 else "val" if number < 58 else "test"
        if labelled:
            scene = (1.0, 0.0, 0.0) if number < 10 else (0.0, 0.0, 1.0)
            row |= dict(zip(S3_COLUMNS, map(str, scene), strict=True))
    table = tmp_path / "photos.csv"
    write_rows(table, rows)
    place = ["--photos", str(table), "--images", str(photo_sets), "--dry-run"]
    quick = ["--set", "training.workers=0", "--set", "preprocessing.size=64", "--device", "cpu"]
    assert cli.main(["train", str(RECIPES / "csn.toml"), *place, *quick]) == 0
    said = capsys.readouterr().out
    assert "52 train" in said
    assert "from the model that --base will name" in said
    assert "time        about" in said
    assert "no --base" in said
    if labelled:
        assert "10 indoor, 0 natural, 42 urban; the three networks take 1.0 times as long" in said
    else:
        assert "no scene labels" in said


@pytest.mark.parametrize(
    "name", ["world", "world-basic", "campus-resnet18-refined", "campus-convnext-knn"]
)
def test_a_dry_run_tells_all_even_without_weights(
    name: str,
    photo_sets: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "nothing"))
    with (photo_sets / "local.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["set"] == "campus"][:62]
    for number, row in enumerate(rows):
        row["split"] = "train" if number < 52 else "val" if number < 58 else "test"
    table = tmp_path / "photos.csv"
    write_rows(table, rows)
    place = ["--photos", str(table), "--images", str(photo_sets), "--dry-run"]
    quick = ["--set", "training.workers=0", "--set", "preprocessing.size=64", "--device", "cpu"]
    recipe = str(RECIPES / f"{name}.toml")
    assert cli.main(["train", recipe, *place, *quick, "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "52 train, 6 validation, 4 test" in said
    assert "parameters" in said
    assert "time        about" in said
    assert "missing     There are no pretrained weights" in said
    assert "--download" in said
    assert "MB" in said
    assert not (tmp_path / "out").exists()
    # The window understands each line, and shows it to people who know no network.
    told = read_dry_run(said)
    assert told.can_download
    shown = " ".join([told.missing, *(text for _, text in told.rows)])
    jargon = ("trunk", "heads", "32-true", "cpu", "--", "epoch of")
    assert not [word for word in jargon if word in shown]


def test_the_starter_has_a_dry_run_too(
    some_photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (some_photos / "world.csv").open(encoding="utf-8", newline="") as stream:
        tested = sum(row["split"] == "test" for row in csv.DictReader(stream))
    args = ["build", str(RECIPES / "starter.toml"), "--photos", str(some_photos), "--dry-run"]
    assert cli.main(args) == 0
    said = capsys.readouterr().out
    assert f"{tested} test" in said
    assert "about" in said
