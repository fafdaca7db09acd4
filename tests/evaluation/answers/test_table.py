"""Tables of every kind in use are read; faults are named with their line."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from geoguess_app.core.errors import TableError
from geoguess_app.evaluation.answers.table import read_table
from geoguess_app.evaluation.report.published import published_for


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_table_with_filter(some_photos: Path) -> None:
    path = some_photos / "world.csv"
    table = read_table(path, where="split=test")
    with path.open(newline="", encoding="utf-8") as stream:
        expected = [row for row in csv.DictReader(stream) if row["split"] == "test"]
    assert len(table) == len(expected) >= 40
    assert [row.file for row in table.rows] == [row["file"] for row in expected]
    assert table.rows[7].latitude_deg == float(expected[7]["latitude"])
    assert table.rows[7].group == expected[7]["group"]
    assert {row.scene for row in table.rows} == {"", "urban", "natural", "indoor"}
    by_precision = {
        row.precision: row_km
        for row, row_km in zip(table.rows, table.finest_scorable_km, strict=True)
    }
    assert by_precision == {"place": 0, "city": 25, "landmark": 0, "exact": 0, "area": 200}
    assert not table.bad_rows


def test_filter_of_two_values_and_two_filters(some_photos: Path) -> None:
    path = some_photos / "world.csv"
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    splits = Counter(row["split"] for row in rows)
    indoors = [row["split"] for row in rows if row["scene"] == "indoor"].count("test")
    assert len(read_table(path, where=["split=val,test"])) == splits["val"] + splits["test"]
    assert len(read_table(path, where=["split=test", "Scene=indoor"])) == indoors > 0
    # A value that itself holds a comma is matched as a whole.
    assert len(read_table(path, where=[f"group={rows[0]['group']}"])) >= 1


@pytest.mark.real_data
def test_real_table_has_as_many_photos_as_its_description_says(real_photos: Path) -> None:
    path = real_photos / "world.csv"
    assert len(read_table(path, where="split=test")) == 446
    assert len(read_table(path, where=["split=val,test"])) == 446 + 336


@pytest.mark.real_data
def test_truth_of_osv5m_sample(real_tables: Path) -> None:
    table = read_table(real_tables / "osv5m" / "evaluation_sample.csv")
    assert len(table) == 50
    assert table.rows[0].file == "297765091851450"
    assert table.rows[0].latitude_deg == pytest.approx(-43.94258213019922)


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("IMG_ID,AUTHOR,LAT,LON,LANG\na_1.jpg,x@y,48.5,2.25,en\n", "a_1.jpg"),
        ("id,latitude,longitude,country\n0123456789,48.5,2.25,FR\n", "0123456789"),
        ("file_name,Latitude,Longitude\ntrain/a.jpg,48.5,2.25\n", "train/a.jpg"),
        ("\ufeffimg_id;lat;lng\r\n\r\na.jpg;48.5;2.25\r\n", "a.jpg"),
        ('"File"\t"Lat"\t"Long"\na b.jpg\t48.5\t2.25\n', "a b.jpg"),
    ],
)
def test_known_forms(tmp_path: Path, text: str, file: str) -> None:
    (row,) = read_table(write(tmp_path / "t.csv", text)).rows
    assert (row.file, row.latitude_deg, row.longitude_deg) == (file, 48.5, 2.25)


def test_bad_rows_are_kept_aside_with_their_lines(tmp_path: Path) -> None:
    text = (
        "file,latitude,longitude,note\n"
        'good.jpg,1,2,"two\nlines"\n'
        "word.jpg,north,2,\n"
        ",1,2,\n"
        "nan.jpg,nan,2,\n"
        "far.jpg,1,181,\n"
        "zero.jpg,0,0.0,\n"
        "short.jpg,1\n"
        "east.jpg,1,120,\n"
        "pole.jpg,95,120,\n"
    )
    table = read_table(write(tmp_path / "t.csv", text))
    assert [row.file for row in table.rows] == ["good.jpg", "east.jpg"]
    assert [row.line for row in table.rows] == [2, 10]
    assert [(row.line, row.file) for row in table.bad_rows] == [
        (4, "word.jpg"),
        (5, ""),
        (6, "nan.jpg"),
        (7, "far.jpg"),
        (8, "zero.jpg"),
        (9, "short.jpg"),
        (11, "pole.jpg"),
    ]
    assert "north" in table.bad_rows[0].reason


SWAPPED = "IMG_ID,LAT,LON\na.jpg,2.35,48.85\nb.jpg,139.7,35.7\nc.jpg,-122.4,37.8\n"


def test_swapped_headers_are_refused_with_advice(tmp_path: Path) -> None:
    path = write(tmp_path / "meta.csv", SWAPPED)
    with pytest.raises(TableError, match=r"meta\.csv.*line 3.*swapped.*--swapped") as caught:
        read_table(path)
    assert caught.value.code == "swapped-columns"
    table = read_table(path, swapped=True)
    assert (table.rows[1].latitude_deg, table.rows[1].longitude_deg) == (35.7, 139.7)


def test_one_mistyped_latitude_is_not_a_swapped_table(tmp_path: Path) -> None:
    rows = "".join(f"p{i}.jpg,48,{i % 90}\n" for i in range(100))
    table = read_table(write(tmp_path / "t.csv", f"file,lat,lon\n{rows}x.jpg,480,2\n"))
    assert len(table) == 100
    assert table.bad_rows[0].line == 102


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("", None, "empty"),
        ("file,lat,lon\n", None, "no rows"),
        ("file,lat\na,1\n", None, "longitude"),
        ("lat,lon\n1,2\n", None, "photo file"),
        ("file,lat,lon\na,x,2\n", None, "none of its 1 rows.*line 2"),
        ("file,lat,lon\na,1,2\n", "split=test", "no column 'split'"),
        ("file,lat,lon\na,1,2\n", "file", "column=value"),
        ("file,lat,lon\na,1,2\n", "file=b", "no row matches file=b"),
    ],
)
def test_useless_tables_are_refused(
    tmp_path: Path, text: str, where: str | None, message: str
) -> None:
    with pytest.raises(TableError, match=message):
        read_table(write(tmp_path / "t.csv", text), where=where)


def test_unreadable_tables(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="cannot be read"):
        read_table(tmp_path / "absent.csv")
    with pytest.raises(TableError, match="cannot be read"):
        read_table(tmp_path)
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)))
    with pytest.raises(TableError, match="UTF-8"):
        read_table(tmp_path / "photo.jpg")


def test_the_fields_test_sets_with_their_own_column_names(tmp_path: Path) -> None:
    """IM2GPS3k and YFCC as they are handed round: scenes are numbers, ids file names."""
    header = (
        "IMG_ID,AUTHOR,LAT,LON,S3_Label,S16_Label,S365_Label,Prob_indoor,Prob_natural,Prob_urban"
    )
    rows = [
        "1000269685_e60e9cdfb4_1125_78841376@N00.jpg,78841376@N00,48.5,2.25,2,14,333,0,0.1,0.9",
        "41/94/4194.jpg,1@N01,-12.0,-77.0,0,1,2,0.8,0.1,0.1",
    ]
    table = read_table(write(tmp_path / "t.csv", "\n".join([header, *rows])))
    assert [row.scene for row in table.rows] == ["urban", "indoor"]
    assert table.rows[1].file == "41/94/4194.jpg"
    other = "IMG_ID,OwnerNSID,LAT,LON\n10201275523.jpg,1@N01,48.5,2.25\n"
    assert read_table(write(tmp_path / "y.csv", other)).rows[0].file == "10201275523.jpg"


def test_a_whole_known_set_gets_what_others_published() -> None:
    known = published_for(Path("im2gps3k_places365.csv"), 2997)
    assert known is not None
    assert known.name == "IM2GPS3k"
    assert known.rows[0].percent == (8.5, 24.8, 34.3, 48.4, 64.6)
    assert published_for(Path("im2gps3k_places365.csv"), 100) is None
    assert published_for(Path("holiday.csv"), 2997) is None
    smaller = published_for(Path("IM2GPS.csv"), 237)
    assert smaller is not None
    assert smaller.name == "IM2GPS"
