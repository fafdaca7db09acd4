"""Photos held against the reference collection: who looks alike, who shows the same place, and the
answer that follows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.decision.model import decision_model
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.matching import LocalFeatures, trust, verify_candidates
from geoguess_app.core.types import LocatedPhoto
from geoguess_app.photos.picture_key import picture_key
from geoguess_app.references.answer import (
    ComparedReference,
    answer_by_look_alike,
    answer_by_match,
)
from geoguess_app.references.collection import ReferenceCollection
from geoguess_app.references.embedder import (
    ModelEmbedder,
    PhotoEmbedder,
    comparing_bundle,
    load_embedder,
    space_of,
)
from geoguess_app.references.local_features import LocalFeatureStore
from geoguess_app.references.values import LookAlikeTrust, NearReference, ReferenceSpace

if TYPE_CHECKING:
    from geoguess_app.core.bundle import Bundle
    from geoguess_app.core.decision.types import DecisionModel

log = logging.getLogger(__name__)

CANDIDATES = 10
"""So many of the most alike references are verified."""
LEAST_SIMILARITY = 0.2
"""Below this no reference was ever found to show the same place."""


class PlaceMatcher:
    """The reference collection at work beside a model.

    ``refine`` belongs to one thread at a time; it may be another one than the model's.
    """

    def __init__(
        self,
        collection: ReferenceCollection,
        bundle: Bundle,
        *,
        features: LocalFeatureStore | None = None,
        places: PlaceFinder | None = None,
        load: Callable[[Path | None], ModelEmbedder] | None = None,
    ) -> None:
        """``bundle``: the model that answers; ``load`` makes the embedder of a bundle's path."""
        self.collection = collection
        self._bundle = bundle
        self._features = features or LocalFeatureStore()
        self._places = places or PlaceFinder()
        self._load = load or partial(load_embedder, device="cpu")
        comparing = comparing_bundle(bundle)
        self._own_space = space_of(comparing) if comparing is not None else None
        self._embedders: dict[str, PhotoEmbedder | None] = {}
        self._chosen: tuple[object, ReferenceSpace | None] | None = None

    def close(self) -> None:
        """Close the collection and the store of features."""
        self._features.close()
        self.collection.close()

    @cached_property
    def _model(self) -> DecisionModel:
        return decision_model(self._bundle)

    @property
    def space(self) -> ReferenceSpace | None:
        """The feature space to search in: the model's own where all photos are in it, else the one
        that answered last; None without references."""
        state = self.collection.table.state()
        if self._chosen is None or self._chosen[0] != state:
            self._chosen = state, self._space_now()
        return self._chosen[1]

    def _space_now(self) -> ReferenceSpace | None:
        spaces = self.collection.spaces()
        if spaces and spaces[0].is_eye and self._embedder(spaces[0]) is not None:
            return spaces[0]
        own = next((space for space in spaces if space.key == self._own_key), None)
        if own is not None and self.collection.is_complete(own):
            return own
        return next((space for space in spaces if not space.is_eye), None)

    @property
    def _own_key(self) -> str:
        return self._own_space.key if self._own_space is not None else ""

    def refine(self, located: LocatedPhoto, token: CancelToken | None = None) -> LocatedPhoto:
        """The answer with what the references say, or as it was. Never raises."""
        try:
            near = self.near(located.path, located.prediction.embedding)
            return self._refined(located, near, token or CancelToken())
        except GeoGuessError as problem:
            log.warning("reference photos are left aside: %s", problem)
        except Exception:  # one photo must not stop ten thousand others
            log.exception("comparing %s with reference photos failed", located.path)
        return located

    def near(self, photo: Path, vector: np.ndarray | None = None) -> list[NearReference]:
        """The most alike references, best first, the photo itself and its copies left out.

        ``vector``: the photo's in the model's own space, where it is known. Raises GeoGuessError.
        """
        space = self.space
        if space is None:
            return []
        if vector is None or space.key != self._own_key:
            embedder = self._embedder(space)
            if embedder is None:
                return []
            vector = embedder.embed([embedder.prepare(photo)])[0]
        found = self.collection.nearest(space, vector, CANDIDATES)
        refused = self.collection.has_refused
        if found and (refused or found[0].similarity > _ITSELF):
            own = picture_key(photo)
            found = self.collection.nearest(space, vector, CANDIDATES, own_content=own)
            gone = self.collection.refused(own) if refused else set()
            found = [one for one in found if one.reference.content not in gone]
        return [one for one in found if one.reference.path != photo.absolute()]

    def compare(
        self, photo: Path, near: Sequence[NearReference], token: CancelToken | None = None
    ) -> list[ComparedReference]:
        """Hold a photo against references point by point, in their order.

        Shorter when ``token`` is cancelled; empty where the photo cannot be read.
        """
        own = self._features.of(photo, picture_key(photo), keep=False)
        if own is None:
            return []
        features: list[Callable[[], LocalFeatures | None]] = [
            partial(self._features.of, one.reference.path, one.reference.content) for one in near
        ]
        matches = verify_candidates(own, features, token or CancelToken())
        return [
            ComparedReference(one, match, trust(match, one.similarity) if match else None)
            for one, match in zip(near, matches, strict=False)
        ]

    def _refined(
        self, located: LocatedPhoto, near: Sequence[NearReference], token: CancelToken
    ) -> LocatedPhoto:
        own = located.prediction
        worth = [one for one in near if one.similarity >= LEAST_SIMILARITY]
        found = None
        if worth:
            found = answer_by_match(own, self.compare(located.path, worth, token), self._model)
        if found is None and self._look_alikes is not None:
            found = answer_by_look_alike(own, near, self._model, self._look_alikes)
        if found is None:
            return located
        answer, reference = found
        place = self._places.at(answer.coordinate)
        return replace(located, prediction=answer, place=place, reference=reference)

    @property
    def _look_alikes(self) -> LookAlikeTrust | None:
        """How far references that only look alike are to be trusted, as far as that is known."""
        space = self.space
        return self.collection.table.look_alikes(space.key) if space is not None else None

    def _made(self, space: ReferenceSpace) -> PhotoEmbedder:
        if space.is_eye:
            from geoguess_app.references.eye_embedder import EyeEmbedder

            return EyeEmbedder(Path(space.model))
        return self._load(Path(space.model) if space.model else None)

    def _embedder(self, space: ReferenceSpace) -> PhotoEmbedder | None:
        """What makes vectors in a space; None where its model has gone or changed."""
        if space.key not in self._embedders:
            self._embedders[space.key] = None
            with suppress(GeoGuessError, OSError):
                found = self._made(space)
                if found.space.key == space.key:
                    self._embedders[space.key] = found
                else:
                    log.warning(
                        "%s has changed: reference photos are left aside until geoguess references "
                        "update has looked at them again.",
                        space.name,
                    )
        return self._embedders[space.key]


_ITSELF = 0.9
"""From this similarity on the reference may be the photo itself, or a copy of it."""
