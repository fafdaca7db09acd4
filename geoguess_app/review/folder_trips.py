"""Trips of a whole folder at once, without a review: for the command line."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from geoguess_app.core.bundle import Bundle
from geoguess_app.core.errors import PhotoError
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.trips import group_trips
from geoguess_app.core.types import LocatedPhoto
from geoguess_app.locating.memory import AnswerMemory
from geoguess_app.locating.posteriors import remembered_posteriors
from geoguess_app.photos.known_accuracy import KnownAccuracy
from geoguess_app.photos.metadata import read_metadata
from geoguess_app.photos.requests import Thresholds, WriteSelection
from geoguess_app.photos.write_plan import WriteRequest
from geoguess_app.review.saving import position_of
from geoguess_app.review.summary import summary
from geoguess_app.review.trips import TripModel, hours_of, rescore_trips
from geoguess_app.review.values import ReviewPhoto, proposal

_READERS = 2
_TRIES = 30
_NEAR = 12
"""So many photos before and after one are enough to try its trip on it."""


class FolderTrips:
    """A collection of located photos, about 2 KB each; their trips are looked at when all are
    there.

    Raises SessionError for a model without cells.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._trips = TripModel(bundle)
        self._photos: list[ReviewPhoto] = []
        self._dated = 0

    def add(self, result: LocatedPhoto) -> None:
        """Take one photo in; its header is read later, to hold up no network."""
        self._photos.append(
            ReviewPhoto(len(self._photos), result.path, known=result.known, answer=summary(result))
        )

    def _read_times(self) -> None:
        """Read from their headers when the photos were taken, unless that is done."""
        undated = self._photos[self._dated :]
        with ThreadPoolExecutor(_READERS) as pool:
            self._photos[self._dated :] = pool.map(_with_date, undated)
        self._dated = len(self._photos)

    def sort(self, chosen: WriteSelection, thresholds: Thresholds, memory: AnswerMemory) -> int:
        """Sort the answers in, those that trips gave instead of the photos' own among them.

        Returns how many answers trips gave.
        """
        self._read_times()
        helped = 0
        posteriors = remembered_posteriors(memory.store, memory.model)
        for answers in rescore_trips(self._photos, self._trips, posteriors, PlaceFinder()):
            for number, answer in answers.items():
                self._photos[number] = replace(self._photos[number], trip=answer)
                helped += answer is not None
        for photo in self._photos:
            if photo.current is not None:
                open_to_all = photo.known is None
                refusal = thresholds.refusal(photo.current) if open_to_all else ""
                chosen.sort(_request(photo), refusal)
        return helped

    def check(self, memory: AnswerMemory) -> KnownAccuracy:
        """Return how good trips are on these photos: some of known position, each placed by the
        others of its trip as if its own were not known."""
        report = KnownAccuracy()
        self._read_times()
        posteriors, places = remembered_posteriors(memory.store, memory.model), PlaceFinder()
        for trip, at in self._tries():
            truth = trip[at].known
            tried = replace(trip[at], known=None, trip=None)
            near = _near(trip, at)
            photos = [tried if photo.id == tried.id else photo for photo in near]
            for answers in rescore_trips(photos, self._trips, posteriors, places, [tried.id]):
                tried = replace(tried, trip=answers.get(tried.id))
            if truth is not None and tried.current is not None:
                report.compare(truth, tried.current.coordinate, tried.current.radii)
        return report

    def _tries(self) -> list[tuple[list[ReviewPhoto], int]]:
        """Trips, and the photo in each that is tried, evenly spread over all that can be."""
        photos = self._photos
        found = []
        folders = [str(photo.path.parent) for photo in photos]
        for members in group_trips(hours_of(photos), folders, self._trips.settings.gap_h):
            trip = [photos[int(index)] for index in members]
            known = [at for at, photo in enumerate(trip) if photo.known is not None]
            found += [(trip, at) for at in known if len(known) > 1]
        return found[:: max(1, math.ceil(len(found) / _TRIES))]


def _with_date(photo: ReviewPhoto) -> ReviewPhoto:
    try:
        facts = read_metadata(photo.path)
    except PhotoError:
        return photo  # pixels that can be read are worth more than a header that cannot
    return replace(photo, taken=facts.taken, utc_offset=facts.utc_offset)


def _near(trip: list[ReviewPhoto], at: int) -> list[ReviewPhoto]:
    """The photos taken about when one was, and the nearest of known position."""
    known = [i for i, photo in enumerate(trip) if photo.known is not None and i != at]
    nearest = [*[i for i in known if i < at][-1:], *[i for i in known if i > at][:1]]
    chosen = {*range(max(0, at - _NEAR), min(len(trip), at + _NEAR + 1)), *nearest}
    return [trip[i] for i in sorted(chosen)]


def _request(photo: ReviewPhoto) -> WriteRequest:
    answer = photo.current
    assert answer is not None
    return WriteRequest(
        photo.path,
        position_of(proposal(answer, narrowed=False)),
        answer.place if answer.place.country_code else None,
        answer.keywords,
    )
