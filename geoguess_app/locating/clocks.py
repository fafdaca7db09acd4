"""Clocks in files: by how much a photo, or others of its folder, say that it is ahead of UTC."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from geoguess_app.core.errors import PhotoError
from geoguess_app.photos.metadata import PhotoMetadata, read_metadata
from geoguess_app.photos.scan import PHOTO_SUFFIXES

_QUARTER = timedelta(minutes=15)
_SLACK = timedelta(minutes=2)
"""Clocks are set so well, and a fix is so old at most, for the difference to be an offset."""
_FARTHEST = timedelta(hours=14)
_MOST_READ = 300
"""Of a large folder so many headers are read for one photo: a second's work."""


def offset_by_gps(said: PhotoMetadata) -> timedelta | None:
    """Return by how much the camera's clock was ahead of the GPS receiver's.

    None where that is no offset that clocks have: the receiver's time may be an old one's.
    """
    if said.taken is None or said.fixed_utc is None:
        return None
    ahead = said.taken - said.fixed_utc
    offset = round(ahead / _QUARTER) * _QUARTER
    if abs(ahead - offset) > _SLACK or abs(offset) > _FARTHEST:
        return None
    return offset


def clocks_beside(photo: Path) -> Iterator[tuple[datetime, timedelta]]:
    """Yield local time and offset from UTC of each other photo of its folder that says both.

    Subfolders are not entered. Of a large folder only the files changed nearest to the photo in
    time are read. A folder or file that cannot be read says nothing.
    """
    own_ns, beside = _changed_ns(photo), []
    try:
        for path in photo.parent.iterdir():
            if path.suffix.casefold() in PHOTO_SUFFIXES and path.name != photo.name:
                beside.append((_changed_ns(path), path))
    except OSError:
        return
    for changed_ns, path in sorted(beside, key=lambda each: abs(each[0] - own_ns))[:_MOST_READ]:
        found = _clock(path, changed_ns)
        if found is not None:
            yield found


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@functools.lru_cache(maxsize=20_000)
def _clock(path: Path, _version_ns: int) -> tuple[datetime, timedelta] | None:
    """Read one header, again only once the file has changed."""
    try:
        said = read_metadata(path)
    except (PhotoError, OSError, ValueError):
        return None
    offset = said.utc_offset if said.utc_offset is not None else offset_by_gps(said)
    if said.taken is None or offset is None:
        return None
    return said.taken, offset
