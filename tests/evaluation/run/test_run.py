"""A whole evaluation with a small real bundle on real photos, one of them broken."""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoguess_app.commands import evaluate as program
from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError, TableError
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.predictor import Predictor
from geoguess_app.evaluation.run.evaluate import PREDICTION_COLUMNS, evaluate
from geoguess_app.evaluation.run.text import summary_text
from geoguess_app.evaluation.study.evaluation import Evaluation
from tests.evaluation.conftest import PHOTOS
from trainer import cli as trainer_cli


def test_a_broken_photo_is_recorded_and_stops_nothing(result: tuple[Evaluation, Path]) -> None:
    evaluation, out = result
    assert len(evaluation.answers) == PHOTOS
    assert evaluation.likely_seen == 0
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["located"] == PHOTOS
    failed = {entry["file"]: entry for entry in metrics["failed"]}
    assert set(failed) == {"world/<cut>.jpg", "world/missing.jpg"}
    assert failed["world/<cut>.jpg"]["line"] == 2
    assert failed["world/missing.jpg"]["code"] == "missing"
    assert [bad["line"] for bad in metrics["table"]["bad_rows"]] == [10]


def test_predictions_are_those_of_the_predictor(
    result: tuple[Evaluation, Path], predictor: Predictor, album: Path
) -> None:
    _, out = result
    with (out / "predictions.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == PREDICTION_COLUMNS
    assert tuple(rows[0])[:3] == ("img_id", "pred_lat", "pred_lng")
    assert len(rows) == PHOTOS
    for row in rows:
        (answer,) = predictor.predict_paths([album / row["img_id"]])
        assert float(row["pred_lat"]) == pytest.approx(answer.coordinate.latitude_deg, abs=1e-6)
        assert float(row["pred_lng"]) == pytest.approx(answer.coordinate.longitude_deg, abs=1e-6)
        assert row["level"] == str(answer.level)
        assert float(row["confidence"]) == pytest.approx(answer.confidence, abs=1e-6)
        distance = great_circle_km(
            float(row["true_lat"]),
            float(row["true_lng"]),
            answer.coordinate.latitude_deg,
            answer.coordinate.longitude_deg,
        )
        assert float(row["distance_km"]) == pytest.approx(float(distance), abs=1e-3)


def test_keys_of_the_metrics_are_stable(result: tuple[Evaluation, Path]) -> None:
    _, out = result
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert set(metrics) == {
        "format",
        "format_version",
        "model",
        "table",
        "counting",
        "located",
        "spots",
        "likely_seen_in_training",
        "overall",
        "calibration",
        "most_confident",
        "by",
        "degrees",
        "floor",
        "mean_point",
        "nearest_look_alike",
        "ceiling",
        "by_partition",
        "right_country",
        "scene_s3",
        "best",
        "worst",
        "failed",
        "ablation",
        "comparisons",
    }
    assert set(metrics["overall"]) == {
        "photos",
        "accuracy",
        "accuracy_every_photo",
        "mean_km",
        "median_km",
        "quartile_1_km",
        "quartile_3_km",
        "rmse_km",
        "geoguessr_score",
    }
    assert list(metrics["overall"]["accuracy"]) == ["1", "25", "200", "750", "2500"]
    assert set(metrics["overall"]["accuracy"]["1"]) == {
        "share",
        "within",
        "photos",
        "interval_95",
    }
    assert set(metrics["calibration"]["coverage"]) == {"50", "80", "95"}
    assert set(metrics["ceiling"]) == {"cell_mean", "bank_best_in_cell"}
    assert set(metrics["by_partition"]) == {"coarse", "middle", "fine", "combined"}
    assert {"scene", "continent", "level", "network", "precision"} <= set(metrics["by"])
    assert len(metrics["best"]) == len(metrics["worst"]) == 5


def test_the_nearest_look_alike_alone_is_judged_beside_the_model(
    result: tuple[Evaluation, Path], predictor: Predictor
) -> None:
    evaluation, out = result
    near = []
    for answer in evaluation.answers:
        (prediction,) = predictor.predict_paths([answer.path])
        best = max(prediction.neighbours, key=lambda n: n.similarity).coordinate
        truth = (answer.row.latitude_deg, answer.row.longitude_deg)
        near.append(great_circle_km(best.latitude_deg, best.longitude_deg, *truth) <= 2500)
    assert evaluation.nearest_alone is not None
    said = evaluation.nearest_alone.accuracy_every_photo[2500]
    assert said.value == pytest.approx(np.mean(near))
    with (out / "summary.csv").open(newline="", encoding="utf-8") as stream:
        rows = {row["row"]: row for row in csv.DictReader(stream)}
    stated = float(rows["nearest look-alike alone"]["every_photo_within_2500_km"])
    assert stated == pytest.approx(said.value, abs=1e-6)
    assert "nearest look-alike alone" in summary_text(evaluation)


def test_cell_ranks_are_those_of_the_probabilities(
    result: tuple[Evaluation, Path], predictor: Predictor
) -> None:
    evaluation, _ = result
    answer = evaluation.answers[3]
    (prediction,) = predictor.predict_paths([answer.path])
    for partition in predictor.bundle.partitions:
        probabilities = prediction.cell_probabilities[partition.name]
        said = answer.partitions[partition.name]
        assert said.cell_index == int(np.argmax(probabilities))
        truth = int(partition.class_at(answer.row.latitude_deg, answer.row.longitude_deg))
        if truth < 0:
            assert said.true_rank == -1
        else:
            order = np.argsort(-probabilities, kind="stable").tolist()
            assert said.true_rank == order.index(truth)


def test_figures_are_pictures(result: tuple[Evaluation, Path]) -> None:
    _, out = result
    names = {path.stem for path in out.glob("*.png")}
    assert names == {
        "accuracy",
        "cumulative",
        "accuracy_by_confidence",
        "calibration",
        "error_histogram",
        "error_boxes",
        "error_map",
        "positions",
        "best_and_worst",
        "confidence_and_error",
        "cumulative_by_group",
        "accuracy_by_scene",
        "accuracy_by_continent",
        "accuracy_by_partition",
        "scene_confusion",
    }
    for name in names:
        with Image.open(out / f"{name}.png") as image:
            image.load()
            assert image.width > 800
            assert len(image.convert("RGB").getcolors(1 << 24) or []) > 20
    assert not list(out.glob(".*"))  # no half-written file stays behind


def test_running_again_gives_the_same_figures(
    result: tuple[Evaluation, Path], predictor: Predictor, album: Path, tmp_path: Path
) -> None:
    _, out = result
    evaluate(predictor, album / "table.csv", album, tmp_path, report=False)
    assert (tmp_path / "metrics.json").read_bytes() == (out / "metrics.json").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "metrics.json",
        "predictions.csv",
        "run.json",
        "summary.csv",
    ]


def test_nothing_located_is_a_report_and_not_an_error(
    predictor: Predictor, album: Path, tmp_path: Path
) -> None:
    evaluation = evaluate(
        predictor, album / "table.csv", album, tmp_path, where="file=world/missing.jpg"
    )
    assert not evaluation.answers
    assert "No photo could be located" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "metrics.json").read_text())["floor"] is None


def test_names_without_suffix_and_in_deeper_folders_are_found(
    predictor: Predictor, album: Path, tmp_path: Path
) -> None:
    """OSV-5M: the table has bare ids, the photos lie in numbered subfolders."""
    source = next((album / "world").glob("[0-9]*.jpg"))
    (tmp_path / "images" / "07").mkdir(parents=True)
    shutil.copy(source, tmp_path / "images" / "07" / "12345.jpg")
    (tmp_path / "t.csv").write_text("id,latitude,longitude,country\n12345,48.5,2.2,FR\n")
    evaluation = evaluate(
        predictor, tmp_path / "t.csv", tmp_path / "images", tmp_path / "out", report=False
    )
    assert evaluation.answers[0].row.file == "12345"
    assert list(evaluation.metrics.by["continent"]) == ["EU"]  # from the position alone


def test_cancelled_writes_nothing(predictor: Predictor, album: Path, tmp_path: Path) -> None:
    token = CancelToken()

    def stop(done: int, total: int) -> None:
        if done == 4:
            token.cancel()

    with pytest.raises(GeoGuessError) as caught:
        evaluate(predictor, album / "table.csv", album, tmp_path, token=token, progress=stop)
    assert caught.value.code == "cancelled"
    assert not list(tmp_path.iterdir())


def test_unusable_folders_are_refused(predictor: Predictor, album: Path, tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no such folder"):
        evaluate(predictor, album / "table.csv", tmp_path / "absent", tmp_path / "out")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(GeoGuessError, match="cannot be created"):
        evaluate(predictor, album / "table.csv", album, tmp_path / "file")


def answers_in(folder: Path) -> list[list[str]]:
    with (folder / "predictions.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    columns = ("img_id", "pred_lat", "pred_lng", "distance_km", "r80_km", "confidence", "level")
    return [[row[column] for column in columns] for row in rows]


def test_both_programs_have_the_same_command(
    result: tuple[Evaluation, Path],
    predictor: Predictor,
    album: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The trainer's evaluate is the program's: its options, and the answers of `evaluate`."""
    thresholds = ["5", "50", "500", "1000", "5000"]
    asked = ["--photos", str(album / "table.csv"), "--out", str(tmp_path), "--where", "split=test"]
    asked += ["--model", str(predictor.bundle.path), "--device", "cpu", "--crops", "1"]
    asked += ["--thresholds", ",".join(thresholds), "--no-report"]
    # Two photos were not located.
    assert trainer_cli.main(["evaluate", *asked]) == 1
    said = capsys.readouterr()
    assert f"{PHOTOS} of {PHOTOS + 2} photos located, 1 row unusable" in said.out
    assert "floor" in said.out
    assert "50 km" in said.out
    assert said.err == ""
    assert f"results: {tmp_path}" in said.out
    assert not [*tmp_path.glob("*.html"), *tmp_path.glob("*.png")]
    evaluation, out = result
    assert answers_in(tmp_path) == answers_in(out)
    accuracy = json.loads((tmp_path / "metrics.json").read_text())["overall"]["accuracy"]
    assert list(accuracy) == thresholds
    for km, share in accuracy.items():
        assert share["within"] == int((evaluation.metrics.distance_km <= float(km)).sum())

    parser = argparse.ArgumentParser()
    program.add_arguments(parser)
    with pytest.raises(SystemExit):
        trainer_cli.main(["evaluate", "--help"])
    shown = capsys.readouterr().out
    for action in parser._actions:
        assert all(option in shown for option in action.option_strings)
