"""``geoguess report``: all about one photo's answer on one page, to keep or to hand on."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.commands.clue_option import add_clue_option, clue_refiner
from geoguess_app.commands.common import (
    OK,
    UsageError,
    add_logging_option,
    add_units_option,
    print_line,
)
from geoguess_app.commands.deferred_model import DeferredModel
from geoguess_app.commands.inputs import checked_output
from geoguess_app.commands.model_options import add_model_options
from geoguess_app.commands.reference_option import add_references_option, refinement
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.files.atomic import replace_file

if TYPE_CHECKING:
    from geoguess_app.core.types import LocatedPhoto
    from geoguess_app.report.facts import ReportSubject, RunSettings, UnusedClue

Printer = Callable[[str], bytes]
"""Turn a page (HTML) into a PDF file; raises UsageError where that is not possible."""

DESCRIPTION = """\
Write a report of one photo: the photo, its hash and what the file says; the answer with radius,
confidence and alternatives, on a map; reference photos, look-alikes and clues; the model in short;
and the command that repeats it. One file (HTML or PDF) that needs no network and names neither
this computer nor its user, nor any folder."""

EPILOG = """\
The answer is always computed anew. File names and what they tell are part of the report; rename
photo and model first where they tell too much.

exit status: 0 the report is written, 2 usage error, or a photo that cannot be read.

examples:
  geoguess report holiday.jpg --output holiday-report.html
  geoguess report holiday.jpg --output holiday-report.pdf --clue drives-on=left --without-picture"""

_SUFFIXES = (".html", ".htm", ".pdf")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``geoguess report``."""
    parser.add_argument("photo", metavar="PHOTO", help="the photo")
    parser.add_argument(
        "--output",
        metavar="F",
        required=True,
        help="file to write, .html or .pdf; an existing file is replaced only at the end",
    )
    parser.add_argument(
        "--without-picture",
        dest="with_picture",
        action="store_false",
        help="leave out the photo and the reference photo",
    )
    add_model_options(parser)
    add_references_option(parser)
    add_clue_option(parser)
    add_units_option(parser)
    add_logging_option(parser)


def run(arguments: argparse.Namespace, print_pdf: Printer) -> int:
    """Locate the photo and write its report; returns the exit status. Raises UsageError."""
    photo, output = _photo(arguments.photo), _output(arguments)
    from geoguess_app.report.page import report_page

    try:
        page = report_page(_subject(photo, output, arguments))
        content = (
            print_pdf(page)
            if output.suffix.lower() == ".pdf"
            else page.encode(errors="backslashreplace")
        )
        replace_file(output, content)
    except GeoGuessError as problem:
        raise UsageError(str(problem)) from problem
    print_line(f"wrote {output}")
    return OK


def _photo(name: str) -> Path:
    photo = Path(name)
    if not name or photo.is_dir():
        raise UsageError(f"{name!r} is a folder; give one photo.")
    if not photo.exists():
        raise UsageError(f"{name!r} does not exist; give a photo.")
    return photo


def _output(arguments: argparse.Namespace) -> Path:
    output = checked_output(arguments.output)
    assert output is not None
    if output.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"{output.name!r} must end in .html or .pdf.")
    if output.exists() and output.samefile(arguments.photo):
        raise UsageError(f"{output.name!r} is the photo itself; give the report another name.")
    return output


def _subject(photo: Path, output: Path, arguments: argparse.Namespace) -> ReportSubject:
    """Locate the photo anew, with all that its report tells of it."""
    from geoguess_app.report.facts import ClueShare, ReportSubject

    model = DeferredModel(arguments)
    refiner = clue_refiner(model, arguments.clue)
    whole, settings = _located(photo, output, model, arguments)
    unused = _unused_clues(photo, arguments.clue)
    if refiner is None:
        return ReportSubject(whole, model.bundle, settings, unused_clues=unused)
    located = refiner.refine(whole)
    shares = tuple(ClueShare(words, share) for words, share in refiner.shares(whole))
    if located.clues is None:  # a matched reference photo is better than any clue
        return ReportSubject(located, model.bundle, settings, unused_clues=unused)
    return ReportSubject(located, model.bundle, settings, whole, shares, unused)


def _unused_clues(photo: Path, given: list[str]) -> tuple[UnusedClue, ...]:
    """Those that the file itself gives; what its folder is called is no part of a report."""
    from geoguess_app.core.clues.clue import describe, parse_clue
    from geoguess_app.core.clues.found import ClueSource
    from geoguess_app.locating.file_clues import clues_of_file
    from geoguess_app.report.facts import UnusedClue, source_words

    used = [parse_clue(text) for text in given]
    return tuple(
        UnusedClue(describe(found.clue), source_words(found), dismissed=False)
        for found in clues_of_file(photo)
        if found.clue not in used and found.source is not ClueSource.FOLDER_NAME
    )


def _located(
    photo: Path, output: Path, model: DeferredModel, arguments: argparse.Namespace
) -> tuple[LocatedPhoto, RunSettings]:
    from geoguess_app.core.types import FailedPhoto
    from geoguess_app.locating.stream import locate
    from geoguess_app.references.collection import ReferenceCollection
    from geoguess_app.report.facts import RunSettings

    predictor = model.load()
    with (
        refinement(model.bundle, wanted=arguments.references) as refine,
        contextlib.closing(locate([photo], predictor, refine=refine)) as results,
    ):
        (result,) = results
    if isinstance(result, FailedPhoto):
        raise UsageError(result.message)
    asked = arguments.references and ReferenceCollection.exists()
    settings = RunSettings(
        output=output.name,
        crops=predictor.crops,
        device=predictor.engine.device.type,
        references=asked,
        model_file=arguments.model.name if arguments.model is not None else None,
        with_picture=arguments.with_picture,
        miles=arguments.units == "mi",
    )
    return result, settings
