"""Tables of photos with known positions: read, checked, filtered.

A row that cannot be used never stops the rest: it is kept aside with its line number and the
reason. A table that as a whole cannot be meant (no position columns, latitude and longitude
swapped) is refused in one sentence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from geoguess_app.core.errors import TableError
from geoguess_app.core.geo.angles import LATITUDE, LONGITUDE
from geoguess_app.core.types import FloatArray
from geoguess_app.files import columns
from geoguess_app.files.csv_rows import matches_filters, parse_filters, read_lines, row_values

SWAPPED_SHARE = 0.05
"""Share of impossible latitudes from which a table counts as swapped rather than as mistyped."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One photo with its true position; the texts are empty where the table has none."""

    line: int
    file: str
    latitude_deg: float
    longitude_deg: float
    precision: str = ""
    scene: str = ""
    continent: str = ""
    country_code: str = ""
    group: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    """All cells of the row by column name, lower case."""

    @property
    def finest_scorable_km(self) -> float:
        """Finest threshold at which the position can be judged, km; 0 = any."""
        return columns.finest_scorable_km(self.precision)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used: where, which file if known, and why."""

    line: int
    file: str
    reason: str


@dataclass(frozen=True)
class PhotoTable:
    """The usable rows of a table in their order, and what was wrong with the others."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    bad_rows: tuple[BadRow, ...]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def latitude_deg(self) -> FloatArray:
        """(n,) true latitudes, degrees."""
        return np.array([row.latitude_deg for row in self.rows], dtype=np.float64)

    @property
    def longitude_deg(self) -> FloatArray:
        """(n,) true longitudes, degrees."""
        return np.array([row.longitude_deg for row in self.rows], dtype=np.float64)

    @property
    def finest_scorable_km(self) -> FloatArray:
        """(n,) finest threshold at which each row's position can be judged, km; 0 = any."""
        return np.array([row.finest_scorable_km for row in self.rows], dtype=np.float64)


def read_table(
    path: Path, *, where: Sequence[str] | str | None = None, swapped: bool = False
) -> PhotoTable:
    """Read a table of photos and true positions: CSV (comma, semicolon or tab), JSON lines.

    Columns go by any usual name, positions may have any form that people write.

    ``where`` holds filters ``column=value`` (or ``column=a,b`` for either), all of which must
    hold. ``swapped`` reads the latitude column as longitude and the other way round.
    Raises TableError when nothing usable is in it.
    """
    header, lines = read_lines(path)
    layout = _Layout.of(header, path, swapped=swapped)
    filters = parse_filters(where, layout.names, path)
    rows: list[TableRow] = []
    bad: list[BadRow] = []
    matched = 0
    for line, cells in lines:
        values = row_values(layout.names, cells)
        if not matches_filters(values, filters):
            continue
        matched += 1
        outcome = layout.row(line, cells, values)
        if isinstance(outcome, BadRow):
            bad.append(outcome)
        else:
            rows.append(outcome)
    _refuse_swapped(path, rows, bad, swapped)
    if not rows:
        raise _nothing_left(path, bad, matched, where)
    return PhotoTable(path, layout.names, tuple(rows), tuple(bad))


@dataclass(frozen=True)
class _Layout:
    names: tuple[str, ...]
    file: int
    latitude: int
    longitude: int
    optional: Mapping[str, int]

    @classmethod
    def of(cls, header: Sequence[str], path: Path, *, swapped: bool) -> _Layout:
        found = {
            "photo file": columns.guess_column(header, columns.FILE_NAMES),
            "latitude": columns.guess_column(header, columns.LATITUDE_NAMES),
            "longitude": columns.guess_column(header, columns.LONGITUDE_NAMES),
        }
        missing = [what for what, index in found.items() if index is None]
        if missing:
            raise TableError(
                f"{path}: no column for the {' and the '.join(missing)}; its columns are "
                f"{', '.join(header[:12])}. Name them file, latitude and longitude.",
                code="missing-column",
            )
        file, latitude, longitude = (index for index in found.values() if index is not None)
        if swapped:
            latitude, longitude = longitude, latitude
        optional = {
            key: index
            for key, names in columns.OPTIONAL_NAMES.items()
            if (index := columns.find_column(header, names)) is not None
        }
        names = tuple(columns.normalise(column) for column in header)
        return cls(names, file, latitude, longitude, optional)

    def row(self, line: int, cells: Sequence[str], values: Mapping[str, str]) -> TableRow | BadRow:
        file = cells[self.file].strip() if self.file < len(cells) else ""
        if len(cells) != len(self.names):
            return BadRow(line, file, f"{len(cells)} cells where the header has {len(self.names)}")
        if not file:
            return BadRow(line, file, "no file name")
        latitude = columns.cell_degrees(cells[self.latitude], LATITUDE)
        longitude = columns.cell_degrees(cells[self.longitude], LONGITUDE)
        reason = _position_problem(latitude, longitude, cells[self.latitude], cells[self.longitude])
        if reason is not None:
            return BadRow(line, file, reason)
        texts = {key: cells[index].strip() for key, index in self.optional.items()}
        if "scene" in texts:
            texts["scene"] = columns.scene_word(texts["scene"])
        return TableRow(line, file, latitude, longitude, **texts, values=values)


def _position_problem(
    latitude: float, longitude: float, latitude_text: str, longitude_text: str
) -> str | None:
    if not math.isfinite(latitude):
        return f"latitude {latitude_text.strip()!r} is not a number"
    if not math.isfinite(longitude):
        return f"longitude {longitude_text.strip()!r} is not a number"
    if abs(latitude) > 90:
        return f"{_IMPOSSIBLE_LATITUDE} {latitude:g}"
    if abs(longitude) > 180:
        return f"longitude {longitude:g} is outside ±180"
    if latitude == 0 and longitude == 0:
        return "position 0, 0 (usually means missing)"
    return None


_IMPOSSIBLE_LATITUDE = "latitude beyond ±90:"


def _refuse_swapped(
    path: Path, rows: Sequence[TableRow], bad: Sequence[BadRow], swapped: bool
) -> None:
    """Refuse a table whose latitudes exceed 90° while no longitude does: the headers are swapped.

    Copies of the IM2GPS meta files with exactly that fault are in circulation.
    """
    beyond = [row for row in bad if row.reason.startswith(_IMPOSSIBLE_LATITUDE)]
    if not beyond or len(beyond) < SWAPPED_SHARE * (len(rows) + len(bad)):
        return
    if any(abs(row.longitude_deg) > 90 for row in rows):
        return
    advice = (
        "read it without the swapped option"
        if swapped
        else "swap the two headers, or pass --swapped"
    )
    raise TableError(
        f"{path}: {len(beyond)} of {len(rows) + len(bad)} latitudes are outside ±90 (first in line "
        f"{beyond[0].line}) and no longitude is, so latitude and longitude look swapped; "
        f"{advice}.",
        code="swapped-columns",
    )


def _nothing_left(
    path: Path, bad: Sequence[BadRow], matched: int, where: Sequence[str] | str | None
) -> TableError:
    if bad:
        first = bad[0]
        return TableError(
            f"{path}: none of its {len(bad)} rows can be used; the first, line {first.line}: "
            f"{first.reason}.",
            code="no-rows",
        )
    if where and not matched:
        asked = where if isinstance(where, str) else " and ".join(where)
        return TableError(
            f"{path}: no row matches {asked}; check the value's spelling.", code="no-rows"
        )
    return TableError(f"{path}: the table has a header but no rows.", code="no-rows")
