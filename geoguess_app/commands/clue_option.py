"""Clues in commands that locate: the option that gives them, and their work."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from geoguess_app.commands.common import UsageError
from geoguess_app.core.errors import GeoGuessError

if TYPE_CHECKING:
    from collections.abc import Callable

    from geoguess_app.commands.deferred_model import DeferredModel
    from geoguess_app.core.types import LocatedPhoto
    from geoguess_app.locating.clues import ClueRefiner

    Refine = Callable[[LocatedPhoto], LocatedPhoto]


def add_clue_option(parser: argparse.ArgumentParser) -> None:
    """Add --clue to a command."""
    parser.add_argument(
        "--clue",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="locate only where this can be seen: drives-on=left, language=Portuguese, "
        "script=Thai, country=PT,BR, currency=EUR, phone=+351, domain=.pt, hemisphere=south, "
        "utc-offset=+09:00, near=Lisbon; may be given several times",
    )


def with_clues(refine: Refine | None, model: DeferredModel, texts: list[str]) -> Refine | None:
    """Add the clues to another refinement of answers, after it. Raises UsageError for clues that
    are wrong, or a model that has no cells."""
    clues = clue_refiner(model, texts)
    if clues is None:
        return refine
    if refine is None:
        return clues.refine
    return lambda located: clues.refine(refine(located))


def clue_refiner(model: DeferredModel, texts: list[str]) -> ClueRefiner | None:
    """Make what keeps answers to the clues; None without any. Raises UsageError as
    ``with_clues``."""
    if not texts:
        return None
    from geoguess_app.core.clues.clue import parse_clue
    from geoguess_app.locating.clues import ClueRefiner

    try:
        return ClueRefiner([parse_clue(text) for text in texts], model.bundle)
    except GeoGuessError as problem:
        raise UsageError(str(problem)) from problem
