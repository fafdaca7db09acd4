"""Measurements of photos kept on disk, so that a run that was stopped goes on where it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from trainer.data.measure import MEASURE_VERSION, MEASURED, Measurement
from trainer.data.photo_database import PhotoDatabase, Stamp

_TABLE = f"photos_{MEASURE_VERSION}"
_COLUMNS = ("path", "size", "changed_ns", "version", *MEASURED)


class MeasureCache(PhotoDatabase):
    """A small database beside the report; deleting it costs only time."""

    CONTENTS = "measurements"

    def __init__(self, path: Path) -> None:
        super().__init__(path, f"{_TABLE} ({', '.join(_COLUMNS)}, PRIMARY KEY (path))")

    def known(self, stamps: Mapping[str, Stamp]) -> dict[str, Measurement]:
        """The measurements of those photos (by path) that have not changed since."""
        question = f"SELECT size, changed_ns, version, {', '.join(MEASURED)} FROM {_TABLE}"
        found = {}
        for path, now in stamps.items():
            row = self._database.execute(f"{question} WHERE path = ?", (path,)).fetchone()
            if row is not None and row[:3] == (*now, MEASURE_VERSION):
                found[path] = Measurement.from_row(row[3:])
        return found

    def keep(self, measured: Iterable[tuple[str, Stamp, Measurement]]) -> None:
        """Store measurements for the next run. Raises TableError for a full disk."""
        self._replace(
            _TABLE, ((path, *now, MEASURE_VERSION, *m.to_row()) for path, now, m in measured)
        )
