"""Scene labels of a bundle on real labelled photos."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from geoguess_app.cli import main
from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.errors import TableError
from geoguess_app.core.predictor import Predictor
from geoguess_app.evaluation.run.scenes import evaluate_scenes, is_scene_table, read_scene_rows


def test_table_of_scenes(some_photos: Path) -> None:
    path = some_photos / "scenes.csv"
    assert is_scene_table(path)
    assert not is_scene_table(some_photos / "world.csv")
    rows = read_scene_rows(path, ["split=test"])
    with path.open(newline="", encoding="utf-8") as stream:
        expected = [row for row in csv.DictReader(stream) if row["split"] == "test"]
    assert [row.file for row in rows] == [row["file"] for row in expected]
    assert [row.ambiguous for row in rows] == [row["ambiguous"] == "1" for row in expected]
    assert {row.s3 for row in rows} == {"indoor", "natural", "urban"}


def test_accuracy_is_that_of_the_predictions(
    predictor: Predictor, photo_sets: Path, tmp_path: Path
) -> None:
    path = photo_sets / "scenes.csv"
    where = ["split=test", "category=abbey,bar"]
    result = evaluate_scenes(predictor, path, photo_sets, tmp_path, where=where)
    right = 0
    for row in read_scene_rows(path, where):
        (answer,) = predictor.predict_paths([photo_sets / row.file])
        assert answer.scene is not None
        right += scene_table().s3_names[int(answer.scene.s3.argmax())] == row.s3
    assert result.accuracy.s3 is not None
    assert (result.accuracy.s3.accuracy.count, result.photos) == (right, 4)
    assert (result.accuracy.unmapped, result.accuracy.labelled_categories) == (2, 1)
    written = json.loads((tmp_path / "scenes.json").read_text(encoding="utf-8"))
    assert written["accuracy"]["s3"]["within"] == right


def test_missing_photo_and_command(
    predictor: Predictor,
    photo_sets: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = read_scene_rows(photo_sets / "scenes.csv", "category=bar")[0].file
    table = tmp_path / "scenes.csv"
    table.write_text(f"file,category\n{name},bar\nmissing.jpg,bar\n")
    asked = ["--photos", table, "--images", photo_sets, "--out", tmp_path]
    asked += ["--model", predictor.bundle.path, "--device", "cpu"]
    assert main(["evaluate", *map(str, asked)]) == 1
    said = capsys.readouterr().out
    assert "scenes of 1 labelled photos" in said
    assert "top 5 of 365" in said
    (failed,) = json.loads((tmp_path / "scenes.json").read_text())["failed"]
    assert (failed["line"], failed["code"]) == (3, "missing")


@pytest.mark.parametrize("text", ["file,scene\na.jpg,bar\n", "file,category\n"])
def test_useless_tables_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(TableError):
        read_scene_rows(tmp_path / "t.csv")
