"""Answers that were given before, out of the table that ``geoguess-train parts merge`` writes."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from geoguess_app.core.bundle import Bundle
from geoguess_app.core.errors import TableError
from geoguess_app.core.types import FailedPhoto, LocatedPhoto
from geoguess_app.evaluation.answers.collect import EvaluatedAnswer, MissingAnswer, evaluated
from geoguess_app.evaluation.answers.table import PhotoTable
from geoguess_app.locating.answer_codec import decode_likeliest

PARTS_KEY = b"geoguess-parts"
"""Of the Parquet file's metadata: by what its answers were given, as JSON."""
COLUMNS = ("file_name", "answer", "error_code", "error")
_BATCH_ROWS = 1024


@dataclass(frozen=True, eq=False)
class AnsweredModel:
    """A model whose answers lie in a table of merged parts; its networks are not loaded."""

    path: Path
    bundle: Bundle
    crops: int
    device_name: str

    def collect(
        self, table: PhotoTable, image_dir: Path
    ) -> Iterator[EvaluatedAnswer | MissingAnswer]:
        """One answer or miss per row, in table order, as ``collect`` gives them for photos.

        Raises TableError for a damaged file.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        why = f"{self.path.name} has no answer for it"
        found: list[EvaluatedAnswer | MissingAnswer] = [
            MissingAnswer(row.line, row.file, "missing", why) for row in table.rows
        ]
        numbers = defaultdict(list)
        for number, row in enumerate(table.rows):
            numbers[row.file].append(number)
        try:
            for batch in pq.ParquetFile(self.path).iter_batches(_BATCH_ROWS, columns=list(COLUMNS)):
                cells = (batch.column(name).to_pylist() for name in COLUMNS)
                for name, answer, code, error in zip(*cells, strict=True):
                    for number in numbers.get(name, ()):
                        path = image_dir / name
                        outcome = (
                            LocatedPhoto(path, *decode_likeliest(answer), known=None)
                            if answer is not None
                            else FailedPhoto(path, code, error)
                        )
                        row = table.rows[number]
                        found[number] = evaluated(row, outcome, self.bundle.partitions)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise _unusable(self.path, f"damaged ({error})") from error
        yield from found


def open_answered(path: Path, bundle: Bundle) -> AnsweredModel:
    """Open a table of answers for the model that gave them. Raises TableError."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise TableError(
            f"{path}: to read it install pyarrow (pip install pyarrow).", code="unreadable"
        ) from error
    try:
        facts = json.loads((pq.read_schema(path).metadata or {})[PARTS_KEY])
        if facts["kind"] != "locate":
            raise _unusable(path, "it holds scene labels, no positions")
        if facts["model_sha256"] != bundle.digest:
            raise TableError(
                f"{path}: its answers are by {facts['model']}, not by {bundle.name} as it is here; "
                "name their model with --model.",
                code="other-model",
            )
        return AnsweredModel(path, bundle, facts["crops"], facts["devices"])
    except OSError as error:
        raise TableError(
            f"{path}: cannot be read ({error.strerror or error}).", code="unreadable"
        ) from error
    except (KeyError, TypeError, ValueError, pa.ArrowException) as error:
        raise _unusable(path, "it does not say by which model") from error


def _unusable(path: Path, why: str) -> TableError:
    return TableError(
        f"{path}: not a table of answers that geoguess-train parts merge wrote: {why}.",
        code="unreadable",
    )
