"""A photo file that is read once, however much is asked of it."""

from __future__ import annotations

import logging
from functools import cached_property
from pathlib import Path

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.picture.decode import PhotoBytes, path_of, read_photo
from geoguess_app.core.types import Coordinate
from geoguess_app.photos.file_position import true_position
from geoguess_app.photos.known_position import embedded_position
from geoguess_app.photos.metadata import read_metadata

log = logging.getLogger(__name__)

_MOST_BYTES = 1 << 28
"""A larger file is read piece by piece, more than once, rather than kept in memory."""


class PhotoFile:
    """One photo on its way through a decoding thread, which it belongs to.

    The bytes of one that lies in no file of its own, as in a shard, come with the name by which
    messages call it.
    """

    def __init__(self, photo: Path | PhotoBytes) -> None:
        self.path = path_of(photo)
        self.is_file = isinstance(photo, Path)
        if isinstance(photo, PhotoBytes):
            self.content = photo

    @cached_property
    def content(self) -> Path | PhotoBytes:
        """The bytes, read at the first use; of a very large file its path. Raises PhotoError."""
        try:
            large = self.path.stat().st_size > _MOST_BYTES
        except (OSError, ValueError):
            large = False  # reading says what is wrong with it
        return self.path if large else read_photo(self.path)

    def embedded_position(self) -> Coordinate | None:
        """Return where the file itself says that it was taken; no estimate of this program's own.

        Never raises: pixels that can be read are worth more than a header that cannot.
        """
        try:
            return true_position(embedded_position(self.content, read_metadata(self.content)))
        except GeoGuessError as problem:
            log.debug("no metadata from %s: %s", self.path, problem)
            return None
