"""The index of WebDataset tars that others packed: what lies where in them, and its row."""

from __future__ import annotations

import json
import math
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from geoguess_app.core.geo.angles import LATITUDE, LONGITUDE
from geoguess_app.files.atomic import atomic_binary_file
from geoguess_app.files.columns import cell_degrees
from geoguess_app.photos.scan import PHOTO_SUFFIXES
from trainer.data.column_names import guess
from trainer.data.named_rows import NamedRows
from trainer.data.shard_index import (
    INDEX_NAME,
    MEMBERS_NAME,
    PLAN_NAME,
    SKIPPED_NAME,
    ShardError,
    ShardIndex,
    ShardRecord,
    ShardSettings,
    TarStretch,
    bytes_sha256,
    write_index,
    write_skipped,
)
from trainer.data.shard_plan import ALL, check_split
from trainer.data.shard_rows import FIELDS, MEMBER_SCHEMA, row_value
from trainer.data.source import SPLIT_FOLDERS

_COMPRESSED = re.compile(r"\.(tar\.(gz|bz2|xz|zst)|tgz|tbz2|txz)$", re.IGNORECASE)
_COMPRESSION_MARKS = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
_BLOCK_BYTES = 512
_MOST_JSON_BYTES = 1 << 20
_NAMED = 5
"""So many tars are named, the others counted."""
_AXES = (("latitude", LATITUDE, 90.0), ("longitude", LONGITUDE, 180.0))


@dataclass
class TarIndexSummary:
    """The outcome of indexing, for the terminal."""

    tars: int = 0
    photos: dict[str, int] = field(default_factory=dict)
    """By split."""
    unplaced: int = 0
    """Photos without a position."""
    damaged: int = 0
    """Those among them whose JSON is damaged."""
    skipped: int = 0
    """Photos that are not in the index; ``skipped.csv`` names them."""


@dataclass(frozen=True, slots=True)
class _Sample:
    """One photo of a tar."""

    member: tarfile.TarInfo
    key: str
    row: Mapping[str, Any] | None
    """What its JSON says; None for a damaged one."""
    end_byte: int


def index_tars(
    folder: Path, table: NamedRows | None, photos_per_shard: int, progress: Callable[[int], None]
) -> TarIndexSummary:
    """Index all tars below a folder, which then is read like one that was packed here.

    Every ``photos_per_shard`` photos of a tar count as a shard for each split among them. Position
    and split are the table's, or without one those of each photo's JSON; a split that is not said
    is that in the tar's name, else ``all``. ``progress`` is told how many bytes more are done.
    Raises ShardError where a tar is compressed or broken, GeoGuessError for a full disk.
    """
    indexing = _Indexing(folder, table, photos_per_shard, progress)
    tars, broken = _tars(folder), []
    path = folder / MEMBERS_NAME
    try:
        with atomic_binary_file(path) as stream, pq.ParquetWriter(stream, MEMBER_SCHEMA) as writer:
            for tar in tars:
                try:
                    indexing.add(tar, writer)
                except (tarfile.TarError, EOFError) as error:
                    broken.append(f"{tar.relative_to(folder)} ({error})")
            if broken:
                raise ShardError(
                    f"{folder}: {len(broken):,} of {len(tars):,} tars are damaged, "
                    f"{_some(broken)}; fetch them again or move them away.",
                    code="damaged",
                )
            if not indexing.shards:
                raise ShardError(f"{folder}: its tars hold no photos.", code="missing")
            # An index never stands beside the members of another one.
            (folder / INDEX_NAME).unlink(missing_ok=True)
    except OSError as error:
        raise ShardError(
            f"{error.filename or folder}: cannot be read or written ({error.strerror or error}).",
            code="unwritable",
        ) from error
    shards = sorted(indexing.shards, key=lambda shard: shard.name)
    write_index(ShardIndex(folder, ShardSettings(photos_per_shard), tuple(shards)))
    write_skipped(folder / SKIPPED_NAME, indexing.skipped)
    indexing.summary.tars = len(tars)
    return indexing.summary


def _tars(folder: Path) -> list[Path]:
    if (folder / PLAN_NAME).exists():
        raise ShardError(
            f"{folder}: packed by geoguess-train shards, which makes its index itself.",
            code="other-set",
        )
    files = sorted(path for path in folder.rglob("*") if path.name[0] != "." and path.is_file())
    tars = [path for path in files if path.suffix.lower() == ".tar"]
    packed = [str(p.relative_to(folder)) for p in files if _COMPRESSED.search(p.name)]
    packed += [str(path.relative_to(folder)) for path in tars if _is_compressed(path)]
    if packed:
        raise ShardError(
            f"{folder}: {len(packed):,} tars are compressed, {_some(packed)}; unpack them "
            "(gunzip, unzstd), since single photos cannot be read out of a compressed tar.",
            code="compressed",
        )
    if not tars:
        raise ShardError(f"{folder}: there is no .tar file below it.", code="missing")
    return tars


def _is_compressed(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(8).startswith(_COMPRESSION_MARKS)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")


class _Indexing:
    """One run over all tars; only a shard's photos are in memory."""

    def __init__(
        self,
        folder: Path,
        table: NamedRows | None,
        photos_per_shard: int,
        progress: Callable[[int], None],
    ) -> None:
        self._folder, self._table, self._progress = folder, table, progress
        self._photos_per_shard = photos_per_shard
        self.shards: list[ShardRecord] = []
        self.skipped: list[tuple[str, str, str]] = []
        self.summary = TarIndexSummary()

    def add(self, path: Path, writer: pq.ParquetWriter) -> None:
        """Index one tar."""
        name = path.relative_to(self._folder).as_posix()
        samples: list[_Sample] = []
        start_byte = 0
        for sample in self._samples(path, name):
            if len(samples) == self._photos_per_shard:
                start_byte = self._add_shards(path, name, samples, start_byte, writer)
                samples = []
            samples.append(sample)
        if samples:
            self._add_shards(path, name, samples, start_byte, writer)

    def _samples(self, path: Path, name: str) -> Iterator[_Sample]:
        seen: set[int] = set()
        with path.open("rb") as stream, tarfile.open(fileobj=stream, mode="r:") as tar:
            for key, members in _groups(tar):
                photos = [
                    m for m in members if PurePosixPath(m.name).suffix.lower() in PHOTO_SUFFIXES
                ]
                if not photos:
                    continue
                reason = ""
                if hash(key) in seen:
                    reason = "another photo of its key came before it"
                elif not _is_text(photos[0].name):
                    reason = "its name is no UTF-8"
                self._skip(name, photos[0 if reason else 1 :], reason or "its key has two photos")
                if not reason:
                    seen.add(hash(key))  # of millions of keys, the texts would fill the memory
                    last = members[-1]
                    size = -(-last.size // _BLOCK_BYTES) * _BLOCK_BYTES
                    yield _Sample(photos[0], key, _json(tar, members), last.offset_data + size)
            stream.seek(tar.offset)  # tarfile takes a damaged header for the end
            if any(stream.read(_BLOCK_BYTES)):
                raise tarfile.ReadError(f"damaged header at byte {tar.offset:,}")

    def _skip(self, tar: str, photos: Sequence[tarfile.TarInfo], reason: str) -> None:
        self.skipped += [(tar, photo.name, reason) for photo in photos]
        self.summary.skipped += len(photos)

    def _add_shards(
        self,
        path: Path,
        tar: str,
        samples: Sequence[_Sample],
        start_byte: int,
        writer: pq.ParquetWriter,
    ) -> int:
        """Add a row group and a record for each split; returns where the stretch ends, bytes."""
        end_byte = samples[-1].end_byte
        digest = bytes_sha256(path, start_byte, end_byte - start_byte)
        by_split: dict[str, list[dict[str, Any]]] = {}
        for row in self._rows(tar, samples):
            by_split.setdefault(row["split"], []).append(row)
        for split, rows in by_split.items():
            check_split(split)
            group = len(self.shards)
            writer.write_table(pa.Table.from_pylist(rows, MEMBER_SCHEMA), row_group_size=len(rows))
            self.shards.append(
                ShardRecord(
                    name=f"{split}-{group:06d}.tar",
                    split=split,
                    photos=len(rows),
                    bytes=end_byte - start_byte,
                    sha256=digest,
                    rows_sha256="",
                    stretch=TarStretch(tar, path.stat().st_size, start_byte, group),
                )
            )
            self.summary.photos[split] = self.summary.photos.get(split, 0) + len(rows)
        self._progress(end_byte - start_byte)
        return end_byte

    def _rows(self, tar: str, samples: Sequence[_Sample]) -> Iterator[dict[str, Any]]:
        below = PurePosixPath(tar).with_suffix("")
        said = _split_in_name(tar)
        names = [(below / sample.member.name).as_posix() for sample in samples]
        if self._table is None:
            rows = [sample.row or {} for sample in samples]
        else:
            rows = self._table.find([(n, s.key) for n, s in zip(names, samples, strict=True)])
        for sample, name, row in zip(samples, names, rows, strict=True):
            if row is NamedRows.TAKEN:
                self._skip(tar, [sample.member], "another photo has its row of the table")
                continue
            position = _position(row)
            self.summary.unplaced += position is None
            self.summary.damaged += self._table is None and sample.row is None
            unsaid = ALL if self._table is not None and not row else said
            split = str(row.get("split", unsaid) or ALL)
            latitude_deg, longitude_deg = position or (math.nan, math.nan)
            full = {
                **row,
                "file_name": (self._table is not None and row.get("file_name")) or name,
                "latitude": latitude_deg,
                "longitude": longitude_deg,
            }
            found = {field: row_value(full, field, split) for field in FIELDS}
            if position is None:
                found |= {"latitude": None, "longitude": None}
            place = {"offset_bytes": sample.member.offset_data, "size_bytes": sample.member.size}
            yield {**found, **place}


def _groups(tar: tarfile.TarFile) -> Iterator[tuple[str, list[tarfile.TarInfo]]]:
    """Members of one key that follow each other, as WebDataset groups them: folder and name up to
    the first dot."""
    key = ""
    members: list[tarfile.TarInfo] = []
    while (member := tar.next()) is not None:
        tar.members.clear()  # type: ignore[attr-defined]  # else all millions stay in memory
        path = PurePosixPath(member.name)
        if not member.isreg() or member.issparse() or path.name.startswith("."):
            continue
        following = (path.parent / path.name.partition(".")[0]).as_posix()
        if following != key and members:
            yield key, members
            members = []
        key = following
        members.append(member)
    if members:
        yield key, members


def _json(tar: tarfile.TarFile, members: Sequence[tarfile.TarInfo]) -> dict[str, Any] | None:
    """What the JSON of a photo says; empty without one, None for a damaged one."""
    for member in members:
        if member.name.lower().endswith(".json"):
            stream = tar.extractfile(member) if member.size <= _MOST_JSON_BYTES else None
            try:
                found = json.loads(stream.read()) if stream is not None else None
            except (ValueError, RecursionError):
                return None
            return found if isinstance(found, dict) else None
    return {}


def _position(row: Mapping[str, Any]) -> tuple[float, float] | None:
    """Latitude and longitude in degrees, by any usual name and in any form."""
    header, position_deg = list(row), []
    for role, axis, most_deg in _AXES:
        value = row.get(guess(header, role) or "")
        angle_deg = cell_degrees("" if value is None else str(value), axis)
        if not abs(angle_deg) <= most_deg:
            return None
        position_deg.append(angle_deg)
    return position_deg[0], position_deg[1]


def _split_in_name(tar: str) -> str:
    words = re.findall("[a-z]+", tar.lower())
    return next((SPLIT_FOLDERS[word] for word in words if word in SPLIT_FOLDERS), ALL)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
