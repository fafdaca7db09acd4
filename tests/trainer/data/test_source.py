"""Tables of every layout in use come out as file name, latitude and longitude."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geoguess_app.core.errors import TableError
from geoguess_app.core.geo.angles import LATITUDE
from trainer.data.angles import degrees_column
from trainer.data.column_names import parse_assignments
from trainer.data.source import PhotoSource, open_photo_source
from trainer.data.table_files import spool_to_disk, write_table


def table_of(source: PhotoSource, tmp_path: Path) -> pa.Table:
    with spool_to_disk(source.schema, source.batches, tmp_path) as table:
        return pa.table(table.to_pydict(), schema=table.schema)


def written(tmp_path: Path, text: str, name: str = "photos.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "IMG_ID,AUTHOR,LAT,LON\n3f/4c/007.jpg,55@N00,48.8584,2.2945\n",  # MP-16
        "id,latitude,longitude,country\n007,48.8584,2.2945,FR\n",  # OSV-5M
        "file_name,latitude,longitude\n007,48.8584,2.2945\n",  # Hugging Face
        "Photo File;decimalLatitude;decimalLongitude\n007;48,8584;2,2945\n",  # decimal commas
        "name of image\tGPS Lat\tGPS Lon\n007\t48° 51' 30.24\" N\t2° 17' 40.2\" E\n",
        "SourceFile,GPSLatitude,GPSLongitude\n007,48 deg 51' 30.24\" N,2 deg 17' 40.20\" E\n",
        '"file_name","lng","lat"\n"007","2.2945"," 48.8584 "\n',
    ],
)
def test_layouts_in_use(tmp_path: Path, text: str) -> None:
    table = table_of(open_photo_source(written(tmp_path, text)), tmp_path)
    assert table.column_names[:3] == ["file_name", "latitude", "longitude"]
    row = table.to_pylist()[0]
    assert row["file_name"].endswith(("007", "007.jpg"))
    assert row["latitude"] == pytest.approx(48.8584)
    assert row["longitude"] == pytest.approx(2.2945)


def test_a_real_osv5m_table(some_tables: Path, tmp_path: Path) -> None:
    path = some_tables / "osv5m" / "evaluation_sample.csv"
    table = table_of(open_photo_source(path), tmp_path)
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert table["file_name"].to_pylist() == [row["id"] for row in rows]
    assert table["latitude"].to_pylist() == [float(row["true_lat"]) for row in rows]
    assert table["longitude"].to_pylist() == [float(row["true_lon"]) for row in rows]
    assert table["country"].to_pylist() == [row["country"] for row in rows]


def test_columns_may_be_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b,c,lat,478e4\np.jpg,1.5,-2.5,777,0945\n")
    chosen = parse_assignments(["file=a", "latitude=b", "longitude = c".replace(" ", "")])
    table = table_of(open_photo_source(path, chosen=chosen), tmp_path)
    assert table.to_pylist() == [
        {"file_name": "p.jpg", "latitude": 1.5, "longitude": -2.5, "lat": "777", "478e4": "0945"}
    ]


def test_parquet_keeps_types_and_skips_embedded_pictures(tmp_path: Path) -> None:
    path = tmp_path / "set.parquet"
    columns = {
        "image_id": [7, 8],
        "lat": pa.array([1.5, None], pa.float32()),
        "lon": [2.5, 3.5],
        "views": [10, 20],
        "image": [{"bytes": b"x", "path": "p"}] * 2,
        "country": pa.array(["FR", "DE"]).dictionary_encode(),
    }
    pq.write_table(pa.table(columns), path)
    table = table_of(open_photo_source(path), tmp_path)
    assert table.column_names == ["file_name", "latitude", "longitude", "views", "country"]
    assert table["file_name"].to_pylist() == ["7", "8"]
    assert table["views"].to_pylist() == [10, 20]
    assert table["latitude"][0].as_py() == 1.5
    assert math.isnan(table["latitude"][1].as_py())


def test_image_folder_in_parts(tmp_path: Path) -> None:
    for part, name in (("train", "a.jpg"), ("validation", "b.jpg")):
        (tmp_path / part).mkdir()
        written(tmp_path / part, f"file_name,latitude,longitude\n{name},1,2\n", "metadata.csv")
    source = open_photo_source(tmp_path)
    assert source.kind == "imagefolder"
    rows = table_of(source, tmp_path).to_pylist()
    assert [(row["file_name"], row["split"]) for row in rows] == [
        ("train/a.jpg", "train"),
        ("validation/b.jpg", "val"),
    ]


def test_image_folder_with_json_lines(tmp_path: Path) -> None:
    line = '{"file_name": "a.jpg", "latitude": -1.25, "longitude": 3, "tags": ["x"]}\n'
    written(tmp_path, line, "metadata.jsonl")
    assert table_of(open_photo_source(tmp_path), tmp_path).to_pylist() == [
        {"file_name": "a.jpg", "latitude": -1.25, "longitude": 3.0}
    ]


def test_rows_that_do_not_fit_are_counted_and_the_rest_read(tmp_path: Path) -> None:
    text = 'file,lat,lon,title\na.jpg,1,2,x\nb.jpg,1\nc.jpg,x,4,"two\nlines"\n'
    source = open_photo_source(written(tmp_path, "\ufeff" + text))
    rows = table_of(source, tmp_path).to_pylist()
    assert [row["file_name"] for row in rows] == ["a.jpg", "c.jpg"]
    assert rows[1]["title"] == "two\nlines"
    assert math.isnan(rows[1]["latitude"])
    assert len(source.malformed) == 1
    assert "2 cells where the header has 4" in source.malformed[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("a,b\n1,2\n", "no column for file_name and latitude and longitude found among a, b"),
        ("file,lat,lon\n", "no rows"),
        ("file,lat,lon\n\xff,1,2\n".encode("latin-1"), "an older encoding"),
    ],
)
def test_one_sentence_for_a_useless_table(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(TableError, match=said) as raised:
        table_of(open_photo_source(path), tmp_path)
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)


def test_broken_parquet_and_wrong_options(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"x\.parquet"):
        open_photo_source(written(tmp_path, "no parquet", "x.parquet"))
    with pytest.raises(TableError, match="latitude=LAT"):
        parse_assignments(["lat"])
    path = written(tmp_path, "file,lat,lon\na,1,2\n")
    with pytest.raises(TableError, match="no column 'breite' for latitude"):
        open_photo_source(path, chosen={"latitude": "breite"})
    with pytest.raises(TableError, match="no such folder or table"):
        open_photo_source(tmp_path / "none.csv")


def test_swapped_reads_the_other_way_round(tmp_path: Path) -> None:
    path = written(tmp_path, "file,lat,lon\na,100,2\n")
    row = table_of(open_photo_source(path, swapped=True), tmp_path).to_pylist()[0]
    assert (row["latitude"], row["longitude"]) == (2.0, 100.0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("48,8584", 48.8584),
        ("48,51", 48.51),
        ("-33.85°", -33.85),
        ("1e-05", 0.00001),
        ("100", 100.0),
        ("43 deg 28' 2.80\" N", 43.467444),
        ("11° 53′ 6.46″ S", -11.885128),
        ("S 33 51.5", -33.858333),
        ("33:51:31.5 S", -33.858750),
        ("-0 30 0", -0.5),
        ("north", math.nan),
        ("", math.nan),
    ],
)
def test_forms_of_degrees(text: str, value: float) -> None:
    column = pa.array([text, None, "12.5"])
    found = degrees_column(column, LATITUDE).tolist()
    assert found == pytest.approx([value, math.nan, 12.5], abs=1e-6, nan_ok=True)


def test_a_table_survives_writing_and_reading(tmp_path: Path) -> None:
    names = ['comma, quote " and\nbreak.jpg', "ümlaut.jpg", "007"]
    schema = pa.schema(
        [("file_name", pa.string()), ("latitude", pa.float64()), ("longitude", pa.float64())]
    )
    angles = np.array([48.858400000000003, -0.1, 1e-7])
    batch = pa.record_batch([names, angles, -angles], schema=schema)
    for name in ("out.csv", "out.parquet"):
        write_table(tmp_path / "new" / name, schema, [batch])
        table = table_of(open_photo_source(tmp_path / "new" / name), tmp_path)
        assert table.to_pydict() == pa.Table.from_batches([batch]).to_pydict()
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["out.csv", "out.parquet"]


def test_a_large_table_streams_from_disk(tmp_path: Path) -> None:
    rows = 200_000
    path = tmp_path / "mp16.csv"
    lat = np.random.default_rng(0).uniform(-80, 80, rows)
    with path.open("w") as stream:
        stream.write("IMG_ID,AUTHOR,LAT,LON\n")
        stream.writelines(
            f"{n:08d}.jpg,user{n % 999},{lat[n]:.6f},{n % 180}\n" for n in range(rows)
        )
    source = open_photo_source(path)
    before = pa.total_allocated_bytes()
    with spool_to_disk(source.schema, source.batches, tmp_path) as table:
        assert table.num_rows == rows
        np.testing.assert_allclose(table["latitude"].to_numpy(), lat, atol=1e-6)
        assert table["file_name"][rows - 1].as_py() == f"{rows - 1:08d}.jpg"
        assert pa.total_allocated_bytes() - before < 16 << 20
    assert [path.name for path in tmp_path.iterdir()] == ["mp16.csv"]


def test_a_table_without_positions_is_read_where_none_are_needed(tmp_path: Path) -> None:
    path = written(tmp_path, "file,category\na.jpg,bar\nb.jpg,lake\n")
    with pytest.raises(TableError, match="no column for latitude and longitude"):
        open_photo_source(path)
    table = table_of(open_photo_source(path, positions=False), tmp_path)
    assert table.column_names == ["file_name", "latitude", "longitude", "category"]
    assert table["latitude"].null_count == 2
    assert table["category"].to_pylist() == ["bar", "lake"]
