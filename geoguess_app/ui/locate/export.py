"""The answers of the list as a file, by the same writers as the command line."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.types import FailedPhoto, LocatedPhoto
from geoguess_app.ui.locate.area_answers import AreaQuestion, answer_in_area
from geoguess_app.ui.locate.photo_row import PhotoRow
from geoguess_app.ui.work.jobs import Work
from geoguess_app.ui.work.outcome import LocatingOutcome

if TYPE_CHECKING:
    from geoguess_app.export.writers import ResultWriter
    from geoguess_app.ui.work.locator import Locator

_CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class ClueRow:
    """A photo whose answer is kept to clues; that is worked out when it is written."""

    outcome: LocatingOutcome
    question: AreaQuestion


def results_of(
    rows: Sequence[PhotoRow], asked_of: Callable[[PhotoRow], AreaQuestion | None]
) -> list[LocatedPhoto | FailedPhoto | ClueRow]:
    """The photos that have an answer, or the reason why there is none, in list order.

    A position that was decided in the review takes the place of the model's. ``asked_of``: the
    clues that an answer is kept to, if any.
    """
    found: list[LocatedPhoto | FailedPhoto | ClueRow] = []
    for row in rows:
        decided = _decided(row) if row.position is not None else None
        if decided is not None:
            found.append(decided)
        elif row.outcome is not None:
            question = asked_of(row)
            kept = ClueRow(row.outcome, question) if question is not None else row.outcome.located
            found.append(kept)
        elif row.failure is not None:
            found.append(row.failure)
    return found


def _decided(row: PhotoRow) -> LocatedPhoto | None:
    from geoguess_app.ui.saving.exporting import shown_result

    whole = row.outcome.located.prediction if row.outcome is not None else None
    return shown_result(row.reviewed, whole) if row.reviewed is not None else None


def export_work(
    results: Sequence[LocatedPhoto | FailedPhoto | ClueRow],
    form: str,
    target: Path,
    locator: Locator,
) -> Work:
    """Write all results and then yields their number; the file appears whole or not at all."""

    def work(token: CancelToken) -> Iterator[int]:
        with _writer(form, target) as writer:
            for result in results:
                if token.cancelled:
                    raise InterruptedError
                writer.write(_kept(result, locator) if isinstance(result, ClueRow) else result)
            writer.end()
        yield len(results)

    return work


def _kept(row: ClueRow, locator: Locator) -> LocatedPhoto:
    """The answer under clues; the model's own, with them, where nothing fits."""
    model = locator.model
    if model is None:
        return row.outcome.located
    found = answer_in_area(model, row.outcome, row.question, locator.answers)
    if found.inside is not None:
        return found.inside.located
    return dataclasses.replace(row.outcome.located, clues=found.used)


@contextmanager
def _writer(form: str, target: Path) -> Iterator[ResultWriter]:
    from geoguess_app.export import map_writers, writers
    from geoguess_app.files.atomic import atomic_binary_file, atomic_text_file

    if form == "kmz":
        with atomic_binary_file(target) as binary:
            yield map_writers.KmzWriter(binary)
        return
    with atomic_text_file(target) as stream:
        if form == "gpx":
            yield map_writers.GpxWriter(stream)
        elif form == "kml":
            yield map_writers.KmlWriter(stream)
        else:
            yield writers.make_writer(form, stream, _CANDIDATES, ())
