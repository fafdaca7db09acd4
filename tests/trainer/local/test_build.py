"""From a folder of photos to a model that the program opens and that knows its own error."""

from __future__ import annotations

import csv
import io
import json
import logging
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from geoguess_app.cli import main as geoguess
from geoguess_app.core.bundle import Bundle
from geoguess_app.core.bundle.bank_photos import bank_photos
from geoguess_app.core.errors import TableError
from geoguess_app.core.format import distance, plain_spaces
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.predictor import load_predictor
from tests.trainer.local.sets import RECIPE, phone_folder, rows_of, strange_pictures, write_table
from trainer import cli


def command(folder: Path, photos: Path, out: str, *more: str) -> list[str]:
    recipe = folder / "small.toml"
    if not recipe.exists():
        recipe.write_text(RECIPE, encoding="utf-8")
    place = ["--photos", str(photos), "--out", str(folder / out)]
    return ["build", str(recipe), *place, "--quiet", "--no-report", "--workers", "0", *more]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("build")


@pytest.fixture(scope="module")
def phone(photo_sets: Path, folder: Path) -> Path:
    return phone_folder(photo_sets, folder / "phone")


@pytest.fixture(scope="module")
def model(folder: Path, phone: Path) -> Path:
    assert cli.main(command(folder, phone, "town.geomodel")) == 0
    return folder / "town.geomodel"


def test_a_folder_of_phone_photos_becomes_a_model_with_its_own_error(
    model: Path, phone: Path, folder: Path
) -> None:
    predictor = load_predictor(model, "cpu")
    with (folder / "town-build" / "test.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    answers = predictor.predict_paths([phone / row["file"] for row in rows])
    errors_m = [
        1000.0
        * float(
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
    assert figures["photos"] == len(rows)
    assert figures["median_m"] == pytest.approx(np.median(errors_m), abs=0.1)
    assert figures["floor_mean_point"]["median_m"] > 0
    inside = sum(
        error <= 1000.0 * answer.radii.r80_km
        for error, answer in zip(errors_m, answers, strict=True)
    )
    assert figures["inside_50_80_95"][1] == inside
    assert "by place" in figures["split"]
    assert "at random" in figures["other_split"]["split"]
    assert "held-out photos" in figures["training"]["chosen"]
    card = predictor.bundle.text("MODEL_CARD.md") if hasattr(predictor.bundle, "text") else ""
    assert not card or "median" in card


def test_what_was_dropped_is_told_and_the_burst_is_not_parted(model: Path, folder: Path) -> None:
    report = json.loads((folder / "town-build" / "photos-report" / "report.json").read_text())
    assert report["dropped"]["no-gps"] == 1
    with (folder / "town-build" / "split.csv").open(encoding="utf-8") as stream:
        rows = {row["file_name"]: row for row in csv.DictReader(stream)}
    assert rows["IMG_0000.jpg"]["group"] == rows["IMG_0001.jpg"]["group"]
    assert rows["IMG_0000.jpg"]["split"] == rows["IMG_0001.jpg"]["split"]
    groups = {
        kind: {r["group"] for r in rows.values() if r["split"] == kind}
        for kind in ("train", "test")
    }
    assert not groups["train"] & groups["test"]


def test_geoguess_info_tells_the_error_in_metres(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert geoguess(["info", str(model)]) == 0
    said = capsys.readouterr().out
    median = load_predictor(model, "cpu").bundle.manifest.evaluation["median_m"]
    assert f"median {plain_spaces(distance(median / 1000))}" in said
    assert "floor" in said


def test_a_second_build_makes_no_feature_anew_and_ends_the_same(
    model: Path, phone: Path, folder: Path
) -> None:
    cache = folder / "town-build" / "cache" / "features.sqlite"
    before = sqlite3.connect(cache).execute("SELECT count(*), sum(rowid) FROM features").fetchone()
    again = command(folder, phone, "again.geomodel", "--cache", str(cache.parent), "--resume")
    assert cli.main(again) == 0
    after = sqlite3.connect(cache).execute("SELECT count(*), sum(rowid) FROM features").fetchone()
    assert after == before
    assert (folder / "again.geomodel").read_bytes() == model.read_bytes()


def test_test_photos_decide_nothing(
    photo_sets: Path, folder: Path, phone: Path, model: Path, tmp_path: Path
) -> None:
    """The test photos say that they were taken elsewhere: the same model comes out."""
    with (folder / "town-build" / "split.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    for part in ("true", "moved"):
        for row in rows:
            if part == "moved" and row["split"] == "test":
                row["latitude"] = f"{float(row['latitude']) + 0.004:.7f}"
        kept = [{k: v for k, v in row.items() if k != "group"} for row in rows]
        table = write_table(tmp_path / f"{part}.csv", kept)
        args = command(tmp_path, table, f"{part}.geomodel", "--images", str(phone))
        assert cli.main([*args, "--set", "photos.gps_tolerance_km=0"]) == 0
    true, moved = (
        load_predictor(tmp_path / f"{p}.geomodel", "cpu").bundle.manifest for p in ("true", "moved")
    )
    assert true.calibration == moved.calibration
    assert true.evaluation["training"]["chosen"] == moved.evaluation["training"]["chosen"]
    assert true.evaluation["median_m"] != moved.evaluation["median_m"]
    assert true.evaluation["split"] == "as the table's column split says"


def test_what_cannot_become_a_model_is_told_in_one_sentence(
    photo_sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = rows_of(photo_sets, "campus")
    images = ["--images", str(photo_sets)]
    few = write_table(tmp_path / "few.csv", rows[:20])
    assert cli.main(command(tmp_path, few, "few.geomodel", *images)) == 1
    assert "only 20 usable photos" in capsys.readouterr().err.splitlines()[-1]
    spot = [{**row, "latitude": "34.02", "longitude": "-118.28"} for row in rows[:40]]
    table = write_table(tmp_path / "spot.csv", spot)
    assert cli.main(command(tmp_path, table, "spot.geomodel", *images)) == 1
    assert "nothing to learn" in capsys.readouterr().err.splitlines()[-1]
    bare = tmp_path / "bare"
    bare.mkdir()
    for number in range(3):
        Image.effect_noise((200, 200), 60 + number).convert("RGB").save(bare / f"{number}.jpg")
    assert cli.main(command(tmp_path, bare, "bare.geomodel")) == 1
    assert "has a position" in capsys.readouterr().err.splitlines()[-1]
    assert not list(tmp_path.glob("*.geomodel"))


def test_a_dry_run_says_how_big_and_writes_nothing(
    phone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(command(tmp_path, phone, "dry.geomodel", "--dry-run")) == 0
    said = capsys.readouterr().out
    assert "photos      40" in said
    assert "10,656 trunk" in said
    assert "ms a photo" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.toml"]


def test_the_recipes_of_the_engine_take_a_folder_too(phone: Path, tmp_path: Path) -> None:
    from tests.trainer.engine.sets import RECIPE as ENGINE

    (tmp_path / "small.toml").write_text(
        ENGINE.replace('task = "cells"', 'task = "regression"'), encoding="utf-8"
    )
    assert cli.main(command(tmp_path, phone, "engine.geomodel")) == 0
    manifest = load_predictor(tmp_path / "engine.geomodel", "cpu").bundle.manifest
    assert manifest.kind == "regression"
    assert manifest.evaluation["median_m"] > 0


def _check_pictures(bundle: Bundle, split: Path, folder: Path) -> None:
    """The bank's pictures are those of the photos learned from, in the bank's order."""
    photos = bank_photos(bundle)
    assert photos is not None
    with split.open(encoding="utf-8") as stream:
        learned = [row for row in csv.DictReader(stream) if row["split"] == "train"]
    assert photos.pictured == len(learned) > 30
    for number in (0, len(learned) - 1):
        with Image.open(io.BytesIO(photos.photo(number).thumbnail)) as small:
            seen = np.asarray(small.convert("L").resize((8, 8)), dtype=float)
        with Image.open(folder / learned[number]["file_name"]) as photo:
            upright = ImageOps.exif_transpose(photo)
            expected = np.asarray(upright.convert("L").resize((8, 8)), dtype=float)
        assert np.abs(seen - expected).mean() < 8.0
    assert "small picture" in bundle.read_file("MODEL_CARD.md").decode()


def test_of_a_folder_of_all_photos_the_area_asked_for_is_kept_and_the_rest_is_elsewhere(
    photo_sets: Path, tmp_path: Path
) -> None:
    """Half of the photos are of a campus, half of a town 550 km away, and all know where."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    phone_folder(photo_sets, folder / "campus", 60)
    phone_folder(photo_sets, folder / "trip", 46, place="town")
    changes = ("cells.largest_shares=[]", "regression.shrinkages=[]", "thumbnails=true")
    more = [word for change in changes for word in ("--set", change)]
    args = command(tmp_path, folder, "campus.geomodel", "--within", "5", *more)
    assert cli.main(args) == 0
    bundle = load_predictor(tmp_path / "campus.geomodel", "cpu").bundle
    manifest = bundle.manifest
    with (tmp_path / "campus-build" / "split.csv").open(encoding="utf-8") as stream:
        kept = [row["file_name"] for row in csv.DictReader(stream)]
    assert {Path(name).parent.name for name in kept} == {"campus"}
    assert len(kept) == 59
    assert manifest.networks["area"].heads == {"area": 1}
    _check_pictures(bundle, tmp_path / "campus-build" / "split.csv", folder)
    assert manifest.evaluation["elsewhere"]["photos"] == 22
    assert manifest.calibration["recognition"]["area"] > 0.0
    # Without --within there is no one area, and a town's recipe says so instead of guessing.
    assert cli.main(command(tmp_path, folder, "both.geomodel", "--dry-run")) == 0


def test_the_engine_learns_from_photos_elsewhere_too(
    phone: Path, photo_sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.trainer.engine.sets import RECIPE as ENGINE

    text = ENGINE.replace('task = "cells"', 'task = "retrieval"')
    (tmp_path / "small.toml").write_text(text, encoding="utf-8")
    strange = tmp_path / "strange"
    strange_pictures(strange, 66)
    more = ("--elsewhere", str(strange))
    assert cli.main(command(tmp_path, phone, "engine.geomodel", *more)) == 0
    manifest = load_predictor(tmp_path / "engine.geomodel", "cpu").bundle.manifest
    assert manifest.evaluation["elsewhere"]["photos"] == 22
    assert manifest.evaluation["elsewhere"]["cannot_tell"] >= 15
    capsys.readouterr()
    assert cli.main(command(tmp_path, phone, "x.geomodel", "--elsewhere", "nowhere")) == 1
    assert "there is no such folder" in capsys.readouterr().err


def at_spots(photo_sets: Path, folder: Path, spots: list[tuple[float, float]]) -> Path:
    """Photos of a campus, said to be taken at these spots in turn."""
    folder.mkdir()
    lines = ["file,latitude,longitude"]
    for number, row in enumerate(rows_of(photo_sets, "campus")[:36]):
        name = f"{number:03}.jpg"
        with Image.open(photo_sets / row["file"]) as image:
            image.convert("RGB").save(folder / name)
        latitude, longitude = spots[number % len(spots)]
        lines.append(f"{name},{latitude},{longitude}")
    table = folder / "table.csv"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return table


@pytest.mark.parametrize("by", ["place", "random"])
def test_photos_of_two_spots_are_refused_before_the_work(
    photo_sets: Path, tmp_path: Path, by: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = at_spots(photo_sets, tmp_path / "photos", [(48.1, 11.5), (48.2, 11.6)])
    assert cli.main(command(tmp_path, table, "two.geomodel", "--split-by", by)) == 1
    said = capsys.readouterr().err
    assert "photos were taken at 2 spots; at least 5 are needed" in said
    assert "Traceback" not in said
    assert not (tmp_path / "two.geomodel").exists()


def test_two_continents_are_said_before_and_break_nothing(
    photo_sets: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bay = [(37.77 + number / 100, -122.42) for number in range(25)]
    asia = [(13.75, 100.5 + number / 100) for number in range(10)]
    table = at_spots(photo_sets, tmp_path / "photos", [*bay, *asia])
    with caplog.at_level(logging.INFO):
        assert cli.main(command(tmp_path, table, "far.geomodel", "--within", "0")) == 0
    said = caplog.text
    assert said.index("That is not one area") < said.index("Measuring on")
    predictor = load_predictor(tmp_path / "far.geomodel", "cpu")
    assert predictor.bundle.manifest.evaluation["photos"] > 0


def test_a_model_that_cannot_be_measured_is_left_nowhere(
    photo_sets: Path, phone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stops the measuring: no bundle without figures stays behind."""
    from trainer.local import build

    def broken(*_: object, **__: object) -> dict[str, object]:
        raise TableError("the disk went away", code="gone")

    monkeypatch.setattr(build, "measure_local", broken)
    assert cli.main(command(tmp_path, phone, "lost.geomodel")) == 1
    assert not (tmp_path / "lost.geomodel").exists()
    assert list(tmp_path.rglob("bundle.json")) == []


def test_a_recipe_that_comes_along_goes_by_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    place = ["--photos", str(nothing), "--out", str(tmp_path / "out.geomodel"), "--quiet"]
    assert cli.main(["build", "campus-auto", *place]) == 1
    assert "contains no photos" in capsys.readouterr().err
    assert cli.main(["build", "no-such-recipe", *place]) == 1
    assert "no-such-recipe" in capsys.readouterr().err
