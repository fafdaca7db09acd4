"""The user's own photos whose position is known, as judged photos."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.types import Coordinate, LocatedPhoto, Place, Radii
from geoguess_app.evaluation.accuracy.photos import (
    EvaluationOrigin,
    JudgedPhotos,
    JudgedRow,
    judged_photos,
)
from geoguess_app.evaluation.answers.collect import likeliest_scenes
from geoguess_app.evaluation.metrics.continents import continent_of
from geoguess_app.evaluation.metrics.scale import WORLD, Scale
from geoguess_app.review.values import ReviewPhoto


@dataclass(frozen=True, slots=True)
class OwnPhoto:
    """One photo that knows where it was taken, and the answer that was given for it."""

    path: Path
    known: Coordinate
    answer: Coordinate
    radii: Radii
    confidence: float
    level: str
    place: Place
    model: str
    similarity: float = np.nan
    """NaN where it is not known."""
    scene: str = ""
    scene_labels: tuple[tuple[str, float], ...] = ()


def own_photo(photo: LocatedPhoto | ReviewPhoto) -> OwnPhoto | None:
    """Make an own photo of one of the list or of a review; None where truth or answer is not
    known."""
    return (
        own_photo_of_answer(photo)
        if isinstance(photo, LocatedPhoto)
        else own_photo_of_review(photo)
    )


def own_photo_of_answer(located: LocatedPhoto) -> OwnPhoto | None:
    """A photo of the list; None where the file itself has no position."""
    if located.known is None:
        return None
    found = located.prediction
    scene = ""
    if found.scene is not None:
        from geoguess_app.core.decision.scenes import scene_table

        scene = scene_table().s3_names[int(np.argmax(found.scene.s3))]
    return OwnPhoto(
        path=located.path,
        known=located.known,
        answer=found.coordinate,
        radii=found.radii,
        confidence=found.confidence,
        level=str(found.level),
        place=located.place,
        model=found.model,
        similarity=max((n.similarity for n in found.neighbours), default=np.nan),
        scene=scene,
        scene_labels=likeliest_scenes(found.scene),
    )


def own_photo_of_review(photo: ReviewPhoto) -> OwnPhoto | None:
    """A photo of a review: the model's own answer, whatever the user decided."""
    if photo.known is None or photo.answer is None:
        return None
    answer = photo.answer
    return OwnPhoto(
        path=photo.path,
        known=photo.known,
        answer=answer.coordinate,
        radii=answer.radii,
        confidence=answer.confidence,
        level=str(answer.level),
        place=answer.place,
        model=answer.model,
        # A review keeps 0 where a model has no look-alikes.
        similarity=answer.similarity or np.nan,
    )


def judge_own_photos(
    photos: Iterable[OwnPhoto],
    set_name: str,
    *,
    scale: Scale = WORLD,
    places: PlaceFinder | None = None,
) -> JudgedPhotos:
    """Truths and answers side by side; ``places`` gives the continents of the truths."""
    own = list(photos)
    continents = _continents([photo.known for photo in own], places)
    models = dict.fromkeys(photo.model for photo in own if photo.model)
    rows = [_row(photo, found) for photo, found in zip(own, continents, strict=True)]
    return judged_photos(
        EvaluationOrigin(set_name=set_name, model=", ".join(models), scale=scale), rows
    )


def _continents(known: Sequence[Coordinate], places: PlaceFinder | None) -> list[str]:
    if places is None:
        return [""] * len(known)
    return [continent_of(place.country_code) for place in places.at_many(known)]


def _row(photo: OwnPhoto, continent: str) -> JudgedRow:
    return JudgedRow(
        file=str(photo.path),
        truth=(photo.known.latitude_deg, photo.known.longitude_deg),
        answer=(photo.answer.latitude_deg, photo.answer.longitude_deg),
        radii_km=(photo.radii.r50_km, photo.radii.r80_km, photo.radii.r95_km),
        confidence=photo.confidence,
        similarity=photo.similarity,
        level=photo.level,
        place=", ".join(part for part in (photo.place.city, photo.place.country) if part),
        said_scene=photo.scene,
        scene_labels=photo.scene_labels,
        continent=continent,
    )
