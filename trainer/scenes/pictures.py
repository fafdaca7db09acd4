"""Pictures of a set of photos: in files below a folder, or packed in shards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from trainer.data.shard_index import INDEX_NAME
from trainer.data.shard_rows import shard_rows
from trainer.data.shard_stream import ShardStream
from trainer.data.source import PhotoFinder
from trainer.scenes.labelling import Portion

Pictures = Callable[[Sequence[Portion]], Iterator[Path | bytes | None]]
"""The pictures of some portions in their order; None for one that is missing."""


def file_pictures(images: Path) -> Pictures:
    """The photos below a folder, by their names."""
    finder = PhotoFinder(images)

    def pictures(portions: Sequence[Portion]) -> Iterator[Path | bytes | None]:
        return (finder.find(name) for portion in portions for name in portion.names)

    return pictures


def is_shards(path: Path) -> bool:
    """Tell whether a folder holds what ``geoguess-train shards`` packed."""
    return (path / INDEX_NAME).is_file()


def shard_table(folder: Path) -> Any:
    """The rows of all shards as an Arrow table of plain columns. Raises ShardError."""
    table = shard_rows(folder)
    fields = [
        pa.field(field.name, pa.string()) if pa.types.is_dictionary(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def shard_pictures(folder: Path, split: Sequence[str]) -> Pictures:
    """The photos of shards, whose rows have these splits (grouped, as in ``shard_table``)."""
    splits = np.array(split, dtype=np.str_)

    def pictures(portions: Sequence[Portion]) -> Iterator[Path | bytes | None]:
        wanted = np.zeros(splits.size, dtype=np.bool_)
        for portion in portions:
            wanted[portion.start : portion.start + len(portion.names)] = True
        for word in dict.fromkeys(splits.tolist()):
            chosen = wanted[splits == word]
            if chosen.any():
                stream = ShardStream(folder, word, shuffle_buffer=0, chosen=chosen)
                yield from (item.photo for item in stream.epoch(0))

    return pictures
