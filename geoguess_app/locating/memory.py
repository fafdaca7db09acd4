"""The memory of what one model has said about pictures, and how a result goes into it."""

from __future__ import annotations

import hashlib
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from geoguess_app.core.bundle import Bundle
from geoguess_app.core.picture.decode import shown_name
from geoguess_app.core.types import FailedPhoto, LocatedPhoto
from geoguess_app.locating.answer_store import AnswerStore, PictureRecord, Refusal
from geoguess_app.locating.photo_file import PhotoFile
from geoguess_app.photos.picture_key import picture_key

_BROKEN = ("not-a-photo", "empty", "broken", "truncated")
"""Failures that lie in the bytes of a photo: the next run would fail in the same way."""
_NAME = "{name}"


def model_key(bundle: Bundle, crops: int | None = None) -> str:
    """Identify what decides about an answer: the bundle's content and the number of crops."""
    crops = crops or bundle.manifest.preprocessing.crops
    # The manifest holds the hashes of all other files.
    return hashlib.sha256(f"{bundle.manifest!r} crops={crops}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AnswerMemory:
    """The answers of one model in a store. Safe in any thread."""

    store: AnswerStore
    model: str
    """The model's ``model_key``."""

    def picture(self, photo: PhotoFile) -> PictureRecord | None:
        """Return what identifies the picture in a file; from the store if the file has not changed.

        None where the file cannot be read: decoding it says why.
        """
        try:
            status = photo.path.stat()
            picture = self.store.picture(photo.path, status)
            if picture is None:
                picture = PictureRecord(picture_key(photo.content), photo.embedded_position())
                self.store.remember_picture(photo.path, status, picture)
        except (OSError, ValueError):
            return None
        return picture

    def recall(self, path: Path, picture: PictureRecord) -> LocatedPhoto | FailedPhoto | None:
        """Return what is remembered of a picture; ``known`` in it is what the file itself gives."""
        answer = self.store.answer(picture.key, self.model)
        if isinstance(answer, Refusal):
            message = answer.message.replace(_NAME, shown_name(path))
            return FailedPhoto(path, answer.code, message)
        return LocatedPhoto(path, *answer, picture.known) if answer is not None else None

    def keep(self, picture: str, result: LocatedPhoto, writer: Executor) -> None:
        """Remember an answer; a thread of ``writer`` writes it."""
        self.store.remember_soon(picture, self.model, result.prediction, result.place, writer)

    def keep_failure(self, picture: str, failed: FailedPhoto) -> None:
        """Remember that a picture cannot be decoded, if that lies in its bytes."""
        if failed.code in _BROKEN:
            message = failed.message.replace(shown_name(failed.path), _NAME)
            self.store.remember_refusal(picture, self.model, Refusal(failed.code, message))
