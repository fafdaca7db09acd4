"""Scene columns: what a table says about scenes, column by column."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from geoguess_app.core.decision.scenes import S3_NAMES, S16_NAMES, scene_table
from geoguess_app.core.types import FailedPhoto, FloatArray, SceneProbabilities

S3_COLUMNS = tuple(f"s3_{name}" for name in S3_NAMES)
"""P(indoor), P(natural), P(urban)."""
S16_COLUMNS = tuple("s16_" + re.sub(r"\W+", "_", name) for name in S16_NAMES)
CATEGORY, CATEGORY_PROBABILITY = "scene_category", "scene_category_probability"
"""The likeliest of the 365 categories, as Places365 writes it, and its probability."""
MODEL = "scene_model"
PROBABILITIES = "probabilities"
"""Of the 365 categories in Places365's order, float16."""
FAILURE = "failure"
_CATEGORIES = 365

LABEL_FIELDS = (
    *(pa.field(name, pa.float32()) for name in (*S3_COLUMNS, *S16_COLUMNS)),
    pa.field(CATEGORY, pa.string()),
    pa.field(CATEGORY_PROBABILITY, pa.float32()),
    pa.field(MODEL, pa.string()),
)
"""What a labelled table has more than the one it was made from; empty where a photo failed."""
PROBABILITY_TYPE = pa.list_(pa.float16(), _CATEGORIES)
PART_SCHEMA = pa.schema(
    [*LABEL_FIELDS, pa.field(PROBABILITIES, PROBABILITY_TYPE), pa.field(FAILURE, pa.string())]
)

Label = SceneProbabilities | FailedPhoto


def labels_batch(labels: Sequence[Label], model: str) -> pa.RecordBatch:
    """Labels as rows of ``PART_SCHEMA``."""
    good = [label for label in labels if isinstance(label, SceneProbabilities)]
    known = np.array([isinstance(label, SceneProbabilities) for label in labels], dtype=np.bool_)
    s365 = np.array([label.s365 for label in good]).reshape(-1, _CATEGORIES)
    groups = np.array([np.concatenate([label.s3, label.s16]) for label in good])
    best = s365.argmax(axis=1) if len(good) else np.zeros(0, dtype=np.int64)
    names = np.array(scene_table().categories)[best]
    columns = [_spread(known, column) for column in groups.reshape(-1, 19).T]
    columns += [
        _spread(known, names, pa.string()),
        _spread(known, s365[np.arange(len(good)), best]),
        _spread(known, np.full(len(good), model), pa.string()),
        _lists(known, s365),
        pa.array(
            [str(x.message) if isinstance(x, FailedPhoto) else None for x in labels], pa.string()
        ),
    ]
    return pa.record_batch(columns, schema=PART_SCHEMA)


def _spread(known: np.ndarray, values: np.ndarray, kind: Any = None) -> Any:
    """An Arrow array with ``values`` where ``known`` and nothing elsewhere."""
    rows = np.zeros(known.size, dtype=values.dtype)
    rows[known] = values
    return pa.array(rows, kind or pa.float32(), mask=~known, from_pandas=False)


def _lists(known: np.ndarray, values: FloatArray) -> Any:
    rows = np.zeros((known.size, _CATEGORIES), dtype=np.float16)
    rows[known] = values
    flat = pa.array(rows.reshape(-1), pa.float16())
    return pa.FixedSizeListArray.from_arrays(flat, type=PROBABILITY_TYPE, mask=pa.array(~known))


def s3_of(columns: Mapping[str, Sequence[Any]]) -> FloatArray | None:
    """P(indoor, natural, urban) (n, 3) in a table's columns, NaN where it has none.

    None for a table without these columns. Raises ValueError for what is no number.
    """
    if not all(name in columns for name in S3_COLUMNS):
        return None
    numbers = [
        [float(value) if value not in (None, "") else np.nan for value in columns[name]]
        for name in S3_COLUMNS
    ]
    return np.array(numbers, dtype=np.float64).reshape(3, -1).T
