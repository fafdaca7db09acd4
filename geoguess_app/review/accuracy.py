"""How good the answers are on photos whose own GPS tells the truth."""

from __future__ import annotations

from collections.abc import Iterable

from geoguess_app.core.sphere import great_circle_km
from geoguess_app.photos.known_accuracy import KnownAccuracy
from geoguess_app.review.values import ReviewPhoto


def accuracy(photos: Iterable[ReviewPhoto]) -> KnownAccuracy:
    """Median error and share inside the 80 % radius, of the model's own answers."""
    report = KnownAccuracy()
    for photo in photos:
        if photo.known is None or photo.answer is None:
            continue
        here, answer = photo.known, photo.answer
        km = float(
            great_circle_km(
                here.latitude_deg,
                here.longitude_deg,
                answer.coordinate.latitude_deg,
                answer.coordinate.longitude_deg,
            )
        )
        report.errors_km.append(km)
        report.inside += km <= answer.radii.r80_km
    return report
