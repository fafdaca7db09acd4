"""`geoguess undo`: take a save back."""

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
    out,
    say,
    use_utf8,
)
from geoguess_app.commands.progress import progress
from geoguess_app.core.errors import JournalError

if TYPE_CHECKING:
    from geoguess_app.photos.journal import Run

DESCRIPTION = """\
Take back what `geoguess tag` or the window wrote: every photo becomes byte for byte what it was
before, and sidecars that were made then go. Only files that are still as the run left them are
touched; the others are named and left alone."""

EPILOG = """\
exit status: 0 all taken back, 1 some files were left alone, 2 wrong usage.

examples:
  geoguess undo            the last run
  geoguess undo --list     all runs
  geoguess undo 20261122-045912"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `geoguess undo`."""
    parser.add_argument(
        "run", nargs="?", metavar="RUN", help="name of the run, or its beginning (default: last)"
    )
    parser.add_argument("--list", action="store_true", help="list the runs and do nothing")
    parser.add_argument("--journal", metavar="F", help="the journal, if the run had its own")
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


def _undo(chosen: Run) -> int:
    from geoguess_app.photos.undo import AsBefore, NotUndone, Undone, undo

    restored = removed = left = 0
    with progress() as shown:
        for count, result in enumerate(undo(chosen), start=1):
            shown.update(count)
            if isinstance(result, NotUndone):
                left += 1
                say(result.message)
            elif isinstance(result, Undone):
                restored += not result.removed
                removed += result.removed
            else:
                assert isinstance(result, AsBefore)
    out(
        f"Run {chosen.name}: {restored:,} files as before, {removed:,} sidecars removed, "
        f"{left:,} left alone."
    )
    return SOME_FAILED if left else OK


def _list(runs: list[Run]) -> int:
    for one in runs:
        state = f"{len(one.open_entries):,} of {len(one.entries):,} files can be taken back"
        out(f"{one.name}  {one.facts.get('command', 'save')}  {state}")
    if not runs:
        say("there are no runs.")
    return OK
