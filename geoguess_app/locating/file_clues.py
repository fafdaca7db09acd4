"""Clues that a photo's file gives: its clock, or that of photos beside it, place fields, captions,
names, its camera."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from geoguess_app.core.clues.clue import utc_offset_clue
from geoguess_app.core.clues.devices import market_clue
from geoguess_app.core.clues.found import TRUST, ClueSource, FoundClue, distinct
from geoguess_app.core.clues.names import place_called, places_in
from geoguess_app.core.clues.trip_clock import offsets_near
from geoguess_app.core.errors import PhotoError
from geoguess_app.core.format import count
from geoguess_app.locating.clocks import clocks_beside, offset_by_gps
from geoguess_app.photos.metadata import PhotoMetadata, read_metadata
from geoguess_app.photos.written_places import read_written_place

_SHARED = "Other countries have a town of that name, too; of the largest 86% were right."
_FOLDERS = 2
"""The folder of a photo and the one above it are read; others say where the user keeps photos."""
_TWO_OFFSETS = (
    "Photos of these days say two different offsets: the trip crossed time zones, or a camera was "
    "left on the time at home. Not measured."
)


def clues_of_file(photo: Path, *, named: bool = True) -> tuple[FoundClue, ...]:
    """Return all that a photo's file and name say, each clue once; the file is only read.

    ``named``: whether its name and folder are the user's, as those of a pasted picture are not.
    Headers of other photos in the folder are read for the clock of the trip. A place that this
    program wrote as an estimate says nothing. Never raises for a broken file. Any
    thread; the first call loads the gazetteer (a second).
    """
    try:
        said = read_metadata(photo)
    except (PhotoError, OSError, ValueError):
        said = None
    found = list(_of_clock(said)) if said is not None else []
    if named and said is not None and not found:
        found += _of_trip(photo, said)
    estimate = said is not None and said.position is not None and said.position.is_estimate
    if not estimate:
        found += _of_fields(photo)
    if named:
        found += _of_names(photo)
    if said is not None:
        found += _of_device(said)  # last: it says the least
    return distinct(found)


def _of_clock(said: PhotoMetadata) -> Iterator[FoundClue]:
    for offset, source in (
        (said.utc_offset, ClueSource.CLOCK),
        (offset_by_gps(said), ClueSource.GPS_CLOCK),
    ):
        if offset is not None:
            clue = utc_offset_clue(offset)
            yield FoundClue(clue, source, f"UTC{clue.values[0]}")


def _of_trip(photo: Path, said: PhotoMetadata) -> Iterator[FoundClue]:
    """For a photo without an offset of its own: what others taken within a day of it say."""
    if said.taken is None:
        return
    offsets = offsets_near(said.taken, clocks_beside(photo))
    for offset, times in offsets:
        clue = utc_offset_clue(offset)
        photos = count(times, "photo", "photos")
        trust = _TWO_OFFSETS if len(offsets) > 1 else ""
        yield FoundClue(clue, ClueSource.TRIP_CLOCK, f"UTC{clue.values[0]}, {photos}", trust)


def _of_device(said: PhotoMetadata) -> Iterator[FoundClue]:
    clue = market_clue(said.camera) if said.camera is not None else None
    if clue is not None:
        yield FoundClue(clue, ClueSource.DEVICE, said.camera or "")


def _of_fields(photo: Path) -> Iterator[FoundClue]:
    written = read_written_place(photo)
    place = place_called(written.city, written.country, written.region)
    if place is not None:
        yield FoundClue(place.clue, ClueSource.PLACE_FIELD, place.said)
    yield from _named_in(ClueSource.PLACE_FIELD, [written.spot])
    yield from _named_in(ClueSource.CAPTION, written.captions)


def _of_names(photo: Path) -> Iterator[FoundClue]:
    yield from _named_in(ClueSource.FILE_NAME, [photo.stem])
    folders = [folder.name for folder in photo.parents[:_FOLDERS]]
    yield from _named_in(ClueSource.FOLDER_NAME, folders)


def _named_in(source: ClueSource, texts: Iterable[str]) -> Iterator[FoundClue]:
    for text in texts:
        for place in places_in(text):
            trust = f"{TRUST[source]} {_SHARED}" if place.is_shared else ""
            yield FoundClue(place.clue, source, place.said, trust)
