"""Date and camera of listed photos, read from their headers in the background."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from geoguess_app.core.cancel import CancelToken
from geoguess_app.ui.work.jobs import Work

_PAUSE_S = 0.005
"""After each photo: nobody waits for these facts, but the window would for the interpreter."""


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """Facts of a photo besides its position; empty where it does not say."""

    taken: datetime | None = None
    """Local time, without a time zone."""
    camera: str = ""
    """Maker and model."""
    utc_offset: timedelta | None = None
    """By how much its clock was ahead of UTC."""


def facts_work(paths: Sequence[Path]) -> Work:
    """Yield one list of (path, PhotoFacts); photos that cannot be read are left out."""

    def work(token: CancelToken) -> Iterator[list[tuple[Path, PhotoFacts]]]:
        from geoguess_app.core.errors import PhotoError
        from geoguess_app.photos.metadata import read_metadata

        found = []
        for path in paths:
            if token.cancelled:
                return
            try:
                read = read_metadata(path)
            except (PhotoError, OSError, ValueError):
                continue
            found.append((path, PhotoFacts(read.taken, read.camera or "", read.utc_offset)))
            time.sleep(_PAUSE_S)
        yield found

    return work
