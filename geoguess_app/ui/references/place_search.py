"""The reverse search: which of many photos show the place of one whose position is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.cancel import CancelToken
from geoguess_app.ui.work.jobs import Work

if TYPE_CHECKING:
    import numpy as np

    from geoguess_app.core.matching import LocalFeatures

_MOST_COMPARED = 60
"""Photos that are compared point by point, the most alike ones."""


def place_search_work(
    photo: Path, vector: np.ndarray, others: Sequence[tuple[Path, np.ndarray]]
) -> Work:
    """Yield one list of those of ``others`` that match a photo, the surest first.

    ``vector`` and those of the others: embeddings of length 1 in one feature space.
    """

    def work(token: CancelToken) -> Iterator[list[Path]]:
        import numpy as np

        from geoguess_app.core.matching import trust, verify_candidates
        from geoguess_app.photos.picture_key import picture_key
        from geoguess_app.references.local_features import LocalFeatureStore
        from geoguess_app.references.place_matcher import LEAST_SIMILARITY

        similarity = np.array([float(vector @ other) for _, other in others])
        best = np.argsort(-similarity, kind="stable")[:_MOST_COMPARED]
        rows = [row for row in best.tolist() if similarity[row] >= LEAST_SIMILARITY]
        store = LocalFeatureStore()
        try:
            own = store.of(photo, picture_key(photo))
            if own is None:
                yield []
                return

            def features(path: Path) -> LocalFeatures | None:
                return store.of(path, picture_key(path))

            loaders: list[Callable[[], LocalFeatures | None]] = [
                partial(features, others[row][0]) for row in rows
            ]
            found = []
            for row, match in zip(rows, verify_candidates(own, loaders, token), strict=False):
                place = trust(match, float(similarity[row])) if match is not None else None
                if place is not None and place.verified:
                    found.append((place.probability, others[row][0]))
            yield [path for _, path in sorted(found, key=lambda one: -one[0])]
        finally:
            store.close()

    return work
