"""Shards that survive a kill, and readers that together see every photo once."""

from __future__ import annotations

import csv
import gc
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
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.decode import open_upright
from tests.trainer.data.keyed import keyed
from trainer.cli import main
from trainer.data.shard_dataset import ShardDataset, photos_done
from trainer.data.shard_index import ShardError, ShardSettings, read_index
from trainer.data.shard_stream import ShardStream, StreamReader
from trainer.data.shard_writer import shard_jpeg
from trainer.engine.data_module import start_method

PHOTOS = 230


def shards(*arguments: object, workers: int = 0) -> int:
    return main(["shards", *map(str, arguments), "--quiet", "--workers", str(workers)])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.suffix in (".tar", ".json", ".csv")
    }


@pytest.fixture(scope="module")
def table(photo_sets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real photos of all three splits."""
    rows = rows_of(photo_sets / "world.csv")
    chosen = [*rows[:PHOTOS]]
    path = tmp_path_factory.mktemp("table") / "photos.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(chosen)
    return path


@pytest.fixture(scope="module")
def packed(table: Path, photo_sets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed") / "shards"
    assert shards(table, "--images", photo_sets, "--out", folder, "--per-shard", 24) == 0
    return folder


def names(stream: object) -> list[str]:
    return [item.row["file_name"] for item in stream]  # type: ignore[attr-defined]


def test_every_photo_and_its_row_is_packed_as_it_was(
    packed: Path, table: Path, photo_sets: Path
) -> None:
    truth = {row["file"]: row for row in rows_of(table)}
    seen: Counter[str] = Counter()
    index = read_index(packed)
    for path in sorted(packed.glob("*.tar")):
        # Read with nothing but Python's own tar module.
        with tarfile.open(path) as tar:
            members = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
        keys = sorted({name.partition(".")[0] for name in members})
        assert len(members) == 2 * len(keys)
        for key in keys:
            row = json.loads(members[f"{key}.json"])
            expected = truth[row["file_name"]]
            assert row["latitude"] == float(expected["latitude"])
            assert row["place"] == expected["place"]
            assert path.name.startswith(row["split"])
            assert members[f"{key}.jpg"] == (photo_sets / row["file_name"]).read_bytes()
            seen[row["file_name"]] += 1
        record = next(shard for shard in index.shards if shard.name == path.name)
        assert record.photos == len(keys)
        assert record.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert seen == Counter(truth.keys())
    # No shard is much smaller than another of its split, and they are mixed.
    sizes = [shard.photos for shard in index.of("train")]
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) <= 24


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_webdataset_reads_them(packed: Path) -> None:
    import webdataset

    urls = [str(path) for path in sorted(packed.glob("train-*.tar"))]
    samples = list(webdataset.WebDataset(urls, shardshuffle=False).decode("pil"))
    expected = names(ShardStream(packed, "train", shuffle_buffer=0).epoch(0))
    assert [sample["json"]["file_name"] for sample in samples] == expected
    assert samples[0]["jpg"].mode == "RGB"
    # It leaves its files open; they must be gone before the next test, which tolerates none.
    del samples
    gc.collect()


def test_killed_and_resumed_the_set_is_identical(
    packed: Path, table: Path, photo_sets: Path, tmp_path: Path
) -> None:
    out = tmp_path / "shards"
    command = [sys.executable, "-c", "from trainer.cli import main; raise SystemExit(main())"]
    command += ["shards", table, "--images", photo_sets, "--out", out, "--per-shard", "24"]
    process = subprocess.Popen(
        [*map(str, command), "--workers", "2"], stderr=subprocess.PIPE, cwd=Path.cwd()
    )
    deadline = time.monotonic() + 60
    while len(list(out.glob("*.tar"))) < 2 and time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read()  # type: ignore[union-attr]
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    finished = {path.name: path.stat().st_mtime_ns for path in out.glob("*.tar.json")}
    assert 1 <= len(finished) < len(list(packed.glob("*.tar"))), "killed too late to prove anything"
    assert not (out / "index.json").exists()
    with pytest.raises(ShardError, match="run geoguess-train shards"):
        read_index(out)
    # What a kill in the middle of a shard leaves: half a file, and a shard without its record.
    (out / ".train-000003.tar.0badc0de.part").write_bytes(b"half")
    victim = sorted(finished)[0].removesuffix(".json")
    (out / f"{victim}.json").unlink()
    (out / victim).write_bytes(b"torn")
    time.sleep(0.5)  # the workers notice that their parent is gone
    assert shards(table, "--images", photo_sets, "--out", out, "--per-shard", 24) == 0
    assert hashes(out) == hashes(packed)
    assert not [path for path in out.iterdir() if path.name.startswith(".")]
    kept = {name: time for name, time in finished.items() if not name.startswith(victim)}
    assert kept == {name: (out / name).stat().st_mtime_ns for name in kept}


def test_rows_in_another_order_make_the_same_shards(
    packed: Path, table: Path, photo_sets: Path, tmp_path: Path
) -> None:
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    other = tmp_path / "other.csv"
    other.write_text("".join([lines[0], *reversed(lines[1:])]), encoding="utf-8")
    out = tmp_path / "out"
    assert shards(other, "--images", photo_sets, "--out", out, "--per-shard", 24) == 0
    assert hashes(out) == hashes(packed)


def test_another_set_is_not_mixed_in(
    packed: Path,
    table: Path,
    photo_sets: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = Path(shutil.copytree(packed, tmp_path / "copy"))
    arguments = [table, "--images", photo_sets, "--out", out, "--per-shard"]
    assert shards(*arguments, 50) == 1
    assert "another table or with other settings" in capsys.readouterr().err
    assert hashes(out) == hashes(packed)
    assert shards(*arguments, 50, "--restart") == 0
    assert len(list(out.glob("*.tar"))) < len(list(packed.glob("*.tar")))
    assert len(names(ShardStream(out, "train").epoch(0))) == read_train(packed)


def read_train(folder: Path) -> int:
    return sum(shard.photos for shard in read_index(folder).of("train"))


@pytest.mark.parametrize("buffer", [0, 1, 40, 5000])
def test_two_ranks_of_two_workers_see_every_photo_once(packed: Path, buffer: int) -> None:
    everything = Counter(names(ShardStream(packed, "train", shuffle_buffer=0).epoch(0)))
    assert set(everything.values()) == {1}
    orders = []
    for epoch in (0, 1):
        readers = [
            ShardStream(
                packed, seed=3, shuffle_buffer=buffer, reader=StreamReader(rank, 2, worker, 2)
            )
            for rank in range(2)
            for worker in range(2)
        ]
        seen = [names(reader.epoch(epoch)) for reader in readers]
        assert [len(reader) for reader in readers] == [len(part) for part in seen]
        assert max(map(len, seen)) - min(map(len, seen)) <= 1
        assert Counter(name for part in seen for name in part) == everything
        assert [names(reader.epoch(epoch)) for reader in readers] == seen
        orders.append(seen)
    assert (orders[0] == orders[1]) == (buffer == 0)


def test_even_ranks_for_distributed_training(packed: Path) -> None:
    total = read_train(packed)
    for ranks in (2, 3, 7):
        lengths = [
            len(ShardStream(packed, reader=StreamReader(r, ranks), even=True)) for r in range(ranks)
        ]
        assert set(lengths) == {total // ranks}
    # More readers than shards, and even than some photos.
    many = [ShardStream(packed, reader=StreamReader(r, 50)) for r in range(50)]
    assert sum(len(names(stream.epoch(4))) for stream in many) == total


@pytest.mark.parametrize("buffer", [0, 1, 30, 5000])
def test_a_stream_goes_on_where_it_was(packed: Path, buffer: int) -> None:
    stream = ShardStream(packed, seed=9, shuffle_buffer=buffer, reader=StreamReader(1, 2))
    whole = [(item.key, item.photo, item.row) for item in stream.epoch(5)]
    for done in (0, 1, 17, len(whole) - 1, len(whole), len(whole) + 3):
        rest = [(item.key, item.photo, item.row) for item in stream.epoch(5, done=done)]
        assert rest == whole[done:]


@pytest.mark.parametrize("buffer", [0, 7, 5000])
def test_some_photos_are_chosen_as_if_there_were_no_others(packed: Path, buffer: int) -> None:
    everything = list(ShardStream(packed, shuffle_buffer=0).epoch(0))
    assert [item.number for item in everything] == list(range(len(everything)))
    chosen = np.random.default_rng(2).random(len(everything)) < 0.3
    chosen[:5] = False
    wanted = {item.key for item in everything if chosen[item.number]}
    readers = [
        ShardStream(packed, shuffle_buffer=buffer, reader=StreamReader(rank, 2), chosen=chosen)
        for rank in range(2)
    ]
    seen = [[(item.key, item.number) for item in reader.epoch(1)] for reader in readers]
    assert abs(len(seen[0]) - len(seen[1])) <= 1
    assert sum(map(len, seen)) == len(wanted)
    assert {key for part in seen for key, _ in part} == wanted
    assert {number for part in seen for _, number in part} == set(np.flatnonzero(chosen).tolist())
    rest = [(item.key, item.number) for item in readers[1].epoch(1, done=4)]
    assert rest == seen[1][4:]


def dataset_of(packed: Path, rank: int) -> ShardDataset[tuple[str, torch.Tensor]]:
    return ShardDataset(packed, "train", keyed, seed=1, shuffle_buffer=20, rank=rank, ranks=2)


def test_a_data_loader_with_workers_and_its_resumption(packed: Path) -> None:
    dataset = dataset_of(packed, 0)
    loader = DataLoader(
        dataset,
        batch_size=8,
        num_workers=2,
        multiprocessing_context=start_method(),
        persistent_workers=True,
    )

    def batches(done: int) -> list[tuple[str, ...]]:
        dataset.set_epoch(2, batches_done=done, batch_size=8)
        return [tuple(files) for files, _ in loader]

    whole = batches(0)
    other = dataset_of(packed, 1)
    other.set_epoch(2)
    seen = [name for batch in whole for name in batch] + [name for name, _ in other]
    assert Counter(seen) == Counter(names(ShardStream(packed, shuffle_buffer=0).epoch(0)))
    assert len(dataset) + len(other) == len(seen)
    for done in (1, 6):
        assert batches(done) == whole[done:]


def test_photos_done_follows_the_turns_of_a_loader() -> None:
    for lengths, size in (([10, 10, 9], 4), ([5, 4], 2), ([3], 2), ([0, 0], 8)):
        turns = [-(-length // size) for length in lengths]
        given = [0] * len(lengths)
        batches = 0
        for turn in range(max(turns)):
            for worker, count in enumerate(turns):
                if turn < count:
                    batches += 1
                    given[worker] = min(lengths[worker], given[worker] + size)
                    assert photos_done(lengths, batches, size) == (
                        given,
                        (worker + 1) % len(lengths),
                    )


def test_broken_photos_are_left_out_and_named(
    table: Path, photo_sets: Path, tmp_path: Path
) -> None:
    images = tmp_path / "images"
    (images / "world").mkdir(parents=True)
    files = [row["file"] for row in rows_of(table)][:8]
    for name in files[2:]:
        shutil.copy2(photo_sets / name, images / name)
    whole = (images / files[2]).read_bytes()
    (images / files[2]).write_bytes(whole[: len(whole) // 2])
    Image.new("RGBA", (700, 500)).save(images / files[3], "PNG")
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    few = tmp_path / "few.csv"
    few.write_text("".join(lines[:9]), encoding="utf-8")
    out = tmp_path / "out"
    arguments = ["--out", out, "--short-side", "100", "--quality", "80"]
    assert shards(few, "--images", images, *arguments) == 0
    skipped = {row["file_name"]: row["reason"] for row in rows_of(out / "skipped.csv")}
    assert set(skipped) == set(files[:3])
    assert "no such photo" in skipped[files[0]]
    assert "truncated" in skipped[files[2]]
    items = [
        item
        for split in sorted({shard.split for shard in read_index(out).shards})
        if any(shard.photos for shard in read_index(out).shards if shard.split == split)
        for item in ShardStream(out, split).epoch(0)
    ]
    assert {item.row["file_name"] for item in items} == set(files[3:])
    for item in items:
        original = open_upright(images / item.row["file_name"])
        with Image.open(io.BytesIO(item.photo)) as picture:
            assert picture.format == "JPEG"
            assert min(picture.size) == 100
            ratio = original.width / original.height
            assert picture.width / picture.height == pytest.approx(ratio, abs=0.02)


def test_photos_are_turned_upright_and_never_enlarged(photo_sets: Path, tmp_path: Path) -> None:
    image = Image.new("RGB", (60, 40), "red")
    image.paste("blue", (0, 0, 60, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise: blue belongs on the right
    path = tmp_path / "turned.jpg"
    image.save(path, exif=exif, quality=95)
    small = open_upright(shard_jpeg(path, ShardSettings(short_side_px=200)))
    assert small.size == (40, 60)
    assert small.getpixel((35, 30))[2] > 200  # type: ignore[index]
    heic = sorted((photo_sets / "exif").glob("*.heic"))[0]
    assert min(open_upright(shard_jpeg(heic, ShardSettings(short_side_px=64))).size) == 64
    with pytest.raises(PhotoError):
        shard_jpeg(None, ShardSettings())


def test_damaged_shards_and_wrong_questions(packed: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(packed, tmp_path / "copy"))
    victim = out / "train-000001.tar"
    content = victim.read_bytes()
    for broken in (content[:20_000], content[: 512 * 3] + b"\0" * 10240, b""):
        victim.write_bytes(broken)
        with pytest.raises(ShardError, match=r"train-000001\.tar"):
            names(ShardStream(out).epoch(0))
    with pytest.raises(ShardError, match="no photos of split 'dev'; it has test, train"):
        ShardStream(packed, "dev")
    with pytest.raises(ValueError, match="no such reader"):
        StreamReader(2, 2)
    (out / "index.json").write_text("{}")
    with pytest.raises(ShardError, match="damaged"):
        ShardStream(out)


@pytest.mark.parametrize(
    ("table_text", "arguments", "said"),
    [
        ("file,lat,lon\na,1,2\n", [], "--images"),
        ("file,lat,lon\na,91,2\n", ["--images", "."], "no valid position"),
        ("file,lat,lon,split\na,1,2,\n", ["--images", "."], "no row belongs to a split"),
        ("file,lat,lon,split\na,1,2,../x\n", ["--images", "."], "cannot be part of a file name"),
        ("file,lat,lon\na,1,2\n", ["--images", ".", "--quality", "0"], "--quality"),
    ],
)
def test_one_sentence_for_what_cannot_be_done(
    tmp_path: Path,
    table_text: str,
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(table_text)
    assert shards("t.csv", "--out", "out", *arguments) == 1
    complaint = capsys.readouterr().err.strip().splitlines()
    assert len(complaint) == 1
    assert said in complaint[0]
