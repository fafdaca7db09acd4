"""Reference photos in commands that locate: the option that leaves them aside, and their work."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from geoguess_app.commands.common import say
from geoguess_app.core.errors import GeoGuessError

if TYPE_CHECKING:
    from geoguess_app.core.bundle import Bundle
    from geoguess_app.locating.stream import Refine


def add_references_option(parser: argparse.ArgumentParser) -> None:
    """Add --no-references to a command."""
    parser.add_argument(
        "--no-references",
        dest="references",
        action="store_false",
        help="leave your reference photos aside (see geoguess references)",
    )


@contextmanager
def refinement(bundle: Bundle, *, wanted: bool) -> Iterator[Refine | None]:
    """Let reference photos refine a model's answers; gives None unless ``wanted``, or without
    any."""
    from geoguess_app.references.collection import ReferenceCollection

    if not wanted or not ReferenceCollection.exists():
        yield None
        return
    from geoguess_app.references.place_matcher import PlaceMatcher

    try:
        collection = ReferenceCollection()
    except GeoGuessError as problem:
        say(f"reference photos are left aside: {problem}")
        yield None
        return
    with contextlib.closing(PlaceMatcher(collection, bundle)) as matcher:
        yield matcher.refine
