"""Positions come out of every table that the trainer writes or others publish."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geoguess_app.core.errors import TableError
from trainer.partitions.points import read_points


def test_real_positions_are_read_to_the_bit(some_tables: Path) -> None:
    path = some_tables / "coordinates_100K.csv"
    lat, lon = np.loadtxt(path, delimiter=",", skiprows=1).T
    points = read_points(path)
    np.testing.assert_array_equal(points.latitude_deg, lat)
    np.testing.assert_array_equal(points.longitude_deg, lon)
    assert (points.rows, points.split, points.path) == (100_000, None, path)


def test_an_image_folder_and_its_parquet_say_the_same(tmp_path: Path) -> None:
    text = 'file_name,latitude,longitude,note\n"a, b.jpg",1.5,2.5,"two\nlines"\nc.jpg,-3,179.25,\n'
    (tmp_path / "metadata.csv").write_text(text, encoding="utf-8")
    table = pa.table(
        {"longitude": [2.5, 179.25], "file_name": ["a", "c"], "latitude": pa.array([1.5, -3.0])}
    )
    pq.write_table(table, tmp_path / "set.parquet")
    for path in (tmp_path, tmp_path / "metadata.csv", tmp_path / "set.parquet"):
        points = read_points(path)
        assert points.latitude_deg.tolist() == [1.5, -3.0], path
        assert points.longitude_deg.tolist() == [2.5, 179.25], path


def test_degrees_minutes_and_seconds_are_positions_too(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_text(
        "id;GPS Latitude;GPS Longitude\n1;43° 30' 0\" N;7° 15' 0\" W\n2;1,25;2\n", encoding="utf-8"
    )
    points = read_points(path)
    assert points.latitude_deg.tolist() == pytest.approx([43.5, 1.25])
    assert points.longitude_deg.tolist() == pytest.approx([-7.25, 2.0])


SPLIT = "LAT,LON,Split\n1,1,train\n2,2,test\n3,3,Train\n4,4,\n"


@pytest.mark.parametrize(
    ("split", "latitudes", "name"),
    [
        (None, [1, 3], "train"),
        ("test", [2], "test"),
        ("all", [1, 2, 3, 4], None),
    ],
)
def test_only_training_photos_make_cells(
    tmp_path: Path, split: str | None, latitudes: list[float], name: str | None
) -> None:
    path = tmp_path / "set.csv"
    path.write_text(SPLIT, encoding="utf-8")
    points = read_points(path, split)
    assert points.latitude_deg.tolist() == latitudes
    assert (points.rows, points.split) == (4, name)


def test_a_table_of_other_parts_is_taken_whole(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_text(SPLIT.replace("rain", "ail"), encoding="utf-8")
    assert read_points(path).latitude_deg.size == 4
    assert read_points(path).split is None


def test_a_row_of_another_part_may_lack_a_position(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_text("LAT,LON,split\n1,1,train\n,,test\n", encoding="utf-8")
    assert read_points(path).latitude_deg.tolist() == [1.0]
    with pytest.raises(TableError, match="line 3: latitude or longitude is missing"):
        read_points(path, "all")


@pytest.mark.parametrize(
    ("name", "text", "split", "words"),
    [
        ("a.csv", "lat,lon\n1,2\n", "test", "there is no column split"),
        ("a.csv", SPLIT, "val", "no row has the split val"),
        ("a.csv", 'name,lat,lon\n"two\nlines",1,2\n\nb,91,2\n', None, "line 5: latitude 91"),
        ("a.csv", "lat,lon\n1,2,3\n", None, "line 2: 3 cells where the header has 2"),
        ("a.parquet", "no parquet", None, "cannot be read as a table"),
    ],
)
def test_faults_are_named(
    tmp_path: Path, name: str, text: str, split: str | None, words: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=words):
        read_points(path, split)


def test_a_bad_row_of_a_parquet_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"lat": [1.0, None], "lon": [2.0, 2.0]}), tmp_path / "a.parquet")
    with pytest.raises(TableError, match="row 2: latitude or longitude is missing"):
        read_points(tmp_path / "a.parquet")


def test_a_folder_without_a_table_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="make one with geoguess-train photos"):
        read_points(tmp_path)
