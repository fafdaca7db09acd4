"""Names of columns: which column of a table holds what, whatever they are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from geoguess_app.core.errors import TableError
from geoguess_app.files import columns

ROLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "file_name": columns.FILE_NAMES,
        "latitude": columns.LATITUDE_NAMES,
        "longitude": columns.LONGITUDE_NAMES,
        "author": (
            "author",
            "user",
            "user_id",
            "userid",
            "user_nsid",
            "owner",
            "photographer",
            "creator",
            "creator_username",
            "creator_id",
        ),
        "taken": (
            "taken",
            "date_taken",
            "datetaken",
            "captured_at",
            "datetimeoriginal",
            "datetime",
            "timestamp",
            "time",
            "date",
        ),
    }
)
"""What a table's columns may mean, and the usual names for it in order of preference."""

REQUIRED = ("file_name", "latitude", "longitude")


def parse_assignments(texts: Iterable[str]) -> dict[str, str]:
    """``latitude=LAT`` options to role → column; raises TableError for anything else."""
    chosen = {}
    for text in texts:
        role, equals, column = text.partition("=")
        role = {"file": "file_name"}.get(columns.normalise(role), columns.normalise(role))
        if not equals or role not in ROLES or not column.strip():
            raise TableError(
                f"--column {text}: expected one of {', '.join(ROLES)}, an equals sign and the "
                "name of a column, such as latitude=LAT.",
                code="column",
            )
        chosen[role] = column.strip()
    return chosen


def assign_columns(
    path: Path,
    header: Sequence[str],
    chosen: Mapping[str, str],
    *,
    swapped: bool = False,
    required: Sequence[str] = REQUIRED,
) -> dict[str, str]:
    """Role → column name of ``header``; every required role is there, others where found.

    ``chosen`` overrides the guess. Raises TableError, naming the table's columns.
    """
    found: dict[str, str] = {}
    for role in ROLES:
        column = (
            _named_column(path, header, role, chosen[role])
            if role in chosen
            else guess(header, role)
        )
        if column is not None and column not in found.values():
            found[role] = column
    missing = [role for role in required if role not in found]
    if missing:
        raise TableError(
            f"{path}: no column for {' and '.join(missing)} found among "
            f"{', '.join(header[:20])}; name it with --column {missing[0]}=NAME.",
            code="missing-column",
        )
    if swapped and found.keys() >= {"latitude", "longitude"}:
        found["latitude"], found["longitude"] = found["longitude"], found["latitude"]
    return found


def _named_column(path: Path, header: Sequence[str], role: str, name: str) -> str:
    if name in header:
        return name
    index = columns.find_column(header, (columns.normalise(name),))
    if index is None:
        raise TableError(
            f"{path}: there is no column {name!r} for {role}; its columns are "
            f"{', '.join(header[:20])}.",
            code="missing-column",
        )
    return header[index]


def guess(header: Sequence[str], role: str) -> str | None:
    """The column that by its name plays ``role``; see ``files.columns.guess_column``."""
    index = columns.guess_column(header, ROLES[role])
    return header[index] if index is not None else None
