"""``geoguess``: the window, and the commands that need none."""

from __future__ import annotations

import argparse
import difflib
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from geoguess_app import __version__
from geoguess_app.commands.common import (
    INTERRUPTED,
    PIPE_CLOSED,
    SOME_FAILED,
    WRONG_USAGE,
    UsageError,
    add_logging_option,
    close_broken_pipe,
    say,
    set_up_logging,
)
from geoguess_app.core.format import Units, use_units
from geoguess_app.core.garbage import collect_rarely

log = logging.getLogger(__name__)

DESCRIPTION = "Estimate where photos were taken from their pixels, on your own machine."

EPILOG = """\
commands (each has its own --help):
  locate PATH…     estimate where photos were taken: text, jsonl, csv or geojson
  tag FOLDER…      write estimated positions into photos or XMP sidecars
  undo [RUN]       undo the last run, or the one named
  revoke FOLDER…   remove every estimate that GeoGuess wrote
  explain PHOTO…   show which parts of a photo, and which look-alikes, support the answer
  export PATH…     write answers to a csv, geojson, gpx, kml or kmz file
  report PHOTO     write all about one photo's answer to a page (HTML or PDF)
  models ACTION    list, fetch, add, remove and choose models
  references ACTION
                   add, list, update, remove and check your own located photos
  info BUNDLE      describe a model: intended area, training data, measured accuracy
  evaluate …       measure a model on photos with known positions

Without a command, the window opens with the photos given. Without a display, the photos are located
in the terminal instead. Every answer is an estimate with a radius. Think before you locate other
people's photos."""


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand: its texts, its options, its work."""

    description: str
    epilog: str | None
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command or the window; returns the exit status and raises nothing but SystemExit."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments and arguments[0] in _COMMANDS:
            return _run_command(arguments[0], arguments[1:])
        return _run_window(arguments)
    except UsageError as problem:
        say(str(problem))
        return WRONG_USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        close_broken_pipe()
        return PIPE_CLOSED
    except Exception as problem:
        log.info("unexpected", exc_info=True)
        say(f"unexpected {type(problem).__name__}: {problem}; run again with -v for details.")
        return SOME_FAILED


def _run_command(name: str, arguments: Sequence[str]) -> int:
    collect_rarely()
    command = _COMMANDS[name]()
    parser = argparse.ArgumentParser(
        prog=f"geoguess {name}",
        description=command.description,
        epilog=command.epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_arguments(parser)
    options = parser.parse_args(arguments)
    set_up_logging(options.verbose)
    use_units(Units(getattr(options, "units", Units.KILOMETRES)))
    status = command.run(options)
    # A reader that went away shows itself only now if little was written.
    sys.stdout.flush()
    return status


def _locate_command() -> Command:
    from geoguess_app.commands import locate

    return Command(locate.DESCRIPTION, locate.EPILOG, locate.add_arguments, locate.run)


def _explain_command() -> Command:
    from geoguess_app.commands import explain

    return Command(explain.DESCRIPTION, explain.EPILOG, explain.add_arguments, explain.run)


def _info_command() -> Command:
    from geoguess_app.commands import info

    return Command(info.DESCRIPTION, None, info.add_arguments, info.run)


def _evaluate_command() -> Command:
    from geoguess_app.commands import evaluate

    return Command(evaluate.DESCRIPTION, None, evaluate.add_arguments, evaluate.run)


def _tag_command() -> Command:
    from geoguess_app.commands import tag

    return Command(tag.DESCRIPTION, tag.EPILOG, tag.add_arguments, tag.run)


def _undo_command() -> Command:
    from geoguess_app.commands import undo

    return Command(undo.DESCRIPTION, undo.EPILOG, undo.add_arguments, undo.run)


def _revoke_command() -> Command:
    from geoguess_app.commands import revoke

    return Command(revoke.DESCRIPTION, revoke.EPILOG, revoke.add_arguments, revoke.run)


def _export_command() -> Command:
    from geoguess_app.commands import export

    return Command(export.DESCRIPTION, export.EPILOG, export.add_arguments, export.run)


def _report_command() -> Command:
    from geoguess_app.commands import report

    run = partial(report.run, print_pdf=_print_pdf)
    return Command(report.DESCRIPTION, report.EPILOG, report.add_arguments, run)


def _print_pdf(page: str) -> bytes:
    """The page as a PDF file, printed by Qt. Raises UsageError where that is not possible."""
    try:
        from geoguess_app.ui.shell.printing import printed_page
    except ImportError as problem:  # a system library that Qt needs and a bare machine lacks
        raise UsageError(
            f"a PDF cannot be made here ({problem}); give a name that ends in .html."
        ) from problem
    return printed_page(page)


def _models_command() -> Command:
    from geoguess_app.commands import models

    return Command(models.DESCRIPTION, models.EPILOG, models.add_arguments, models.run)


def _references_command() -> Command:
    from geoguess_app.commands import references

    return Command(
        references.DESCRIPTION, references.EPILOG, references.add_arguments, references.run
    )


_COMMANDS: dict[str, Callable[[], Command]] = {
    "locate": _locate_command,
    "explain": _explain_command,
    "info": _info_command,
    "models": _models_command,
    "references": _references_command,
    "evaluate": _evaluate_command,
    "tag": _tag_command,
    "export": _export_command,
    "report": _report_command,
    "undo": _undo_command,
    "revoke": _revoke_command,
}


def _run_window(arguments: Sequence[str]) -> int:
    options = _window_parser().parse_args(arguments)
    _refuse_misspelt_command(options.paths)
    set_up_logging(options.verbose)
    from geoguess_app.ui.shell.headless import has_display

    if not options.self_check and not has_display():
        return _without_window(options.paths, "no display found")
    try:
        from geoguess_app.ui.shell.app import run
    except ImportError as problem:
        # Usually a system library that Qt needs and a bare machine lacks.
        reason = f"the window cannot be opened ({problem})"
        if options.self_check:
            raise UsageError(f"{reason}.") from problem
        return _without_window(options.paths, reason)
    paths = [Path(path) for path in options.paths]
    return int(run(paths, self_check=options.self_check, new_window=options.new_window))


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="geoguess",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="photos and folders to open")
    parser.add_argument(
        "--new-window",
        action="store_true",
        help="open another window; without it, one that is open already gets the photos",
    )
    parser.add_argument(
        "--self-check",
        action="store_true",
        help="test the map, the model and one photo without showing a window; exit 0 if all work",
    )
    parser.add_argument("--version", action="version", version=f"GeoGuess {__version__}")
    add_logging_option(parser)
    return parser


def _without_window(paths: Sequence[str], reason: str) -> int:
    if not paths:
        raise UsageError(f"{reason}; to locate photos in the terminal: geoguess locate PATH…")
    say(f"{reason}; locating in the terminal instead.")
    return _run_command("locate", ["--", *paths])


def _refuse_misspelt_command(paths: Sequence[str]) -> None:
    if not paths or Path(paths[0]).exists():
        return
    similar = difflib.get_close_matches(paths[0], _COMMANDS, n=1, cutoff=0.75)
    if similar:
        raise UsageError(f"no command or photo is named {paths[0]!r}; did you mean {similar[0]!r}?")
