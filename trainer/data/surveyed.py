"""A surveyed table's columns as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geoguess_app.core.errors import TableError
from geoguess_app.core.types import FloatArray, IntArray
from geoguess_app.files.columns import finest_scorable_km


@dataclass(frozen=True, eq=False)
class SurveyedColumns:
    """A surveyed table's numbers as arrays (n); NaN and 0 where nothing was measured."""

    table: Any
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    measured: bool
    estimated: npt.NDArray[np.bool_]
    """(n) the position comes from the photo, which has it from GeoGuess."""
    one_owner: bool = False
    """All photos are one person's: a folder, rather than a table of many authors."""

    @classmethod
    def of(cls, table: Any, *, one_owner: bool = False) -> SurveyedColumns:
        """The positions are the table's, or the photo's own where the table gives none."""
        lat, lon = numbers(table, "latitude"), numbers(table, "longitude")
        measured = "_code" in table.column_names
        estimated = np.zeros(lat.size, dtype=np.bool_)
        if measured:
            own_lat, own_lon = numbers(table, "_latitude_deg"), numbers(table, "_longitude_deg")
            silent = ~np.isfinite(lat) & ~np.isfinite(lon)
            lat, lon = np.where(silent, own_lat, lat), np.where(silent, own_lon, lon)
            estimated = silent & flags(table, "_position_estimate")
        return cls(table, lat, lon, measured, estimated, one_owner)

    def cameras(self) -> IntArray:
        """(n) a number per person and camera model, -1 where either is not known."""
        camera = codes(self.table["_camera"])
        if self.one_owner:
            return camera
        if "author" not in self.table.column_names:
            # The same model in the hands of strangers is no track.
            return np.full(camera.size, -1, dtype=np.int64)
        author = codes(self.table["author"])
        known = (camera >= 0) & (author >= 0)
        return np.where(known, author * (camera.max(initial=0) + 1) + camera, -1)


def codes(column: Any) -> IntArray:
    """(n) a number per distinct value of a column, -1 for null and empty texts."""
    coded = pc.dictionary_encode(column.cast(pa.string())).combine_chunks()
    numbered = np.asarray(pc.fill_null(coded.indices, -1), dtype=np.int64)
    words = coded.dictionary.to_pylist()
    return np.where(numbered == words.index(""), -1, numbered) if "" in words else numbered


def numbers(table: Any, name: str) -> FloatArray:
    """A numeric column as floats, NaN for null."""
    column = pc.fill_null(table[name].cast(pa.float64()), float("nan"))
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def flags(table: Any, name: str) -> npt.NDArray[np.bool_]:
    """Read a column of truth values, False for null."""
    return np.asarray(pc.fill_null(table[name], False).to_numpy(zero_copy_only=False), np.bool_)


def hashes(table: Any, name: str) -> npt.NDArray[np.uint64]:
    """A column of hashes, 0 for null."""
    return np.asarray(pc.fill_null(table[name], 0).to_numpy(zero_copy_only=False), dtype=np.uint64)


def is_null(table: Any, name: str) -> npt.NDArray[np.bool_]:
    """(n) where a column says nothing."""
    return np.asarray(table[name].is_null().to_numpy(zero_copy_only=False), dtype=np.bool_)


def coarseness_km(table: Any) -> FloatArray:
    """(n) how exact the table itself says its positions are, km."""
    if "precision" not in table.column_names:
        return np.zeros(table.num_rows)
    column = pc.fill_null(table["precision"].cast(pa.string()), "")
    coded = column.combine_chunks().dictionary_encode()
    km = np.array([finest_scorable_km(word) for word in coded.dictionary.to_pylist()])
    return np.asarray(km[coded.indices.to_numpy(zero_copy_only=False)], dtype=np.float64)


def times(table: Any, name: str) -> npt.NDArray[np.datetime64]:
    """A column of ISO 8601 times, to the second; NaT for null."""
    column = table[name].cast(pa.timestamp("s"))
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype="datetime64[s]")


def require_positions(path: Path, latitude_deg: FloatArray, longitude_deg: FloatArray) -> None:
    """Raise TableError unless every row lies on the Earth."""
    unusable = ~((np.abs(latitude_deg) <= 90) & (np.abs(longitude_deg) <= 180))
    if unusable.any():
        raise TableError(
            f"{path}: {int(unusable.sum()):,} rows have no valid position (the first is row "
            f"{int(unusable.argmax()) + 1}); clean the table with geoguess-train photos first.",
            code="coordinate",
        )
