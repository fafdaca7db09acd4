"""Reference photos in commands that locate: the option that leaves them aside, and the matcher."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from geoguess_app.commands.common import say
from geoguess_app.core.errors import GeoGuessError

if TYPE_CHECKING:
    from geoguess_app.commands.deferred_model import DeferredModel
    from geoguess_app.core.types import LocatedPhoto

Refine = Callable[["LocatedPhoto"], "LocatedPhoto"]


def add_references_option(parser: argparse.ArgumentParser) -> None:
    """Add --no-references to a command."""
    parser.add_argument(
        "--no-references",
        action="store_true",
        help="leave your reference photos aside (see geoguess references)",
    )


@contextmanager
def refinement(model: DeferredModel, arguments: argparse.Namespace) -> Iterator[Refine | None]:
    """Let reference photos refine the model's answers; gives None without any, or where the options
    leave them aside."""
    from geoguess_app.references.collection import ReferenceCollection

    if arguments.no_references or not ReferenceCollection.exists():
        yield None
        return
    from geoguess_app.references.place_matcher import PlaceMatcher

    try:
        collection = ReferenceCollection()
    except GeoGuessError as problem:
        say(f"reference photos are left aside: {problem}")
        yield None
        return
    with contextlib.closing(PlaceMatcher(collection, model.bundle)) as matcher:
        yield matcher.refine
