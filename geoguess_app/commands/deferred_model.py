"""A model that is loaded only when an answer is missing, and the memory of its answers."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.commands.common import UsageError
from geoguess_app.commands.model_options import apply_settings
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.paths import starter_bundle_dir

if TYPE_CHECKING:
    from geoguess_app.core.bundle import Bundle
    from geoguess_app.core.predictor import Predictor
    from geoguess_app.locating.memory import AnswerMemory
    from geoguess_app.locating.stream import DeferredPredictor


def add_cache_option(parser: argparse.ArgumentParser) -> None:
    """Add --no-cache, under its earlier name too."""
    parser.add_argument(
        "--no-cache",
        action="store_true",
        help="compute every answer again, and do not keep the answers for later runs",
    )
    parser.add_argument("--no-memory", dest="no_cache", action="store_true", help=argparse.SUPPRESS)


class DeferredModel:
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
        """Identify its answers in the store."""
        from geoguess_app.locating.memory import model_key

        return model_key(self.bundle, self._arguments.crops)

    @cached_property
    def predictor(self) -> DeferredPredictor:
        """The predictor, to be loaded at its first use; that raises UsageError."""
        from geoguess_app.locating.stream import DeferredPredictor

        return DeferredPredictor(self.load)

    def load(self) -> Predictor:
        """Load the predictor now. Raises UsageError."""
        from geoguess_app.core.predictor import make_predictor

        with _as_usage_errors():
            return make_predictor(self.bundle, self._arguments.device, self._arguments.crops)


@contextmanager
def _as_usage_errors() -> Iterator[None]:
    try:
        yield
    except GeoGuessError as problem:
        raise UsageError(str(problem)) from problem


@contextmanager
def answer_memory(
    model: DeferredModel, *, cached: bool = True, needed: bool = False
) -> Iterator[AnswerMemory | None]:
    """The model's answers of earlier runs; unless ``cached`` None, or if ``needed`` an empty memory
    that is gone when the block ends."""
    from geoguess_app.files.user_data import results_path
    from geoguess_app.locating.answer_store import AnswerStore
    from geoguess_app.locating.memory import AnswerMemory

    if not (cached or needed):
        yield None
        return
    with contextlib.ExitStack() as stack:
        path = results_path()
        if not cached:
            folder = tempfile.TemporaryDirectory(prefix="geoguess-", ignore_cleanup_errors=True)
            path = Path(stack.enter_context(folder)) / "results.sqlite"
        store = stack.enter_context(contextlib.closing(AnswerStore(path)))
        yield AnswerMemory(store, model.key)
