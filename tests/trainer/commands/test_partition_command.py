"""`geoguess-train partition` from the command line to the files."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.partition import build_partition, read_cells_csv
from geoguess_app.core.partition.hierarchy import build_hierarchy
from trainer.cli import main
from trainer.partitions.points import read_points


def rows_of(text: str) -> dict[str, list[str]]:
    """The printed table by file name."""
    lines = (re.split(r"\s{2,}", line.strip()) for line in text.splitlines())
    return {line[0]: line[1:] for line in lines if len(line) == 8 and line[0].endswith(".csv")}


def test_one_table_per_pair_and_a_report_of_every_photo(
    data_tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    points = data_tables / "coordinates_100K.csv"
    out = tmp_path / "new" / "cells"
    pairs = ["--tau", "51:1000", "--tau", "51:5000", "--tau", "51:2000"]
    assert main(["partition", str(points), *pairs, "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    rows = rows_of(printed)
    assert list(rows) == ["cells_51_5000.csv", "cells_51_2000.csv", "cells_51_1000.csv"]
    tables = [read_cells_csv(out / name, name, ordered=True) for name in rows]
    orphans = [str(lost.size) for lost in build_hierarchy(tables).orphans]
    lat, lon = np.loadtxt(points, delimiter=",", skiprows=1).T
    for (name, row), table, lost in zip(rows.items(), tables, orphans, strict=True):
        tau_max = int(name[:-4].split("_")[2])
        build = build_partition(lat, lon, name=name, tau_min=51, tau_max=tau_max)
        np.testing.assert_array_equal(table.cell_ids, build.partition.cell_ids)
        np.testing.assert_array_equal(table.photo_counts, build.partition.photo_counts)
        report = build.report
        assert row[0] == str(report.cells)
        counts = (report.kept, report.reassigned, report.dropped, len(report.flagged))
        assert row[2:] == [*(f"{n:,}" for n in counts), lost]
        assert sum(int(n.replace(",", "")) for n in row[2:5]) == 100_000
    others = {"figures", "partitions.csv", "report.html", "report.json"}
    assert {path.name for path in out.iterdir()} == {*rows, *others}
    assert f"{out / 'report.html'}" in printed


@pytest.mark.parametrize(
    "header",
    ["LAT,LON", "latitude,longitude", "Lat,Lng", "lat,lon", "Latitude;Longitude", "lat\tlong"],
)
def test_headers_in_use_are_understood(tmp_path: Path, header: str) -> None:
    delimiter = re.sub(r"\w", "", header)
    path = tmp_path / "points.csv"
    text = f"id{delimiter}{header}\r\n7{delimiter}1.5{delimiter}-2.25\r\n\r\n"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    points = read_points(path)
    assert (points.latitude_deg.tolist(), points.longitude_deg.tolist()) == ([1.5], [-2.25])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("LAT,LON\n35.6,139.7\n139.7,35.6\n", "line 3: latitude 139.7 is outside"),
        ("LAT,LON\n139.7,35.6\n", "seem to be swapped"),
        ("LAT,LON\n-139.7,170\n", "check whether the columns are swapped"),
        ("LAT,LON\n1,2\n1,190\n", "line 3: longitude 190 is outside -180…180"),
        ("LAT,LON\n1,2\n,2\n", "line 3: latitude or longitude is missing or no number"),
        ("LAT,LON\n1,nan\n", "line 2: latitude or longitude is missing or no number"),
        ("LAT,LON\n1\n", "line 2: 1 cells where the header has 2"),
        ("LAT,LON\n", "the table has no rows"),
        ("", "the table is empty"),
        ("id,LON\n1,2\n", "the header has no latitude column; name it lat or latitude"),
        ("LAT,z\n1,2\n", "the header has no longitude column; name it lon or lng"),
        ("LAT,LON\n1,2\n", "No cell contains 5 photos (1 in all)"),
    ],
)
def test_an_unusable_table_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    path = tmp_path / "points.csv"
    path.write_text(text, encoding="utf-8")
    assert main(["partition", str(path), "--tau", "5:9", "--out", str(tmp_path / "out")]) == 1
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert not (tmp_path / "out").exists()


def test_what_is_no_file_no_text_or_no_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = tmp_path / "good.csv"
    good.write_text("lat,lon\n" + "1,2\n" * 9, encoding="utf-8")
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"lat,lon\n\xff\xfe\x01")
    blocked = tmp_path / "blocked"
    blocked.touch()
    for points, out, words in (
        (tmp_path / "absent.csv", tmp_path, "absent.csv: there is no such table"),
        (binary, tmp_path, "binary.csv: this is no text, but a spreadsheet, picture or archive"),
        (good, blocked, "blocked: the results folder cannot be created"),
    ):
        assert main(["partition", str(points), "--tau", "5:9", "--out", str(out)]) == 1
        assert words in capsys.readouterr().err


@pytest.mark.parametrize("tau", ["5", "9:5", "0:5", "a:b", "1:2:3", ""])
def test_a_wrong_pair_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tau: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["partition", "points.csv", "--tau", tau, "--out", str(tmp_path)])
    assert stopped.value.code == 2
    assert f"“{tau}”" in capsys.readouterr().err


def test_options_reach_the_partition(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = tmp_path / "points.csv"
    spots = ["48.85,2.35\n"] * 30 + ["48.9,2.9\n"] * 2
    points.write_text("lat,lon\n" + "".join(spots), encoding="utf-8")
    command = ["partition", str(points), "--tau", "5:10", "--out", str(tmp_path)]
    levels = ["--start-level", "10", "--stop-level", "12"]
    assert main([*command, *levels, "--reassign-km", "0"]) == 0
    printed = capsys.readouterr().out
    assert rows_of(printed)["cells_5_10.csv"] == ["1", "12–12", "30", "0", "2", "1", "0"]
    assert "keeps 30 photos, which share 1 coordinate(s) near 48.85000, 2.35000" in printed
    assert main([*command, *levels, "--reassign-km", "60"]) == 0
    assert rows_of(capsys.readouterr().out)["cells_5_10.csv"][2:5] == ["30", "2", "0"]
    assert main([*command, "--start-level", "12", "--stop-level", "10"]) == 1
    assert "Start level 12 and stop level 10" in capsys.readouterr().err


def test_the_installed_command_runs(tmp_path: Path) -> None:
    points = tmp_path / "points.csv"
    points.write_text("lat,lon\n" + "1,2\n" * 9, encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-c", "import sys; from trainer.cli import main; sys.exit(main())"),
            *("partition", str(points), "--tau", "5:9", "--out", str(tmp_path)),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "cells_5_9.csv").read_text(encoding="utf-8").count("\n") == 2


def town_table(path: Path) -> Path:
    rng = np.random.default_rng(5)
    points = np.array([51.5, -0.1]) + rng.normal(0, 0.004, (240, 2))
    rows = "".join(f"{k}.jpg,{lat},{lon}\n" for k, (lat, lon) in enumerate(points.tolist()))
    path.write_text("file_name,latitude,longitude\n" + rows, encoding="utf-8")
    return path


def test_without_tau_pairs_are_suggested_and_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, out = town_table(tmp_path / "metadata.csv"), tmp_path / "cells"
    assert main(["partition", str(table), "--suggest", "--out", str(out)]) == 0
    suggested = capsys.readouterr().out
    assert not out.exists(), "--suggest only says"
    taus = re.findall(r"^--tau (\d+):(\d+)", suggested, flags=re.MULTILINE)
    assert 1 <= len(taus) <= 3
    assert "240 photos at 240 places support about" in suggested
    flags = " ".join(f"--tau {low}:{high}" for low, high in taus)
    assert f"geoguess-train partition {table} {flags} --out DIR" in suggested
    assert main(["partition", str(tmp_path)]) == 0
    assert "To make them:" in capsys.readouterr().out
    assert main(["partition", str(table), "--out", str(out)]) == 0
    made = rows_of(capsys.readouterr().out)
    assert list(made) == [f"cells_{low}_{high}.csv" for low, high in taus]
    assert all((out / name).is_file() for name in made)
    assert (out / "report.html").is_file()


def test_cells_need_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["partition", str(town_table(tmp_path / "a.csv")), "--tau", "3:9"]) == 1
    assert "--out DIR" in capsys.readouterr().err
