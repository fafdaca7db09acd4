"""Tars that others packed, as they come: read where they lie, or refused in one sentence."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.trainer.data.keyed import keyed
from trainer.cli import main
from trainer.data.shard_dataset import ShardDataset
from trainer.data.shard_index import INDEX_NAME, ShardError, read_index
from trainer.data.shard_rows import shard_rows
from trainer.data.shard_stream import ShardStream
from trainer.data.training_photos import read_photo_shards


@pytest.fixture(scope="module")
def photos(photo_sets: Path) -> list[dict[str, str]]:
    with (photo_sets / "world.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))[:10]
    return [{**row, "bytes": (photo_sets / row["file"]).read_bytes().hex()} for row in rows]


def picture(row: Mapping[str, str]) -> bytes:
    return bytes.fromhex(row["bytes"])


def position(row: Mapping[str, str]) -> bytes:
    found = {"latitude": float(row["latitude"]), "longitude": float(row["longitude"])}
    return json.dumps({"country": "XX", **found}).encode()


def write_tar(path: Path, members: Iterable[tuple[str, bytes]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def street_view(path: Path, rows: Iterable[Mapping[str, str]], first: int = 0) -> None:
    """As OSV-5M comes: an embedding, the photo and its JSON of each key."""
    write_tar(
        path,
        (
            (f"{number}.{suffix}", content)
            for number, row in enumerate(rows, start=first)
            for suffix, content in (
                ("clip.npy", b"embedding"),
                ("jpg", picture(row)),
                ("json", position(row)),
            )
        ),
    )


def hashes(folder: Path) -> dict[Path, str]:
    return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*.tar")}


def index(folder: Path, *more: object) -> int:
    return main(["index-tars", str(folder), "--quiet", *map(str, more)])


def test_photos_positions_and_splits_are_read_where_they_lie(
    photos: list[dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "osv"
    street_view(folder / "train" / "0000.tar", photos[:7])
    street_view(folder / "test" / "0000.tar", photos[7:])
    before = hashes(folder)
    assert index(folder, "--per-shard", 3) == 0
    assert "10 photos in 2 tars (test 3, train 7)" in capsys.readouterr().out
    assert hashes(folder) == before
    assert [shard.photos for shard in read_index(folder).shards] == [3, 3, 3, 1]
    for shard in read_index(folder).shards:
        shard.check(folder)
    items = list(ShardStream(folder, "train", shuffle_buffer=0).epoch(0))
    assert [item.photo for item in items] == [picture(row) for row in photos[:7]]
    assert [item.row["latitude"] for item in items] == [float(r["latitude"]) for r in photos[:7]]
    assert [item.number for item in items] == list(range(7))
    assert items[4].row["file_name"] == "train/0000/4.jpg"
    assert shard_rows(folder)["split"].to_pylist() == ["test"] * 3 + ["train"] * 7
    # Two ranks of two workers' stretches, some of the photos.
    learned = read_photo_shards(folder)
    chosen = learned.chosen("train") & (np.arange(7) != 2)
    seen = [
        name
        for rank in (0, 1)
        for name, _ in ShardDataset(
            folder, "train", keyed, shuffle_buffer=2, rank=rank, ranks=2, chosen=chosen
        )
    ]
    assert sorted(seen) == [f"train/0000/{n}.jpg" for n in (0, 1, 3, 4, 5, 6)]


def test_a_table_names_places_and_divides_them(
    photos: list[dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Keys without JSON, tars on a disk that may be read only, a table of ids."""
    disk = tmp_path / "disk"
    members = [(f"./{row['file']}", picture(row)) for row in photos]
    write_tar(disk / "a.tar", [*members[:6], (f"./{Path(photos[0]['file']).stem}.txt", b"words")])
    write_tar(disk / "b.tar", [*members[6:], ("x/1.jpg", picture(photos[0]))])
    folder = tmp_path / "links"
    folder.mkdir()
    for tar in disk.iterdir():
        (folder / tar.name).symlink_to(tar)
    table = tmp_path / "ids.csv"
    splits = ("train", "train", "val", "test", "")
    lines = [
        f"{Path(row['file']).stem},{row['latitude']},{row['longitude']},{splits[n % 5]}"
        for n, row in enumerate(photos[:9])
    ]
    table.write_text("\n".join(["id,LAT,LON,split", *lines]) + "\n", encoding="utf-8")
    assert index(folder, "--photos", table) == 0
    said = capsys.readouterr().out
    assert "11 photos in 2 tars (all 3, test 2, train 4, val 2)" in said
    assert "2 photos have no position: they can be located, but are not trained on" in said
    learned = read_photo_shards(folder)
    assert learned.size == 8
    by_name = dict(zip(learned.names, learned.latitude_deg, strict=True))
    assert by_name[Path(photos[6]["file"]).stem] == float(photos[6]["latitude"])
    for split in ("train", "val", "test"):
        rows = learned.rows(split)
        found = [content for _, content in learned.pictures(split)]
        names = [learned.names[row] for row in rows.tolist()]
        truth = {Path(row["file"]).stem: picture(row) for row in photos}
        assert found == [truth[name] for name in names]
    # The members are themselves a table, so that photos can be divided anew.
    placed, divided = tmp_path / "placed.csv", tmp_path / "divided.csv"
    line = ["photos", str(folder / "members.parquet"), "--out", str(placed), "--quiet"]
    assert main(line) == 0
    line = ["split", str(placed), "--by", "random", "--out", str(divided), "--quiet"]
    assert main([*line, "--replace"]) == 0
    assert index(folder, "--photos", divided) == 0
    assert read_photo_shards(folder).size == 9


def test_doubles_and_damaged_rows_are_counted_and_named(
    photos: list[dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = picture(photos[0])
    write_tar(
        tmp_path / "odd" / "val-0.tar",
        [
            ("1.jpg", content),
            ("1.json", position(photos[0])),
            ("1.png", content),
            ("2.jpg", content),
            ("2.json", b"{"),
            ("3.jpg", content),
            ("3.json", b'{"lat": 91, "lng": "2.35"}'),
            ("4.JPG", content),
            ("4.json", b'{"lat": "48\\u00b051.5\\u2032N", "lng": "2.35"}'),
            ("._5.jpg", b"left by macOS"),
            ("folder/1.jpg", content),
            ("1.jpg", content),
            ("\udcff.jpg", content),
        ],
    )
    assert index(tmp_path / "odd") == 0
    said = capsys.readouterr().out
    assert "5 photos in 1 tars (val 5)" in said
    assert "3 photos have no position, 1 of them for a damaged JSON" in said
    assert "3 photos are left out" in said
    with (tmp_path / "odd" / "skipped.csv").open(encoding="utf-8", newline="") as stream:
        reasons = [(row["file_name"], row["reason"]) for row in csv.DictReader(stream)]
    assert reasons == [
        ("1.png", "its key has two photos"),
        ("1.jpg", "another photo of its key came before it"),
        ("?.jpg", "its name is no UTF-8"),
    ]
    rows = shard_rows(tmp_path / "odd")
    assert rows["file_name"].to_pylist()[3] == "val-0/4.JPG"
    assert rows["latitude"].to_pylist()[3] == pytest.approx(48.858333, abs=1e-5)


def test_tars_that_cannot_be_read_are_refused(
    photos: list[dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "tars"
    street_view(folder / "a.tar", photos[:3])
    street_view(folder / "b.tar", photos[3:6])
    assert index(folder) == 0
    whole = (folder / "b.tar").read_bytes()

    def refused(sentence: str) -> None:
        capsys.readouterr()
        assert index(folder) == 1
        said = capsys.readouterr().err
        assert sentence in said
        assert said.count("\n") == 1

    # Another tar in its place is noticed, by whatever reads it.
    street_view(folder / "b.tar", photos[:4])
    with pytest.raises(ShardError, match=r"b\.tar: missing or damaged .*run geoguess-train index"):
        list(ShardStream(folder, "all").epoch(0))
    (folder / "b.tar").write_bytes(whole[:1000] + b"x" + whole[1001:])
    with pytest.raises(ShardError, match=r"b\.tar.* not those that were indexed"):
        read_index(folder).shards[1].check(folder)
    (folder / "b.tar").write_bytes(whole[: len(whole) // 2])
    refused("1 of 2 tars are damaged, b.tar (unexpected end of data)")
    middle = whole.index(b"1.jpg")
    (folder / "b.tar").write_bytes(whole[:middle] + b"9" + whole[middle + 1 :])
    refused(f"1 of 2 tars are damaged, b.tar (damaged header at byte {middle:,})")
    (folder / "b.tar").write_bytes(gzip.compress(whole))
    refused("1 tars are compressed, b.tar; unpack them")
    (folder / "b.tar").rename(folder / "b.tar.gz")
    refused("1 tars are compressed, b.tar.gz; unpack them")
    (folder / "b.tar.gz").unlink()
    write_tar(folder / "a.tar", [("1.txt", b"words")])
    refused("its tars hold no photos")
    (folder / "a.tar").unlink()
    refused("there is no .tar file below it")
    index_json = json.loads((folder / INDEX_NAME).read_text(encoding="utf-8"))
    index_json["shards"][0]["stretch"]["tar"] = "../a.tar"
    (folder / INDEX_NAME).write_text(json.dumps(index_json), encoding="utf-8")
    with pytest.raises(ShardError, match="points outside"):
        read_index(folder)
    (folder / "plan.json").touch()
    refused("packed by geoguess-train shards")
    shutil.rmtree(folder)
    refused("there is no such folder")
