"""Shards answered by several processes: the rows of one, whatever is killed, broken or missing."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from geoguess_app.core.bundle import write_bundle
from tests.core.tiny_bundle import shared_parts
from trainer import cli
from trainer.common.errors import TrainError
from trainer.common.ranks import Rank, rank_device, this_rank
from trainer.data.scene_columns import LABEL_FIELDS

COMMAND = (sys.executable, "-c", "import sys; from trainer.cli import main; sys.exit(main())")
PHOTOS, PER_SHARD = 36, 3


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    parts = shared_parts()
    target = tmp_path_factory.mktemp("model") / "tiny.geomodel"
    return write_bundle(target, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)


@pytest.fixture(scope="module")
def table(photo_sets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with (photo_sets / "world.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))[:PHOTOS]
    path = tmp_path_factory.mktemp("table") / "photos.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def shards(table: Path, photo_sets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed") / "shards"
    place = ["shards", str(table), "--images", str(photo_sets), "--out", str(folder)]
    assert cli.main([*place, "--per-shard", str(PER_SHARD), "--workers", "0", "--quiet"]) == 0
    return folder


def arguments(kind: str, shards: Path, folder: Path, model: Path, *more: str) -> list[str]:
    place = ["parts", kind, "--shards", str(shards), "--output", str(folder)]
    return [*place, "--model", str(model), "--device", "cpu", "--quiet", *more]


def process(line: list[str], launcher: Mapping[str, str]) -> subprocess.Popen[str]:
    environment = {**os.environ, **launcher}
    return subprocess.Popen(
        [*COMMAND, *line],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_rank(line: list[str], rank: int, names: tuple[str, str] = ("RANK", "WORLD_SIZE")) -> int:
    """Run a command as one of two processes."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(names[0], str(rank))
        environment.setenv(names[1], "2")
        return cli.main(line)


def merge(target: Path, *folders: Path) -> int:
    return cli.main(["parts", "merge", *map(str, folders), "--output", str(target)])


@pytest.fixture(scope="module")
def alone(shards: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder and the table of one process that answered everything."""
    folder = tmp_path_factory.mktemp("alone")
    assert cli.main(arguments("locate", shards, folder / "parts", model)) == 0
    assert merge(folder / "merged.parquet", folder / "parts") == 0
    return folder


def test_two_processes_give_the_rows_of_one(
    shards: Path, model: Path, alone: Path, tmp_path: Path
) -> None:
    line = arguments("locate", shards, tmp_path / "parts", model)
    other = process(line, {"RANK": "1", "WORLD_SIZE": "2"})
    assert run_rank(line, 0) == 0
    said, errors = other.communicate(timeout=120)
    assert other.returncode == 0, errors
    assert "process 1 of 2: " in said
    assert merge(tmp_path / "merged.parquet", tmp_path / "parts") == 0
    rows, expected = (pq.read_table(f / "merged.parquet") for f in (tmp_path, alone))
    assert rows.equals(expected)
    index = json.loads((shards / "index.json").read_text(encoding="utf-8"))["shards"]
    order = [(shard["name"], number) for shard in index for number in range(shard["photos"])]
    assert list(zip(rows["shard"].to_pylist(), rows["number"].to_pylist(), strict=True)) == order
    assert rows.num_rows == PHOTOS
    assert rows["answer"].null_count == 0


def test_a_killed_process_goes_on_with_what_has_no_part(
    shards: Path, model: Path, alone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "parts"
    killed = process(arguments("locate", shards, folder, model), {})
    deadline = time.monotonic() + 120
    while not list(folder.glob("*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.001)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    done = {path: path.stat().st_mtime_ns for path in folder.glob("*.parquet")}
    for tar in shards.glob("*.tar"):  # what a process leaves that is killed while it writes
        (folder / f".{tar.stem}.parquet.0123abcd.part").touch()
    count = len(list(shards.glob("*.tar")))
    assert 0 < len(done) < count
    assert merge(tmp_path / "merged.parquet", folder) == 1
    said = capsys.readouterr().err
    assert f"of {count} shards have no part yet (" in said
    assert "run geoguess-train parts locate again" in said
    assert cli.main(arguments("locate", shards, folder, model)) == 0
    assert f"{len(done)} shards from before" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in done} == done
    assert not list(folder.glob(".*"))
    assert merge(tmp_path / "merged.parquet", folder) == 0
    rows, expected = (pq.read_table(f / "merged.parquet") for f in (tmp_path, alone))
    assert rows.equals(expected)


def test_another_model_or_option_is_refused(
    shards: Path, model: Path, alone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = shared_parts().but(version="0.2")
    other = write_bundle(
        tmp_path / "newer", newer.manifest, newer.partitions, newer.tensors, newer.extra_files
    )
    for kind, asked, more, differing in (
        ("locate", other, (), "model"),
        ("locate", model, ("--crops", "10"), "number of crops"),
        ("locate", model, ("--split", "train"), "split and another set of shards"),
        ("scenes", model, (), "command"),
    ):
        assert cli.main(arguments(kind, shards, alone / "parts", asked, *more)) == 1
        said = capsys.readouterr().err
        assert f"its parts are of another {differing} (geoguess-train parts locate" in said
        assert said.count("\n") == 1


def test_no_photo_is_answered_twice(
    model: Path, shards: Path, alone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = sorted((alone / "parts").iterdir())
    folders = [tmp_path / "one", tmp_path / "two"]
    for number, folder in enumerate(folders):
        folder.mkdir()
        shutil.copy(alone / "parts" / "manifest.json", folder)
        for part in parts[1 + number :: 2]:
            shutil.copy(part, folder / part.name)
    assert merge(tmp_path / "merged.parquet", *folders, folders[0]) == 0
    # Another photo's rows under a part's name, then the same part in both folders.
    first, second = (folder / part.name for folder, part in zip(folders, parts[1:3], strict=True))
    original = first.read_bytes()
    for wrong in (second.read_bytes(), original[:1000]):
        first.write_bytes(wrong)
        assert merge(tmp_path / "no.parquet", *folders) == 1
        assert f"{first} is damaged or of another model" in capsys.readouterr().err
    first.write_bytes(original)
    shutil.copy(first, folders[1] / first.name)
    assert merge(tmp_path / "no.parquet", *folders) == 1
    assert "answer the same photos" in capsys.readouterr().err
    assert not (tmp_path / "no.parquet").exists()


def with_cut_photo(shards: Path, folder: Path) -> tuple[str, str]:
    """Copy shards with one photo cut short, as the index knows; returns its shard and name."""
    shutil.copytree(shards, folder)
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    record = index["shards"][1]
    path = folder / record["name"]
    with tarfile.open(path) as tar:
        files = [(member, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]
    with tarfile.open(path, "w") as tar:
        for number, (member, content) in enumerate(files):
            kept = content[:700] if number == 2 else content
            member.size = len(kept)
            tar.addfile(member, io.BytesIO(kept))
    record["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    record["bytes"] = path.stat().st_size
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")
    return record["name"], json.loads(files[3][1])["file_name"]


def test_a_broken_photo_is_a_row_and_a_broken_shard_is_said(
    shards: Path, model: Path, alone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoilt = tmp_path / "shards"
    shard, name = with_cut_photo(shards, spoilt)
    torn = spoilt / json.loads((spoilt / "index.json").read_text("utf-8"))["shards"][3]["name"]
    whole = torn.read_bytes()
    torn.write_bytes(whole[: len(whole) // 2])
    line = arguments("locate", spoilt, tmp_path / "parts", model)
    for rank in (0, 1):
        assert run_rank(line, rank) == 0  # else torchrun would end the other process
    said = capsys.readouterr()
    assert "1 photos have an error" in said.out
    assert f"{torn}: missing or damaged" in said.err
    assert cli.main(line) == 1
    assert len(list((tmp_path / "parts").glob("*.parquet"))) == len(list(spoilt.glob("*.tar"))) - 1
    torn.write_bytes(whole)
    assert cli.main(line) == 0
    assert merge(tmp_path / "merged.parquet", tmp_path / "parts") == 0
    rows = pq.read_table(tmp_path / "merged.parquet").to_pylist()
    (failed,) = (row for row in rows if row["answer"] is None)
    assert (failed["shard"], failed["number"], failed["file_name"]) == (shard, 1, name)
    assert failed["error_code"] == "truncated"
    assert Path(name).name in failed["error"]
    expected = pq.read_table(alone / "merged.parquet").to_pylist()
    assert [row for row in rows if row is not failed] == [
        row for row in expected if row["file_name"] != name
    ]


def test_scene_parts_are_the_labels_of_one_labelling(
    shards: Path, model: Path, tmp_path: Path
) -> None:
    line = arguments("scenes", shards, tmp_path / "parts", model)
    for rank in (0, 1):
        assert run_rank(line, rank, ("SLURM_PROCID", "SLURM_NTASKS")) == 0
    assert merge(tmp_path / "merged.parquet", tmp_path / "parts") == 0
    labelled = tmp_path / "labelled.parquet"
    line = ["scenes", str(shards), "--model", str(model), "--out", str(labelled)]
    assert cli.main([*line, "--device", "cpu", "--quiet"]) == 0
    columns = ["file_name", "latitude", *(field.name for field in LABEL_FIELDS)]
    merged = pq.read_table(tmp_path / "merged.parquet", columns=[*columns, "probabilities"])
    assert merged.select(columns).equals(pq.read_table(labelled, columns=columns))
    every = pq.read_table(tmp_path / "labelled-probabilities.parquet")
    assert merged["probabilities"].combine_chunks().equals(every["probabilities"].combine_chunks())


def test_an_evaluation_of_the_answers_has_the_figures_of_one_that_locates(
    table: Path,
    photo_sets: Path,
    model: Path,
    alone: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = ["evaluate", "--photos", str(table), "--images", str(photo_sets), "--device", "cpu"]
    line += ["--no-report", "--where", "split=train,val", "--model"]
    answered = ["--answered", str(alone / "merged.parquet"), "--out"]
    assert cli.main([*line, str(model), "--out", str(tmp_path / "located")]) == 0
    assert cli.main([*line, str(model), *answered, str(tmp_path / "answered")]) == 0
    for name in ("metrics.json", "predictions.csv", "summary.csv"):
        located, again = (tmp_path / folder / name for folder in ("located", "answered"))
        assert located.read_bytes() == again.read_bytes()
    metrics = json.loads((tmp_path / "answered" / "metrics.json").read_text("utf-8"))
    assert 0 < metrics["located"] < PHOTOS
    assert metrics["by_partition"]["combined"]
    capsys.readouterr()
    other = shared_parts().but(name="Other")
    bundle = write_bundle(
        tmp_path / "other", other.manifest, other.partitions, other.tensors, other.extra_files
    )
    assert cli.main([*line, str(bundle), *answered, str(tmp_path / "no")]) == 2
    assert "its answers are by Tiny 0.1, not by Other 0.1" in capsys.readouterr().err


def test_the_rank_is_what_the_launcher_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert this_rank() == Rank(0, 1, 0)
    monkeypatch.setenv("OMPI_COMM_WORLD_RANK", "5")
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "8")
    monkeypatch.setenv("OMPI_COMM_WORLD_LOCAL_RANK", "1")
    assert this_rank() == Rank(5, 8, 1)
    assert rank_device("auto", this_rank()) == "auto"
    monkeypatch.setattr("torch.cuda.device_count", lambda: 4)
    assert rank_device("auto", Rank(9, 16, 5)) == "cuda:1"
    assert rank_device("cuda:3", Rank(9, 16, 5)) == "cuda:3"
    monkeypatch.setenv("RANK", "3")  # torchrun within another launcher has the last word
    with pytest.raises(TrainError, match=r"RANK=3 needs WORLD_SIZE.*found: nothing"):
        this_rank()
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(TrainError, match="found: 3"):
        this_rank()


def test_tars_of_others_are_located_and_evaluated_where_they_lie(
    model: Path, photo_sets: Path, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One of two has a position."""
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))[:2]
    (tmp_path / "tars").mkdir()
    with tarfile.open(tmp_path / "tars" / "test-0.tar", "w") as tar:
        for number, row in enumerate(rows):
            tar.add(photo_sets / row["file"], f"{number}.jpg")
            if number == 0:
                place = json.dumps({"lat": row["latitude"], "lon": row["longitude"]}).encode()
                member = tarfile.TarInfo("0.json")
                member.size = len(place)
                tar.addfile(member, io.BytesIO(place))
    assert cli.main(["index-tars", str(tmp_path / "tars"), "--per-shard", "1", "--quiet"]) == 0
    assert cli.main(arguments("locate", tmp_path / "tars", tmp_path / "parts", model)) == 0
    merged = tmp_path / "merged.parquet"
    assert merge(merged, tmp_path / "parts") == 0
    found = pq.read_table(merged).to_pylist()
    assert [row["file_name"] for row in found] == ["test-0/0.jpg", "test-0/1.jpg"]
    assert [row["latitude"] for row in found] == [float(rows[0]["latitude"]), None]
    assert all(row["answer"] is not None and row["shard"] == "test-0.tar" for row in found)
    line = ["evaluate", "--photos", str(merged), "--answered", str(merged), "--no-report"]
    assert cli.main([*line, "--model", str(model), "--out", str(tmp_path / "report")]) == 1
    assert "1 of 1 photos located, 1 row unusable" in capsys.readouterr().out


def test_a_shard_without_photos_is_a_part_without_rows(
    model: Path, photo_sets: Path, table: Path, tmp_path: Path
) -> None:
    """None of its photos could be packed."""
    lines = table.read_text(encoding="utf-8").splitlines()[:3]
    lines[1] = lines[1].replace("world/", "missing/")
    few = tmp_path / "few.csv"
    few.write_text("\n".join(lines) + "\n", encoding="utf-8")
    line = ["shards", str(few), "--images", str(photo_sets), "--out", str(tmp_path / "shards")]
    assert cli.main([*line, "--per-shard", "1", "--workers", "0", "--quiet"]) == 0
    for kind in ("locate", "scenes"):
        folder = tmp_path / kind
        assert cli.main(arguments(kind, tmp_path / "shards", folder, model)) == 0
        assert merge(tmp_path / "merged.parquet", folder) == 0
        assert pq.read_table(tmp_path / "merged.parquet").num_rows == 1
