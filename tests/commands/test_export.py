"""`geoguess export`: files that maps and other programs read."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from geoguess_app.commands.common import OK, WRONG_USAGE
from tests.commands.conftest import Geoguess

GPX = "{http://www.topografix.com/GPX/1/1}"
KML = "{http://www.opengis.net/kml/2.2}"


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
