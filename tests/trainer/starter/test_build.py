"""A two-step training on real photos, its bundle, and the same logits in program and trainer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.bundle import Bundle, open_bundle
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.predictor import Predictor
from tests.trainer.small_recipe import RECIPE, small_folder
from trainer.cli import main
from trainer.common.cache import StageCache
from trainer.fitting.temperatures import fit_calibration, of_rows_below
from trainer.starter.bundle_stage import write_starter
from trainer.starter.heads_and_bank import bank_of, decision_model_of, raw_outputs
from trainer.starter.measure import measure_starter
from trainer.starter.pipeline import (
    FinishedBuild,
    first_calibration,
    held_out_folds,
    parts_of,
    train_starter,
)
from trainer.starter.recipe import read_starter_recipe


@pytest.fixture(scope="module")
def folder(some_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_folder(some_photos, tmp_path_factory.mktemp("small") / "photos")


@pytest.fixture(scope="module")
def finished(folder: Path) -> FinishedBuild:
    recipe = folder.parent / "small.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    return train_starter(read_starter_recipe(recipe), folder, StageCache(folder.parent / "cache"))


@pytest.fixture(scope="module")
def bundle(finished: FinishedBuild, folder: Path) -> Bundle:
    target = folder.parent / "small.geomodel"
    write_starter(parts_of(finished, {}), target)
    return open_bundle(target)


def test_program_and_trainer_see_the_same_logits(
    finished: FinishedBuild, bundle: Bundle, folder: Path
) -> None:
    predictor = Predictor(bundle, device="cpu")
    rows = np.arange(4)
    expected = raw_outputs(finished.context, finished.learned, rows)
    for row in rows:
        crops = predictor.prepare(folder / finished.inputs.geo.files[row])
        run = predictor.engine.run(crops)
        for network, heads in expected[row].logits.items():
            found = run.logits(network)
            for head, values in heads.items():
                # The bundle rounds weights to float16, the trainer its cached features.
                tolerance = 4e-3 * max(1.0, float(np.abs(values).max()))
                np.testing.assert_allclose(found[head], values, atol=tolerance)
        np.testing.assert_allclose(run.embeddings(), expected[row].embedding, atol=0.02)


def test_program_and_trainer_give_the_same_answer(
    finished: FinishedBuild, bundle: Bundle, folder: Path
) -> None:
    inputs = finished.inputs
    rows = inputs.geo.in_split("test")
    model = decision_model_of(inputs, finished.context, finished.learned, finished.calibration)
    raw = raw_outputs(finished.context, finished.learned, rows)
    expected = measure_starter(model, raw, inputs.geo.take(rows)).predictions
    paths = [folder / inputs.geo.files[row] for row in rows]
    same = 0
    for wanted, answer in zip(expected, Predictor(bundle, "cpu").predict_paths(paths), strict=True):
        moved = great_circle_km(
            wanted.coordinate.latitude_deg,
            wanted.coordinate.longitude_deg,
            answer.coordinate.latitude_deg,
            answer.coordinate.longitude_deg,
        )
        same += int(moved < 1.0)
        np.testing.assert_allclose(answer.confidence, wanted.confidence, atol=0.05)
    # A tie between two points may fall either way after rounding; most answers agree exactly.
    assert same >= len(rows) - 1


def test_the_test_split_leaves_no_trace(finished: FinishedBuild, bundle: Bundle) -> None:
    geo = finished.inputs.geo
    trained = set(geo.in_split("train", "val").tolist())
    assert set(finished.context.rows.tolist()) == trained
    retrieval = bundle.manifest.retrieval
    assert retrieval is not None
    assert retrieval.count == len(trained)
    sources = {geo.source[row] for row in geo.in_split("test")}
    assert not sources & {source.name for source in bundle.manifest.provenance}


def test_confidence_can_be_fitted_to_the_first_table_alone(
    finished: FinishedBuild,
) -> None:
    inputs, context = finished.inputs, finished.context
    held = held_out_folds(inputs, context)
    first = of_rows_below(held, 12)
    assert [len(fold.raw) for fold in first] == [int((fold.rows < 12).sum()) for fold in held]
    assert sum(len(fold.raw) for fold in first) == int((context.rows < 12).sum())
    for fold, whole in zip(first, held, strict=True):
        assert fold.model is whole.model
        np.testing.assert_array_equal(fold.truth, whole.truth[whole.rows < 12])
    start = first_calibration(inputs.recipe)
    everything, alone = (fit_calibration(held, start, limit) for limit in (inputs.geo.size, 12))
    assert alone.within != everything.within
    assert alone.temperatures == everything.temperatures


def test_a_photo_that_shows_no_place_is_not_in_the_bank(
    finished: FinishedBuild, folder: Path
) -> None:
    rows = finished.context.rows
    shown = finished.inputs.shows_place.copy()
    assert shown.all()
    shown[rows[1]] = False
    inputs = replace(finished.inputs, shows_place=shown)
    learned = replace(finished.learned, bank=bank_of(inputs, finished.context))
    target = folder.parent / "fewer.geomodel"
    write_starter(parts_of(replace(finished, inputs=inputs, learned=learned), {}), target)
    bundle = open_bundle(target)
    bank = bundle.tensors("weights/bank.safetensors")
    kept = rows[shown[rows]]
    latitude_deg = finished.inputs.geo.latitude_deg[kept]
    np.testing.assert_allclose(bank["latitude_deg"], np.round(latitude_deg, 2))
    assert len(bundle.read_file("bank/photos.csv").splitlines()) == len(kept) + 1


def test_the_bank_that_ships_is_rounded_and_nameless(bundle: Bundle) -> None:
    tensors = bundle.tensors("weights/bank.safetensors")
    assert set(tensors) == {"embeddings", "latitude_deg", "longitude_deg", "fine_class"}
    for name in ("latitude_deg", "longitude_deg"):
        np.testing.assert_allclose(tensors[name], np.round(tensors[name], 2), atol=1e-9)
    assert tensors["embeddings"].dtype == np.float16


def test_the_command_builds_a_bundle_with_a_card_and_figures(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "small.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    out = tmp_path / "small"
    arguments = ["build", str(recipe), "--photos", str(folder), "--out", str(out)]
    assert main([*arguments, "--cache", str(folder.parent / "cache"), "--resume"]) == 0
    assert str(out) in capsys.readouterr().out
    manifest = open_bundle(out).manifest
    assert manifest.evaluation["photos"] == 8
    card = (out / "MODEL_CARD.md").read_text(encoding="utf-8")
    for wanted in ("Intended use", "floor", "ceiling", "Contribution of each part", "Made from"):
        assert wanted in card


def test_a_broken_recipe_ends_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "bad.toml"
    recipe.write_text(RECIPE.replace("neighbours = 8", "neighbors = 8"), encoding="utf-8")
    assert main(["build", str(recipe), "--photos", str(tmp_path), "--resume"]) == 1
    assert "neighbors" in capsys.readouterr().err
