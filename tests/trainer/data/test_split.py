"""`geoguess-train split`: parts that are really apart, and leaks that are really found."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import s2sphere

from geoguess_app.core.errors import TableError
from geoguess_app.core.picture.decode import open_upright
from tests.inputs import write_bursts
from trainer.cli import main
from trainer.data.split import (
    keyed_hashes,
    parse_ratios,
    split_at_random,
    split_by_text,
    split_by_time,
    split_groups,
)
from trainer.data.times import parse_time, read_times

RATIOS = (0.8, 0.1, 0.1)


def split(*arguments: object) -> int:
    return main(["split", *map(str, arguments), "--quiet", "--workers", "0"])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def cell_of(row: dict[str, str], level: int) -> int:
    point = s2sphere.LatLng.from_degrees(float(row["latitude"]), float(row["longitude"]))
    return int(s2sphere.CellId.from_lat_lng(point).parent(level).id())


def parts(rows: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    return {name: [r for r in rows if r["split"] == name] for name in ("train", "val", "test")}


@pytest.fixture
def world_table(tmp_path: Path) -> Path:
    """A table of bursts of photos all over the world, without pictures beside it."""
    return write_bursts(tmp_path / "world.csv", 3200)


@pytest.mark.parametrize("level", [4, 8, 13])
def test_places_are_disjoint(world_table: Path, tmp_path: Path, level: int) -> None:
    arguments = ["--by", "place", "--level", level, "--replace", "--out", tmp_path / "o.csv"]
    assert split(world_table, *arguments) == 0
    rows = rows_of(tmp_path / "o.csv")
    assert len(rows) == 3200
    cells = {name: {cell_of(r, level) for r in group} for name, group in parts(rows).items()}
    for one, other in (("train", "val"), ("train", "test"), ("val", "test")):
        assert cells[one]
        assert not cells[one] & cells[other]
    counts = Counter(row["split"] for row in rows)
    assert counts["train"] / 3200 == pytest.approx(0.8, abs=0.02)
    assert counts["test"] / 3200 == pytest.approx(0.1, abs=0.02)
    report = json.loads((tmp_path / "o-report" / "report.json").read_text(encoding="utf-8"))
    shared = [leak for leak in report["leaks"] if leak["kind"] == "coordinates"]
    assert [leak["photos"] for leak in shared] == [0, 0, 0]


@pytest.mark.long
def test_a_random_split_leaks_and_says_how_much(
    world_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert split(world_table, "--replace") == 0
    out = tmp_path / "world-split.csv"
    rows = rows_of(out)
    assert Counter(row["split"] for row in rows) == {"train": 2560, "val": 320, "test": 320}
    # Counted again, row by row.
    known = {(r["latitude"], r["longitude"]) for r in rows if r["split"] == "train"}
    leaked = [r for r in rows if r["split"] == "test" and (r["latitude"], r["longitude"]) in known]
    folder = tmp_path / "world-split-report"
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    said = {(leak["kind"], leak["source"], leak["into"]): leak for leak in report["leaks"]}
    assert said["coordinates", "train", "test"]["photos"] == len(leaked) > 100
    assert said["near", "train", "test"]["photos"] >= len(leaked)
    assert said["coordinates", "train", "test"]["examples"]
    printed = capsys.readouterr().out
    assert printed.count("Warning: this split leaks") == 1
    assert report["warning"] in printed
    # The same again, whatever the order of the rows; another seed gives another split.
    order = np.random.default_rng(0).permutation(len(rows))
    write_rows(tmp_path / "shuffled.csv", [rows[index] for index in order])
    assert split(tmp_path / "shuffled.csv", "--replace") == 0
    again = {row["file_name"]: row["split"] for row in rows_of(tmp_path / "shuffled-split.csv")}
    assert again == {row["file_name"]: row["split"] for row in rows}
    assert split(world_table, "--replace", "--seed", "2") == 0
    assert [row["split"] for row in rows_of(out)] != [row["split"] for row in rows]


@pytest.mark.long
def test_planted_copies_and_authors_across_parts_are_found(
    photo_sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    rows = [row for row in rows_of(photo_sets / "world.csv") if row["precision"] == "exact"]
    rows = [*{row["group"]: row for row in rows}.values()][:20]
    table = []
    for number, row in enumerate(rows):
        name = Path(row["file"]).name
        shutil.copy2(photo_sets / row["file"], folder / name)
        table.append({"file_name": name, "author": f"a{number}", "taken": f"2024-01-{number + 1}"})
        table[-1] |= {"latitude": str(number + 1), "longitude": str(number)}
    # The newest photo, in the test part by time, is a small copy of the oldest.
    image = open_upright(folder / table[0]["file_name"])
    image.resize((image.width * 3 // 4, image.height * 3 // 4)).save(
        folder / "copy.jpg", quality=50
    )
    planted = {"file_name": "copy.jpg", "author": "a1", "taken": "2024-02-01"}
    table.append(planted | {"latitude": "50", "longitude": "50"})
    write_rows(folder / "metadata.csv", table)
    assert split(folder, "--by", "time") == 0
    rows = rows_of(folder / "metadata.csv")
    assert [row["split"] for row in rows] == ["train"] * 17 + ["val"] * 2 + ["test"] * 2
    report = tmp_path / "set-split-report"
    said = json.loads((report / "report.json").read_text(encoding="utf-8"))
    leaks = {(leak["kind"], leak["into"]): leak for leak in said["leaks"] if leak["photos"]}
    assert set(leaks) == {("pictures", "test"), ("authors", "test")}
    assert leaks["pictures", "test"]["photos"] == 1
    assert leaks["pictures", "test"]["examples"][0].startswith(
        f"copy.jpg is like {table[0]['file_name']}"
    )
    assert "author a1" in leaks["authors", "test"]["examples"][0]
    assert "near-duplicates" in capsys.readouterr().out
    # The report's pictures must not become photos of the set.
    assert not list(folder.glob("*report*"))

    # With the hashes in the table the pictures are not needed.
    hashed = tmp_path / "hashed.csv"
    arguments = ["--out", hashed, "--quiet", "--workers", "0", "--keep", "duplicate"]
    assert main(["photos", str(folder), *map(str, arguments)]) == 0
    shutil.rmtree(folder)
    assert split(hashed, "--by", "time", "--replace") == 0
    again = json.loads((tmp_path / "hashed-split-report" / "report.json").read_text("utf-8"))
    assert [leak["photos"] for leak in again["leaks"] if leak["kind"] == "pictures"] == [0, 1, 0]


def test_authors_stay_together_and_the_nameless_are_apart() -> None:
    random = np.random.default_rng(0)
    texts = [f"author {n}" if n < 200 else "" for n in random.integers(0, 260, 4000)]
    part = split_by_text(texts, 1, RATIOS)
    by_author: dict[str, set[int]] = {}
    for text, index in zip(texts, part.tolist(), strict=True):
        by_author.setdefault(text, set()).add(index)
    assert by_author.pop("") == {0, 1, 2}
    assert all(len(where) == 1 for where in by_author.values())
    np.testing.assert_allclose(np.bincount(part) / 4000, RATIOS, atol=0.01)


def test_large_groups_reach_every_part_over_the_seeds() -> None:
    # Were groups dealt out by size, the largest would be in training whatever the seed.
    sizes = np.array([40, *[10] * 196])
    group = np.repeat(np.arange(sizes.size), sizes)
    where = set()
    for seed in range(120):
        hashes = keyed_hashes([str(number) for number in range(sizes.size)], seed)
        part = split_groups(group, hashes, RATIOS)
        np.testing.assert_allclose(np.bincount(part) / group.size, RATIOS, atol=0.02)
        where.add(int(part[0]))
    assert where == {0, 1, 2}


def test_random_shares_are_exact_even_for_few() -> None:
    for count in (3, 10, 101):
        part = split_at_random(keyed_hashes(map(str, range(count)), 7), RATIOS)
        expected = np.diff([0, *np.rint(np.cumsum(RATIOS) * count)])
        np.testing.assert_array_equal(np.bincount(part, minlength=3), expected)


def test_time_never_runs_backwards(world_table: Path, tmp_path: Path) -> None:
    assert split(world_table, "--by", "time", "--replace") == 0
    rows = rows_of(tmp_path / "world-split.csv")
    dated = [row for row in rows if row["taken"]]
    assert len(dated) == 800
    # The undated are in no part, unless asked.
    assert {row["split"] for row in rows if not row["taken"]} == {""}
    times = {
        # As in the table: 2015-08-17T21-45-01-04:00 and the like.
        name: [datetime(*map(int, re.findall(r"\d+", row["taken"])[:6])) for row in group]  # type: ignore[arg-type]
        for name, group in parts(dated).items()
    }
    assert max(times["train"]) < min(times["val"])
    assert max(times["val"]) < min(times["test"])
    assert len(times["train"]) / 800 == pytest.approx(0.8, abs=0.02)
    assert split(world_table, "--by", "time", "--undated", "train", "--replace") == 0
    rows = rows_of(tmp_path / "world-split.csv")
    assert {row["split"] for row in rows if not row["taken"]} == {"train"}


def test_photos_of_one_second_stay_together() -> None:
    taken = np.array(["2024-01-01"] * 9 + ["2024-01-02"], dtype="datetime64[s]")
    assert split_by_time(taken, RATIOS).tolist() == [0] * 9 + [2]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2019-05-01T12:30:59", "2019-05-01T12:30:59"),
        ("2019:05:01 12:30:59", "2019-05-01T12:30:59"),
        ("2019-05-01 12:30:59.5+02:00", "2019-05-01T12:30:59"),
        ("2019-05-01T12-30-59-04:00", "2019-05-01T12:30:59"),
        ("2019-05-01", "2019-05-01T00:00:00"),
        ("1556713859", "2019-05-01T12:30:59"),
        ("1556713859123", "2019-05-01T12:30:59"),
        ("0000:00:00 00:00:00", "NaT"),
        ("2019-13-01", "NaT"),
        ("yesterday", "NaT"),
        ("", "NaT"),
    ],
)
def test_times_as_tables_write_them(text: str, time: str) -> None:
    assert str(parse_time(text)) == time


def test_times_of_typed_columns() -> None:
    column = pa.chunked_array([[datetime(2024, 1, 2, 3, 4, 5, 6), None]])
    assert read_times(column).astype(str).tolist() == ["2024-01-02T03:04:05", "NaT"]
    assert read_times(pa.chunked_array([[1556713859123]]))[0] == parse_time("1556713859")


def test_ratios() -> None:
    assert parse_ratios("80/10/10") == parse_ratios("0.8,0.1,0.1") == pytest.approx(RATIOS)
    assert parse_ratios("3/1/0") == (0.75, 0.25, 0.0)
    for text in ("80/20", "a/b/c", "0/50/50", "100/0/0", "-1/1/1", ""):
        with pytest.raises(TableError, match="--ratios"):
            parse_ratios(text)


@pytest.mark.parametrize(
    ("table", "arguments", "said"),
    [
        ("file,lat,lon\na,1,2\n", ["--by", "author"], "no column author"),
        ("file,lat,lon\na,1,2\n", ["--by", "group", "--group-column", "trip"], "no column trip"),
        ("file,lat,lon,date\na,1,2,once\n", ["--by", "time"], "no row has a time"),
        ("file,lat,lon,split\na,1,2,test\n", [], "--replace"),
        ("file,lat,lon\na,1,2\nb,91,2\n", [], "the first is row 2"),
        ("file,lat,lon\na,1,2\n", ["--by", "place", "--level", "31"], "0…30"),
        ("file,lat,lon,perceptual_hash\na,1,2,xyz\n", [], "hexadecimal"),
    ],
)
def test_one_sentence_for_what_cannot_be_done(
    tmp_path: Path,
    table: str,
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(table)
    assert split(path, *arguments) == 1
    complaint = capsys.readouterr().err.strip().splitlines()
    assert len(complaint) == 1
    assert said in complaint[0]
    assert not (tmp_path / "t-split.csv").exists()
