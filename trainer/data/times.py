"""Times at which photos were taken, however a table writes them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Times = npt.NDArray[np.datetime64]

_TEXT = re.compile(
    r"(\d{4})[-:/.](\d{1,2})[-:/.](\d{1,2})(?:[T ]+(\d{1,2})[-:.](\d{2})(?:[-:.](\d{2}))?)?"
)
_EPOCH = re.compile(r"\d{9,13}(\.\d+)?")
_MILLISECONDS_FROM = 1e11
"""Numbers from here on count milliseconds since 1970 (as seconds they would mean the year 5138)."""


def read_times(column: Any) -> Times:
    """(n) times to the second of an Arrow column, NaT where it says none.

    Understands date and time types, ISO 8601 and EXIF texts (a zone is ignored: local time
    counts), and seconds or milliseconds since 1970.
    """
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        plain = column.cast(pa.timestamp("s"), safe=False)
        return np.asarray(plain.to_numpy(), dtype="datetime64[s]")
    texts = column.cast(pa.string())
    parts = [
        np.array([parse_time(text) for text in chunk.to_pylist()], dtype="datetime64[s]")
        for chunk in texts.chunks
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype="datetime64[s]")


def parse_time(text: str | None) -> np.datetime64:
    """One text; NaT where it is no time or an impossible one (cameras write all zeros)."""
    text = (text or "").strip()
    match = _TEXT.match(text)
    try:
        if match is not None:
            year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
            said = datetime(year, month, day, hour, minute, second)
            return np.datetime64(said.isoformat(), "s")
        if _EPOCH.fullmatch(text):
            number = float(text)
            seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
            return np.datetime64(int(seconds), "s")
    except ValueError:
        pass
    return np.datetime64("NaT", "s")
