"""The user's reference photos beside the window's model: opened when first needed, in a worker."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.ui.work.jobs import Work

if TYPE_CHECKING:
    import numpy as np

    from geoguess_app.core.types import LocatedPhoto
    from geoguess_app.references.answer import ComparedReference
    from geoguess_app.references.place_matcher import PlaceMatcher
    from geoguess_app.ui.work.workers import LoadedModel

log = logging.getLogger(__name__)


class References:
    """The reference collection at work beside one model at a time. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._matcher: tuple[LoadedModel, PlaceMatcher] | None = None

    def refiner(self, model: LoadedModel) -> Callable[[LocatedPhoto], LocatedPhoto] | None:
        """Give what lets reference photos change the model's answers; None without any."""
        if self._opened(model) is None:
            return None

        def refine(located: LocatedPhoto) -> LocatedPhoto:
            with self._lock:
                matcher = self._opened(model)
                return located if matcher is None else matcher.refine(located)

        return refine

    def compare_work(self, model: LoadedModel, photo: Path, vector: np.ndarray | None) -> Work:
        """Yield the references most like a photo, each as a ComparedReference and the camera that
        took it, in one list: the proven ones first."""

        def work(token: CancelToken) -> Iterator[list[tuple[ComparedReference, str]]]:
            matcher = self._opened(model)
            if matcher is None:
                yield []
                return
            with self._lock:
                near = matcher.near(photo, vector)
            compared = matcher.compare(photo, near, token)
            if not any(one.is_verified for one in compared):
                with self._lock:
                    turned = matcher.near_turned(photo, near)
                if turned is not None:
                    compared = matcher.compare(photo, turned[1], token, turned[0])
            compared.sort(key=lambda one: (not one.is_verified, -one.probability))
            yield [(one, _camera_of(one.near.reference.path)) for one in compared]

        return work

    def refuse(self, model: LoadedModel, photo: Path, compared: ComparedReference) -> None:
        """Remember that two photos do not show the same place. Reads the photo: not for the GUI
        thread. Raises GeoGuessError."""
        from geoguess_app.photos.picture_key import picture_key

        matcher = self._opened(model)
        if matcher is not None:
            matcher.collection.refuse(picture_key(photo), compared.near.reference.content)

    def close(self) -> None:
        """Close the collection; it would be opened anew, with what has been added since."""
        with self._lock:
            found, self._matcher = self._matcher, None
            if found is not None:
                found[1].close()

    def _opened(self, model: LoadedModel) -> PlaceMatcher | None:
        from geoguess_app.references.collection import ReferenceCollection
        from geoguess_app.references.place_matcher import PlaceMatcher

        with self._lock:
            if self._matcher is not None and self._matcher[0] is model:
                return self._matcher[1]
            self.close()
            if not ReferenceCollection.exists():
                return None
            try:
                matcher = PlaceMatcher(ReferenceCollection(), model.predictor.bundle)
            except GeoGuessError as problem:
                log.warning("reference photos are left aside: %s", problem)
                return None
            self._matcher = model, matcher
            return matcher


def _camera_of(photo: Path) -> str:
    from geoguess_app.photos.metadata import read_metadata

    try:
        return read_metadata(photo).camera or ""
    except (GeoGuessError, OSError, ValueError):
        return ""
