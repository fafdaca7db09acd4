"""Labels a photo set portion by portion, each written whole, so that a stopped run goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from geoguess_app.core.errors import TableError
from geoguess_app.locating.scenes import label_scenes
from trainer.data.scene_columns import PART_SCHEMA, Label, labels_batch
from trainer.data.table_files import write_table

if TYPE_CHECKING:
    from geoguess_app.core.predictor import Predictor
    from trainer.scenes.pictures import Pictures

_KEY = b"geoguess-scenes"
_FORMAT = 1

CountCallback = Callable[[int], None]
"""Called with how many photos more are done."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Some photos after one another: ``names`` as the table has them, "" where it has none."""

    number: int
    start: int
    """Row of the first one in the table."""
    names: tuple[str, ...]

    def file(self, folder: Path) -> Path:
        """Return where its labels lie."""
        return folder / f"{self.number:06d}.parquet"


@dataclass(frozen=True, eq=False)
class LabellingTask:
    """The task of labelling photos, and where the finished portions lie."""

    predictor: Predictor
    pictures: Pictures
    folder: Path
    threads: int | None = None

    def finished(self, portion: Portion) -> bool:
        """Tell whether its labels are there, made from the same names by the same model."""
        try:
            metadata = pq.read_schema(portion.file(self.folder)).metadata or {}
        except (OSError, pa.ArrowException):
            return False
        return bool(metadata.get(_KEY) == self._key(portion))

    def run(self, portions: Sequence[Portion], progress: CountCallback) -> None:
        """Label what is not finished. Raises BundleError, DeviceError, TableError (disk full)."""
        todo = []
        for portion in portions:
            if self.finished(portion):
                progress(len(portion.names))
            else:
                todo.append(portion)
        # One stream over all portions: decoding goes on while a portion is written.
        found = label_scenes(self.pictures(todo), self.predictor, threads=self.threads)
        try:
            for portion in todo:
                self._write(portion, list(_count(islice(found, len(portion.names)), progress)))
        finally:
            found.close()

    def _write(self, portion: Portion, labels: list[Label]) -> None:
        batch = labels_batch(labels, self.predictor.model_name)
        schema = PART_SCHEMA.with_metadata({_KEY: self._key(portion)})
        write_table(
            portion.file(self.folder), schema, [batch.replace_schema_metadata(schema.metadata)]
        )

    def _key(self, portion: Portion) -> bytes:
        key = {
            "format": _FORMAT,
            "model": self.predictor.bundle.digest,
            "crops": self.predictor.crops,
            "names": hashlib.sha256("\0".join(portion.names).encode()).hexdigest(),
        }
        return json.dumps(key, sort_keys=True).encode()


def _count(labels: Iterator[Label], progress: CountCallback) -> Iterator[Label]:
    for label in labels:
        progress(1)
        yield label


def read_part(portion: Portion, folder: Path) -> pa.RecordBatch:
    """The labels of a finished portion. Raises TableError."""
    path = portion.file(folder)
    try:
        batches = pq.read_table(path).combine_chunks().to_batches()
    except (OSError, pa.ArrowException) as error:
        raise TableError(
            f"{path}: cannot be read; run the command again.", code="damaged"
        ) from error
    return batches[0]
