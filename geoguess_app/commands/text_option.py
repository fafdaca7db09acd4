"""Text on photos in commands that locate: the option that has it read, and its work."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from geoguess_app.commands.common import UsageError
from geoguess_app.core.errors import GeoGuessError, PhotoError

if TYPE_CHECKING:
    from geoguess_app.commands.clue_option import Refine
    from geoguess_app.commands.deferred_model import DeferredModel
    from geoguess_app.core.types import LocatedPhoto


def add_text_option(parser: argparse.ArgumentParser) -> None:
    """Add --read-text to a command."""
    parser.add_argument(
        "--read-text",
        action="store_true",
        help="also read the text on each photo, and list the clues and places that it offers; "
        "they are not used: give those you believe with --clue (not with --format csv)",
    )


def with_text(refine: Refine | None, model: DeferredModel, *, wanted: bool) -> Refine | None:
    """Have the text on photos read after another refinement of answers. Raises UsageError where
    it cannot be read."""
    if not wanted:
        return refine
    from geoguess_app.core.picture.decode import open_upright
    from geoguess_app.core.reading.photo_text import model_probability, read_photo_text
    from geoguess_app.core.reading.text_reader import load_text_reader

    try:
        reader = load_text_reader()
    except GeoGuessError as problem:
        raise UsageError(str(problem)) from problem
    atlas = None
    if model.bundle.manifest.has_cells:
        from geoguess_app.core.area.atlas import Atlas

        atlas = Atlas(model.bundle)

    def read(located: LocatedPhoto) -> LocatedPhoto:
        if refine is not None:
            located = refine(located)
        try:
            photo = open_upright(located.path)
        except PhotoError:  # its answer was remembered; the file is gone or broken by now
            return located
        asked = model_probability(located.prediction, atlas) if atlas is not None else None
        return replace(located, text=read_photo_text(photo, reader, asked))

    return read
