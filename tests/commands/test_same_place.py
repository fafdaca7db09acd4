"""Reference photos in locate, export, tag, undo and revoke: the same place as another photo."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from PIL import Image

from geoguess_app.commands.common import OK
from tests.commands.conftest import SAMPLES, Geoguess
from tests.data import FLOWER
from tests.photos.saving import exiftool, hashes, set_tags

LAT, LON = 39.9163, 116.3972


@pytest.fixture
def scene(tmp_path: Path, geoguess: Geoguess, tiny_model: Path) -> Path:
    """A reference collection with two located photos; beside it a photo without a position that
    shows one of the places a little closer, and one of another place."""
    known, folder = tmp_path / "phone", tmp_path / "scans"
    known.mkdir()
    folder.mkdir()
    with Image.open(SAMPLES / "china.jpg") as image:
        image.save(known / "IMG_2041.jpg", quality=92)
        closer = image.crop((20, 10, image.width - 30, image.height - 20))
        closer.resize((560, int(560 * closer.height / closer.width))).save(folder / "scan.jpg")
    where = (f"-GPSLatitude={LAT}", "-GPSLatitudeRef=N", f"-GPSLongitude={LON}")
    set_tags(
        known / "IMG_2041.jpg",
        *where,
        "-GPSLongitudeRef=E",
        "-DateTimeOriginal=2019:05:12 10:30:00",
    )
    with Image.open(FLOWER) as image:
        image.rotate(180).save(known / "elsewhere.jpg")
    set_tags(
        known / "elsewhere.jpg",
        "-GPSLatitude=48",
        "-GPSLatitudeRef=N",
        "-GPSLongitude=11",
        "-GPSLongitudeRef=E",
    )
    added = geoguess("references", "add", known, "--model", tiny_model, "--device", "cpu")
    assert "Reference photos: 2 added." in added.out
    return folder


def model(path: Path) -> tuple[object, ...]:
    return ("--model", path, "--device", "cpu")


def test_the_answer_names_the_reference(geoguess: Geoguess, scene: Path, tiny_model: Path) -> None:
    photo = scene / "scan.jpg"
    ran = geoguess("locate", photo, *model(tiny_model))
    assert ran.status == OK, ran.err
    assert "  Same place as IMG_2041.jpg (12 May 2019), " in ran.out
    assert " matching points\n" in ran.out

    row = json.loads(geoguess("locate", photo, *model(tiny_model), "--format", "jsonl").out)
    assert row["level"] == "same place"
    assert (row["latitude"], row["longitude"]) == pytest.approx((LAT, LON), abs=1e-4)
    assert row["radius_km"]["50"] >= 0.05
    assert row["candidates"][0]["latitude"] == row["latitude"]
    reference = row["reference"]
    assert Path(reference["file"]).name == "IMG_2041.jpg"
    assert reference["taken"] == "2019-05-12T10:30:00"
    assert reference["matches"] > 30
    assert reference["probability"] > 0.9


def test_without_references_the_model_answers_as_before(
    geoguess: Geoguess, scene: Path, tiny_model: Path, tmp_path: Path
) -> None:
    arguments = ("locate", scene / "scan.jpg", *model(tiny_model), "--format", "jsonl")
    geoguess(*arguments)
    off = json.loads(geoguess(*arguments, "--no-references").out)
    assert off["reference"] is None
    assert off["level"] != "same place"
    assert geoguess("references", "remove", tmp_path / "phone").status == OK
    assert json.loads(geoguess(*arguments).out) == off
    uncached = json.loads(geoguess(*arguments, "--no-cache").out)
    assert uncached == off


def test_exports_carry_the_reference(
    geoguess: Geoguess, scene: Path, tiny_model: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "results.jsonl"
    ran = geoguess("locate", scene, *model(tiny_model), "--format", "jsonl", "--output", saved)
    assert ran.status == OK
    row = next(csv.DictReader(io.StringIO(geoguess("export", saved, "--format", "csv").out)))
    assert Path(row["reference"]).name == "IMG_2041.jpg"
    assert int(row["matches"]) > 30
    gpx = geoguess("export", scene, *model(tiny_model), "--format", "gpx").out
    assert "Same place as IMG_2041.jpg (12 May 2019)" in gpx
    assert "<src>ML-MATCH " in gpx


def test_a_photo_is_no_reference_for_itself(
    geoguess: Geoguess, scene: Path, tiny_model: Path, tmp_path: Path
) -> None:
    own = tmp_path / "phone" / "IMG_2041.jpg"
    row = json.loads(geoguess("locate", own, *model(tiny_model), "--format", "jsonl").out)
    assert row["level"] != "same place"


def test_tagging_undo_and_revoke(
    geoguess: Geoguess, scene: Path, tiny_model: Path, tmp_path: Path
) -> None:
    before = hashes(scene)
    photo = scene / "scan.jpg"
    tagged = geoguess("tag", scene, *model(tiny_model))
    assert "Written: 1 of 1." in tagged.out, tagged.out + tagged.err
    tags = exiftool([photo], "-GPSProcessingMethod", "-GPSLatitude", "-GPSHPositioningError", "-n")
    written = tags[photo.name]
    assert written["GPSProcessingMethod"].startswith("ML-MATCH Tiny")
    assert written["GPSLatitude"] == pytest.approx(LAT, abs=1e-4)
    assert written["GPSHPositioningError"] >= 50

    # What we wrote is no reference for others.
    added = geoguess("references", "add", scene, *model(tiny_model))
    assert "Left out: 1 photo with only an estimate of GeoGuess's own." in added.out

    assert geoguess("undo").status == OK
    assert hashes(scene) == before
    geoguess("tag", scene, *model(tiny_model))
    revoked = geoguess("revoke", scene)
    assert revoked.status == OK
    assert "GPSProcessingMethod" not in exiftool([photo], "-GPSProcessingMethod")[photo.name]


def test_a_match_is_an_anchor_for_its_trip(
    geoguess: Geoguess, scene: Path, tiny_model: Path
) -> None:
    shutil.copyfile(SAMPLES / "coffee.jpg", scene / "later.jpg")
    for name, time in (("scan.jpg", "12:00:00"), ("later.jpg", "12:04:00")):
        set_tags(scene / name, f"-DateTimeOriginal=2020:06:01 {time}")
    dry = geoguess("tag", scene, *model(tiny_model), "--trips", "--dry-run", "--include-uncertain")
    assert "Placed with the help of known positions: 1." in dry.out, dry.out + dry.err
    alone = geoguess(
        "tag",
        scene,
        *model(tiny_model),
        "--trips",
        "--dry-run",
        "--include-uncertain",
        "--no-references",
    )
    assert "Placed with the help of known positions: 0." in alone.out


def test_evaluations_measure_the_model_alone_unless_asked(
    geoguess: Geoguess, scene: Path, tiny_model: Path, tmp_path: Path
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(f"file,latitude,longitude\nscan.jpg,{LAT},{LON}\n")
    found = []
    for options in ((), ("--references",)):
        out = tmp_path / f"out{len(options)}"
        ran = geoguess(
            *("evaluate", "--photos", table, "--images", scene, "--out", out, "--no-report"),
            *(*model(tiny_model), *options),
        )
        assert ran.status == OK, ran.err
        rows = csv.DictReader(io.StringIO((out / "predictions.csv").read_text(encoding="utf-8")))
        found.append(next(rows)["level"])
    assert found[0] != "same place"
    assert found[1] == "same place"


def test_after_a_change_of_the_model_references_wait_for_an_update(
    geoguess: Geoguess, scene: Path, tiny_model: Path, tmp_path: Path
) -> None:
    database = sqlite3.connect(tmp_path / "data" / "references" / "references.sqlite")
    with database:
        database.execute("UPDATE spaces SET key = 'another'")
        database.execute("UPDATE vectors SET space = 'another'")
    database.close()
    photo = scene / "scan.jpg"
    waiting = geoguess("locate", photo, *model(tiny_model), "--format", "jsonl")
    assert json.loads(waiting.out)["reference"] is None
    assert "reference photos are left aside until geoguess references update" in waiting.err
    geoguess("references", "update", *model(tiny_model))
    again = geoguess("locate", photo, *model(tiny_model), "--format", "jsonl")
    assert json.loads(again.out)["level"] == "same place"


def test_a_report_shows_the_reference_beside_the_photo(
    geoguess: Geoguess, scene: Path, tiny_model: Path, tmp_path: Path
) -> None:
    target = tmp_path / "r.html"
    arguments = ("report", scene / "scan.jpg", "--output", target, *model(tiny_model))
    assert geoguess(*arguments, "--clue", "drives-on=left").status == OK
    page = target.read_text(encoding="utf-8")
    assert "Same place as IMG_2041.jpg (12 May 2019), " in page
    assert '<img src="data:image/jpeg;base64,' in page
    assert 'alt="The reference photo IMG_2041.jpg"' in page
    assert "<dt>Reference photos</dt><dd>asked</dd>" in page
    # No clue is better than a place that matching points prove.
    assert "drives on the left" not in page
    assert str(tmp_path) not in page
    assert geoguess(*arguments, "--without-picture").status == OK
    assert "<img" not in target.read_text(encoding="utf-8")
    assert geoguess(*arguments, "--no-references").status == OK
    assert "IMG_2041.jpg" not in target.read_text(encoding="utf-8")
