"""Answers kept in one file by picture and model, so that none is computed twice."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from geoguess_app.core.types import Coordinate, Place, Prediction
from geoguess_app.files.forgetful import ForgetfulFile
from geoguess_app.locating.answer_codec import CODEC_VERSION, decode, encode

LARGEST_BYTES = 2 << 30
"""Beyond this the answers that were not asked for longest go."""
_PICTURES = 3
"""Version of what is remembered about files; counts up when positions are read otherwise."""
_SCHEMA = f"""
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS pictures_{_PICTURES} (
    path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, inode INTEGER,
    picture TEXT, latitude REAL, longitude REAL
) WITHOUT ROWID;
DROP TABLE IF EXISTS answers_1;
DROP TABLE IF EXISTS pictures_2;
CREATE TABLE IF NOT EXISTS answers_{CODEC_VERSION} (
    picture TEXT, model TEXT, used INTEGER, answer BLOB, PRIMARY KEY (picture, model)
);
"""
_BUSY_S = 30.0
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class PictureRecord:
    """The knowledge about a file that holds as long as it does not change."""

    key: str
    known: Coordinate | None
    """The position that its own metadata gives, other than an estimate of ours."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A picture whose bytes are broken; the message has ``{name}`` for the file's name."""

    code: str
    message: str


_REFUSED, _ANSWERED = b"?", b"="
"""The first byte of what is stored. Another one for refusals whenever more can be decoded, so that
those of earlier programs ("!") are forgotten."""


class AnswerStore:
    """The store in one SQLite file; safe in any thread and for several programs at once.

    A store that cannot be opened or breaks remembers nothing: answers are then computed again.
    """

    def __init__(self, path: Path | None, largest_bytes: int = LARGEST_BYTES) -> None:
        """Open or make the store; without a path it remembers nothing."""
        self._largest_bytes = largest_bytes
        self._held: dict[tuple[str, str], tuple[Prediction, Place]] = {}
        self._file = ForgetfulFile(path, _SCHEMA, "answers cannot be saved for later", _BUSY_S)

    def close(self) -> None:
        """Write what is still held, drop what is over the limit, and close."""
        self.write_held()
        self._file.trim(f"answers_{CODEC_VERSION}", "answer", self._largest_bytes)
        self._file.close()

    def picture(self, path: Path, status: os.stat_result) -> PictureRecord | None:
        """Return what is remembered about a file that has not changed since."""
        row = self._file.one(
            f"SELECT picture, latitude, longitude FROM pictures_{_PICTURES} "
            "WHERE path = ? AND size = ? AND mtime_ns = ? AND inode = ?",
            (*_identity(path, status),),
        )
        if row is None:
            return None
        key, latitude, longitude = row
        return PictureRecord(key, None if latitude is None else Coordinate(latitude, longitude))

    def remember_picture(self, path: Path, status: os.stat_result, picture: PictureRecord) -> None:
        """Keep what was found out about a file."""
        known = picture.known
        where = (None, None) if known is None else (known.latitude_deg, known.longitude_deg)
        self._file.do(
            f"INSERT OR REPLACE INTO pictures_{_PICTURES} VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*_identity(path, status), picture.key, *where),
        )

    def answer(self, picture: str, model: str) -> tuple[Prediction, Place] | Refusal | None:
        """The answer of a model about a picture, or that it is broken."""
        held = self._held.get((picture, model))
        if held is not None:
            return held
        table = f"answers_{CODEC_VERSION}"
        row = self._file.one(
            f"SELECT answer, used FROM {table} WHERE picture = ? AND model = ?", (picture, model)
        )
        if row is None:
            return None
        now = int(time.time())
        if now - row[1] > _DAY_S:
            self._file.do(
                f"UPDATE {table} SET used = ? WHERE picture = ? AND model = ?",
                (now, picture, model),
            )
        try:
            if row[0][:1] == _REFUSED:
                return Refusal(*json.loads(row[0][1:]))
            return decode(row[0][1:]) if row[0][:1] == _ANSWERED else None
        except (ValueError, TypeError):
            return None

    def prediction(self, path: Path, model: str) -> Prediction | None:
        """Return what a model said about the picture in a file, if the file has not changed
        since."""
        try:
            picture = self.picture(path, path.stat())
        except (OSError, ValueError):
            return None
        found = self.answer(picture.key, model) if picture is not None else None
        return None if found is None or isinstance(found, Refusal) else found[0]

    def remember_answer(
        self, picture: str, model: str, prediction: Prediction, place: Place
    ) -> None:
        """Keep an answer until the store is full; errors of the disk are logged, never raised."""
        self._remember(picture, model, _ANSWERED + encode(prediction, place))

    def remember_soon(
        self, picture: str, model: str, prediction: Prediction, place: Place, writer: Executor
    ) -> None:
        """Keep an answer that ``writer`` packs and writes; it is found from now on.

        Writing takes milliseconds that the inference thread has better uses for.
        """
        if self._file.is_open:
            self._held[picture, model] = prediction, place
            writer.submit(self._write_one, (picture, model))

    def write_held(self) -> None:
        """Write the answers of ``remember_soon`` that no thread has written yet."""
        for key in list(self._held):
            self._write_one(key)

    def _write_one(self, key: tuple[str, str]) -> None:
        held = self._held.get(key)
        if held is not None:
            self.remember_answer(*key, *held)
            # Only now: whoever looks for it meanwhile finds it in one place or the other.
            self._held.pop(key, None)

    def remember_refusal(self, picture: str, model: str, refusal: Refusal) -> None:
        """Keep that a picture cannot be decoded."""
        text = json.dumps([refusal.code, refusal.message])
        self._remember(picture, model, _REFUSED + text.encode())

    def _remember(self, picture: str, model: str, data: bytes) -> None:
        self._file.do(
            f"INSERT OR REPLACE INTO answers_{CODEC_VERSION} VALUES (?, ?, ?, ?)",
            (picture, model, int(time.time()), data),
        )


def _identity(path: Path, status: os.stat_result) -> tuple[bytes, int, int, int]:
    # SQLite's integers have a sign; Windows has inodes of 64 bits and more.
    inode = status.st_ino & 0x7FFF_FFFF_FFFF_FFFF
    return os.fsencode(path.absolute()), status.st_size, status.st_mtime_ns, inode
