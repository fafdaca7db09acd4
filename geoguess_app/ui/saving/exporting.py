"""A review as a file for maps and tables, by the same writers as the command line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.clues.restriction import LEAST_LEFT
from geoguess_app.core.types import CluesUsed, Level, LocatedPhoto, Prediction, Radii
from geoguess_app.export.saved_results import clue_words
from geoguess_app.review.values import AnswerSummary, ChosenPosition, Origin, ReviewPhoto
from geoguess_app.ui.work.answers import Answers
from geoguess_app.ui.work.jobs import Work

if TYPE_CHECKING:
    from geoguess_app.export.writers import ResultWriter
    from geoguess_app.locating.answer_store import AnswerStore
    from geoguess_app.ui.work.workers import LoadedModel

FORMATS = ("csv", "geojson", "kml", "kmz", "gpx")
"""Each is its own file suffix too."""
_CANDIDATES = 5
_REGION_MASS = 0.8
_TELL_EVERY = 20
_UNKNOWN = Radii(math.inf, math.inf, math.inf)


def review_export_work(
    photos: Sequence[ReviewPhoto], form: str, target: Path, model: LoadedModel, answers: Answers
) -> Work:
    """Yield the number of photos written, now and then and at the end.

    The file appears whole or not at all. The cells of GeoJSON are those of ``model``, for photos
    whose estimate it gave and is kept; a place that a person chose has no cells.
    """

    def work(token: CancelToken) -> Iterator[int]:
        store, key = answers.store(), answers.key(model)
        done = 0
        with _writer(form, target, model) as writer:
            for photo in photos:
                if token.cancelled:
                    raise InterruptedError
                result = located_photo(photo, store, key)
                if result is not None:
                    writer.write(result)
                    done += 1
                    if done % _TELL_EVERY == 0:
                        yield done
            writer.end()
        yield done

    return work


@contextmanager
def _writer(form: str, target: Path, model: LoadedModel) -> Iterator[ResultWriter]:
    from geoguess_app.export import map_writers, writers
    from geoguess_app.export.cell_outlines import CellOutlines
    from geoguess_app.files.atomic import atomic_binary_file, atomic_text_file

    if form == "kmz":
        with atomic_binary_file(target) as binary:
            yield map_writers.KmzWriter(binary)
        return
    with atomic_text_file(target) as stream:
        if form == "geojson":
            outlines = CellOutlines(model.predictor.bundle)
            yield map_writers.GeoJsonRegionWriter(stream, _CANDIDATES, outlines, _REGION_MASS)
        elif form == "gpx":
            yield map_writers.GpxWriter(stream)
        elif form == "kml":
            yield map_writers.KmlWriter(stream)
        else:
            yield writers.CsvWriter(stream, [])


def located_photo(photo: ReviewPhoto, store: AnswerStore, key: str) -> LocatedPhoto | None:
    """Return what is known of a photo as a result; the position chosen before the one estimated.

    None for a photo without a position. A position that a person or a receiver gave has no model
    and no radius.
    """
    shown = photo.proposed
    by_hand = shown is None or not shown.model
    return shown_result(photo, None if by_hand else store.prediction(photo.path, key))


def shown_result(photo: ReviewPhoto, whole: Prediction | None) -> LocatedPhoto | None:
    """The same, where the model's answer ``whole`` is at hand; None where it is not remembered."""
    shown, answer = photo.proposed, photo.current
    if shown is None:
        return None
    if not shown.model or answer is None:
        return LocatedPhoto(photo.path, _by_hand(shown), shown.place, photo.known)
    prediction = replace(
        whole or _plain(answer),
        coordinate=shown.coordinate,
        radii=_radii(shown, answer),
        confidence=_confidence(shown, answer),
        level=_level(shown, answer),
        candidates=answer.candidates,
        model=shown.model,
    )
    own = answer.reference is None and photo.trip is None
    if shown.origin is not Origin.ESTIMATE or not own:
        # Its cells would show where the picture alone points.
        prediction = replace(prediction, cell_probabilities={}, conflict=None)
    reference = answer.reference if shown.coordinate == answer.coordinate else None
    clues = _clues(photo) if shown.origin is Origin.AREA else None
    return LocatedPhoto(photo.path, prediction, shown.place, photo.known, reference, clues)


def _clues(photo: ReviewPhoto) -> CluesUsed | None:
    """The clues that the answer shown was kept to."""
    decided = photo.decision
    if not decided.clues or photo.answer is None:
        return None
    said = tuple(clue_words(text) for text in decided.clues)
    could_tell = photo.answer.level is not Level.CANNOT_TELL
    contradict = could_tell and decided.clues_left < LEAST_LEFT
    return CluesUsed(decided.clues, said, decided.clues_left, contradict)


def _level(shown: ChosenPosition, answer: AnswerSummary) -> Level:
    """Of the place that is shown: another one than the reference's is not proven."""
    return Level.FINE if answer.is_match and not shown.match else answer.level


def _radii(shown: ChosenPosition, answer: AnswerSummary) -> Radii:
    if shown.coordinate == answer.coordinate:
        return answer.radii
    km = math.inf if shown.radius_km is None else shown.radius_km
    return Radii(math.inf, km, math.inf)


def _confidence(shown: ChosenPosition, answer: AnswerSummary) -> float:
    """Of the place that is shown; NaN for one that was pasted from another photo."""
    if shown.coordinate == answer.coordinate:
        return answer.confidence
    if shown.rank is not None and shown.rank <= len(answer.candidates):
        return answer.candidates[shown.rank - 1].probability
    return math.nan


def _by_hand(chosen: ChosenPosition) -> Prediction:
    return Prediction(
        chosen.coordinate, _UNKNOWN, math.nan, Level.FINE, (), None, None, "", {}, (), ""
    )


def _plain(answer: AnswerSummary) -> Prediction:
    """An answer whose probabilities are not remembered any more."""
    return Prediction(
        answer.coordinate,
        answer.radii,
        answer.confidence,
        answer.level,
        answer.candidates,
        None,
        None,
        "",
        {},
        (),
        answer.model,
    )
