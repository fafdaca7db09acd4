"""``geoguess locate``: where were these photos taken?"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import shutil
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from geoguess_app.commands.clue_option import add_clue_option, with_clues
from geoguess_app.commands.common import (
    OK,
    SOME_FAILED,
    UsageError,
    add_logging_option,
    add_units_option,
    say,
    use_utf8,
)
from geoguess_app.commands.deferred_model import DeferredModel, add_cache_option, answer_memory
from geoguess_app.commands.inputs import checked_output, photo_paths
from geoguess_app.commands.model_options import add_model_options
from geoguess_app.commands.photo_paths import add_folder_option, photos_in
from geoguess_app.commands.progress import progress
from geoguess_app.commands.reference_option import add_references_option, refinement
from geoguess_app.commands.text_option import add_text_option, with_text
from geoguess_app.files.atomic import atomic_text_file

if TYPE_CHECKING:
    from geoguess_app.core.types import FailedPhoto, LocatedPhoto
    from geoguess_app.export.writers import ResultWriter

DESCRIPTION = """\
Estimate where photos were taken, from their pixels alone. Folders are searched with all their
subfolders.

Results go to standard output as they come, everything else to standard error. A photo that cannot
be read is reported in its own row and does not stop the others. Answers are kept: photos located
before are not computed again."""

EPILOG = """\
exit status: 0 all photos were located, 1 some failed, 2 usage error.

examples:
  geoguess locate holiday.jpg
  geoguess locate ~/Pictures --format csv --output places.csv
  geoguess locate scans --format jsonl --top 3 | jq .place.country
  geoguess locate street.jpg --read-text"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``geoguess locate``."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="photo or folder of photos")
    add_model_options(parser)
    parser.add_argument(
        "--top",
        type=_positive,
        default=5,
        metavar="K",
        help="number of candidates to list per photo (default: 5)",
    )
    parser.add_argument(
        "--format",
        choices=("text", "jsonl", "csv", "geojson"),
        default="text",
        help="text: for reading; jsonl: one JSON object per line; csv: img_id,pred_lat,pred_lng "
        "and more columns; geojson: one FeatureCollection (default: text)",
    )
    parser.add_argument(
        "--output",
        metavar="F",
        help="write to this file instead of standard output; "
        "an existing file is replaced only at the end",
    )
    add_cache_option(parser)
    add_references_option(parser)
    add_clue_option(parser)
    add_text_option(parser)
    add_folder_option(parser)
    add_units_option(parser)
    add_logging_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Locate everything; returns the exit status. Raises UsageError."""
    paths = list(photo_paths(arguments.paths))
    output = checked_output(arguments.output)
    with contextlib.closing(_results(paths, arguments)) as results:
        # What is wrong with the model or the device should be said before anything is written.
        begun = itertools.chain([first] if (first := next(results, None)) else [], results)
        with _open_output(output) as (stream, partial):
            from geoguess_app.export.writers import make_writer

            folders = [path for path in paths if path.is_dir()]
            writer = make_writer(arguments.format, stream, arguments.top, folders)
            try:
                located, failed = _write_all(begun, writer, counted=output is not None)
            except KeyboardInterrupt:
                writer.end()
                partial.keep()
                raise
            writer.end()
    return _summary(located, failed)


def _results(
    paths: list[Path], arguments: argparse.Namespace
) -> Generator[LocatedPhoto | FailedPhoto, None, None]:
    from geoguess_app.locating.stream import locate

    model = DeferredModel(arguments)
    if arguments.read_text and arguments.format == "csv":
        raise UsageError("--format csv has no columns for text; use --format jsonl.")
    # Closed whatever happens, so that no decoding thread outlives the command.
    with (
        answer_memory(model, cached=not arguments.no_cache) as memory,
        refinement(model.bundle, wanted=arguments.references) as by_references,
        contextlib.closing(
            locate(
                photos_in(paths, arguments),
                model.predictor,
                memory=memory,
                refine=with_text(
                    with_clues(by_references, model, arguments.clue),
                    model,
                    wanted=arguments.read_text,
                ),
            )
        ) as results,
    ):
        yield from results


def _write_all(
    results: Iterator[LocatedPhoto | FailedPhoto], writer: ResultWriter, *, counted: bool
) -> tuple[int, int]:
    """How many photos were located and how many failed."""
    from geoguess_app.core.types import FailedPhoto

    counts = [0, 0]
    with progress(shown=counted) as counter:
        for result in results:
            counts[isinstance(result, FailedPhoto)] += 1
            writer.write(result)
            counter.update(sum(counts))
    return counts[0], counts[1]


def _summary(located: int, failed: int) -> int:
    if located + failed == 0:
        say("no photos found.")
    elif failed:
        say(f"{failed:,} of {located + failed:,} photos could not be located.")
    return SOME_FAILED if failed else OK


@contextmanager
def _open_output(path: Path | None) -> Iterator[tuple[TextIO, PartialResults]]:
    """The stream for the results, and what to do with them when the user interrupts."""
    if path is None:
        use_utf8(sys.stdout)
        yield sys.stdout, PartialResults(None, sys.stdout)
        return
    try:
        with atomic_text_file(path) as stream:
            yield stream, PartialResults(path, stream)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise UsageError(f"cannot write to {str(path)!r}: {reason}.") from problem


class PartialResults:
    """The results of an interrupted run, kept beside the intended file, which stays as it was."""

    def __init__(self, path: Path | None, stream: TextIO) -> None:
        self._path, self._stream = path, stream

    def keep(self) -> None:
        """Copy what was written so far to NAME.partial, and say so; nothing on standard output."""
        if self._path is None or not Path(self._stream.name).is_file():
            return
        self._stream.flush()
        partial = self._path.with_name(f"{self._path.name}.partial")
        shutil.copyfile(self._stream.name, partial)
        say(f"interrupted; the results so far are in {partial}.")


def _positive(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return value
