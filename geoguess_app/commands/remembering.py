"""What tag and export share: earlier answers, and a model loaded only when one is missing."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.commands.common import Progress, UsageError, apply_settings
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.paths import starter_bundle_dir

if TYPE_CHECKING:
    from geoguess_app.core.bundle import Bundle
    from geoguess_app.core.predictor import Predictor
    from geoguess_app.locating.answer_store import AnswerStore


class ChosenModel:
    """The model that the options and the settings ask for; its networks are loaded on demand.

    Raises UsageError where there is none, or one that cannot locate.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        from geoguess_app.core.bundle import open_bundle
        from geoguess_app.core.predictor import load_predictor

        apply_settings(arguments)
        self._arguments = arguments
        with _as_usage_errors():
            self.bundle: Bundle = open_bundle(arguments.model or starter_bundle_dir())
            if self.bundle.manifest.kind == "scenes":
                load_predictor(arguments.model)  # says in one sentence that it cannot locate

    @property
    def key(self) -> str:
        """Identifies its answers in the store."""
        from geoguess_app.locating.memory import model_key

        return model_key(self.bundle, self._arguments.crops)

    @cached_property
    def predictor(self) -> Predictor:
        """The predictor, loaded at the first use. Raises UsageError."""
        from geoguess_app.core.predictor import Predictor

        with _as_usage_errors():
            return Predictor(self.bundle, self._arguments.device, self._arguments.crops)


@contextmanager
def _as_usage_errors() -> Iterator[None]:
    try:
        yield
    except GeoGuessError as problem:
        raise UsageError(str(problem)) from problem


@contextmanager
def answer_store(*, used: bool = True, needed: bool = False) -> Iterator[AnswerStore]:
    """The store of earlier answers; or one that remembers nothing, if needed only until its end."""
    from geoguess_app.files.user_data import results_path
    from geoguess_app.locating.answer_store import AnswerStore

    with contextlib.ExitStack() as stack:
        path: Path | None = results_path() if used else None
        if needed and not used:
            folder = tempfile.TemporaryDirectory(prefix="geoguess-", ignore_cleanup_errors=True)
            path = Path(stack.enter_context(folder)) / "results.sqlite"
        yield stack.enter_context(contextlib.closing(AnswerStore(path)))


@contextmanager
def progress(total: int | None = None) -> Iterator[Progress]:
    """A counter in the terminal; with the time left where it is known how many there are."""
    shown = Progress(shown=True, total=total)
    try:
        yield shown
    finally:
        shown.end()
