"""The work of the writer's thread as generators: save, take back, revoke.

Each hands over its results through a list of its own before it goes on, so that those of files that
were changed reach the review even where the window is closed in the middle.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from geoguess_app.core.cancel import CancelToken
from geoguess_app.ui.saving.planning import folder_of
from geoguess_app.ui.work.chunks import in_chunks
from geoguess_app.ui.work.jobs import Work

if TYPE_CHECKING:
    from geoguess_app.photos.journal import JournalRun
    from geoguess_app.photos.write_plan import SavePlan
    from geoguess_app.review.values import ReviewPhoto

_T = TypeVar("_T")
_LATEST_RUNS = 3
"""The one that was killed is the last, unless the command line was used since."""


@dataclass(frozen=True, slots=True)
class OpenedJournal:
    """The journal is open: the name of the run, and how many files it concerns."""

    run: str
    files: int


class Outbox(deque[Any]):
    """Results that are done and not yet noted; filled by the writer, emptied by the window."""

    def passing(self, results: Iterable[_T]) -> Iterator[_T]:
        """The results as they come, each put in first."""
        for result in results:
            self.append(result)
            yield result

    def take(self) -> list[Any]:
        """All that is in it."""
        taken = []
        while self:
            taken.append(self.popleft())
        return taken


def save_work(plan: SavePlan, outbox: Outbox) -> Work:
    """Yield ``OpenedJournal``, then the number of results that have come, some times a second."""

    def work(token: CancelToken) -> Iterator[OpenedJournal | int]:
        from geoguess_app.photos.journal import Journal
        from geoguess_app.photos.save import save

        with Journal(None, {"command": "save", "folder": folder_of(plan)}) as journal:
            yield OpenedJournal(journal.run, len(plan.writes))
            for chunk in in_chunks(outbox.passing(save(plan, journal, token))):
                yield len(chunk)

    return work


def undo_work(run: str, outbox: Outbox) -> Work:
    """Take a run back; an empty name means the last one of which something is left."""

    def work(token: CancelToken) -> Iterator[OpenedJournal | int]:
        from geoguess_app.photos.journal import read_runs
        from geoguess_app.photos.undo import find_run, last_run, undo

        runs = read_runs()
        chosen = find_run(run, runs) if run else last_run(runs)
        if chosen is None:
            return
        yield OpenedJournal(chosen.name, len(chosen.open_entries))
        for chunk in in_chunks(outbox.passing(undo(chosen, token))):
            yield len(chunk)

    return work


def reconcile_work(photos: Sequence[ReviewPhoto]) -> Work:
    """Yield lists of those photos that a save wrote before the program was killed."""

    def work(token: CancelToken) -> Iterator[list[ReviewPhoto]]:
        from geoguess_app.photos.journal import read_runs
        from geoguess_app.review.saving import UNSAVED, written_unnoticed

        del token
        unsaved = [photo for photo in photos if photo.state in UNSAVED]
        if unsaved:
            yield from in_chunks(written_unnoticed(unsaved, read_runs()[-_LATEST_RUNS:]))

    return work


def list_runs_work(token: CancelToken) -> Iterator[list[JournalRun]]:
    """Yield all runs, latest first."""
    from geoguess_app.photos.journal import read_runs

    del token
    yield list(reversed(read_runs()))


def find_estimates_work(folder: Path) -> Work:
    """Yield lists of the files below a folder that carry an estimate of this program."""

    def work(token: CancelToken) -> Iterator[list[Path]]:
        from geoguess_app.photos.revoke import estimates_in

        yield from in_chunks(estimates_in([folder], token))

    return work


def revoke_work(files: Sequence[Path], outbox: Outbox) -> Work:
    """Removes the estimates from files; a run of its own, so that it can be taken back too."""

    def work(token: CancelToken) -> Iterator[OpenedJournal | int]:
        from geoguess_app.photos.journal import Journal, read_runs
        from geoguess_app.photos.revoke import revoke

        runs = read_runs()
        with Journal(None, {"command": "revoke", "folder": _common(files)}) as journal:
            yield OpenedJournal(journal.run, len(files))
            for chunk in in_chunks(outbox.passing(revoke(files, runs, journal, token))):
                yield len(chunk)

    return work


def _common(files: Sequence[Path]) -> str:
    parents = {file.parent for file in files}
    return str(parents.pop()) if len(parents) == 1 else ""
