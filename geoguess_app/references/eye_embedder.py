"""Photo vectors by DINOv2-small, where the user has fetched it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geoguess_app.core.decision.retrieval import Bank, photo_vector
from geoguess_app.core.picture.decode import PhotoBytes
from geoguess_app.core.picture.preprocess import load_crops
from geoguess_app.models.eye import EYE_INPUT, EYE_SIZE, Eye, eye_path
from geoguess_app.models.published import DINOV2
from geoguess_app.references.values import ReferenceSpace


class EyeEmbedder:
    """DINOv2-small, which compares reference photos and knows no places."""

    bank: Bank | None = None
    """It learned from pictures without places, so none stand for those elsewhere."""

    def __init__(self, file: Path) -> None:
        """Raises BundleError for another file, OSError for one that cannot be read."""
        self._eye = Eye(file)
        with file.open("rb") as stream:
            key = hashlib.file_digest(stream, "sha256").hexdigest()[:16]
        self._space = ReferenceSpace(key, DINOV2.title, EYE_SIZE, str(file))

    @property
    def space(self) -> ReferenceSpace:
        """The space of its features."""
        return self._space

    def prepare(self, photo: Path | PhotoBytes) -> np.ndarray:
        """Three crops (3, 3, 224, 224). Raises PhotoError."""
        return np.asarray(load_crops(photo, EYE_INPUT, EYE_INPUT.crops))

    def embed(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """Mean of each photo's crops, (photos, size) float32 of length 1."""
        return np.stack([photo_vector(self._eye.features(photo)) for photo in crops])


def load_eye() -> EyeEmbedder | None:
    """The eye, where it was fetched. Raises BundleError for a file that is spoilt."""
    path = eye_path()
    return EyeEmbedder(path) if path.is_file() else None
