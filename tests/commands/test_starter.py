"""The command line with the model that comes with the program, on real photos."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.predictor import load_predictor
from geoguess_app.paths import starter_bundle_dir
from tests.commands.conftest import SAMPLES, Geoguess

pytestmark = pytest.mark.skipif(
    not (starter_bundle_dir() / "bundle.json").is_file(), reason="the starter model is not built"
)

CPU = ("--device", "cpu")
MONUMENTS = Path(__file__).parents[1] / "data"


def world(photos: Path, **wanted: str) -> list[dict[str, str]]:
    """Rows of the world table with these values."""
    with (photos / "world.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def error_km(truth: Mapping[str, str], row: Mapping[str, object]) -> float:
    return float(
        great_circle_km(
            float(truth["latitude"]), float(truth["longitude"]), row["latitude"], row["longitude"]
        )
    )


def test_no_model_named_means_the_starter(geoguess: Geoguess) -> None:
    row = json.loads(geoguess("locate", SAMPLES / "china.jpg", "--format", "jsonl", *CPU).out)
    assert row["model"].startswith("Starter ")
    assert max(row["scene"]["s3"], key=row["scene"]["s3"].get) == "urban"
    assert row["place"]["country"]


def test_famous_monuments_are_found(geoguess: Geoguess) -> None:
    """Photos that it never saw, of places that it should know; the last one it does not know."""
    with (MONUMENTS / "monuments.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))[:8]
    out = geoguess(
        "locate", *[MONUMENTS / row["file"] for row in rows], "--format", "jsonl", *CPU
    ).out
    answers = [json.loads(line) for line in out.splitlines()]
    near = [error_km(truth, row) <= 25 for truth, row in zip(rows, answers, strict=True)]
    assert sum(near) >= 6
    assert all(found for found, row in zip(near, answers, strict=True) if row["level"] == "fine")


@pytest.mark.real_data
def test_known_landmarks_are_found(geoguess: Geoguess, real_photos: Path) -> None:
    """Photos it learned from; the bank alone should bring them home."""
    rows = world(real_photos, split="train", precision="landmark")[::100][:5]
    photos = [real_photos / row["file"] for row in rows]
    out = geoguess("locate", *photos, "--format", "jsonl", *CPU).out
    errors = [
        error_km(truth, json.loads(line))
        for truth, line in zip(rows, out.splitlines(), strict=True)
    ]
    assert sum(error <= 25 for error in errors) >= 0.8 * len(rows)


def test_locate_predictor_and_evaluate_agree(
    geoguess: Geoguess, some_photos: Path, tmp_path: Path
) -> None:
    rows = world(some_photos, split="val")
    rows = rows[:: len(rows) // 3][:3]
    album = tmp_path / "album"
    for row in rows:
        (album / row["file"]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(some_photos / row["file"], album / row["file"])
    table = tmp_path / "table.csv"
    with table.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)

    out = geoguess("locate", album, "--format", "csv", *CPU).out
    located = {row["img_id"]: row for row in csv.DictReader(out.splitlines())}
    ran = geoguess(
        *("evaluate", "--photos", table, "--images", album, "--out", tmp_path / "out", *CPU),
        "--no-report",
    )
    assert ran.status == 0, ran.err
    assert (tmp_path / "out" / "metrics.json").stat().st_size > 100
    with (tmp_path / "out" / "predictions.csv").open(newline="", encoding="utf-8") as stream:
        judged = {row["img_id"]: row for row in csv.DictReader(stream)}
    predictor = load_predictor(None, "cpu")
    assert len(located) == len(judged) == 3
    for name, row in located.items():
        (answer,) = predictor.predict_paths([album / name])
        for column, truth in (
            ("pred_lat", answer.coordinate.latitude_deg),
            ("pred_lng", answer.coordinate.longitude_deg),
        ):
            assert float(row[column]) == pytest.approx(truth, abs=1e-6)
            assert float(judged[name][column]) == pytest.approx(truth, abs=1e-6)
        assert float(row["r80_km"]) == pytest.approx(answer.radii.r80_km, abs=1e-3)
        assert row["level"] == answer.level.value


def test_camera_files_of_every_format(geoguess: Geoguess, camera_files: Path) -> None:
    photos = [
        max(camera_files.glob(f"*.{suffix}"), key=lambda path: path.stat().st_size)
        for suffix in ("jpg", "heic", "tif", "webp")
    ]
    ran = geoguess("locate", *photos, "--format", "geojson", *CPU)
    features = json.loads(ran.out)["features"]
    assert ran.status == 0, ran.out
    assert [Path(feature["properties"]["file"]) for feature in features] == photos


def test_info_of_the_starter_needs_no_name(geoguess: Geoguess) -> None:
    ran = geoguess("info")
    assert ran.status == 0
    assert ran.out.startswith("Starter ")
    assert "efficientnet_lite2" in ran.out


def test_info_tells_in_a_table_what_the_bundle_says_it_measured(geoguess: Geoguess) -> None:
    figures = json.loads((starter_bundle_dir() / "bundle.json").read_text())["evaluation"]
    lines = geoguess("info").out.splitlines()
    row = next(line.split() for line in lines if "all photos" in line)
    shares = [figures["accuracy"][distance] for distance in ("1", "25", "200", "750", "2500")]
    assert row[2:] == [f"{100 * share:.1f}" for share in shares]
    assert any(f"80%: {100 * figures['coverage']['80']:.1f}" in line for line in lines)


def test_each_sample_photo_becomes_what_its_label_says(geoguess: Geoguess) -> None:
    with (SAMPLES / "samples.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    out = geoguess(
        "locate", *[SAMPLES / row["file"] for row in rows], "--format", "jsonl", *CPU
    ).out
    answers = [json.loads(line) for line in out.splitlines()]
    levels = {"recognised": "fine", "only a wide area": "coarse", "cannot tell": "cannot tell"}
    assert {row["shows"] for row in rows} == set(levels)
    right_within_km = {"fine": 25.0, "coarse": 750.0}
    for row, answer in zip(rows, answers, strict=True):
        assert answer["level"] == levels[row["shows"]], row["file"]
        if answer["level"] in right_within_km:
            assert error_km(row, answer) <= right_within_km[answer["level"]], row["file"]
        assert row["author"]
        assert row["licence"]


def test_a_photo_that_shows_no_place_is_not_placed(geoguess: Geoguess) -> None:
    """A cat, whose look-alike lives in a town that the starter knows; a cup, a flower, grass."""
    shown = [MONUMENTS / f"pictures/{name}.jpg" for name in ("cat", "coffee", "grass")]
    out = geoguess("locate", *shown, MONUMENTS / "flower.jpg", "--format", "jsonl", *CPU).out
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer["level"] for answer in answers] == ["cannot tell"] * 4
    assert max(answer["confidence"] for answer in answers) < 0.1
