"""The collection kept up to date in every feature space, and the one that finds most used."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from pathlib import Path

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.photos.left_out import LeftOut
from geoguess_app.references.checking import better_space, check_spaces
from geoguess_app.references.collection import ReferenceCollection
from geoguess_app.references.embedder import PhotoEmbedder
from geoguess_app.references.eye_embedder import load_eye
from geoguess_app.references.updating import update
from geoguess_app.references.values import UpdateProgress

log = logging.getLogger(__name__)


def keep_up_to_date(
    collection: ReferenceCollection,
    embedder: PhotoEmbedder,
    folders: Sequence[Path] = (),
    *,
    token: CancelToken | None = None,
    left_out: LeftOut | None = None,
) -> Generator[UpdateProgress, None, None]:
    """Update the collection as ``updating.update`` does; then, where DINOv2-small was fetched, let
    it look at the photos, too, and use it if it finds more of them.

    The tallies that come out are those of the first update. Raises CollectionError.
    """
    last = None
    for last in update(collection, embedder, folders, token=token, left_out=left_out):
        yield last
    if last is None or (token is not None and token.cancelled):
        return
    try:
        eye = load_eye()
    except (GeoGuessError, OSError) as problem:
        log.warning("DINOv2-small is left aside: %s", problem)
        return
    if eye is None:
        return
    for step in update(collection, eye, token=token, prefer=False):
        yield UpdateProgress(step.done, step.total, last.tally)
    if token is None or not token.cancelled:
        better = better_space(list(check_spaces(collection, token)))
        if better is not None:
            collection.prefer(better)
