"""A photo set is labelled as the program labels photos, each accounted for; kills cost little."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from geoguess_app.core.bundle import write_bundle
from geoguess_app.core.decision.scenes import groups, scene_table
from geoguess_app.core.predictor import Predictor, load_predictor
from geoguess_app.paths import resource_dir
from tests.core.bundle.test_scene_bundles import scene_parts
from tests.core.tiny_bundle import shared_parts
from trainer import cli
from trainer.data.scene_columns import S3_COLUMNS, S16_COLUMNS
from trainer.scenes.labelled import read_probabilities
from trainer.scenes.labelling import LabellingTask, Portion
from trainer.scenes.pictures import file_pictures

COMMAND = (sys.executable, "-c", "import sys; from trainer.cli import main; sys.exit(main())")
CHINA = resource_dir() / "samples" / "china.jpg"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    parts = scene_parts()
    target = tmp_path_factory.mktemp("model") / "scenes.geomodel"
    return write_bundle(target, parts.manifest, (), parts.tensors, parts.extra_files)


@pytest.fixture(scope="module")
def predictor(model: Path) -> Predictor:
    return load_predictor(model, "cpu", for_scenes=True)


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def some_photos(photo_sets: Path, count: int) -> list[str]:
    rows = rows_of(photo_sets / "scenes.csv")
    return [row["file"] for row in rows[:: len(rows) // count]][:count]


def label(table: Path, images: Path, model: Path, out: Path, *more: str) -> int:
    place = ["scenes", str(table), "--images", str(images), "--model", str(model)]
    return cli.main([*place, "--out", str(out), "--quiet", "--device", "cpu", *more])


def test_labels_are_those_of_the_program(
    photo_sets: Path,
    tmp_path: Path,
    model: Path,
    predictor: Predictor,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = some_photos(photo_sets, 8)
    table = tmp_path / "photos.csv"
    table.write_text("File,Latitude,Longitude,note\n" + "".join(f"{n},1.5,2,x\n" for n in names))
    out = tmp_path / "labelled.csv"
    assert label(table, photo_sets, model, out, "--portion", "3", "--threads", "3") == 0
    rows = rows_of(out)
    assert [row["file_name"] for row in rows] == names
    assert {(row["latitude"], row["note"], row["scene_model"]) for row in rows} == {
        ("1.5", "x", "Tiny 0.1")
    }
    files, p365 = read_probabilities(tmp_path / "labelled-probabilities.parquet")
    assert files == names
    for row, half, name in zip(rows, p365, names, strict=True):
        (expected,) = predictor.label_scenes([predictor.prepare(photo_sets / name)])
        assert [float(row[c]) for c in S3_COLUMNS] == pytest.approx(expected.s3, abs=1e-6)
        assert [float(row[c]) for c in S16_COLUMNS] == pytest.approx(expected.s16, abs=1e-6)
        best = int(expected.s365.argmax())
        assert row["scene_category"] == scene_table().categories[best]
        assert float(row["scene_category_probability"]) == pytest.approx(
            expected.s365[best], abs=1e-6
        )
        assert half == pytest.approx(expected.s365, abs=1e-3)
        assert groups(half)[0] == pytest.approx(expected.s3, abs=2e-3)
    assert not (tmp_path / "labelled-parts").exists()
    assert (tmp_path / "labelled-skipped.csv").read_text() == "file_name,reason\n"
    assert "8 photos labelled by Tiny 0.1" in capsys.readouterr().out


def test_broken_photos_are_named_and_keep_their_rows(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = tmp_path / "photos"
    images.mkdir()
    shutil.copy(CHINA, images / "good.jpg")
    (images / "cut.jpg").write_bytes(CHINA.read_bytes()[:2000])
    (images / "text.jpg").write_text("no picture")
    shutil.copy(CHINA, tmp_path / "outside.jpg")
    table = tmp_path / "photos.csv"
    names = ["cut.jpg", "good.jpg", "gone.jpg", "text.jpg", "", "../outside.jpg", "good.jpg"]
    table.write_text("file,category\n" + "".join(f'"{name}",bar\n' for name in names))
    out = tmp_path / "labelled.parquet"
    assert label(table, images, model, out, "--portion", "2") == 0
    read = pq.read_table(out)
    assert read.column_names[:2] == ["file_name", "category"]
    assert "latitude" not in read.column_names
    found = read["scene_category"].to_pylist()
    assert [name is not None for name in found] == [False, True, False, False, False, False, True]
    assert read["s3_indoor"].null_count == 5
    files, p365 = read_probabilities(tmp_path / "labelled-probabilities.parquet")
    assert files == ["good.jpg", "good.jpg"]
    assert np.array_equal(p365[0], p365[1])
    skipped = rows_of(tmp_path / "labelled-skipped.csv")
    assert [row["file_name"] for row in skipped] == [n for n in names if n != "good.jpg"]
    assert all(row["reason"] for row in skipped)
    assert "5 photos have no label" in capsys.readouterr().out


def test_a_folder_and_a_labelled_table_can_be_labelled(
    tmp_path: Path, model: Path, predictor: Predictor
) -> None:
    images = tmp_path / "photos"
    (images / "deep").mkdir(parents=True)
    for name in ("a.jpg", "deep/b.jpg"):
        shutil.copy(CHINA, images / name)
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    place = ["--model", str(model), "--quiet", "--device", "cpu"]
    assert cli.main(["scenes", str(images), "--out", str(first), *place]) == 0
    assert [row["file_name"] for row in rows_of(first)] == ["a.jpg", "deep/b.jpg"]
    assert label(first, images, model, second) == 0
    assert first.read_bytes() == second.read_bytes()


def test_a_killed_run_goes_on_and_ends_with_the_same_files(
    photo_sets: Path, tmp_path: Path, model: Path
) -> None:
    names = some_photos(photo_sets, 60)
    table = tmp_path / "photos.csv"
    table.write_text("file\n" + "".join(f"{name}\n" for name in names))
    whole, killed = tmp_path / "whole.parquet", tmp_path / "killed.parquet"
    assert label(table, photo_sets, model, whole, "--portion", "2") == 0
    arguments = ["scenes", str(table), "--images", str(photo_sets), "--model", str(model)]
    arguments += ["--out", str(killed), "--portion", "2", "--quiet", "--device", "cpu"]
    parts = tmp_path / "killed-parts"
    process = subprocess.Popen([*COMMAND, *arguments], env=environment())
    deadline = time.monotonic() + 120
    while not list(parts.glob("[0-9]*.parquet")) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 0 < len(list(parts.glob("[0-9]*.parquet"))) < 30
    assert not killed.exists()
    assert cli.main(arguments) == 0
    assert not parts.exists()
    for name in ("{}.parquet", "{}-probabilities.parquet", "{}-skipped.csv"):
        ours, theirs = (tmp_path / name.format(stem) for stem in ("killed", "whole"))
        assert ours.read_bytes() == theirs.read_bytes()


def environment() -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[3])
    return {**os.environ, "PYTHONPATH": root, "OMP_NUM_THREADS": "1"}


def test_finished_portions_are_kept_only_for_the_same_photos_and_model(
    photo_sets: Path, tmp_path: Path, predictor: Predictor
) -> None:
    names = tuple(some_photos(photo_sets, 2))
    folder = tmp_path / "parts"
    folder.mkdir()
    portion, pictures = Portion(0, 0, names), file_pictures(photo_sets)
    labelling = LabellingTask(predictor, pictures, folder)
    done: list[int] = []
    labelling.run([portion], done.append)
    assert labelling.finished(portion)
    before = portion.file(folder).stat().st_mtime_ns
    labelling.run([portion], done.append)
    assert portion.file(folder).stat().st_mtime_ns == before
    assert sum(done) == 4
    assert not labelling.finished(Portion(0, 0, names[::-1]))
    assert not labelling.finished(Portion(1, 0, names))
    other = LabellingTask(Predictor(predictor.bundle, "cpu", crops=1), pictures, folder)
    assert not other.finished(portion)
    portion.file(folder).write_bytes(b"half a file")
    assert not labelling.finished(portion)


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert cli.main(arguments) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    return told.err


def test_what_cannot_be_meant_is_told_in_one_sentence(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "photos.csv"
    table.write_text("file\ngone.jpg\nlost.jpg\n")
    parts = shared_parts().but(scene_network=None, context_networks={})
    blind = write_bundle(
        tmp_path / "blind.geomodel",
        parts.manifest,
        parts.partitions,
        parts.tensors,
        parts.extra_files,
    )
    out = str(tmp_path / "out.csv")
    base = ["scenes", str(table), "--images", str(tmp_path), "--quiet", "--device", "cpu"]
    cases = [
        (["--model", str(model), "--out", out], "none of its 2 photos could be labelled"),
        (["--model", str(blind), "--out", out], "has no scene labels"),
        (["--model", str(tmp_path / "no.geomodel"), "--out", out], "no.geomodel"),
        (["--model", str(model), "--out", str(tmp_path / "out.txt")], "must end in .csv"),
        (
            ["--model", str(model), "--out", out, "--portion", "0"],
            "--portion 0: must be at least 1",
        ),
    ]
    for arguments, words in cases:
        assert words in refused([*base, *arguments], capsys)
    table.write_text("category,s3\nbar,indoor\n")
    told = refused([*base, "--model", str(model), "--out", out], capsys)
    assert "no column for file_name" in told
