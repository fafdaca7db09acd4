"""Preparation of a photo before the network sees it: looked up, read, hashed, decoded."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.picture.decode import PhotoBytes, path_of
from geoguess_app.core.types import Coordinate, FailedPhoto, LocatedPhoto, Prediction
from geoguess_app.locating.answer_store import PictureRecord
from geoguess_app.locating.memory import AnswerMemory
from geoguess_app.locating.photo_file import PhotoFile
from geoguess_app.photos.file_position import true_position
from geoguess_app.photos.known_position import sidecar_position
from geoguess_app.photos.sidecars import Sidecars

log = logging.getLogger(__name__)

Crops = npt.NDArray[np.float32]
"""Prepared network input of one photo, (crops, 3, size, size)."""


class PhotoPredictor(Protocol):
    """The parts of a predictor that locating asks for; ``core.predictor.Predictor`` has them."""

    @property
    def device_name(self) -> str:
        """ "CPU", or the name of the accelerator."""

    def prepare(self, photo: Path | PhotoBytes, /) -> Crops:
        """Decode and scale one photo; called from several threads at once."""

    def predict(self, images: Sequence[Crops], /) -> list[Prediction]:
        """Answers for prepared photos, in their order."""


@dataclass(frozen=True, slots=True)
class PreparedPhoto:
    """A photo that waits for the network."""

    path: Path
    crops: Crops
    known: Coordinate | None
    """The position that its metadata gives, other than an estimate of ours."""
    picture: str | None
    """Its ``picture_key``; None without memory."""


@dataclass(frozen=True, slots=True)
class UnansweredPhoto:
    """A photo that the memory does not know, met before the predictor was loaded."""

    path: Path


PhotoState = PreparedPhoto | UnansweredPhoto | LocatedPhoto | FailedPhoto
"""What is known of a photo when a decoding thread has done its part."""


class PhotoPreparation:
    """The decoding threads' part of locating. Safe in several threads at once."""

    def __init__(self, memory: AnswerMemory | None) -> None:
        self.predictor: PhotoPredictor | None = None
        self._memory = memory
        self._sidecars = Sidecars()

    def prepare(self, photo: Path | PhotoBytes) -> PhotoState:
        """Return a remembered answer, else the network's input; a defect gives a
        ``FailedPhoto``."""
        path = path_of(photo)
        try:
            return self._prepare(PhotoFile(photo))
        except GeoGuessError as problem:
            return failure(path, problem)
        except Exception as problem:  # one photo must not stop ten thousand others
            log.exception("preparing %s failed", path)
            return failure(path, problem)

    def _prepare(self, photo: PhotoFile) -> PhotoState:
        memory = self._memory
        picture = memory.picture(photo) if memory is not None else None
        if memory is None or picture is None:
            return self._decode(photo, None)
        found = memory.recall(photo.path, picture)
        if isinstance(found, LocatedPhoto):
            # Sidecars are not remembered: they change without the photo.
            return replace(found, known=found.known or self._beside(photo))
        if found is not None:
            return found
        try:
            return self._decode(photo, picture)
        except GeoGuessError as problem:
            failed = failure(photo.path, problem)
            memory.keep_failure(picture.key, failed)
            return failed

    def _decode(self, photo: PhotoFile, picture: PictureRecord | None) -> PhotoState:
        if self.predictor is None:
            return UnansweredPhoto(photo.path)
        crops = self.predictor.prepare(photo.content)
        embedded = photo.embedded_position() if picture is None else picture.known
        known = embedded or self._beside(photo)
        return PreparedPhoto(photo.path, crops, known, picture.key if picture else None)

    def _beside(self, photo: PhotoFile) -> Coordinate | None:
        if not photo.is_file:
            return None
        return true_position(sidecar_position(photo.path, self._sidecars))


def failure(path: Path, problem: Exception) -> FailedPhoto:
    """Say why a photo has no answer, in one sentence."""
    if isinstance(problem, GeoGuessError):
        return FailedPhoto(path, problem.code, str(problem))
    reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
    message = f"{path.name} could not be located: {reason[:200].rstrip('.')}."
    return FailedPhoto(path, "unexpected", message)
