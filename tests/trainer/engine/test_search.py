"""Grid search on a few real photos: a table, the best by validation, failures that stop nothing."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import torch

from geoguess_app.core.errors import TableError
from tests.trainer.engine.sets import RECIPE, write_set
from trainer import cli
from trainer.engine.fit import read_curve
from trainer.engine.recipe import read_train_recipe
from trainer.engine.search import combinations, grid_of


def command(folder: Path, photo_sets: Path, *more: str) -> list[str]:
    recipe = folder / "small.toml"
    recipe.write_text(RECIPE.replace('task = "cells"', 'task = "regression"'), encoding="utf-8")
    table = write_set(photo_sets, folder)
    place = ["--photos", str(table), "--images", str(photo_sets), "--out", str(folder / "out")]
    return ["search", str(recipe), *place, "--quiet", "--device", "cpu", *more]


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "out" / "search.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_best_by_validation_leads_and_a_failing_run_stops_nothing(
    photo_sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.set_num_threads(1)
    # 1e30 drives the loss beyond all numbers.
    args = command(tmp_path, photo_sets, "--grid", "lr=1e30,1e-3", "--grid", "wd=0,1e-4")
    assert cli.main(args) == 0
    said = capsys.readouterr().out
    found = rows(tmp_path)
    assert [row["status"] for row in found] == ["done", "done", "failed", "failed"]
    assert float(found[0]["val_loss"]) <= float(found[1]["val_loss"])
    assert {row["optimizer.learning_rate"] for row in found[:2]} == {"0.001"}
    assert "no longer a number" in found[2]["message"]
    assert "--set optimizer.learning_rate=0.001" in said
    best = (
        tmp_path / "out" / f"learning_rate=0.001_weight_decay={found[0]['optimizer.weight_decay']}"
    )
    curve = read_curve(best, "val_loss")
    assert float(found[0]["val_loss"]) == pytest.approx(min(curve.values()), rel=1e-4)

    # Again: finished runs are kept as they are, only the failed ones are tried once more.
    before = (best / "checkpoints" / "last.ckpt").stat().st_mtime_ns
    assert cli.main([*args, "--resume"]) == 0
    assert (best / "checkpoints" / "last.ckpt").stat().st_mtime_ns == before
    assert rows(tmp_path)[0] == found[0]
    assert "Run 1 of 4" not in capsys.readouterr().out


def test_the_grid_may_stand_in_the_recipe(tmp_path: Path) -> None:
    recipe = tmp_path / "grid.toml"
    recipe.write_text(RECIPE + "\n[search]\nlr = [1e-3, 3e-4]\ndecay = [0.1, 0.5, 0.9]\n")
    grid = grid_of(recipe, ["decay=0.5"])
    assert dict(grid) == {"optimizer.learning_rate": [1e-3, 3e-4], "schedule.gamma": [0.5]}
    assert len(combinations(grid)) == 2
    assert read_train_recipe(recipe).task == "cells"


@pytest.mark.parametrize(
    ("given", "word"), [("lr", "lr=1e-3"), ("", "such as"), ("optimizer.speed=1,2", "speed")]
)
def test_a_wrong_grid_ends_in_one_sentence(
    photo_sets: Path,
    tmp_path: Path,
    given: str,
    word: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(command(tmp_path, photo_sets, "--grid", given)) == 1
    assert word in capsys.readouterr().err


def test_nothing_to_search_is_said(tmp_path: Path) -> None:
    recipe = tmp_path / "plain.toml"
    recipe.write_text(RECIPE)
    with pytest.raises(TableError, match="nothing to search"):
        grid_of(recipe, [])


def test_a_run_of_another_recipe_is_not_taken_for_done(photo_sets: Path, tmp_path: Path) -> None:
    args = command(tmp_path, photo_sets, "--grid", "lr=1e-3", "--set", "training.epochs=1")
    assert cli.main(args) == 0
    folder = tmp_path / "out" / "learning_rate=0.001"
    assert json.loads((folder / "result.json").read_text())["epoch"] == 1
    assert cli.main([*args, "--resume", "--set", "training.epochs=2"]) == 0
    assert len(read_curve(folder, "val_loss")) == 2
