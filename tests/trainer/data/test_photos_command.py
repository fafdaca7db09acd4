"""`geoguess-train photos` on real photos: exiftool is the other witness."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoguess_app.core.picture.decode import open_upright
from geoguess_app.paths import resource_dir
from trainer.cli import main
from trainer.data.measure import MEASURE_VERSION

SAMPLES = resource_dir() / "samples"
EVERYTHING = [
    *("--keep", "inconsistent-gps", "--keep", "small"),
    *("--keep", "blurred", "--keep", "duplicate"),
]

FAULTS = {
    "blurred.jpg": "blurred",
    "htc.jpg": "duplicate",
    "kodak_small.jpg": "small",
    "stale_fix.jpg": "inconsistent-gps",
    "twin_1.jpg": "duplicate",
}
"""What is wrong with the camera files of the tests, by file."""
REAL_FAULTS = {
    "drewnoakes_jpg_Issue_508.jpg": "small",
    "drewnoakes_jpg_Nexus_4.jpg": "inconsistent-gps",
    "drewnoakes_webp_HTC_Desire.webp": "duplicate",
    "ianare_jpg_Kodak_CX7530.jpg": "small",
    "ianare_jpg_hdr_iphone_hdr_NO.jpg": "duplicate",
    "ianare_jpg_tests_67-0_length_string.jpg": "blurred",
}
"""The same of real camera files."""


def photos(*arguments: object, workers: int = 0) -> int:
    return main(["photos", *map(str, arguments), "--quiet", "--workers", str(workers)])


class References(HTMLParser):
    """Addresses that a page's elements ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [f"{tag} {value}" for name, value in attrs if name in ("src", "href")]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def dropped(report: Path) -> dict[str, str]:
    return {row["file_name"]: row["reason"] for row in rows_of(report / "dropped.csv")}


@pytest.fixture
def world(photo_sets: Path, tmp_path: Path) -> Path:
    """Twelve photos of different places and their rows, to be spoilt by the tests."""
    folder = tmp_path / "set"
    folder.mkdir()
    rows = [row for row in rows_of(photo_sets / "world.csv") if row["precision"] == "exact"]
    rows = [*{row["group"]: row for row in rows}.values()][:12]
    for row in rows:
        row["file_name"] = row.pop("file").replace("world/", "")
        shutil.copy2(photo_sets / "world" / row["file_name"], folder)
    write_rows(folder, rows)
    return folder


def write_rows(folder: Path, rows: list[dict[str, str]]) -> None:
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tests that look at the same photos keep their measurements."""
    return tmp_path_factory.mktemp("cache") / "measurements.sqlite"


def test_a_folder_of_camera_originals_agrees_with_exiftool(
    camera_files: Path, measured: Path, tmp_path: Path
) -> None:
    folder, out = camera_files, tmp_path / "set"
    assert photos(folder, "--out", out, *EVERYTHING, "--cache", measured, workers=2) == 0
    command = ["exiftool", "-j", "-n", "-GPSLatitude", "-GPSLongitude", "-DateTimeOriginal"]
    said = json.loads(subprocess.run([*command, folder], capture_output=True, check=True).stdout)
    truth = {Path(row["SourceFile"]).name: row for row in said}
    rows = rows_of(out / "metadata.csv")
    assert list(rows[0])[:3] == ["file_name", "latitude", "longitude"]
    assert len(rows) == len(truth) == len(list(folder.iterdir()))
    assert sum(row["file_name"].lower().endswith(".heic") for row in rows) == 4
    for row in rows:
        expected = truth[row["file_name"]]
        assert float(row["latitude"]) == pytest.approx(expected["GPSLatitude"], abs=1e-6)
        assert float(row["longitude"]) == pytest.approx(expected["GPSLongitude"], abs=1e-6)
        if "DateTimeOriginal" in expected:
            date, _, time = expected["DateTimeOriginal"].partition(" ")
            assert row["taken"] == f"{date.replace(':', '-')}T{time}"
        # The set is complete: the photos lie beside the table.
        assert (out / row["file_name"]).read_bytes() == (folder / row["file_name"]).read_bytes()


def test_what_the_filters_find_among_them(
    camera_files: Path, measured: Path, tmp_path: Path
) -> None:
    out = tmp_path / "set"
    assert photos(camera_files, "--out", out, "--cache", measured) == 0
    made = (camera_files / "nikon_1.jpg").is_file()
    assert dropped(tmp_path / "set-report") == (FAULTS if made else REAL_FAULTS)
    names = {path.name for path in out.iterdir()}
    assert names == {row["file_name"] for row in rows_of(out / "metadata.csv")} | {"metadata.csv"}


def test_planted_faults_are_found_and_everything_else_stays(world: Path, tmp_path: Path) -> None:
    rows = rows_of(world / "metadata.csv")
    image = open_upright(world / rows[0]["file_name"])
    image.resize((image.width * 3 // 4, image.height * 3 // 4)).save(world / "copy.jpg", quality=60)
    image.resize((90, 70)).save(world / "tiny.png")
    image.resize((4, 3)).resize(image.size).save(world / "fog.jpg")
    whole = (world / rows[1]["file_name"]).read_bytes()
    (world / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (world / "words.jpg").write_text("no photo")
    like = rows[2]
    planted = {
        "copy.jpg": ("duplicate", {}),
        "tiny.png": ("small", {}),
        "fog.jpg": ("blurred", {}),
        "cut.jpg": ("unreadable", {}),
        "words.jpg": ("unreadable", {}),
        "gone.jpg": ("missing-file", {}),
        "../outside.jpg": ("missing-file", {}),
    }
    rows += [{**like, "file_name": name, **more} for name, (_, more) in planted.items()]
    rows.append(dict(rows[3]))
    write_rows(world, rows)
    shutil.copy2(world / rows[4]["file_name"], world.parent / "outside.jpg")
    assert photos(world, "--out", tmp_path / "clean.csv") == 0
    report = tmp_path / "clean-report"
    expected = {name: reason for name, (reason, _) in planted.items()}
    assert dropped(report) == expected | {rows[3]["file_name"]: "listed-twice"}
    kept = rows_of(tmp_path / "clean.csv")
    assert [row["file_name"] for row in kept] == [row["file_name"] for row in rows[:12]]
    # Other columns stay.
    assert [row["place"] for row in kept] == [row["place"] for row in rows[:12]]
    said = json.loads((report / "report.json").read_text(encoding="utf-8"))
    assert (said["photos"], said["kept"]) == (20, 12)
    assert said["dropped"]["unreadable"] == 2
    copy = next(item for item in said["dropped_files"] if item["file_name"] == "copy.jpg")
    assert copy["detail"].startswith(f"like {rows[0]['file_name']}")
    assert "truncated" in (report / "report.md").read_text(encoding="utf-8")


def test_broken_positions_are_told_apart(world: Path, tmp_path: Path) -> None:
    rows = rows_of(world / "metadata.csv")
    rows[0] |= {"latitude": "151.2", "longitude": "-33.9"}
    rows[1] |= {"latitude": "12", "longitude": "1234"}
    rows[2] |= {"latitude": "0", "longitude": "0.0"}
    rows[3] |= {"latitude": "", "longitude": ""}
    rows[4] |= {"latitude": "12", "longitude": "east"}
    # A longitude beyond ±90 shows that the table as a whole is not swapped.
    rows[5] |= {"latitude": "-33.9", "longitude": "151.2"}
    write_rows(world, rows)
    assert photos(world, "--out", tmp_path / "clean.csv") == 0
    reasons = ["swapped", "impossible-gps", "impossible-gps", "no-gps", "impossible-gps"]
    assert dropped(tmp_path / "clean-report") == {
        row["file_name"]: reason for row, reason in zip(rows[:5], reasons, strict=True)
    }


def test_a_table_that_is_swapped_as_a_whole_is_refused(
    photo_sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = rows_of(photo_sets / "world.csv")
    path, out = tmp_path / "t.csv", tmp_path / "o.csv"

    def write(keep: int, columns: str) -> None:
        with path.open("w", encoding="utf-8") as stream:
            stream.write(f"{columns}\n")
            for row in rows:
                if abs(float(row["longitude"])) <= keep:
                    country = row["country_code"]
                    stream.write(f"{row['file']},{row['latitude']},{row['longitude']},{country}\n")

    for keep, columns, sign in (
        (180, "IMG_ID,LON,LAT,cc", "latitudes are outside"),
        # Without impossible numbers the countries give it away.
        (90, "IMG_ID,LON,LAT,country", "stated countries fit"),
    ):
        write(keep, columns)
        assert photos(path, "--out", out) == 1
        complaint = capsys.readouterr().err
        assert sign in complaint
        assert "--swapped" in complaint
        assert not out.exists()
    assert photos(path, "--out", out, "--swapped") == 0
    first = rows_of(out)[0]
    assert [first["latitude"], first["longitude"]] != [rows[0]["longitude"], rows[0]["latitude"]]
    capsys.readouterr()
    # Without countries the sea does, but only as a warning.
    write(90, "IMG_ID,LON,LAT,whatever")
    assert photos(path, "--out", out) == 0
    assert "from every town" in capsys.readouterr().out
    write(90, "IMG_ID,LAT,LON,country")
    assert photos(path, "--out", out) == 0
    assert "Warning" not in capsys.readouterr().out


def camera_photo(path: Path, latitude: float, taken: str, shade: int) -> None:
    """A sharp picture of its own with position and time, as one camera writes it."""
    noise = np.random.default_rng(shade).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "Model"
    exif.get_ifd(0x8769)[0x9003] = taken
    exif.get_ifd(0x8825).update({1: "N", 2: (latitude, 0.0, 0.0), 3: "E", 4: (11.0, 0.0, 0.0)})
    Image.fromarray(noise).save(path, exif=exif)


def test_a_position_off_the_way_and_one_against_the_table(tmp_path: Path) -> None:
    folder = tmp_path / "trip"
    folder.mkdir()
    latitudes = [43.0, 43.01, 55.0, 43.02, 43.03, 48.0]
    times = ["10:00:00", "10:05:00", "10:10:00", "10:15:00", "10:20:00", "14:20:00"]
    for number, (latitude, time) in enumerate(zip(latitudes, times, strict=True)):
        camera_photo(folder / f"{number}.jpg", latitude, f"2024:05:01 {time}", number)
    assert photos(folder, "--out", tmp_path / "a.csv") == 0
    # Photo 2 lies 1,300 km off; photo 5 was reached in four hours, by plane.
    assert dropped(tmp_path / "a-report") == {"2.jpg": "inconsistent-gps"}
    # In a table the same model may be in many hands; with authors it is judged again.
    assert photos(tmp_path / "a.csv", "--images", folder, "--out", tmp_path / "c.csv") == 0
    assert dropped(tmp_path / "c-report") == {}
    authors = tmp_path / "authors.csv"
    for hands, expected in (("AAAAAA", {"2.jpg": "inconsistent-gps"}), ("AABAAA", {})):
        lines = [f"{n}.jpg,{latitudes[n]},11,{hands[n]}\n" for n in range(6)]
        authors.write_text("".join(["file,lat,lon,author\n", *lines]))
        assert photos(authors, "--images", folder, "--out", tmp_path / "d.csv") == 0
        assert dropped(tmp_path / "d-report") == expected
    assert "km/h" in (tmp_path / "a-report" / "dropped.csv").read_text(encoding="utf-8")

    table = folder / "metadata.csv"
    table.write_text("file_name,latitude,longitude\n0.jpg,43.005,11\n1.jpg,11,43.01\n3.jpg,45,11\n")
    assert photos(folder, "--out", tmp_path / "b.csv") == 0
    assert dropped(tmp_path / "b-report") == {"1.jpg": "swapped", "3.jpg": "inconsistent-gps"}


def test_measurements_are_kept_and_renewed(world: Path, tmp_path: Path) -> None:
    assert photos(world, "--out", tmp_path / "a.csv") == 0
    first, second = (row["file_name"] for row in rows_of(tmp_path / "a.csv")[:2])
    store = tmp_path / "a-report" / "measurements.sqlite"
    with sqlite3.connect(store) as database:
        count = database.execute(f"SELECT COUNT(*) FROM photos_{MEASURE_VERSION}").fetchone()[0]
        database.execute(f"UPDATE photos_{MEASURE_VERSION} SET sharpness = 0")
    database.close()
    assert count == 12
    # Photos that did not change are not measured again: what the store says counts. One changed.
    path = world / first
    path.write_bytes(path.read_bytes() + b"\0")
    assert photos(world, "--out", tmp_path / "a.csv") == 0
    reasons = dropped(tmp_path / "a-report")
    assert first not in reasons
    assert reasons[second] == "blurred"
    assert len(reasons) == 11


def test_a_published_set_reads_as_it_was_written(world: Path, tmp_path: Path) -> None:
    assert photos(world, "--out", tmp_path / "one", "--pictures", "copy") == 0
    assert photos(tmp_path / "one", "--out", tmp_path / "two") == 0
    one, two = (tmp_path / name / "metadata.csv" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    name = rows_of(two)[0]["file_name"]
    assert (tmp_path / "two" / name).samefile(tmp_path / "one" / name)


def test_parquet_out_and_the_map_needs_no_network(world: Path, tmp_path: Path) -> None:
    rows = rows_of(world / "metadata.csv")
    strange = "</script><b>&.jpg"
    (world / rows[0]["file_name"]).rename(world / "strange.jpg")
    rows[0]["file_name"] = "strange.jpg"
    rows.append({**rows[1], "file_name": strange})
    write_rows(world, rows)
    assert photos(world, "--out", tmp_path / "o.parquet") == 0
    assert photos(tmp_path / "o.parquet", "--images", world, "--out", tmp_path / "o.csv") == 0
    assert len(rows_of(tmp_path / "o.csv")) == 12
    report = tmp_path / "o-report"
    page = (report / "map.html").read_text(encoding="utf-8")
    references = References()
    references.feed(page)
    assert references.found == []
    assert "<b>&" not in page
    with Image.open(report / "points.png") as picture:
        picture.load()
        assert picture.width > 1000
        # The points are drawn, in the colour of kept ones.
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3).astype(int)
        assert (np.abs(pixels - [0x1F, 0x6F, 0xEB]).sum(axis=1) < 120).sum() > 150


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "no such folder or table"),
        (["empty"], "no photo"),
        (["text"], "none of the 1 photos"),
        (["text", "--keep", "no-gps"], "--keep no-gps: the reasons are"),
        (["text", "--duplicate-bits", "40"], "-1…11"),
        (["text", "--images", "nowhere"], "no such folder"),
    ],
)
def test_one_sentence_for_what_cannot_be_done(
    tmp_path: Path,
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").mkdir()
    shutil.copy(SAMPLES / "china.jpg", tmp_path / "text")
    assert photos(*arguments, "--out", "out.csv") == 1
    complaint = capsys.readouterr().err.strip().splitlines()
    assert len(complaint) == 1
    assert said in complaint[0]


def test_the_command_imports_no_torch() -> None:
    code = (
        "import sys, trainer.data.survey, trainer.data.photo_report, trainer.data.shard_stream;"
        "print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
