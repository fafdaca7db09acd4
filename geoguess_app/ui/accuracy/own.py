"""The user's own photos whose position is known: of the list, and of the review."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geoguess_app.core.types import LocatedPhoto
    from geoguess_app.review.values import ReviewPhoto
    from geoguess_app.ui.frame.open_photos import OpenPhotos


def listed_photos(photos: OpenPhotos) -> list[LocatedPhoto]:
    """Located photos of the list whose file says where they were taken."""
    located = (photo.outcome.located for photo in photos.listed() if photo.outcome)
    return [photo for photo in located if photo.known is not None]


def reviewed_photos(photos: OpenPhotos) -> list[ReviewPhoto]:
    """The same of the review, if one has been opened."""
    return [p for p in photos.reviewed() if p.known is not None and p.answer is not None]
