"""Soft labels for a build: from a model, from labelled tables or from arrays, all the same."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.bundle import write_bundle
from geoguess_app.core.errors import TableError
from geoguess_app.core.predictor import load_predictor
from tests.core.bundle.test_scene_bundles import scene_parts
from tests.trainer.small_recipe import RECIPE, small_folder
from trainer import cli
from trainer.common.cache import StageCache
from trainer.starter.inputs import gather_inputs
from trainer.starter.recipe import read_starter_recipe
from trainer.starter.scene_stage import scene_targets
from trainer.starter.teacher import teacher_labels


@pytest.fixture(scope="module")
def folder(photo_sets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos, tables, arrays of soft labels, and a scene model."""
    folder = small_folder(photo_sets, tmp_path_factory.mktemp("teacher") / "photos", 8, 8)
    parts = scene_parts()
    write_bundle(folder / "scenes.geomodel", parts.manifest, (), parts.tensors)
    return folder


def files_of(folder: Path) -> list[str]:
    with (folder / "scenes.csv").open(encoding="utf-8", newline="") as stream:
        return [row["file"] for row in csv.DictReader(stream)]


def test_a_build_may_ask_a_scene_model(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.replace('"teacher"', '"scenes.geomodel"'), encoding="utf-8")
    material = gather_inputs(read_starter_recipe(path), folder, StageCache(tmp_path / "cache"))
    assert material.scene_teacher_name == "Tiny 0.1"
    predictor = load_predictor(folder / "scenes.geomodel", "cpu", for_scenes=True)
    for files, labels in (
        (material.scenes.files, material.scene_teacher),
        (material.geo.files, material.geo_teacher),
    ):
        (expected,) = predictor.label_scenes([predictor.prepare(folder / files[1])])
        assert labels[1] == pytest.approx(expected.s365, abs=1e-6)
        assert labels.shape == (len(files), 365)
        assert labels.sum(axis=1) == pytest.approx(1.0)


def test_a_model_is_asked_once_for_the_same_photos(folder: Path, tmp_path: Path) -> None:
    cache = StageCache(tmp_path / "cache")
    files = files_of(folder)
    asked = teacher_labels(cache, folder, "scenes.geomodel", "scenes.csv", files)
    (kept,) = (tmp_path / "cache").iterdir()
    with np.load(kept) as archive:
        np.savez(kept, probabilities=archive["probabilities"][::-1])
    again = teacher_labels(cache, folder, "scenes.geomodel", "scenes.csv", files)
    assert np.array_equal(again, asked[::-1])
    teacher_labels(cache, folder, "scenes.geomodel", "scenes.csv", files[:2])
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_labelled_tables_and_arrays_are_teachers_too(folder: Path, tmp_path: Path) -> None:
    cache, files = StageCache(tmp_path / "cache"), files_of(folder)
    asked = teacher_labels(cache, folder, "scenes.geomodel", "scenes.csv", files)
    (folder / "labels").mkdir()
    arguments = ["scenes", str(folder / "scenes.csv"), "--model", str(folder / "scenes.geomodel")]
    out = folder / "labels" / "scenes.csv"
    assert cli.main([*arguments, "--out", str(out), "--quiet", "--device", "cpu"]) == 0
    made = teacher_labels(cache, folder, "labels", "scenes.csv", files[::-1])
    assert made == pytest.approx(asked[::-1], abs=1e-3)
    arrays = teacher_labels(cache, folder, "teacher", "scenes.csv", files)
    assert arrays.shape == asked.shape
    assert not np.allclose(arrays, asked)


def test_what_a_teacher_lacks_is_named(folder: Path, tmp_path: Path) -> None:
    cache = StageCache(tmp_path / "cache")
    (folder / "cut.jpg").write_bytes((folder / files_of(folder)[0]).read_bytes()[:500])
    with pytest.raises(TableError, match=r"cut\.jpg: cannot be labelled"):
        teacher_labels(cache, folder, "scenes.geomodel", "scenes.csv", ["cut.jpg"])
    with pytest.raises(TableError, match="no soft labels for other"):
        teacher_labels(cache, folder, "teacher", "scenes.csv", ["other.jpg"])
    broken = folder / "broken"
    broken.mkdir()
    shutil.copy(folder / "scenes.csv", broken / "scenes-probabilities.parquet")
    with pytest.raises(TableError, match="holds no scene probabilities"):
        teacher_labels(cache, folder, "broken", "scenes.csv", ["other.jpg"])


def test_further_tables_of_places_join_and_teach_no_scenes_without_labels(
    folder: Path, tmp_path: Path
) -> None:
    rows = (folder / "world.csv").read_text(encoding="utf-8").splitlines()
    (folder / "more.csv").write_text("\n".join([rows[0], *rows[3:6]]) + "\n", encoding="utf-8")
    path = tmp_path / "recipe.toml"
    more = 'teacher = "teacher"\nfurther = ["more.csv"]'
    path.write_text(RECIPE.replace('teacher = "teacher"', more), encoding="utf-8")
    inputs = gather_inputs(read_starter_recipe(path), folder, StageCache(tmp_path / "cache"))
    assert inputs.geo.files[-3:] == inputs.geo.files[2:5]
    assert inputs.geo.size == len(rows) - 1 + 3
    assert inputs.first_places == len(rows) - 1
    np.testing.assert_array_equal(inputs.geo_features[-3:], inputs.geo_features[2:5])
    training = inputs.recipe.scenes
    _, weights = scene_targets(
        inputs.geo_teacher, np.full(inputs.geo.size, -1), inputs.geo.scene, training
    )
    assert not weights[-3:].any()
    assert weights[:-3].all()
