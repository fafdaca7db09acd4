"""Reading the text on one photo in a background thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.cancel import CancelToken
from geoguess_app.ui.work.frames import Frame
from geoguess_app.ui.work.jobs import Work

if TYPE_CHECKING:
    from geoguess_app.core.clues.sign_places import Probability
    from geoguess_app.core.reading.photo_text import PhotoText
    from geoguess_app.core.types import Coordinate, Prediction
    from geoguess_app.ui.work.answers import Answers
    from geoguess_app.ui.work.outcome import LocatingOutcome
    from geoguess_app.ui.work.workers import LoadedModel


@dataclass(frozen=True, slots=True)
class ReadPhoto:
    """The text on a photo, and where its lines stand on a picture of any size."""

    path: Path
    text: PhotoText
    frames: tuple[Frame, ...]
    """Corners of each line as shares of the photo's width and height."""


def reading_work(
    path: Path,
    model: LoadedModel | None = None,
    outcome: LocatingOutcome | None = None,
    answers: Answers | None = None,
) -> Work:
    """Yield the ReadPhoto; nothing where it was cancelled. With a model and its answer for the
    photo, places where the model looks, too, come first. Raises PhotoError, ReadingError."""

    def work(token: CancelToken) -> Iterator[ReadPhoto]:
        from geoguess_app.core.picture.decode import open_upright
        from geoguess_app.core.reading.photo_text import read_photo_text
        from geoguess_app.core.reading.text_reader import load_text_reader

        reader = load_text_reader()
        photo = open_upright(path)
        asked = None
        if model is not None and outcome is not None and answers is not None:
            prediction = outcome.located.prediction
            known = answers.store().prediction(path, answers.key(model))
            if known is not None:
                prediction = replace(prediction, cell_probabilities=known.cell_probabilities)
            asked = _by_model(model, prediction)
        text = read_photo_text(photo, reader, asked, token)
        if text is not None:
            frames = tuple(_shares(line.corners, photo.size) for line in text.lines)
            yield ReadPhoto(path, text, frames)

    return work


def _by_model(model: LoadedModel, prediction: Prediction) -> Probability:
    """The model's probability of places; the atlas is held only while one is asked about."""
    from geoguess_app.core.reading.photo_text import model_probability

    def ask(where: Coordinate, country_code: str) -> tuple[float, float]:
        with model.atlas.use() as atlas:
            return model_probability(prediction, atlas)(where, country_code)

    return ask


def _shares(corners: Frame, size: tuple[int, int]) -> Frame:
    return tuple((x / size[0], y / size[1]) for x, y in corners)
