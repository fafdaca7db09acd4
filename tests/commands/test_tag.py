"""`geoguess tag`, `undo`, `revoke` and `export` as a user runs them."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from geoguess_app.commands.common import OK, SOME_FAILED, WRONG_USAGE
from tests.commands.conftest import SAMPLES, Geoguess, environment
from tests.commands.test_process import modules_loaded
from tests.core.test_raw import dng
from tests.photos.saving import exiftool, hashes

GPX = "{http://www.topografix.com/GPX/1/1}"
KML = "{http://www.opengis.net/kml/2.2}"


def set_tags(file: Path, *tags: str) -> None:
    """Write tags with exiftool."""
    subprocess.run(["exiftool", "-q", "-overwrite_original", *tags, str(file)], check=True)


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOGUESS_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two JPEGs, a PNG, and a JPEG that knows where it was taken."""
    folder = tmp_path / "photos"
    (folder / "größe").mkdir(parents=True)
    shutil.copyfile(SAMPLES / "china.jpg", folder / "china.jpg")
    shutil.copyfile(SAMPLES / "flower.jpg", folder / "größe" / "flower.jpg")
    with Image.open(SAMPLES / "china.jpg") as image:
        image.resize((320, 213)).save(folder / "scan.png")
        image.resize((300, 200)).save(folder / "known.jpg")
    position = ("-GPSLatitude=39.9", "-GPSLatitudeRef=N", "-GPSLongitude=116.4")
    set_tags(folder / "known.jpg", *position, "-GPSLongitudeRef=E")
    return folder


@pytest.fixture
def tag(geoguess: Geoguess, tiny_model: Path) -> Geoguess:
    # The tiny model's weights are random, so it seldom claims to know anything.
    def run(*arguments: object) -> object:
        model = ("--model", tiny_model, "--device", "cpu")
        return geoguess("tag", *arguments, *model, "--uncertain-too")

    return run


def test_tag_undo_and_tag_again(tag: Geoguess, geoguess: Geoguess, photos: Path) -> None:
    before = hashes(photos)
    first = tag(photos)
    assert first.status == OK, first.err
    assert "To write: 2 JPEG embedded, 1 PNG as sidecar, 1 skipped: already have GPS." in first.out
    assert "On your 1 located photo: median error " in first.out
    assert "Written: 3 of 3." in first.out
    changed = {name for name, one in hashes(photos).items() if before.get(name) != one}
    assert changed == {"china.jpg", "größe/flower.jpg", "scan.png.xmp"}
    for row in exiftool([photos / name for name in changed], "-GPSProcessingMethod").values():
        assert row["GPSProcessingMethod"].startswith("ML-ESTIMATE ")

    second = tag(photos)
    assert "3 skipped: already carry an estimate" in second.out
    # An estimate of ours is no truth to measure against.
    assert "On your 1 located photo" in second.out

    undo = geoguess("undo")
    assert undo.status == OK
    assert "2 files as before, 1 sidecars removed, 0 left alone." in undo.out
    assert hashes(photos) == before
    assert "there is nothing to undo" in geoguess("undo").err


def test_a_second_run_loads_no_network(tag: Geoguess, photos: Path, tiny_model: Path) -> None:
    (photos / "broken.jpg").write_bytes((SAMPLES / "china.jpg").read_bytes()[:5000])
    tag(photos, "--dry-run")
    (photos / "china.jpg").rename(photos / "renamed.jpg")
    (photos / "broken.jpg").rename(photos / "still broken.jpg")
    arguments = ("tag", photos, "--dry-run", "--model", tiny_model)
    assert "torch" not in modules_loaded(*arguments)
    assert "torch" in modules_loaded(*arguments, "--no-memory")


def test_dry_run_writes_nothing(tag: Geoguess, photos: Path) -> None:
    before = hashes(photos)
    ran = tag(photos, "--dry-run")
    assert ran.status == OK
    assert hashes(photos) == before
    lines = ran.out.splitlines()
    assert any(line.startswith(f"{photos / 'china.jpg'}: embed ") for line in lines)
    assert any(line.startswith(f"{photos / 'scan.png.xmp'}: sidecar ") for line in lines)
    assert f"{photos / 'known.jpg'}: skip (already have GPS)" in lines


@pytest.mark.skipif(os.name == "nt", reason="POSIX terminals")
def test_a_terminal_shows_how_far_it_is(photos: Path, tiny_model: Path) -> None:
    import pty

    here, there = pty.openpty()
    command = [sys.executable, "-m", "geoguess_app", "tag", str(photos), "--dry-run"]
    subprocess.run(
        [*command, "--model", str(tiny_model), "--device", "cpu"],
        stdout=subprocess.DEVNULL,
        stderr=there,
        check=True,
        env=environment(),
    )
    os.close(there)
    shown = os.read(here, 10_000).decode()
    os.close(here)
    assert "1 of 4 photos, " in shown
    assert " a second, " in shown
    assert " left" in shown
    assert shown.endswith("\r"), "and takes it away again"


def test_write_none_only_says_how_good_it_is(tag: Geoguess, photos: Path) -> None:
    before = hashes(photos)
    ran = tag(photos, "--write", "none")
    assert "On your 1 located photo" in ran.out
    assert hashes(photos) == before


def test_thresholds_leave_out(geoguess: Geoguess, tiny_model: Path, photos: Path) -> None:
    model = ("--model", tiny_model, "--device", "cpu")
    before = hashes(photos)
    ran = geoguess("tag", photos, *model, "--max-radius-km", "0.001", "--uncertain-too")
    assert "Left out: 3 radius above 0.001 km." in ran.out
    ran = geoguess("tag", photos, *model, "--min-confidence", "100%")
    assert "To write: 1 skipped: already have GPS." in ran.out
    assert hashes(photos) == before


def test_existing_gps_only_with_permission(tag: Geoguess, geoguess: Geoguess, photos: Path) -> None:
    before = hashes(photos)
    ran = tag(photos, "--replace-gps", "--write", "sidecar", "--sidecar-name", "adobe")
    assert "To write: 3 JPEG as sidecar, 1 PNG as sidecar." in ran.out
    names = set(hashes(photos)) - set(before)
    assert names == {"china.xmp", "größe/flower.xmp", "known.xmp", "scan.xmp"}
    assert geoguess("revoke", photos).status == OK
    assert hashes(photos) == before


def test_a_position_that_stands_only_in_xmp_counts(tag: Geoguess, photos: Path) -> None:
    (photos / "known.jpg").unlink()
    where = ("-XMP:GPSLatitude=39.9", "-XMP:GPSLongitude=116.4")
    subprocess.run(["exiftool", "-q", *where, photos / "scan.png.xmp"], check=True)
    set_tags(photos / "größe" / "flower.jpg", "-XMP:GPSLatitude=-33.5", "-XMP:GPSLongitude=151.2")
    before = hashes(photos)
    for _ in range(2):  # the second time from memory
        ran = tag(photos, "--dry-run")
        assert "On your 2 located photos: median error " in ran.out
        assert "To write: 1 JPEG embedded, 2 skipped: already have GPS." in ran.out
    assert hashes(photos) == before
    (photos / "scan.png.xmp").unlink()
    assert "On your 1 located photo: " in tag(photos, "--dry-run").out


@pytest.fixture
def outing(tmp_path: Path) -> Path:
    """Five photos of one afternoon, the third of known position, and one of the year before."""
    folder = tmp_path / "outing"
    folder.mkdir()
    with Image.open(SAMPLES / "china.jpg") as image:
        for number in range(6):
            exif = Image.Exif()
            time = f"2024:07:01 14:{number}0:00" if number < 5 else "2023:07:01 14:00:00"
            exif.get_ifd(0x8769)[0x9003] = time
            if number == 2:
                where = {1: "N", 2: (39.0, 54.0, 0.0), 3: "E", 4: (116.0, 24.0, 0.0)}
                exif.get_ifd(0x8825).update(where)
            part = image.crop((10 * number, 0, 400 + 10 * number, 300))
            part.save(folder / f"{number}.jpg", exif=exif)
    return folder


@pytest.mark.parametrize("memory", [(), ("--no-memory",)])
def test_photos_of_one_outing_are_placed_by_the_known_one(
    tag: Geoguess, outing: Path, memory: tuple[str, ...]
) -> None:
    alone = tag(outing, "--dry-run", *memory)
    assert "Placed with" not in alone.out
    ran = tag(outing, "--trips", *memory)
    assert ran.status == OK, ran.err
    assert "Placed with the help of photos of known position: 4." in ran.out
    assert "To write: 5 JPEG embedded, 1 skipped: already have GPS." in ran.out
    tags = exiftool(
        sorted(outing.glob("*.jpg")),
        "-GPSLatitude",
        "-GPSLongitude",
        "-n",
        "-GPSHPositioningError",
        "-GPSProcessingMethod",
    )
    for number in (0, 1, 3, 4):
        row = tags[f"{number}.jpg"]
        assert row["GPSLatitude"] == pytest.approx(39.9, abs=0.05)
        assert row["GPSLongitude"] == pytest.approx(116.4, abs=0.05)
        assert row["GPSProcessingMethod"].startswith("ML-ESTIMATE "), "an estimate all the same"
        assert 100 < row["GPSHPositioningError"] < 1e6
    assert str(tags["5.jpg"]["GPSLatitude"])[:6] in alone.out, "another year: its own answer"


def test_outings_are_tried_on_photos_whose_position_is_known(tag: Geoguess, outing: Path) -> None:
    assert "Tried on" not in tag(outing, "--trips", "--dry-run").out
    where = ("-GPSLatitude=39.9", "-GPSLatitudeRef=N", "-GPSLongitude=116.41")
    set_tags(outing / "4.jpg", *where, "-GPSLongitudeRef=E")
    ran = tag(outing, "--trips", "--dry-run")
    # Each takes the other's place: 0.01° of longitude at 39.9° North, 0.853 km.
    assert "Tried on 2 photos of known position: median error 850 m, 100% inside" in ran.out
    assert "On your 2 located photos: median error " in ran.out


@pytest.mark.parametrize("embed_also", [(), ("--embed-also", "tiff,png,webp,heic,avif")])
def test_a_raw_file_gets_a_sidecar_whatever_is_asked_for(
    tag: Geoguess, geoguess: Geoguess, tmp_path: Path, embed_also: tuple[str, ...]
) -> None:
    pytest.importorskip("rawpy")
    folder = tmp_path / "raw"
    folder.mkdir()
    for name in ("a.dng", "named as one.tif"):
        (folder / name).write_bytes(dng())
    before = hashes(folder)
    ran = tag(folder, *embed_also, "--place-names")
    assert ran.status == OK, ran.err
    assert "To write: 2 RAW as sidecar." in ran.out
    after = hashes(folder)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"a.dng.xmp", "named as one.tif.xmp"}
    row = exiftool([folder / "a.dng.xmp"], "-XMP:GPSProcessingMethod")["a.dng.xmp"]
    assert row["GPSProcessingMethod"].startswith("ML-ESTIMATE ")
    assert "2 skipped: already carry an estimate" in tag(folder).out
    assert geoguess("undo").status == OK
    assert hashes(folder) == before


def test_trips_and_replacing_exclude_each_other(tag: Geoguess, outing: Path) -> None:
    ran = tag(outing, "--trips", "--replace-gps")
    assert ran.status == WRONG_USAGE
    assert "leave one out" in ran.err


def test_revoke_finds_files_that_were_moved(
    tag: Geoguess, geoguess: Geoguess, photos: Path, tmp_path: Path
) -> None:
    before = hashes(photos)
    tag(photos, "--keywords", "--place-names")
    photos.rename(tmp_path / "elsewhere")
    named = geoguess("revoke", tmp_path / "elsewhere", "--dry-run")
    assert len(named.out.splitlines()) == 3
    ran = geoguess("revoke", tmp_path / "elsewhere")
    assert ran.status == OK
    assert "2 files as before, 0 cleaned of our tags, 1 sidecars removed, 0 left alone." in ran.out
    assert hashes(tmp_path / "elsewhere") == before


def test_revoke_without_a_journal_removes_our_tags_and_no_others(
    tag: Geoguess, geoguess: Geoguess, photos: Path, tmp_path: Path
) -> None:
    file = photos / "china.jpg"
    others = ("-Artist=me", "-XMP:Title=mine", "-XMP:Subject=old")
    set_tags(file, *others, "-GPSAltitude=12", "-GPSAltitudeRef=0")
    known = exiftool([file], "-a", "-G1", "-EXIF:all", "-XMP:all")
    tag(photos, "--keywords", "--place-names")
    shutil.rmtree(tmp_path / "data" / "journal")
    ran = geoguess("revoke", photos)
    assert "2 cleaned of our tags, 1 sidecars removed, 0 left alone." in ran.out
    after = exiftool([file], "-a", "-G1", "-EXIF:all", "-XMP:all")
    after["china.jpg"].pop("GPS:GPSVersionID", None)
    known["china.jpg"].pop("GPS:GPSVersionID", None)
    assert after == known
    assert b"ML-ESTIMATE" not in file.read_bytes()
    assert "No estimates of this program found." in geoguess("revoke", photos).out
    # Even a revocation can be taken back.
    assert geoguess("undo").status == OK
    assert b"ML-ESTIMATE" in file.read_bytes()


def test_undo_names_runs_and_refuses_others(
    tag: Geoguess, geoguess: Geoguess, photos: Path, tmp_path: Path
) -> None:
    journal = tmp_path / "my journal.jsonl"
    tag(photos, "--journal", journal)
    listed = geoguess("undo", "--list", "--journal", journal)
    assert "3 of 3 files can be taken back" in listed.out
    assert geoguess("undo", "20991231", "--journal", journal).status == WRONG_USAGE
    (photos / "china.jpg").write_bytes(b"something else")
    ran = geoguess("undo", listed.out.split()[0], "--journal", journal)
    assert ran.status == SOME_FAILED
    assert "china.jpg was changed since it was written; it was left as it is." in ran.err


def test_a_broken_photo_does_not_stop_the_others(tag: Geoguess, photos: Path) -> None:
    (photos / "broken.jpg").write_bytes((SAMPLES / "china.jpg").read_bytes()[:5000])
    ran = tag(photos)
    assert ran.status == SOME_FAILED
    assert "broken.jpg is cut short" in ran.err
    assert "Written: 3 of 3." in ran.out


@pytest.mark.parametrize(
    "arguments",
    [("nowhere",), (".", "--min-confidence", "2"), (".", "--embed-also", "mp3")],
)
def test_wrong_usage(geoguess: Geoguess, arguments: tuple[str, ...]) -> None:
    assert geoguess("tag", *arguments).status == WRONG_USAGE


@pytest.fixture
def export(geoguess: Geoguess, tiny_model: Path) -> Geoguess:
    def run(*arguments: object) -> object:
        return geoguess("export", *arguments, "--model", tiny_model, "--device", "cpu")

    return run


def test_geojson_has_points_and_regions(export: Geoguess, photos: Path) -> None:
    ran = export(photos, "--format", "geojson", "--region", "0.5")
    assert ran.status == OK, ran.err
    features = json.loads(ran.out)["features"]
    points = [f for f in features if f["properties"]["feature"] == "position"]
    regions = [f for f in features if f["properties"]["feature"] == "region"]
    assert len(points) == len(regions) == 4
    for region in regions:
        assert region["geometry"]["type"] == "MultiPolygon"
        assert 0.5 <= region["properties"]["probability"] <= 1
        for (ring,) in region["geometry"]["coordinates"]:
            assert ring[0] == ring[-1]
            assert all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in ring)


def test_gpx_follows_the_schema(export: Geoguess, photos: Path) -> None:
    odd = photos / "a & b \x07 <c>.jpg"
    shutil.copyfile(photos / "china.jpg", odd)
    root = ElementTree.fromstring(export(photos, "--format", "gpx").out)
    assert (root.tag, root.get("version")) == (f"{GPX}gpx", "1.1")
    points = root.findall(f"{GPX}wpt")
    assert len(points) == 5
    for point in points:
        assert -90 <= float(point.get("lat", "")) <= 90
        assert -180 <= float(point.get("lon", "")) < 180
        # The schema is a sequence.
        assert [child.tag.removeprefix(GPX) for child in point] == ["name", "desc", "src", "type"]
    assert "a & b \ufffd <c>.jpg" in [point.findtext(f"{GPX}name") for point in points]


def test_kmz_has_a_document_and_thumbnails_without_metadata(
    export: Geoguess, photos: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.kmz"
    assert export(photos, "--output", output).status == OK
    with zipfile.ZipFile(output) as archive:
        assert archive.testzip() is None
        root = ElementTree.fromstring(archive.read("doc.kml"))
        marks = root.findall(f".//{KML}Placemark")
        assert len(marks) == 4
        for mark in marks:
            description = mark.findtext(f"{KML}description") or ""
            name = description.split('"')[1]
            with Image.open(io.BytesIO(archive.read(name))) as thumbnail:
                assert max(thumbnail.size) == 240
                assert not thumbnail.getexif()


def test_csv_and_kml_to_files(export: Geoguess, photos: Path, tmp_path: Path) -> None:
    table, kml = tmp_path / "out.csv", tmp_path / "out.kml"
    assert export(photos, "--output", table).status == OK
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 4
    assert export(photos, "--output", kml).status == OK
    first = ElementTree.parse(kml).find(f".//{KML}Point/{KML}coordinates")
    assert first is not None
    longitude, latitude = (float(part) for part in (first.text or "").split(","))
    assert (longitude, latitude) == (float(rows[0]["pred_lng"]), float(rows[0]["pred_lat"]))


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="GDAL is not installed")
@pytest.mark.parametrize("form", ["csv", "geojson", "gpx", "kml", "kmz"])
def test_gdal_opens_it_without_complaint(
    export: Geoguess, photos: Path, tmp_path: Path, form: str
) -> None:
    output = tmp_path / f"out.{form}"
    export(photos, "--output", output)
    run = subprocess.run(
        ["ogrinfo", "-al", "-so", "-q", str(output)], capture_output=True, text=True, check=True
    )
    assert run.stderr == ""
    converted = tmp_path / "out.gpkg"
    run = subprocess.run(
        ["ogr2ogr", "-f", "GPKG", str(converted), str(output)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr == ""


def test_export_needs_a_format(export: Geoguess, photos: Path, tmp_path: Path) -> None:
    assert export(photos).status == WRONG_USAGE
    assert export(photos, "--format", "kmz").status == WRONG_USAGE
    assert export(photos, "--output", tmp_path / "out.docx").status == WRONG_USAGE
