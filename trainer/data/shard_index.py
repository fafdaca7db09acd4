"""The index of a folder of shards: ``index.json``, and one small record beside each shard."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.records.forms import decode
from geoguess_app.files.atomic import replace_file

INDEX_NAME = "index.json"
PLAN_NAME = "plan.json"
MEMBERS_NAME = "members.parquet"
"""Of tars that others packed: a row group for each shard, a row for each photo."""
SKIPPED_NAME = "skipped.csv"
FORMAT = "geoguess-shards"
FORMAT_VERSION = 1
_BLOCK_BYTES = 1 << 20


class ShardError(GeoGuessError):
    """Shards that are missing, damaged, or belong to another set."""


@dataclass(frozen=True)
class ShardSettings:
    """Settings of how photos are packed."""

    photos_per_shard: int = 2000
    seed: int = 1
    short_side_px: int | None = None
    """Larger photos are scaled to this short side; None keeps JPEG files as they are."""
    quality: int = 90
    """JPEG quality of what is encoded anew."""


@dataclass(frozen=True)
class TarStretch:
    """A stretch of a tar that others packed."""

    tar: str
    """Below the folder, with / between folders."""
    tar_bytes: int
    start_byte: int
    row_group: int
    """Of ``members.parquet``: which photos, where, and their rows."""


@dataclass(frozen=True)
class ShardRecord:
    """The record of one finished shard, a tar of its own or a stretch of one."""

    name: str
    split: str
    photos: int
    bytes: int
    sha256: str
    rows_sha256: str
    """Of the rows and settings that it was made from: another hash, another shard."""
    skipped: tuple[tuple[str, str], ...] = ()
    """File name and reason of photos that could not be packed."""
    stretch: TarStretch | None = None

    def path(self, folder: Path) -> Path:
        """Return the tar that it lies in."""
        return folder / (self.name if self.stretch is None else self.stretch.tar)

    @property
    def remedy(self) -> str:
        """Words that say what to do when it is damaged."""
        return f"run geoguess-train {'shards' if self.stretch is None else 'index-tars'} again"

    def check(self, folder: Path) -> None:
        """Raise ShardError unless its bytes are, by their hash, what the index says."""
        path = self.path(folder)
        start_byte = 0 if self.stretch is None else self.stretch.start_byte
        try:
            size = None if self.stretch is None else self.bytes
            if bytes_sha256(path, start_byte, size) == self.sha256:
                return
            why = "its bytes are not those that were indexed"
        except OSError as error:
            why = error.strerror or str(error)
        raise ShardError(f"{path}: missing or damaged ({why}); {self.remedy}.", code="damaged")

    def write(self, folder: Path) -> None:
        """Store the record beside its shard."""
        text = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)
        replace_file(record_path(folder, self.name), (text + "\n").encode("utf-8"))


@dataclass(frozen=True)
class ShardIndex:
    """All shards of a set in their order."""

    folder: Path
    settings: ShardSettings
    shards: tuple[ShardRecord, ...]

    def of(self, split: str) -> tuple[ShardRecord, ...]:
        """The shards of one split; raises ShardError where there are none."""
        chosen = tuple(shard for shard in self.shards if shard.split == split)
        if not sum(shard.photos for shard in chosen):
            splits = sorted({shard.split for shard in self.shards})
            raise ShardError(
                f"{self.folder}: no photos of split {split!r}; it has {', '.join(splits)}.",
                code="split",
            )
        return chosen


def bytes_sha256(path: Path, start_byte: int, size: int | None) -> str:
    """Return the SHA-256 of ``size`` bytes of a file (None: to its end). Raises OSError."""
    digest = hashlib.sha256()
    left = math.inf if size is None else size
    with path.open("rb") as stream:
        stream.seek(start_byte)
        while block := stream.read(int(min(left, _BLOCK_BYTES))):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest()


def record_path(folder: Path, name: str) -> Path:
    """Return where the record of shard ``name`` lies."""
    return folder / f"{name}.json"


def read_record(folder: Path, name: str) -> ShardRecord | None:
    """The record of a finished shard whose tar is there in full size, else None."""
    try:
        found = json.loads(record_path(folder, name).read_text(encoding="utf-8"))
        record = decode(ShardRecord, found)
        whole = (folder / name).stat().st_size == record.bytes
    except (OSError, ValueError):
        return None
    return record if whole else None


def write_index(index: ShardIndex) -> Path:
    """Write ``index.json``; gives its path. Raises GeoGuessError."""
    totals: dict[str, dict[str, int]] = {}
    for shard in index.shards:
        total = totals.setdefault(shard.split, {"shards": 0, "photos": 0, "bytes": 0, "skipped": 0})
        total["shards"] += 1
        total["photos"] += shard.photos
        total["bytes"] += shard.bytes
        total["skipped"] += len(shard.skipped)
    shards = []
    for shard in index.shards:
        value = asdict(shard)
        value["skipped"] = len(shard.skipped)
        shards.append(value)
    value = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "settings": asdict(index.settings),
        "splits": totals,
        "shards": shards,
    }
    path = index.folder / INDEX_NAME
    replace_file(path, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))
    return path


def read_index(folder: Path) -> ShardIndex:
    """Read ``index.json``. Raises ShardError for a folder that is not, or not yet, a whole set."""
    path = folder / INDEX_NAME
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if value["format"] != FORMAT or value["format_version"] > FORMAT_VERSION:
            raise ShardError(f"{path}: this version cannot read the index.", code="format")
        records = [decode(ShardRecord, {**shard, "skipped": ()}) for shard in value["shards"]]
        settings = decode(ShardSettings, value["settings"])
    except OSError as error:
        raise ShardError(
            f"{path}: the set of shards is missing or unfinished; run geoguess-train shards.",
            code="missing",
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ShardError(f"{path}: damaged ({error}).", code="damaged") from error
    for record in records:
        tar = PurePath(record.name if record.stretch is None else record.stretch.tar)
        if Path(record.name).name != record.name or tar.is_absolute() or ".." in tar.parts:
            raise ShardError(f"{path}: {tar} points outside the folder.", code="damaged")
    return ShardIndex(folder, settings, tuple(records))


def write_skipped(path: Path, rows: Sequence[tuple[str, str, str]]) -> None:
    """Write shard or tar, photo and reason of photos that are left out."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([("shard", "file_name", "reason"), *rows])
    replace_file(path, text.getvalue().encode("utf-8", "replace"))
