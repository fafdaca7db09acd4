"""The answers of the list as a file, by the same writers as the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.types import FailedPhoto, LocatedPhoto
from geoguess_app.ui.locate.photo_row import PhotoRow
from geoguess_app.ui.work.jobs import Work

FORMATS = ("csv", "geojson", "jsonl")
"""Each is its own file suffix too."""
_CANDIDATES = 5


def results_of(rows: Sequence[PhotoRow]) -> list[LocatedPhoto | FailedPhoto]:
    """The photos that have an answer, or the reason why there is none, in list order."""
    found: list[LocatedPhoto | FailedPhoto] = []
    for row in rows:
        if row.outcome is not None:
            found.append(row.outcome.located)
        elif row.failure is not None:
            found.append(row.failure)
    return found


def export_work(results: Sequence[LocatedPhoto | FailedPhoto], form: str, target: Path) -> Work:
    """Write all results and then yields their number; the file appears whole or not at all."""

    def work(token: CancelToken) -> Iterator[int]:
        from geoguess_app.export.writers import make_writer
        from geoguess_app.files.atomic import atomic_text_file

        with atomic_text_file(target) as stream:
            writer = make_writer(form, stream, _CANDIDATES, ())
            for result in results:
                if token.cancelled:
                    raise InterruptedError
                writer.write(result)
            writer.end()
        yield len(results)

    return work
