"""Looking at photos before anything is computed: time, own position, and what failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.decode import shown_name
from geoguess_app.core.types import Coordinate
from geoguess_app.photos.file_position import PositionState
from geoguess_app.photos.known_position import photo_position
from geoguess_app.photos.left_out import LeftOut
from geoguess_app.photos.metadata import read_metadata
from geoguess_app.photos.scan import scan
from geoguess_app.photos.sidecars import Sidecars
from geoguess_app.review.values import Failure, ReviewedFileIdentity, ReviewPhoto


@dataclass(frozen=True, slots=True)
class FileFacts:
    """The facts that a photo's header and sidecar give."""

    path: Path
    identity: ReviewedFileIdentity | None
    taken: datetime | None = None
    known: Coordinate | None = None
    carries_estimate: bool = False
    failure: Failure | None = None
    utc_offset: timedelta | None = None
    position_problem: str = ""

    def of(self, photo: ReviewPhoto) -> ReviewPhoto:
        """The photo with these facts; a changed file must be located again."""
        same = photo.identity == self.identity
        # What this review wrote is no news about the photo.
        ours = same and photo.saved is not None
        return replace(
            photo,
            identity=self.identity,
            taken=self.taken,
            known=photo.known if ours else self.known,
            carries_estimate=photo.carries_estimate if ours else self.carries_estimate,
            answer=photo.answer if same else None,
            trip=photo.trip if same else None,
            utc_offset=self.utc_offset,
            position_problem="" if ours else self.position_problem,
            failure=self.failure or (photo.failure if same else None),
        )


def intake(
    paths: Iterable[Path],
    token: CancelToken | None = None,
    *,
    left_out: LeftOut | None = None,
    everything: bool = False,
) -> Iterator[FileFacts]:
    """The photos among files and folders, as they are found; see ``photos.scan``.

    Reads headers only, so it may run in a thread of its own. Also tells which photos of an
    earlier review have changed or gone, when it is given their paths.
    """
    sidecars = Sidecars()
    for path in scan(paths, token, left_out=left_out, everything=everything):
        yield facts_of(path.absolute(), sidecars)


def facts_of(path: Path, sidecars: Sidecars) -> FileFacts:
    """Return what one file says; never raises for a photo."""
    try:
        identity = identity_of(path)
        facts = read_metadata(path)
        found = photo_position(path, path, facts, sidecars)
    except PhotoError as problem:
        return FileFacts(path, identity_or_none(path), failure=Failure(problem.code, str(problem)))
    except (OSError, ValueError):
        message = f"{shown_name(path)} cannot be found or read; check that its drive is connected."
        return FileFacts(path, None, failure=Failure("missing", message))
    state = found.state if found is not None else None
    return FileFacts(
        path,
        identity,
        facts.taken,
        found.coordinate if found is not None and state is PositionState.KNOWN else None,
        carries_estimate=state is PositionState.ESTIMATE,
        utc_offset=facts.utc_offset,
        position_problem=found.problem if found is not None else "",
    )


def identity_of(path: Path) -> ReviewedFileIdentity:
    """A file's identity now; raises OSError."""
    status = path.stat()
    return ReviewedFileIdentity(status.st_size, status.st_mtime_ns)


def identity_or_none(path: Path) -> ReviewedFileIdentity | None:
    """A file's identity now, None where it cannot be found."""
    try:
        return identity_of(path)
    except (OSError, ValueError):
        return None
