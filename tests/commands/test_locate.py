"""`geoguess locate`: formats, failures, files, exit status."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.predictor import load_predictor
from geoguess_app.core.types import Prediction
from geoguess_app.export.rows import scene_json
from geoguess_app.settings import Settings, save_settings
from tests.commands.conftest import SAMPLES, Geoguess

KEYS = [
    *("file", "status", "latitude", "longitude", "radius_km", "confidence", "level", "place"),
    *("scene", "network", "candidates", "conflict", "model", "reference"),
]


@pytest.fixture(scope="module")
def expected(tiny_model: Path) -> Prediction:
    """What the predictor itself says about one sample."""
    predictor = load_predictor(tiny_model, "cpu")
    return predictor.predict([predictor.prepare(SAMPLES / "china.jpg")])[0]


def test_json_lines_carry_the_documented_keys(
    geoguess: Geoguess, tiny_model: Path, expected: Prediction
) -> None:
    ran = geoguess("locate", SAMPLES / "china.jpg", "--model", tiny_model, "--format", "jsonl")
    assert ran.status == 0
    assert ran.err == ""
    (line,) = ran.out.splitlines()
    row = json.loads(line)
    assert list(row) == KEYS
    assert row["file"] == str(SAMPLES / "china.jpg")
    assert row["status"] == "ok"
    assert row["latitude"] == pytest.approx(expected.coordinate.latitude_deg, abs=1e-6)
    assert row["longitude"] == pytest.approx(expected.coordinate.longitude_deg, abs=1e-6)
    assert list(row["radius_km"]) == ["50", "80", "95"]
    assert row["radius_km"]["80"] == pytest.approx(expected.radii.r80_km, abs=1e-3)
    assert row["confidence"] == pytest.approx(expected.confidence, abs=1e-6)
    assert row["level"] == expected.level.value
    assert list(row["place"]) == ["city", "region", "country", "country_code"]
    assert row["network"] == expected.network
    assert row["model"] == expected.model == "Tiny 0.1"
    assert len(row["candidates"]) == 5
    assert list(row["candidates"][0]) == ["cell", "latitude", "longitude", "probability", "weight"]
    assert row["candidates"][0]["cell"] == expected.candidates[0].cell


def test_scenes_stand_at_three_granularities(
    geoguess: Geoguess, tiny_model: Path, expected: Prediction
) -> None:
    ran = geoguess("locate", SAMPLES / "china.jpg", "--model", tiny_model, "--format", "jsonl")
    scene = json.loads(ran.out)["scene"]
    table = scene_table()
    assert expected.scene is not None
    assert list(scene) == ["s3", "s16", "s365"]
    assert list(scene["s3"]) == list(table.s3_names)
    assert list(scene["s16"]) == list(table.s16_names)
    assert list(scene["s16"].values()) == pytest.approx(expected.scene.s16.tolist(), abs=1e-6)
    assert sum(scene["s3"].values()) == pytest.approx(1, abs=1e-5)
    assert [entry["label"] for entry in scene["s365"]] == [
        table.labels[index] for index in expected.scene.s365.argsort()[::-1][:5]
    ]


def test_failures_are_rows_and_the_status_says_so(
    geoguess: Geoguess, tiny_model: Path, album: Path
) -> None:
    ran = geoguess("locate", album, "gone.jpg", "--model", tiny_model, "--format", "jsonl")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.status == 1
    assert [Path(row["file"]).name for row in rows] == [
        "1 größe.jpg",
        "10 cut.jpg",
        "20 words.jpg",
        "2.jpg",
        "gone.jpg",
    ]
    assert [row["status"] for row in rows] == ["ok", "error", "error", "ok", "error"]
    for row in rows:
        if row["status"] == "error":
            assert list(row) == ["file", "status", "error"]
            assert row["error"].endswith(".")
    assert ran.err == "geoguess: 3 of 5 photos could not be located.\n"


def test_csv_begins_as_the_field_expects(
    geoguess: Geoguess, tiny_model: Path, album: Path, expected: Prediction
) -> None:
    ran = geoguess("locate", album, SAMPLES / "china.jpg", "--model", tiny_model, "--format", "csv")
    assert ran.out.startswith("img_id,pred_lat,pred_lng,")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [row["img_id"] for row in rows] == [
        "1 größe.jpg",
        "10 cut.jpg",
        "20 words.jpg",
        "day 2/2.jpg",
        "china.jpg",
    ]
    last = rows[-1]
    assert float(last["pred_lat"]) == pytest.approx(expected.coordinate.latitude_deg, abs=1e-6)
    assert float(last["pred_lng"]) == pytest.approx(expected.coordinate.longitude_deg, abs=1e-6)
    assert float(last["r80_km"]) == pytest.approx(expected.radii.r80_km, abs=1e-3)
    assert last["scene_s3"] in scene_table().s3_names
    assert last["status"] == "ok"
    assert last["error"] == ""
    assert rows[1]["pred_lat"] == ""
    assert rows[1]["status"] == "error"
    assert "truncated" in rows[1]["error"]
    assert all(None not in row and len(row) == 25 for row in rows)


def test_geojson_is_one_valid_collection(geoguess: Geoguess, tiny_model: Path, album: Path) -> None:
    ran = geoguess("locate", album, "--model", tiny_model, "--format", "geojson")
    collection = json.loads(ran.out)
    assert list(collection) == ["type", "features"]
    assert collection["type"] == "FeatureCollection"
    assert len(collection["features"]) == 4
    for feature in collection["features"]:
        assert set(feature) == {"type", "geometry", "properties"}
        assert feature["type"] == "Feature"
        if feature["properties"]["status"] == "error":
            assert feature["geometry"] is None
            continue
        assert feature["geometry"]["type"] == "Point"
        longitude, latitude = feature["geometry"]["coordinates"]
        best = feature["properties"]["candidates"][0]
        assert -180 <= longitude <= 180
        assert -90 <= latitude <= 90
        assert abs(longitude - best["longitude"]) < 40
        assert abs(latitude - best["latitude"]) < 40


def test_geojson_of_nothing_is_still_valid(
    geoguess: Geoguess, tiny_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    ran = geoguess("locate", tmp_path / "empty", "--model", tiny_model, "--format", "geojson")
    assert json.loads(ran.out) == {"type": "FeatureCollection", "features": []}
    assert ran.status == 0
    assert "no photos found" in ran.err


def test_text_is_for_people(geoguess: Geoguess, tiny_model: Path, album: Path) -> None:
    ran = geoguess("locate", album, "--model", tiny_model, "--top", 2)
    assert "80% confidence" in ran.out
    assert "  1. " in ran.out
    assert "  2. " in ran.out
    assert "  3. " not in ran.out
    assert "error: 10 cut.jpg is truncated" in ran.out
    assert "1 größe.jpg" in ran.out


def test_text_compares_with_the_photos_own_position(
    geoguess: Geoguess, tiny_model: Path, photo_sets: Path
) -> None:
    photo = photo_sets / "exif" / "nikon_1.jpg"
    ran = geoguess("locate", photo, "--model", tiny_model)
    assert "GPS position in the file: 43.72300, 10.39600" in ran.out
    assert "km from this estimate" in ran.out


def test_crops_and_top_reach_the_model(geoguess: Geoguess, tiny_model: Path) -> None:
    answers = set()
    for crops in (1, 3, 5, 10):
        ran = geoguess(
            *("locate", SAMPLES / "china.jpg", "--model", tiny_model),
            *("--crops", crops, "--format", "jsonl", "--top", crops),
        )
        row = json.loads(ran.out)
        answers.add(json.dumps(row["scene"]))
        assert len(row["candidates"]) == min(crops, 10)
    assert len(answers) == 4


def test_the_output_file_replaces_the_old_one_whole(
    geoguess: Geoguess, tiny_model: Path, album: Path, tmp_path: Path
) -> None:
    target = tmp_path / "places.csv"
    target.write_text("old")
    ran = geoguess(*("locate", album, "--model", tiny_model, "--format", "csv", "--output", target))
    assert ran.status == 1
    assert ran.out == ""
    assert target.read_bytes().startswith(b"img_id,pred_lat,pred_lng")
    assert len(target.read_text(encoding="utf-8").splitlines()) == 5
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".places")]


def test_settings_choose_what_the_options_leave_open(
    geoguess: Geoguess, tiny_model: Path, expected: Prediction
) -> None:
    save_settings(Settings(model=str(tiny_model), device="cpu", crops=1))
    command = ("locate", SAMPLES / "china.jpg", "--format", "jsonl")
    three_crops = scene_json(expected.scene)
    row = json.loads(geoguess(*command).out)
    assert row["model"] == "Tiny 0.1"
    assert row["scene"] != three_crops
    assert json.loads(geoguess(*command, "--crops", 3).out)["scene"] == three_crops


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "PATH"),
        (("", "--model", "{model}"), "empty path"),
        (("{photo}", "--model", "nowhere.geomodel"), "there is no model 'nowhere.geomodel'"),
        (("{photo}", "--model", "{photo}"), "china.jpg"),
        (("{photo}", "--model", "{model}", "--device", "abacus"), "abacus"),
        (("{photo}", "--model", "{model}", "--device", "cuda:99"), "CUDA"),
        (("{photo}", "--crops", "4"), "--crops"),
        (("{photo}", "--format", "pdf"), "--format"),
        (("{photo}", "--top", "-1"), "--top"),
        (("{photo}", "--top", "many"), "--top"),
        (("{photo}", "--model", "{model}", "--output", "{folder}"), "is a folder"),
        (("{photo}", "--model", "{model}", "--output", "no/such/place.csv"), "no folder"),
        (("{photo}", "--colour"), "--colour"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(
    geoguess: Geoguess,
    tiny_model: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    names = {"photo": SAMPLES / "china.jpg", "model": tiny_model, "folder": tmp_path}
    ran = geoguess("locate", *(argument.format(**names) for argument in arguments))
    assert ran.status == 2
    assert ran.out == ""
    assert sentence in ran.err
    assert "Traceback" not in ran.err
    assert ran.err.startswith("usage:") or ran.err.count("\n") == 1


def test_a_model_of_the_settings_that_is_gone(geoguess: Geoguess, tmp_path: Path) -> None:
    save_settings(Settings(model=str(tmp_path / "moved.geomodel")))
    ran = geoguess("locate", SAMPLES / "china.jpg")
    assert ran.status == 2
    assert "moved.geomodel" in ran.err
    assert "--model" in ran.err


def test_names_that_are_no_text_survive_in_json(
    geoguess: Geoguess, tiny_model: Path, tmp_path: Path
) -> None:
    import os
    import shutil

    name = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9 \x1b[31m.jpg")
    try:
        shutil.copyfile(SAMPLES / "china.jpg", name)
    except (OSError, UnicodeError):
        pytest.skip("this file system allows no such name")
    ran = geoguess("locate", name, "--model", tiny_model, "--format", "jsonl")
    assert os.fsencode(json.loads(ran.out)["file"]) == os.fsencode(name)
    for style in ("csv", "geojson", "text"):
        ran = geoguess("locate", name, "--model", tiny_model, "--format", style)
        assert ran.status == 0
        assert style == "csv" or "\x1b" not in ran.out


def test_photos_located_before_need_no_network(
    geoguess: Geoguess, tiny_model: Path, album: Path
) -> None:
    command = ("locate", album, "--model", tiny_model, "--format", "jsonl")
    first = geoguess(*command)
    # A device that does not exist would be noticed as soon as it was needed.
    again = geoguess(*command, "--device", "abacus")
    assert (again.status, again.out) == (first.status, first.out)
    for switched_off in ("--no-cache", "--no-memory"):
        assert geoguess(*command, "--device", "abacus", switched_off).status == 2
    assert geoguess(*command, "--crops", 1, "--device", "abacus").status == 2


def test_without_the_cache_nothing_is_kept(
    geoguess: Geoguess, tiny_model: Path, album: Path, tmp_path: Path
) -> None:
    assert geoguess("locate", album, "--model", tiny_model, "--no-cache").status == 1
    assert not (tmp_path / "data" / "results.sqlite").exists()


def test_miles_are_for_people_what_programs_read_stays_metric(
    geoguess: Geoguess, tiny_model: Path, expected: Prediction
) -> None:
    def ran(*options: str) -> str:
        found = geoguess("locate", SAMPLES / "china.jpg", "--model", tiny_model, *options)
        assert found.status == 0
        return found.out

    assert "within 16 mi)" in ran("--units", "mi")
    assert " km" not in ran("--units", "mi")
    assert "within 25 km)" in ran()
    for form in ("csv", "jsonl", "geojson"):
        assert ran("--units", "mi", "--format", form) == ran("--format", form)
