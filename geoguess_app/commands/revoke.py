"""``geoguess revoke``: remove every estimate from a folder."""

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
    count_phrase,
    print_line,
    say,
    use_utf8,
)
from geoguess_app.commands.inputs import existing_paths
from geoguess_app.commands.progress import progress
from geoguess_app.core.errors import JournalError

DESCRIPTION = """\
Remove every position that GeoGuess estimated and wrote from photos and sidecars in the folders,
including files that were moved or renamed since. Files that the journal knows are restored byte for
byte; from others only GeoGuess's own tags are removed. Positions placed by a person stay."""

EPILOG = """\
exit status: 0 no estimate is left, 1 some estimates remain, 2 usage error."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``geoguess revoke``."""
    parser.add_argument("paths", nargs="+", metavar="FOLDER", help="folder, photo or sidecar")
    parser.add_argument(
        "--dry-run", action="store_true", help="list the files without changing them"
    )
    parser.add_argument("--journal", metavar="F", help="use this journal too")
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
        print_line("No GeoGuess estimates found.")
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
        print_line(printable(str(file)))
    say(f"{count_phrase(count, 'file')} with an estimate.")
    return OK


def _revoke(files: list[Path], extra: Path | None) -> int:
    from geoguess_app.photos.journal import Journal, read_runs
    from geoguess_app.photos.revoke import KeptFile, RevokedFile, revoke

    runs = read_runs() + (read_runs(extra) if extra is not None else [])
    counts: Counter[str] = Counter()
    kept = 0
    with Journal(None, {"command": "revoke"}) as journal, progress() as shown:
        for done, result in enumerate(revoke(files, runs, journal), start=1):
            shown.update(done)
            if isinstance(result, KeptFile):
                kept += 1
                say(result.message)
            elif isinstance(result, RevokedFile):
                counts[result.how] += 1
    print_line(
        f"{count_phrase(counts['restored'], 'file')} restored, "
        f"{count_phrase(counts['cleaned'], 'file')} cleaned of GeoGuess's tags, "
        f"{count_phrase(counts['deleted'], 'sidecar')} removed, {kept:,} left alone."
    )
    print_line(f"To undo: geoguess undo {journal.run}")
    return SOME_FAILED if kept else OK
