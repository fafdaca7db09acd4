"""The photos of a session, by number and by path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from geoguess_app.core.garbage import note_long_lived
from geoguess_app.review.values import Decision, ReviewPhoto


class Album:
    """All photos that a session knows, those that were taken off the list too."""

    def __init__(self, photos: Iterable[ReviewPhoto]) -> None:
        self.photos: dict[int, ReviewPhoto] = {photo.id: photo for photo in photos}
        self.numbers = {photo.path: photo.id for photo in self.photos.values()}
        self.removed = {p.id for p in self.photos.values() if p.decision.removed}
        self.last = max(self.photos, default=0)
        """The highest number given."""

    def __len__(self) -> int:
        return len(self.photos) - len(self.removed)

    def __iter__(self) -> Iterator[ReviewPhoto]:
        """Those of the list, in the order they were added."""
        if not self.removed:
            return iter(self.photos.values())
        return (photo for photo in self.photos.values() if photo.id not in self.removed)

    def put(self, photos: Iterable[ReviewPhoto]) -> None:
        """New photos, or new facts of those there."""
        for photo in photos:
            note_long_lived(1)
            self.photos[photo.id] = photo
            self.numbers[photo.path] = photo.id
            self.last = max(self.last, photo.id)

    def decide(self, number: int, decision: Decision) -> None:
        """A photo's new decision."""
        self.photos[number] = self.photos[number].decided(decision)
        note_long_lived(1)
        if decision.removed:
            self.removed.add(number)
        else:
            self.removed.discard(number)
