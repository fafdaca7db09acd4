"""`geoguess revoke`: remove every estimate from a folder."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from geoguess_app.commands.common import (
    OK,
    SOME_FAILED,
    UsageError,
    add_logging_option,
    out,
    say,
    use_utf8,
)
from geoguess_app.commands.inputs import existing_paths
from geoguess_app.commands.progress import progress
from geoguess_app.core.errors import JournalError

DESCRIPTION = """\
Remove every position that this program ever estimated and wrote, from photos and sidecars in the
folders, also from files that were moved or renamed since. Where the journal knows a file, it
becomes byte for byte what it was; otherwise our tags go and nothing else. Positions that a person
placed stay."""

EPILOG = """\
exit status: 0 no estimate is left, 1 some files keep theirs, 2 wrong usage."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `geoguess revoke`."""
    parser.add_argument("paths", nargs="+", metavar="FOLDER", help="folder, photo or sidecar")
    parser.add_argument("--dry-run", action="store_true", help="only name the files")
    parser.add_argument("--journal", metavar="F", help="also look into this journal")
    add_logging_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Revoke; returns the exit status. Raises UsageError."""
    from geoguess_app.photos.revoke import estimates_in

    use_utf8(sys.stdout)
    paths = existing_paths(arguments.paths)
    if arguments.dry_run:
        return _name(paths)
    files = list(estimates_in(paths))
    if not files:
        out("No estimates of this program found.")
        return OK
    try:
        return _revoke(files, Path(arguments.journal) if arguments.journal else None)
    except JournalError as problem:
        raise UsageError(str(problem)) from problem


def _name(paths: list[Path]) -> int:
    from geoguess_app.export.text import printable
    from geoguess_app.photos.revoke import estimates_in

    count = 0
    for file in estimates_in(paths):
        count += 1
        out(printable(str(file)))
    say(f"{count:,} files carry an estimate.")
    return OK


def _revoke(files: list[Path], extra: Path | None) -> int:
    from geoguess_app.photos.journal import Journal, read_runs
    from geoguess_app.photos.revoke import Kept, Revoked, revoke

    runs = read_runs() + (read_runs(extra) if extra is not None else [])
    counts: Counter[str] = Counter()
    kept = 0
    with Journal(None, {"command": "revoke"}) as journal, progress() as shown:
        for done, result in enumerate(revoke(files, runs, journal), start=1):
            shown.update(done)
            if isinstance(result, Kept):
                kept += 1
                say(result.message)
            elif isinstance(result, Revoked):
                counts[result.how] += 1
    out(
        f"{counts['restored']:,} files as before, {counts['cleaned']:,} cleaned of our tags, "
        f"{counts['deleted']:,} sidecars removed, {kept:,} left alone."
    )
    out(f"To take even this back: geoguess undo {journal.run}")
    return SOME_FAILED if kept else OK
