"""Reading a file for the collection: is it a located photo, and what does it look like?"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoguess_app.core.errors import GeoGuessError, PhotoError
from geoguess_app.locating.photo_file import PhotoFile
from geoguess_app.photos.file_position import FilePosition, PositionState
from geoguess_app.photos.known_position import photo_position
from geoguess_app.photos.metadata import PhotoMetadata, read_metadata
from geoguess_app.photos.picture_key import picture_key
from geoguess_app.photos.position_tags import MANUAL, TRACK
from geoguess_app.photos.sidecars import Sidecars
from geoguess_app.references.embedder import PhotoEmbedder
from geoguess_app.references.values import FileStamp, LeftOutReason, PositionSource, Reference

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LeftOutFile:
    """A file that is no reference, and why."""

    path: Path
    stamp: FileStamp
    reason: LeftOutReason


@dataclass(frozen=True, eq=False)
class ReadReference:
    """A located photo; ``crops`` where the network is still to look at it."""

    reference: Reference
    crops: np.ndarray | None


def stamp_of(path: Path) -> FileStamp:
    """The marks of a file now; raises OSError."""
    status = path.stat()
    return FileStamp(status.st_size, status.st_mtime_ns)


def read_reference(
    path: Path, sidecars: Sidecars, embedder: PhotoEmbedder, known: frozenset[str] | set[str]
) -> ReadReference | LeftOutFile | None:
    """Read one file; None where it has gone meanwhile. Never raises for a photo.

    Pictures whose ``content`` is among the ``known`` are not decoded again.
    """
    photo = PhotoFile(path)
    try:
        stamp = stamp_of(path)
    except (OSError, ValueError):
        return None
    try:
        facts = read_metadata(photo.content)
        found = photo_position(path, photo.content, facts, sidecars)
        reason = _refusal(found)
        if found is None or found.coordinate is None or reason is not None:
            return LeftOutFile(path, stamp, reason or LeftOutReason.NO_POSITION)
        content = picture_key(photo.content)
        reference = Reference(
            path, stamp, content, found.coordinate, facts.taken, source_of(found, path, facts)
        )
        crops = None if content in known else embedder.prepare(photo.content)
    except (GeoGuessError, OSError) as problem:
        log.info("%s is left out: %s", path, problem)
        return LeftOutFile(path, stamp, LeftOutReason.UNREADABLE)
    return ReadReference(reference, crops)


def _refusal(found: FilePosition | None) -> LeftOutReason | None:
    if found is None:
        return LeftOutReason.NO_POSITION
    if found.state is PositionState.ESTIMATE:
        return LeftOutReason.ESTIMATE
    return LeftOutReason.UNUSABLE if found.state is PositionState.UNUSABLE else None


def source_of(found: FilePosition, photo: Path, facts: PhotoMetadata) -> PositionSource:
    """Tell the source of a known position."""
    if found.method == MANUAL:
        return PositionSource.HAND
    if found.method == TRACK:
        return PositionSource.TRACK
    if found.file.suffix.lower() == ".json":
        return PositionSource.TAKEOUT
    if found.file != photo:
        return PositionSource.SIDECAR
    return PositionSource.EXIF if found == facts.position else PositionSource.XMP


def position_now(path: Path, sidecars: Sidecars) -> FilePosition | None:
    """The position that a file and its sidecars give now, without its pixels."""
    try:
        return photo_position(path, path, read_metadata(path), sidecars)
    except PhotoError:
        return None
