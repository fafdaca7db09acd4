"""Options of a recipe do what they say; a dry run tells what a machine without weights lacks."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainer.engine.sets import RECIPE, write_rows
from trainer import cli
from trainer.engine.dataset import Batch
from trainer.engine.modules import RegressionModule
from trainer.engine.recipe import read_train_recipe

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


@pytest.mark.parametrize(
    "name", ["world", "world-basic", "campus-resnet18-refined", "campus-convnext-knn"]
)
def test_a_dry_run_tells_all_even_without_weights(
    name: str,
    shared_photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "nothing"))
    with (shared_photos / "local.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["set"] == "usc"][:62]
    for number, row in enumerate(rows):
        row["split"] = "train" if number < 52 else "val" if number < 58 else "test"
    table = tmp_path / "photos.csv"
    write_rows(table, rows)
    place = ["--photos", str(table), "--images", str(shared_photos), "--dry-run"]
    quick = ["--set", "training.workers=0", "--set", "preprocessing.size=64", "--device", "cpu"]
    recipe = str(RECIPES / f"{name}.toml")
    assert cli.main(["train", recipe, *place, *quick, "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "52 train, 6 validation, 4 test" in said
    assert "parameters" in said
    assert "time        about" in said
    assert "missing     No pretrained weights" in said
    assert "--download" in said
    assert "MB" in said
    assert not (tmp_path / "out").exists()


def test_the_starter_has_a_dry_run_too(
    shared_photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = ["build", str(RECIPES / "starter.toml"), "--photos", str(shared_photos), "--dry-run"]
    assert cli.main(args) == 0
    said = capsys.readouterr().out
    assert "446 test" in said
    assert "about" in said
