"""Common parts of the commands: exit codes, messages, logging, standard streams."""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import logging
import os
import sys

from geoguess_app.core.format import Units

OK, SOME_FAILED, WRONG_USAGE, PIPE_CLOSED, INTERRUPTED = 0, 1, 2, 141, 130
"""Exit codes; the last two are those a shell shows for SIGPIPE and SIGINT."""


class UsageError(Exception):
    """The command cannot start as asked: one sentence, exit code 2."""


def say(message: str) -> None:
    """Write a line for the user to standard error, which keeps the results clean."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"geoguess: {message}\n")
        sys.stderr.flush()


def print_line(line: str) -> None:
    """Write a line of a summary to standard output, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def count_phrase(count: int, noun: str) -> str:
    """A number and its noun: "1 file", "1,200 files"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def add_logging_option(parser: argparse.ArgumentParser) -> None:
    """Add --verbose, which may be given twice."""
    parser.add_argument(
        "-v",
        "--verbose",
        action="count",
        default=0,
        help="show more details; -vv: debug messages too",
    )


def add_units_option(parser: argparse.ArgumentParser) -> None:
    """Add --units: what distances that people read are written in."""
    parser.add_argument(
        "--units",
        choices=[units.value for units in Units],
        default=Units.KILOMETRES.value,
        help="distances in kilometres or miles, where people read them; CSV, JSON, GeoJSON and "
        "metadata are always metric (default: km)",
    )


def set_up_logging(verbosity: int) -> None:
    """Warnings and worse to standard error, one line each; tracebacks only when asked for."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines(with_traces=verbosity > 0))
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbosity, 2)]
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Pillow's remarks about odd metadata concern nobody who only wants a place.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.WARNING if verbosity else logging.ERROR)
    logging.getLogger("PIL").setLevel(logging.INFO)


class _Lines(logging.Formatter):
    def __init__(self, *, with_traces: bool) -> None:
        super().__init__("geoguess: %(levelname)s: %(message)s")
        self._with_traces = with_traces

    def format(self, record: logging.LogRecord) -> str:
        if not self._with_traces:
            record = copy.copy(record)  # others write the trace
            record.exc_info = record.exc_text = None
        return super().format(record)


def use_utf8(stream: object) -> None:
    """Let a standard stream take every name, also on Windows and for undecodable file names."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def close_broken_pipe() -> None:
    """Close a pipe that nobody reads any more, so that Python does not complain when it flushes at
    exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
