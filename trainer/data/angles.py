"""Columns of latitudes and longitudes, however they are written, to degrees."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geoguess_app.core.types import FloatArray

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_DECIMAL_COMMA = r"^([+-]?\d+),(\d+)$"
_HEMISPHERE = re.compile(r"^[NSEW]\b|[NSEW]$")
_UNITS = re.compile(r"degrees?|deg|min|sec|[°º'′’\"″”:dms]")
_PARTS = re.compile(r"[+-]?\d+(\.\d+)?(\s+\d+(\.\d+)?){0,2}")


def degrees_column(column: Any) -> FloatArray:
    """(n,) degrees of an Arrow column of numbers or texts; NaN where it says none.

    Texts may be decimal, with a decimal comma, or degrees, minutes and seconds with a hemisphere
    letter (``43° 28' 2.8" N``, exiftool's ``43 deg 28' 2.80" N``).
    """
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        return _plain(column.cast(pa.float64()))
    if not pa.types.is_string(column.type):
        column = column.cast(pa.string())
    text = pc.replace_substring_regex(pc.utf8_trim_whitespace(column), _DECIMAL_COMMA, r"\1.\2")
    numeric = pc.fill_null(pc.match_substring_regex(text, _NUMBER), False)
    values = _plain(pc.if_else(numeric, text, pa.scalar(None, pa.string())).cast(pa.float64()))
    others = np.flatnonzero(~numeric.to_numpy(zero_copy_only=False))
    for row in others.tolist():
        values[row] = sexagesimal(text[row].as_py() or "")
    return values


def _plain(column: Any) -> FloatArray:
    return np.array(pc.fill_null(column, math.nan).to_numpy(zero_copy_only=False), np.float64)


def sexagesimal(text: str) -> float:
    """Degrees of a text in degrees, minutes and seconds; NaN for anything else."""
    text = text.strip()
    hemisphere = _HEMISPHERE.search(text)
    plain = _UNITS.sub(" ", _HEMISPHERE.sub("", text)).strip()
    if _PARTS.fullmatch(plain) is None:
        return math.nan
    parts = [abs(float(part)) for part in plain.split()]
    size: float = sum(part / 60**power for power, part in enumerate(parts))
    south_or_west = hemisphere is not None and hemisphere[0] in "SW"
    return -size if south_or_west or plain.startswith("-") else size
