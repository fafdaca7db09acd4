"""What the commands share: options about the model, exit codes, messages."""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.settings import Settings, load_settings

if TYPE_CHECKING:
    from geoguess_app.core.predictor import Predictor

OK, SOME_FAILED, WRONG_USAGE, PIPE_CLOSED, INTERRUPTED = 0, 1, 2, 141, 130
"""Exit codes; the last two are those a shell shows for SIGPIPE and SIGINT."""

_PROGRESS_INTERVAL_S = 0.5
_LINE = 70


class UsageError(Exception):
    """The command cannot start as asked: one sentence, exit code 2."""


def say(message: str) -> None:
    """One line to the user, on standard error so that results stay clean."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"geoguess: {message}\n")
        sys.stderr.flush()


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """--model, --device and --crops."""
    parser.add_argument(
        "--model",
        metavar="M",
        help="model bundle, a folder or .geomodel file "
        "(default: the one chosen in the settings, else the starter model)",
    )
    parser.add_argument(
        "--device",
        metavar="D",
        help="auto, cpu, cuda, cuda:1 or mps (default: the one in the settings, else auto)",
    )
    parser.add_argument(
        "--crops",
        type=int,
        choices=(1, 3, 5, 10),
        metavar="N",
        help="crops looked at per photo: 1, 3, 5 or 10; more are slower and a little better "
        "(default: the one in the settings, else what the model asks for)",
    )


def add_logging_option(parser: argparse.ArgumentParser) -> None:
    """-v, once or twice."""
    parser.add_argument(
        "-v", "--verbose", action="count", default=0, help="say more about what goes on; -vv: all"
    )


def apply_settings(arguments: argparse.Namespace) -> None:
    """Fill in from the settings what --model, --device and --crops left open.

    Raises UsageError where the model does not exist. Afterwards no model means the starter.
    """
    settings = load_settings()
    arguments.model = model_path(arguments.model, settings)
    arguments.device = arguments.device or settings.device
    arguments.crops = arguments.crops or settings.crops


def load_model(arguments: argparse.Namespace) -> Predictor:
    """The predictor that the options and the settings ask for; raises UsageError."""
    apply_settings(arguments)
    from geoguess_app.core.predictor import load_predictor

    try:
        return load_predictor(arguments.model, arguments.device, arguments.crops)
    except GeoGuessError as problem:
        raise UsageError(str(problem)) from problem


def model_path(chosen: str | None, settings: Settings) -> Path | None:
    """The bundle to open; None means the starter. Raises UsageError where there is none."""
    if chosen is not None:
        if not chosen or not Path(chosen).exists():
            raise UsageError(
                f"there is no model {chosen!r}; give a bundle folder or .geomodel file."
            )
        return Path(chosen)
    if settings.model is None:
        return None
    if not Path(settings.model).exists():
        raise UsageError(
            f"the model of the settings, {settings.model!r}, is gone; give one with --model."
        )
    return Path(settings.model)


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


class Progress:
    """A counter in the terminal, for results that go to a file; silent otherwise."""

    def __init__(self, *, shown: bool, total: int | None = None) -> None:
        self._shown = shown and sys.stderr.isatty()
        self._total = total
        self._started_s = self._last_s = time.monotonic()

    def update(self, done: int) -> None:
        """Show how many photos are done, at most twice a second."""
        now_s = time.monotonic()
        if not self._shown or now_s - self._last_s < _PROGRESS_INTERVAL_S:
            return
        self._last_s = now_s
        rate = done / (now_s - self._started_s)
        counted = f"{done:,}" if self._total is None else f"{done:,} of {self._total:,}"
        left = "" if self._total is None else f", {_time_left((self._total - done) / rate)} left"
        sys.stderr.write(f"\r{counted} photos, {rate:.1f} a second{left}".ljust(_LINE))
        sys.stderr.flush()

    def end(self) -> None:
        """Remove the counter."""
        if self._shown:
            sys.stderr.write("\r" + " " * _LINE + "\r")
            sys.stderr.flush()


def _time_left(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
