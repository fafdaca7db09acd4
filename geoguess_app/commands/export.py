"""``geoguess export``: answers as a file for maps and tables."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
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
from geoguess_app.core.errors import TableError
from geoguess_app.files.atomic import atomic_binary_file, atomic_text_file

if TYPE_CHECKING:
    from geoguess_app.core.types import FailedPhoto, LocatedPhoto
    from geoguess_app.export.writers import ResultWriter

DESCRIPTION = """\
Write answers to one file: csv and geojson for tables and GIS programs, gpx and kml for map
programs, kmz for Google Earth, with thumbnails of the photos. Photos located before are not
computed again, and results saved by `geoguess locate --format jsonl` are used as they are. The
photos themselves are not changed."""

EPILOG = """\
GeoJSON output has a point for each photo, and an area: the cells that hold most of its probability
(for saved results, the cells of its candidates; save more of them with locate --top).

exit status: 0 all photos are in the file, 1 some failed, 2 usage error.

examples:
  geoguess export ~/Pictures/scans --output scans.kmz
  geoguess export ~/Pictures/scans --format geojson | ogr2ogr scans.gpkg /vsistdin/
  geoguess export results.jsonl --output results.kml"""

FORMATS = ("csv", "geojson", "gpx", "kml", "kmz")
_CANDIDATES = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``geoguess export``."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="folder, photo or results.jsonl")
    add_model_options(parser)
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="csv, geojson, gpx, kml or kmz (default: from the name of the output file)",
    )
    parser.add_argument(
        "--output", metavar="F", help="file to write (default: standard output, except for kmz)"
    )
    parser.add_argument(
        "--region",
        type=_mass,
        default=0.8,
        metavar="P",
        help="geojson: share of the probability that the area holds, 0 to 1 (default: 0.8)",
    )
    add_cache_option(parser)
    add_references_option(parser)
    add_clue_option(parser)
    add_folder_option(parser)
    add_units_option(parser)
    add_logging_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Locate what is missing and write all; returns the exit status. Raises UsageError."""
    paths = list(photo_paths(arguments.paths))
    output = checked_output(arguments.output)
    form = _format(arguments.format, output)
    saved = _saved_results(paths)
    if saved and arguments.clue:
        raise UsageError("saved results cannot be kept to clues; give the photos.")
    model = None if saved else DeferredModel(arguments)
    results = _read(paths) if model is None else _results(paths, model, arguments)
    located = failed = 0
    with _writer(form, output, model, arguments.region) as writer:
        for result in results:
            writer.write(result)
            if _has_failed(result):
                failed += 1
            else:
                located += 1
        writer.end()
    if failed:
        say(f"{failed:,} of {located + failed:,} photos could not be located.")
    return SOME_FAILED if failed else OK


def _saved_results(paths: list[Path]) -> bool:
    """Whether these are files of saved results. Raises UsageError for some of both."""
    from geoguess_app.export.saved_results import SUFFIXES

    found = [path.suffix.lower() in SUFFIXES and not path.is_dir() for path in paths]
    if any(found) and not all(found):
        raise UsageError("give either saved results or photos and folders, not both.")
    return any(found)


def _read(paths: list[Path]) -> Iterator[LocatedPhoto | FailedPhoto]:
    from geoguess_app.export.saved_results import read_results

    try:
        for path in paths:
            yield from read_results(path)
    except TableError as problem:
        raise UsageError(str(problem)) from problem


def _results(
    paths: list[Path], model: DeferredModel, arguments: argparse.Namespace
) -> Iterator[LocatedPhoto | FailedPhoto]:
    from geoguess_app.locating.stream import locate

    found = list(photos_in(paths, arguments))
    with (
        answer_memory(model, cached=not arguments.no_cache) as memory,
        refinement(model.bundle, wanted=arguments.references) as refine,
        progress(len(found)) as shown,
        contextlib.closing(
            locate(
                found,
                model.predictor,
                memory=memory,
                refine=with_clues(refine, model, arguments.clue),
            )
        ) as results,
    ):
        for count, result in enumerate(results, start=1):
            shown.update(count)
            yield result


def _has_failed(result: LocatedPhoto | FailedPhoto) -> bool:
    from geoguess_app.core.types import FailedPhoto

    if isinstance(result, FailedPhoto):
        say(result.message)
        return True
    return False


def _format(chosen: str | None, output: Path | None) -> str:
    form: str | None = chosen
    if form is None and output is not None:
        form = output.suffix.lower().lstrip(".")
        form = "geojson" if form == "json" else form
    if form not in FORMATS:
        raise UsageError("choose a format: --format csv, geojson, gpx, kml or kmz.")
    if form == "kmz" and output is None:
        raise UsageError("kmz is an archive: give a file with --output.")
    return form


@contextmanager
def _writer(
    form: str, output: Path | None, model: DeferredModel | None, mass: float
) -> Iterator[ResultWriter]:
    try:
        if form == "kmz" and output is not None:
            from geoguess_app.export.map_writers import KmzWriter

            with atomic_binary_file(output) as binary:
                yield KmzWriter(binary)
        elif output is not None:
            with atomic_text_file(output) as stream:
                yield map_writer(form, stream, model, mass)
        else:
            use_utf8(sys.stdout)
            yield map_writer(form, sys.stdout, model, mass)
    except OSError as problem:
        if isinstance(problem, BrokenPipeError):
            raise
        reason = problem.strerror or str(problem)
        raise UsageError(f"cannot write to {str(output)!r}: {reason}.") from problem


def map_writer(form: str, stream: TextIO, model: DeferredModel | None, mass: float) -> ResultWriter:
    """The writer for a text format; without a model for saved results."""
    from geoguess_app.export import map_writers, writers
    from geoguess_app.export.cell_outlines import CellOutlines
    from geoguess_app.export.saved_results import CandidateOutlines

    if form == "geojson":
        outlines = CandidateOutlines() if model is None else CellOutlines(model.bundle)
        return map_writers.GeoJsonRegionWriter(stream, _CANDIDATES, outlines, mass)
    if form == "gpx":
        return map_writers.GpxWriter(stream)
    if form == "kml":
        return map_writers.KmlWriter(stream)
    return writers.CsvWriter(stream, [])


def _mass(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError("must be greater than 0 and at most 1")
    return value
