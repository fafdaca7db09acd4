"""A photo as a vector in a model's feature space: what its training photos are compared in."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from geoguess_app.core.decision.retrieval import Bank, photo_vector
from geoguess_app.core.picture.decode import PhotoBytes
from geoguess_app.core.predictor import comparing_member
from geoguess_app.references.values import ReferenceSpace

if TYPE_CHECKING:
    from geoguess_app.core.bundle import Bundle
    from geoguess_app.core.predictor import Predictor


class PhotoEmbedder(Protocol):
    """A maker of photo vectors."""

    @property
    def space(self) -> ReferenceSpace:
        """The space that its vectors lie in."""

    @property
    def bank(self) -> Bank | None:
        """Photos of the whole world in its space, which stand for those of other places."""

    def prepare(self, photo: Path | PhotoBytes, /) -> np.ndarray:
        """Decode and scale one photo; in any thread. Raises PhotoError."""

    def embed(self, crops: Sequence[np.ndarray], /) -> np.ndarray:
        """Vectors (photos, size) float32 of length 1, of prepared photos; in one thread."""


class ModelEmbedder:
    """The trunk and the projection of a model that has a bank or a gallery."""

    def __init__(self, predictor: Predictor, model: Path | None = None) -> None:
        """Raises ValueError for a model that compares photos with nothing."""
        comparer = predictor.comparer
        if comparer is None:
            raise ValueError("this model compares photos with nothing")
        self._predictor = comparer
        self._space = space_of(comparer.bundle, model)

    @property
    def space(self) -> ReferenceSpace:
        """The space of the model's look-alikes."""
        return self._space

    @property
    def bank(self) -> Bank | None:
        """The model's training photos; None where it has a gallery of places instead."""
        return self._predictor.decision_model.bank

    def prepare(self, photo: Path | PhotoBytes) -> np.ndarray:
        """The crops (k, 3, size, size) that the model sees. Raises PhotoError."""
        return self._predictor.prepare(photo)

    def embed(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """Mean of each photo's crops, (photos, size) float32 of length 1."""
        run = self._predictor.engine.run(np.concatenate(crops))
        ends = np.cumsum([len(photo) for photo in crops])[:-1]
        return np.stack([photo_vector(part) for part in np.split(run.embeddings(), ends)])


def comparing_bundle(bundle: Bundle) -> Bundle | None:
    """Find the bundle that compares photos: itself, or the member of an ensemble that its predictor
    asks. None where nothing does."""
    name = comparing_member(bundle)
    if name is not None:
        return bundle.members[name]
    return bundle if bundle.manifest.embedding is not None else None


def space_of(bundle: Bundle, model: Path | None = None) -> ReferenceSpace:
    """The feature space of a bundle with a bank or gallery, named by all that vectors depend on."""
    manifest = bundle.manifest
    compared = manifest.embedding
    if compared is None:
        raise ValueError("this model compares photos with nothing")
    trunk = manifest.trunks[compared.trunk]
    seen = manifest.preprocessing
    facts = (
        trunk,
        manifest.files.get(trunk.weights or ""),
        compared.layers,
        manifest.files.get(compared.projection_weights or ""),
        (seen.size, seen.mean, seen.std, seen.interpolation, seen.resize),
    )
    key = hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
    return ReferenceSpace(key, bundle.name, compared.size, str(model.absolute()) if model else "")


def load_embedder(
    model: Path | None = None, device: str = "auto", crops: int | None = None
) -> ModelEmbedder:
    """The feature space of a model (the starter without one), or the starter's where the model
    compares photos with nothing. Raises BundleError, DeviceError."""
    from geoguess_app.core.predictor import load_predictor

    predictor = load_predictor(model, device, crops)
    if predictor.comparer is None:
        return ModelEmbedder(load_predictor(None, device))
    return ModelEmbedder(predictor, model)
