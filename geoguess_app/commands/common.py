"""What the commands share: exit codes, messages, logging, standard streams."""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import sys

OK, SOME_FAILED, WRONG_USAGE, PIPE_CLOSED, INTERRUPTED = 0, 1, 2, 141, 130
"""Exit codes; the last two are those a shell shows for SIGPIPE and SIGINT."""


class UsageError(Exception):
    """The command cannot start as asked: one sentence, exit code 2."""


def say(message: str) -> None:
    """One line to the user, on standard error so that results stay clean."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"geoguess: {message}\n")
        sys.stderr.flush()


def out(line: str) -> None:
    """One line of a summary, on standard output."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def add_logging_option(parser: argparse.ArgumentParser) -> None:
    """-v, once or twice."""
    parser.add_argument(
        "-v", "--verbose", action="count", default=0, help="say more about what goes on; -vv: all"
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
            record.exc_info = record.exc_text = None
        return super().format(record)


def use_utf8(stream: object) -> None:
    """Let a standard stream take every name, also on Windows and for undecodable file names."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def close_broken_pipe() -> None:
    """Nobody reads any more: keep Python from complaining when it flushes at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
