"""Accuracy of the answers to photos whose own GPS tells the truth."""

from __future__ import annotations

from collections.abc import Iterable

from geoguess_app.photos.known_accuracy import KnownAccuracy
from geoguess_app.review.values import ReviewPhoto


def accuracy(photos: Iterable[ReviewPhoto]) -> KnownAccuracy:
    """Median error and share inside the 80% radius, of the model's own answers."""
    report = KnownAccuracy()
    for photo in photos:
        if photo.known is not None and photo.answer is not None:
            report.compare(photo.known, photo.answer.coordinate, photo.answer.radii)
    return report
