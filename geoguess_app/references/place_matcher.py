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
from geoguess_app.core.matching import LocalFeatures, strongest_rivals, trust, verify_candidates
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
from geoguess_app.references.turning import (
    QUARTER_TURNS,
    may_lie_on_its_side,
    turned_back,
    turned_crops,
)
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
            return self._refined(located, token or CancelToken())
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
        return self._nearest(photo, space, vector)

    def near_turned(
        self, photo: Path, near: Sequence[NearReference]
    ) -> tuple[int, list[NearReference]] | None:
        """Quarter turns of a photo that may lie on its side, and the references most like it then.

        None for other photos, and where those most like it as it is, ``near``, are more alike.
        Raises GeoGuessError.
        """
        space = self.space
        embedder = self._embedder(space) if space is not None else None
        if space is None or embedder is None or not may_lie_on_its_side(photo):
            return None
        vectors = embedder.embed(turned_crops(embedder.prepare(photo)))
        turned = [(0, list(near))]
        turned += [
            (turns, self._nearest(photo, space, vector))
            for turns, vector in zip(QUARTER_TURNS, vectors, strict=True)
        ]
        best = max(turned, key=lambda one: one[1][0].similarity if one[1] else 0.0)
        return best if best[0] and best[1] else None

    def _nearest(
        self, photo: Path, space: ReferenceSpace, vector: np.ndarray
    ) -> list[NearReference]:
        found = self.collection.nearest(space, vector, CANDIDATES)
        refused = self.collection.has_refused
        if found and (refused or found[0].similarity > _ITSELF):
            own = picture_key(photo)
            found = self.collection.nearest(space, vector, CANDIDATES, own_content=own)
            gone = self.collection.refused(own) if refused else set()
            found = [one for one in found if one.reference.content not in gone]
        return [one for one in found if one.reference.path != photo.absolute()]

    def compare(
        self,
        photo: Path,
        near: Sequence[NearReference],
        token: CancelToken | None = None,
        quarter_turns: int = 0,
    ) -> list[ComparedReference]:
        """Hold a photo, turned or as it is, against references point by point, in their order.

        Shorter when ``token`` is cancelled; empty where the photo cannot be read. The points are
        those of the photo as it is.
        """
        content = picture_key(photo)
        own = self._features.of(photo, content, keep=False, quarter_turns=quarter_turns)
        if own is None:
            return []
        features: list[Callable[[], LocalFeatures | None]] = [
            partial(self._features.of, one.reference.path, one.reference.content) for one in near
        ]
        matches = list(verify_candidates(own, features, token or CancelToken()))
        spots = [one.reference.coordinate for one, _ in zip(near, matches, strict=False)]
        rivals = strongest_rivals(
            np.array([match.n_inliers if match else 0 for match in matches], dtype=np.int64),
            np.array([spot.latitude_deg for spot in spots]),
            np.array([spot.longitude_deg for spot in spots]),
        ).tolist()
        return [
            ComparedReference(
                one,
                turned_back(match, quarter_turns) if match else None,
                trust(match, one.similarity, rival) if match else None,
            )
            for one, match, rival in zip(near, matches, rivals, strict=False)
        ]

    def _refined(self, located: LocatedPhoto, token: CancelToken) -> LocatedPhoto:
        own = located.prediction
        near = self.near(located.path, own.embedding)
        worth = [one for one in near if one.similarity >= LEAST_SIMILARITY]
        compared = self.compare(located.path, worth, token) if worth else []
        if not any(one.is_verified for one in compared):
            turned = self.near_turned(located.path, near)
            if turned is not None and turned[1][0].similarity >= LEAST_SIMILARITY:
                compared = self.compare(located.path, turned[1], token, turned[0])
        found = answer_by_match(own, compared, self._model)
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
