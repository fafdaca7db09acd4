"""Local features of pictures, kept in the cache folder so that none is described twice.

A file of SQLite by the pictures' content; those not used for longest go when it is full. One that
cannot be opened remembers nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from pathlib import Path

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.matching import LocalFeatures, describe
from geoguess_app.core.matching.features import LONG_SIDE_PX
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.files.forgetful import ForgetfulFile
from geoguess_app.paths import cache_dir
from geoguess_app.references.turning import turned_picture

log = logging.getLogger(__name__)

_LARGEST_BYTES = 1 << 30
"""Some 4,000 pictures."""
_TRIMMED_SHARE = 0.8
_TRIMMED_EVERY = 400
_DAY_S = 86_400
_BUSY_S = 5.0
_HELD = 200
"""Pictures whose features stay in memory, 260 KB each."""
_SCHEMA = """
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS features_1 (content TEXT PRIMARY KEY, used INTEGER, data BLOB);
"""


class LocalFeatureStore:
    """The local features of pictures by their content. Safe in any thread."""

    def __init__(self, path: Path | None = None, largest_bytes: int = _LARGEST_BYTES) -> None:
        """Open or make the file ``path``; without one, the user's own cache."""
        self._lock = threading.Lock()
        self._held: OrderedDict[str, LocalFeatures] = OrderedDict()
        self._largest_bytes = largest_bytes
        self._added = 0
        path = path or cache_dir() / "features.sqlite"
        self._file = ForgetfulFile(path, _SCHEMA, "features of photos cannot be kept", _BUSY_S)

    def close(self) -> None:
        """Drop what is over the limit, and close the file."""
        self._trim()
        self._file.close()

    def of(
        self, photo: Path, content: str, *, keep: bool = True, quarter_turns: int = 0
    ) -> LocalFeatures | None:
        """The features of a photo file whose ``picture_key`` is ``content``; None where it cannot
        be read. Without ``keep`` they stay in memory only: a photo is asked about once, references
        again and again. ``quarter_turns``: those of the picture turned against the clock."""
        content = f"{content} turned {quarter_turns}" if quarter_turns else content
        found = self._find(content)
        if found is None:
            try:
                picture = open_upright(photo, min_side=LONG_SIDE_PX, cut_too=True)
            except GeoGuessError as problem:
                log.info("no features of %s: %s", photo, problem)
                return None
            found = describe(turned_picture(picture, quarter_turns))
            self._remember(content, found, keep=keep)
        return found

    def _find(self, content: str) -> LocalFeatures | None:
        with self._lock:
            if content in self._held:
                self._held.move_to_end(content)
                return self._held[content]
        row = self._file.one("SELECT data, used FROM features_1 WHERE content = ?", (content,))
        if row is None:
            return None
        try:
            found = LocalFeatures.from_bytes(row[0])
        except ValueError:
            return None
        self._hold(content, found)
        now = int(time.time())
        if now - row[1] > _DAY_S:
            self._file.do("UPDATE features_1 SET used = ? WHERE content = ?", (now, content))
        return found

    def _remember(self, content: str, features: LocalFeatures, *, keep: bool) -> None:
        self._hold(content, features)
        if not keep or not self._file.is_open:
            return
        row = (content, int(time.time()), features.to_bytes())
        self._file.do("INSERT OR REPLACE INTO features_1 VALUES (?, ?, ?)", row)
        with self._lock:
            self._added += 1
            is_time = self._added % _TRIMMED_EVERY == 0
        if is_time:
            self._trim()

    def _hold(self, content: str, features: LocalFeatures) -> None:
        with self._lock:
            self._held[content] = features
            while len(self._held) > _HELD:
                self._held.popitem(last=False)

    def _trim(self) -> None:
        self._file.trim("features_1", "data", self._largest_bytes, _TRIMMED_SHARE)
