"""Columns of latitudes and longitudes, however they are written, to degrees."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geoguess_app.core.types import FloatArray
from geoguess_app.files.columns import cell_degrees

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def degrees_column(column: Any, axis: str) -> FloatArray:
    """(n,) degrees of an Arrow column of numbers or texts; NaN where it says none.

    Texts may have any form of ``files.columns.cell_degrees``; plain numbers are read fastest.
    """
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        return _plain(column.cast(pa.float64()))
    if not pa.types.is_string(column.type):
        column = column.cast(pa.string())
    text = pc.utf8_trim_whitespace(column)
    numeric = pc.fill_null(pc.match_substring_regex(text, _NUMBER), False)
    values = _plain(pc.if_else(numeric, text, pa.scalar(None, pa.string())).cast(pa.float64()))
    others = np.flatnonzero(~numeric.to_numpy(zero_copy_only=False))
    for row in others.tolist():
        values[row] = cell_degrees(text[row].as_py() or "", axis)
    return values


def _plain(column: Any) -> FloatArray:
    return np.array(pc.fill_null(column, math.nan).to_numpy(zero_copy_only=False), np.float64)
