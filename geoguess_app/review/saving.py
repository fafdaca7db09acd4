"""Conversion of decisions into what the writer takes, and back into what was written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from geoguess_app.core.types import Level, Place
from geoguess_app.photos.journal import JournalEntry, JournalRun
from geoguess_app.photos.position_tags import (
    MANUAL,
    TRACK,
    WrittenPosition,
    estimate_by,
    match_by,
)
from geoguess_app.photos.precision import Precision, limit_precision, supported_names
from geoguess_app.photos.revoke import KeptFile, RevokedFile
from geoguess_app.photos.save import UnwrittenFile, WrittenFile
from geoguess_app.photos.undo import RestoredFile, UnchangedFile, UnrestoredFile, sha256_of
from geoguess_app.photos.write_plan import WriteRequest
from geoguess_app.review.intake import identity_or_none
from geoguess_app.review.session import ReviewSession
from geoguess_app.review.values import ChosenPosition, Origin, ReviewPhoto, State

UNSAVED = (State.ACCEPTED, State.PLACED)
"""States of the photos of which something is to be written."""


def requests(session: ReviewSession, photos: Iterable[int] | None = None) -> Iterator[WriteRequest]:
    """Return what is to be written for the photos accepted or placed and not yet saved.

    Of all photos, or of those named. One that has a position of its own is among them without the
    permission to replace it, so that the plan names it as skipped.
    """
    return requests_of(session if photos is None else (session[number] for number in photos))


def requests_of(photos: Iterable[ReviewPhoto]) -> Iterator[WriteRequest]:
    """The same from photos alone, for a thread that may not touch the session."""
    for photo in photos:
        if photo.state in UNSAVED and photo.decision.chosen is not None:
            yield _request(photo, photo.decision.chosen)


def _request(photo: ReviewPhoto, chosen: ChosenPosition) -> WriteRequest:
    return WriteRequest(
        photo.path,
        position_of(chosen),
        _place_of(photo, chosen),
        photo.answer.keywords if photo.answer is not None else (),
        # What this review wrote itself may be corrected, as long as nobody else changed the file.
        replace_gps=photo.decision.replace_gps or _is_as_saved(photo),
    )


def _place_of(photo: ReviewPhoto, chosen: ChosenPosition) -> Place | None:
    """The names to write: those that the answer can vouch for; a person's choice has them all."""
    answer = photo.current
    return supported_names(chosen.place, answer.level if chosen.model and answer else Level.FINE)


def position_of(chosen: ChosenPosition) -> WrittenPosition:
    """Return what is written: ``MANUAL`` where a person says so, ``GPS TRACK`` where a track does,
    else the model's name."""
    radius = chosen.radius_km
    error_m = radius * 1000 if radius is not None and math.isfinite(radius) else None
    if chosen.origin is Origin.TRACK:
        method = TRACK
    else:
        own = match_by if chosen.match else estimate_by
        method = own(chosen.model) if chosen.model else MANUAL
    return WrittenPosition(chosen.coordinate, error_m, method)


def _is_as_saved(photo: ReviewPhoto) -> bool:
    return photo.saved is not None and identity_or_none(photo.path) == photo.identity


def mark_saved(session: ReviewSession, results: Iterable[WrittenFile | UnwrittenFile]) -> list[int]:
    """Note what a save wrote; returns the photos concerned.

    A photo that was decided anew while the save ran stays to be saved.
    """
    marked = []
    for result in results:
        request = result.item.request
        number = session.number_of(request.path)
        if number is None or isinstance(result, UnwrittenFile):
            continue
        photo = session[number]
        now = identity_or_none(photo.path)
        marked.append(replace(photo, saved=_as_written(photo, request), identity=now))
    return session.update(marked)


def _as_written(photo: ReviewPhoto, request: WriteRequest) -> ChosenPosition:
    chosen = photo.decision.chosen
    if chosen is not None and position_of(chosen) == request.position:
        return chosen
    error_m = request.position.error_m
    radius_km = error_m / 1000 if error_m is not None else None
    return ChosenPosition(request.position.coordinate, radius_km, Origin.MANUAL)


def mark_undone(
    session: ReviewSession, results: Iterable[RestoredFile | UnchangedFile | UnrestoredFile]
) -> list[int]:
    """Note whose saved position was taken back; they stay accepted or placed, not yet saved."""
    found = _Finder(session)
    back = []
    for result in results:
        photo = found.photo(result.entry.photo)
        if photo is not None and photo.saved is not None and not isinstance(result, UnrestoredFile):
            back.append(replace(photo, saved=None, identity=identity_or_none(photo.path)))
    return session.update(back)


def written_unnoticed(
    photos: Iterable[ReviewPhoto], runs: Sequence[JournalRun]
) -> Iterator[ReviewPhoto]:
    """Yield photos, for ``ReviewSession.update``, whose saved decision was never noted.

    So it is after the program was killed in a save: the journal knows what was written. Reads the
    files concerned.
    """
    entries = {entry.photo: entry for run in runs for entry in reversed(run.open_entries)}
    for photo in photos:
        chosen = photo.decision.chosen
        entry = entries.get(_real(photo.path))
        if photo.state not in UNSAVED or chosen is None or entry is None:
            continue
        if _says(entry, position_of(chosen)) and _is_as_written(entry):
            yield replace(photo, saved=chosen, identity=identity_or_none(photo.path))


def _says(entry: JournalEntry, position: WrittenPosition) -> bool:
    """Whether an entry is about this position, at whatever precision."""
    where = (entry.facts.get("latitude"), entry.facts.get("longitude"))
    rounded = (limit_precision(position, precision).coordinate for precision in Precision)
    return entry.facts.get("method") == position.method and any(
        where == (round(here.latitude_deg, 7), round(here.longitude_deg, 7)) for here in rounded
    )


def _is_as_written(entry: JournalEntry) -> bool:
    try:
        return sha256_of(entry.target) == entry.after_sha256
    except OSError:
        return False


def mark_revoked(session: ReviewSession, results: Iterable[RevokedFile | KeptFile]) -> list[int]:
    """Note whose estimate was removed; they stay accepted, not yet saved."""
    found = _Finder(session)
    gone = []
    for result in results:
        photo = found.owner(result.file) if isinstance(result, RevokedFile) else None
        if photo is not None and (photo.saved is not None or photo.carries_estimate):
            now = identity_or_none(photo.path)
            gone.append(replace(photo, saved=None, carries_estimate=False, identity=now))
    return session.update(gone)


class _Finder:
    """Finds photos by the path that the writer knows, links followed."""

    def __init__(self, session: ReviewSession) -> None:
        self._session = session
        self._by_real: dict[Path, ReviewPhoto] | None = None
        self._by_stem: dict[Path, ReviewPhoto] | None = None

    def photo(self, real: Path) -> ReviewPhoto | None:
        """The photo; hardly any is reached by a link, so all are followed only when need be."""
        number = self._session.number_of(real)
        if number is not None:
            return self._session[number]
        if self._by_real is None:
            saved = (photo for photo in self._session if photo.saved is not None)
            self._by_real = {_real(photo.path): photo for photo in saved}
        return self._by_real.get(_real(real))

    def owner(self, file: Path) -> ReviewPhoto | None:
        """The photo that a file is, or whose sidecar it is."""
        if file.suffix.lower() != ".xmp":
            return self.photo(file)
        full = self._session.number_of(file.with_suffix(""))
        if full is not None:
            return self._session[full]
        if self._by_stem is None:
            self._by_stem = {photo.path.with_suffix(""): photo for photo in self._session}
        return self._by_stem.get(file.with_suffix(""))


def _real(path: Path) -> Path:
    """Links followed, as the writer does."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path
