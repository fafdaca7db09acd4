"""Decisions in the file of a review that nobody has open, read for a few photos."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from geoguess_app.review.codec import photo_from_json
from geoguess_app.review.values import ReviewPhoto

log = logging.getLogger(__name__)

_AT_A_TIME = 500
_PATIENCE_S = 0.2


def decided_photos(file: Path, paths: Sequence[Path]) -> list[ReviewPhoto]:
    """Read those of ``paths`` about which something was decided in the review kept in ``file``.

    None where there is no such file, or another program has it: what is decided shows later then.
    """
    if not file.is_file():
        return []
    try:
        address = f"{file.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE_S)) as database:
            return list(_read(database, paths))
    except (sqlite3.Error, ValueError) as problem:
        log.info("the decisions in %s were not read: %s", file, problem)
        return []


def _read(database: sqlite3.Connection, paths: Sequence[Path]) -> Iterator[ReviewPhoto]:
    for start in range(0, len(paths), _AT_A_TIME):
        some = [os.fsencode(path) for path in paths[start : start + _AT_A_TIME]]
        marks = ", ".join("?" * len(some))
        rows = database.execute(
            "SELECT id, path, facts, decision FROM photos "
            f"WHERE decision IS NOT NULL AND path IN ({marks})",
            some,
        )
        for number, path, facts, decision in rows:
            photo = photo_from_json(number, Path(os.fsdecode(path)), facts, decision)
            if not photo.decision.removed:
                yield photo
