"""What one command accepts as a table, the other accepts, too, and reads alike."""

from __future__ import annotations

import csv
import sys
import unicodedata
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geoguess_app.core.errors import TableError
from geoguess_app.evaluation.answers.photo_files import PhotoFiles
from geoguess_app.evaluation.answers.table import read_table
from tests.photos.position_forms import XMP_FORMS, places
from trainer.data.source import PhotoFinder, open_photo_source

ROME, RIO = (41.890210, 12.492231), (-22.951916, -43.210487)
BOM = "\ufeff"


def trainer_rows(path: Path) -> list[tuple[str, float, float]]:
    source = open_photo_source(path)
    return [
        (row["file_name"], row["latitude"], row["longitude"])
        for batch in source.batches
        for row in batch.to_pylist()
    ]


def evaluated_rows(path: Path) -> list[tuple[str, float, float]]:
    return [(row.file, row.latitude_deg, row.longitude_deg) for row in read_table(path).rows]


PLAIN = "a.jpg,41.890210,12.492231\nb.jpg,-22.951916,-43.210487\n"
TABLES = {
    "plain.csv": f"file,latitude,longitude\n{PLAIN}",
    "mark.csv": f"{BOM}file,decimalLatitude,decimalLongitude\n{PLAIN}".replace("\n", "\r\n"),
    "tabs.tsv": f"img_id\tLAT\tLON\n{PLAIN}".replace(",", "\t"),
    "semicolons.csv": (
        "Nr;lat;lon;file\n1;41,890210;12,492231;a.jpg\n2;-22,951916;-43,210487;b.jpg\n"
    ),
    "letters.csv": "file,lat,lon\na.jpg,41.890210N,12.492231 E\nb.jpg,22.951916 s,43.210487W\n",
    "degrees.csv": (
        "photo,GPS Latitude,GPS Longitude\n"
        'a.jpg,"41° 53\' 24.756"" N","12 deg 29\' 32.0316"" E"\n'
        "b.jpg,22°57′6.8976″S,43°12′37.7532″W\n"
    ),
    "signs.csv": (
        "file_name,lat_wgs84,lon_wgs84\n"
        "a.jpg,41.890210°,+12.492231°\nb.jpg,-22.951916°,-43.210487°\n"
    ),
    "lines.jsonl": (
        '{"file_name": "a.jpg", "latitude": 41.890210, "longitude": 12.492231, "tags": [1]}\n'
        '{"file_name": "b.jpg", "latitude": -22.951916, "longitude": -43.210487, "tags": []}\n'
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_form_of_table_is_read_alike(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(TABLES[name], encoding="utf-8", newline="")
    for rows in (trainer_rows(path), evaluated_rows(path)):
        assert [row[0] for row in rows] == ["a.jpg", "b.jpg"]
        assert [row[1:] for row in rows] == [pytest.approx(ROME), pytest.approx(RIO)]


def test_parquet_is_read_by_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "table.parquet"
    columns = {
        "file_name": ["a.jpg", "b.jpg"],
        "latitude": [ROME[0], RIO[0]],
        "longitude": [ROME[1], RIO[1]],
        "image": [{"bytes": b"", "path": "a"}, None],
    }
    pq.write_table(pa.table(columns), path)
    for rows in (trainer_rows(path), evaluated_rows(path)):
        assert rows == [("a.jpg", *ROME), ("b.jpg", *RIO)]
    path.write_bytes(b"PAR1 nothing else")
    with pytest.raises(TableError, match=r"table\.parquet: cannot be read"):
        evaluated_rows(path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(TableError, match="to read Parquet install pyarrow"):
        evaluated_rows(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (TABLES["plain.csv"].encode("utf-16"), "the text is in UTF-16, not in UTF-8; save"),
        ("file,lat,lon\nMünchen.jpg,1,2\n".encode("cp1252"), "an older encoding such as Windows"),
        (b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0\xff\xfe", "a spreadsheet, picture or archive"),
    ],
)
def test_other_encodings_are_named_in_plain_words(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    for read in (trainer_rows, evaluated_rows):
        with pytest.raises(TableError, match=words):
            read(path)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Photos whose names tables write in other ways."""
    folder = tmp_path / "album"
    for name in ("day 1/Caf\u00e9.JPG", "day 2/b.jpg", "day 2/same.jpg", "day 1/same.jpg"):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"\xff\xd8\xff")
    return folder


@pytest.mark.parametrize(
    ("name", "photo"),
    [
        ("day 1/Caf\u00e9.JPG", "day 1/Caf\u00e9.JPG"),
        ("day 1\\Caf\u00e9.JPG", "day 1/Caf\u00e9.JPG"),
        ("day 1/Caf\u00e9.jpg", "day 1/Caf\u00e9.JPG"),
        (unicodedata.normalize("NFD", "day 1/Caf\u00e9.JPG"), "day 1/Caf\u00e9.JPG"),
        ("DAY 1\\caf\u00e9", "day 1/Caf\u00e9.JPG"),
        ("C:\\photos\\day 2\\same.jpg", "day 2/same.jpg"),
        ("b", "day 2/b.jpg"),
        ("b.jpg", "day 2/b.jpg"),
        ("elsewhere/b.jpg", None),
        ("same.jpg", None),
        ("day 3/same.jpg", None),
        ("none.jpg", None),
    ],
)
def test_names_as_tables_write_them(album: Path, name: str, photo: str | None) -> None:
    wanted = album / photo if photo else None
    assert PhotoFiles(album).find(name) == wanted
    assert PhotoFinder(album).find(name) == wanted


def test_a_name_that_several_photos_have_is_no_answer(album: Path) -> None:
    files = PhotoFiles(album)
    assert files.find("same.jpg") is None
    words = files.why_missing("same.jpg")
    assert words.startswith("several photos have that name: ")
    assert files.why_missing("none.jpg") == f"no such photo in {album}"


def test_absolute_names(album: Path, tmp_path: Path) -> None:
    names = [album / "day 2" / "b.jpg", album / "day 1" / "Caf\u00e9.JPG"]
    table = tmp_path / "elsewhere" / "table.csv"
    table.parent.mkdir()
    lines = "".join(f"{name},41.9,12.5\n" for name in names)
    table.write_text(f"file,lat,lon\n{lines}", encoding="utf-8")
    source = open_photo_source(table)
    assert source.root == album
    finder = PhotoFinder(album)
    for row, name in zip(trainer_rows(table), names, strict=True):
        assert finder.find(row[0]) == name
        assert PhotoFiles(table.parent).find(row[0]) == name
    assert PhotoFinder(album / "day 1").find(str(names[0])) is None


@pytest.mark.parametrize("form", [form for form in XMP_FORMS if form != "ref"])
def test_positions_in_every_form_that_files_have(tmp_path: Path, form: str) -> None:
    """The forms of XMP and exiftool, as they come into a table when metadata are listed."""
    spots = list(places(12, seed=7))
    with (tmp_path / "table.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["file", "latitude", "longitude"])
        for number, (latitude, longitude) in enumerate(spots):
            texts = [
                XMP_FORMS[form](value, letters[value < 0]).replace("&quot;", '"')
                for value, letters in ((latitude, "NS"), (longitude, "EW"))
            ]
            table.writerow([f"{number}.jpg", *texts])
    for rows in (trainer_rows(tmp_path / "table.csv"), evaluated_rows(tmp_path / "table.csv")):
        found = [position for _, *position in rows]
        assert found == [pytest.approx(spot, abs=2e-6) for spot in spots]
