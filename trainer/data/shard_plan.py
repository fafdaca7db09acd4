"""The plan of shards, which says where each row goes: fixed by the seed, whatever the table's
order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from geoguess_app.core.types import IntArray
from geoguess_app.files.atomic import replace_file
from trainer.data.shard_index import PLAN_NAME, ShardError, ShardSettings
from trainer.data.shard_writer import ShardTask
from trainer.data.split import keyed_hashes

ALL = "all"
"""The split of a table that is not divided."""


@dataclass(frozen=True, eq=False)
class ShardPlan:
    """A plan that gives per split (in order of name) the rows in the order of their shards."""

    table: Any
    images: Path
    folder: Path
    settings: ShardSettings
    rows: dict[str, IntArray]
    key: str
    """Hash of names, positions, splits and settings."""

    @property
    def shards(self) -> int:
        """Return how many shards."""
        return sum(self._count(rows) for rows in self.rows.values())

    @property
    def photos(self) -> int:
        """Return how many photos."""
        return sum(rows.size for rows in self.rows.values())

    def _count(self, rows: IntArray) -> int:
        return -(-rows.size // self.settings.photos_per_shard)

    def tasks(self) -> Iterator[ShardTask]:
        """Every shard with its rows, one after the other, so that memory stays small."""
        reader = RowReader(self.table)
        for split, rows in self.rows.items():
            first = 0
            for number, part in enumerate(np.array_split(rows, self._count(rows))):
                name = f"{split}-{number:06d}.tar"
                yield ShardTask(
                    self.folder, name, split, self.images, self.settings, first, reader.read(part)
                )
                first += part.size

    def claim_folder(self) -> None:
        """Refuse a folder that holds shards of another table or of other settings."""
        path = self.folder / PLAN_NAME
        try:
            known = json.loads(path.read_text(encoding="utf-8"))["key"]
        except FileNotFoundError:
            known = self.key
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ShardError(f"{path}: damaged; use another folder.", code="damaged") from error
        if known != self.key:
            raise ShardError(
                f"{self.folder}: the folder contains shards of another table or with other "
                "settings; use another folder, or pass --restart to write them again.",
                code="other-set",
            )
        plan = {
            "key": self.key,
            "settings": asdict(self.settings),
            "photos": {split: int(rows.size) for split, rows in self.rows.items()},
        }
        replace_file(path, (json.dumps(plan, indent=1) + "\n").encode("utf-8"))


def plan_shards(table: Any, images: Path, folder: Path, settings: ShardSettings) -> ShardPlan:
    """Plan the shards of an Arrow table; rows with an empty ``split`` are left out."""
    names = (name or "" for chunk in table["file_name"].chunks for name in chunk.to_pylist())
    hashes = keyed_hashes(names, settings.seed)
    order = np.argsort(hashes, kind="stable")
    digest = hashlib.sha256(json.dumps(asdict(settings)).encode())
    digest.update(hashes[order].tobytes())
    for column in ("latitude", "longitude"):
        digest.update(np.asarray(table[column].to_numpy(), dtype=np.float64)[order].tobytes())
    rows: dict[str, IntArray] = {}
    if "split" in table.column_names:
        coded = table["split"].combine_chunks().dictionary_encode()
        code = np.asarray(coded.indices.fill_null(-1).to_numpy(zero_copy_only=False))[order]
        words = coded.dictionary.to_pylist()
        for word in sorted(word for word in words if word):
            rows[word] = order[code == words.index(word)]
    else:
        rows[ALL] = order
    for split, members in rows.items():
        check_split(split)
        digest.update(f"{split}:{members.size};".encode())
    return ShardPlan(table, images, folder, settings, rows, digest.hexdigest())


def check_split(split: str) -> None:
    """Raise ShardError for a split that cannot be part of a file name."""
    if not split.replace("_", "").replace("-", "").isalnum():
        raise ShardError(
            f"The split {split!r} cannot be part of a file name; use letters and digits.",
            code="split",
        )


class RowReader:
    """Scattered rows of a table that lies on disk, without joining its pieces in memory."""

    def __init__(self, table: Any) -> None:
        self._batches = table.to_batches()
        self._starts = np.cumsum([0, *(batch.num_rows for batch in self._batches)])

    def read(self, rows: IntArray) -> tuple[dict[str, Any], ...]:
        """The rows as dictionaries, in the order asked for."""
        found: list[dict[str, Any]] = [{}] * rows.size
        batch_of = np.searchsorted(self._starts, rows, side="right") - 1
        for number in np.unique(batch_of).tolist():
            places = np.flatnonzero(batch_of == number)
            inside = pa.array(rows[places] - self._starts[number])
            values = self._batches[number].take(inside).to_pylist()
            for place, value in zip(places.tolist(), values, strict=True):
                found[place] = value
        return tuple(found)
