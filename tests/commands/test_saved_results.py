"""Exporting results that were saved before, without photos' being located again."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
import s2sphere

from geoguess_app.commands.common import OK, SOME_FAILED, WRONG_USAGE
from geoguess_app.core.errors import TableError
from geoguess_app.core.types import FailedPhoto, LocatedPhoto
from geoguess_app.export.rows import as_json
from geoguess_app.export.saved_results import CandidateOutlines, read_results
from tests.commands.conftest import SAMPLES, Geoguess
from tests.commands.test_process import modules_loaded
from tests.data import FLOWER

FORMS = ["csv", "geojson", "gpx", "kml", "kmz"]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """Three photos, one of them broken, located and saved."""
    from geoguess_app.cli import main

    folder = tmp_path_factory.mktemp("saved")
    for photo in (SAMPLES / "china.jpg", FLOWER):
        shutil.copyfile(photo, folder / photo.name)
    (folder / "broken.jpg").write_bytes((SAMPLES / "china.jpg").read_bytes()[:5000])
    output = folder / "results.jsonl"
    photos = [str(path) for path in sorted(folder.glob("*.jpg"))]
    model = ["--model", str(tiny_model), "--device", "cpu"]
    main(["locate", *photos, *model, "--format", "jsonl", "--output", str(output)])
    return output


def test_what_was_saved_is_read_back(saved: Path) -> None:
    lines = [json.loads(line) for line in saved.read_text("utf-8").splitlines()]
    found = list(read_results(saved))
    assert [type(result) for result in found] == [FailedPhoto, LocatedPhoto, LocatedPhoto]
    assert [as_json(result, 99) for result in found] == lines


@pytest.mark.parametrize("form", FORMS)
def test_every_format_and_gdal_opens_it(
    geoguess: Geoguess, saved: Path, tmp_path: Path, form: str
) -> None:
    output = tmp_path / f"out.{form}"
    ran = geoguess("export", saved, "--output", output)
    assert ran.status == SOME_FAILED
    assert "1 of 3 photos could not be located" in ran.err
    assert output.stat().st_size > 100
    if form == "kmz":
        assert "thumbnails/1.jpg" in zipfile.ZipFile(output).namelist()
    if shutil.which("ogrinfo") is None:
        pytest.skip("GDAL is not installed")
    command = ["ogrinfo", "-al", "-so", "-q", str(output)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stderr == ""


def test_no_network_is_loaded(saved: Path, tmp_path: Path) -> None:
    assert "torch" not in modules_loaded(("export", saved, "--output", tmp_path / "out.kml"))


def test_the_same_table_as_from_the_photos(
    geoguess: Geoguess, saved: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOGUESS_DATA_DIR", str(saved.parent / "data"))
    fresh = geoguess(
        "export", *sorted(saved.parent.glob("*.jpg")), "--format", "csv", "--model", tiny_model
    )
    assert geoguess("export", saved, "--format", "csv").out == fresh.out


def test_credible_cells_are_those_of_the_candidates(
    geoguess: Geoguess, saved: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.geojson"
    geoguess("export", saved, "--output", output, "--region", "0.01")
    features = json.loads(output.read_text("utf-8"))["features"]
    regions = [f for f in features if f["properties"]["feature"] == "region"]
    assert len(regions) == 2
    located = [result for result in read_results(saved) if isinstance(result, LocatedPhoto)]
    for region, result in zip(regions, located, strict=True):
        assert region["properties"]["cells"] == 1
        best = max(result.prediction.candidates, key=lambda c: c.weight)
        assert region["properties"]["probability"] == pytest.approx(best.weight, abs=1e-3)
        every = CandidateOutlines().credible(result, 1.0)
        assert len(every) == len(result.prediction.candidates)
        assert sum(share for _, share in every) <= 1.0
        ring = CandidateOutlines().credible(result, 0.01)[0][0]
        latitude, longitude = ring.mean(axis=0).tolist()
        middle = s2sphere.LatLng.from_degrees(latitude, longitude).normalized()
        cell = s2sphere.CellId.from_token(best.cell)
        assert cell.contains(s2sphere.CellId.from_lat_lng(middle))


def test_photos_are_found_beside_the_file(
    geoguess: Geoguess, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [json.loads(line) for line in saved.read_text("utf-8").splitlines()]
    shutil.copyfile(SAMPLES / "china.jpg", tmp_path / "china.jpg")
    moved = tmp_path / "results.ndjson"
    row = next(row for row in rows if row["file"].endswith("china.jpg"))
    moved.write_text(json.dumps(row | {"file": "china.jpg"}) + "\n\n", "utf-8")
    monkeypatch.chdir(saved.parent.parent)
    ran = geoguess("export", moved, "--output", tmp_path / "out.kmz")
    assert ran.status == OK, ran.err
    assert "thumbnails/1.jpg" in zipfile.ZipFile(tmp_path / "out.kmz").namelist()


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[]",
        "{}",
        '{"file": "a.jpg", "status": "ok", "latitude": 91}',
        '{"file": 3, "status": "error", "error": "x"}',
    ],
)
def test_other_lines_are_refused_by_number(geoguess: Geoguess, tmp_path: Path, line: str) -> None:
    file = tmp_path / "results.jsonl"
    file.write_text('{"file": "a.jpg", "status": "error", "error": "x"}\n' + line, "utf-8")
    with pytest.raises(TableError, match=r"Line 2 of 'results.jsonl' is not a result"):
        list(read_results(file))
    ran = geoguess("export", file, "--output", tmp_path / "out.csv")
    assert ran.status == WRONG_USAGE
    assert not (tmp_path / "out.csv").exists()


def test_results_and_photos_are_not_mixed(geoguess: Geoguess, saved: Path) -> None:
    ran = geoguess("export", saved, saved.parent, "--format", "csv")
    assert ran.status == WRONG_USAGE
    assert "not both" in ran.err
    assert geoguess("export", saved.parent / "no.jsonl", "--format", "csv").status == WRONG_USAGE
