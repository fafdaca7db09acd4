"""Work that takes time before errors can be shown; runs off the window's thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.cancel import CancelToken
from geoguess_app.ui.work.jobs import Work

if TYPE_CHECKING:
    from geoguess_app.core.geo.places import PlaceFinder
    from geoguess_app.core.predictor import Predictor
    from geoguess_app.core.types import LocatedPhoto
    from geoguess_app.evaluation.accuracy.photos import JudgedPhotos
    from geoguess_app.review.values import ReviewPhoto


def evaluation_work(path: Path, images: Path | None) -> Work:
    """Yield the JudgedPhotos of a finished evaluation; ``images`` instead of its own folder."""

    def work(_token: CancelToken) -> Iterator[JudgedPhotos]:
        from geoguess_app.evaluation.accuracy.finished import open_evaluation

        photos = open_evaluation(path)
        yield photos if images is None else photos.moved_to(images)

    return work


def own_photos_work(
    photos: Sequence[LocatedPhoto | ReviewPhoto],
    name: str,
    predictor: Predictor | None,
    places: PlaceFinder | None,
) -> Work:
    """Yield the JudgedPhotos of the user's own photos, at the distances that fit the model."""

    def work(_token: CancelToken) -> Iterator[JudgedPhotos]:
        from geoguess_app.evaluation.accuracy.own_photos import judge_own_photos, own_photo
        from geoguess_app.evaluation.metrics.scale import WORLD
        from geoguess_app.evaluation.study.model_facts import model_facts

        scale = WORLD if predictor is None else model_facts(predictor).scale
        known = [found for found in map(own_photo, photos) if found is not None]
        yield judge_own_photos(known, name, scale=scale, places=places)

    return work


def find_photo_work(photos: JudgedPhotos, index: int) -> Work:
    """Yield the photo's path, or None: not there, under any name that a table may give it.

    The folder may have to be walked.
    """

    def work(_token: CancelToken) -> Iterator[Path | None]:
        from geoguess_app.evaluation.answers.photo_files import PhotoFiles

        images = photos.about.images
        direct = photos.path(index)
        if images is None or direct.is_file():
            yield direct if direct.is_file() else None
        else:
            yield PhotoFiles(images).find(photos.name(index))

    return work
