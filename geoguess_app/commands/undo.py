"""``geoguess undo``: restore files as they were before a run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.commands.common import (
    OK,
    SOME_FAILED,
    UsageError,
    add_logging_option,
    count_phrase,
    print_line,
    say,
    use_utf8,
)
from geoguess_app.commands.progress import progress
from geoguess_app.core.errors import JournalError

if TYPE_CHECKING:
    from geoguess_app.photos.journal import JournalRun

DESCRIPTION = """\
Undo what `geoguess tag` or the window wrote: every photo is restored byte for byte, and sidecars
created by the run are removed. Only files that have not changed since the run are touched; the
others are listed and left alone."""

EPILOG = """\
exit status: 0 everything was undone, 1 some files were left alone, 2 usage error.

examples:
  geoguess undo            the last run
  geoguess undo --list     all runs
  geoguess undo 20261122-045912"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``geoguess undo``."""
    parser.add_argument(
        "run",
        nargs="?",
        metavar="RUN",
        help="name of the run, or its beginning (default: the last run)",
    )
    parser.add_argument("--list", action="store_true", help="list the runs without undoing any")
    parser.add_argument(
        "--journal", metavar="F", help="journal file, if the run was recorded in its own"
    )
    add_logging_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Undo; returns the exit status. Raises UsageError."""
    from geoguess_app.photos.journal import read_runs
    from geoguess_app.photos.undo import find_run, last_run

    use_utf8(sys.stdout)
    try:
        runs = read_runs(Path(arguments.journal) if arguments.journal else None)
        if arguments.list:
            return _list(runs)
        chosen = find_run(arguments.run, runs) if arguments.run else last_run(runs)
        if chosen is None:
            say("there is nothing to undo.")
            return OK
        return _undo(chosen)
    except JournalError as problem:
        raise UsageError(str(problem)) from problem


def _undo(chosen: JournalRun) -> int:
    from geoguess_app.photos.undo import RestoredFile, UnchangedFile, UnrestoredFile, undo

    restored = removed = left = 0
    with progress() as shown:
        for count, result in enumerate(undo(chosen), start=1):
            shown.update(count)
            if isinstance(result, UnrestoredFile):
                left += 1
                say(result.message)
            elif isinstance(result, RestoredFile):
                restored += not result.removed
                removed += result.removed
            else:
                assert isinstance(result, UnchangedFile)
    print_line(
        f"Run {chosen.name}: {count_phrase(restored, 'file')} restored, "
        f"{count_phrase(removed, 'sidecar')} removed, {left:,} left alone."
    )
    return SOME_FAILED if left else OK


def _list(runs: list[JournalRun]) -> int:
    for one in runs:
        state = f"{len(one.open_entries):,} of {len(one.entries):,} files can be undone"
        print_line(f"{one.name}  {one.facts.get('command', 'save')}  {state}")
    if not runs:
        say("there are no runs.")
    return OK
