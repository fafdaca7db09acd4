"""Locating with memory: photos that this model has seen before cost no computing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from geoguess_app.core.bundle import Bundle
from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.picture.decode import shown_name
from geoguess_app.core.types import Coordinate, Failed, Located
from geoguess_app.locating.answer_store import AnswerStore, Picture, Refusal
from geoguess_app.locating.stream import DECODING_THREADS, PhotoPredictor, locate
from geoguess_app.photos.known_position import (
    embedded_position,
    sidecar_position,
    true_position,
)
from geoguess_app.photos.metadata import read_metadata
from geoguess_app.photos.picture_key import picture_key
from geoguess_app.photos.sidecars import Sidecars

_TOGETHER = 32
"""Photos looked up at a time."""
_BROKEN = ("not-a-photo", "empty", "broken", "truncated")
"""Failures that lie in the bytes of a photo: the next run would fail in the same way."""
_NAME = "{name}"


def model_key(bundle: Bundle, crops: int | None = None) -> str:
    """Identifies what decides about an answer: the bundle's content and the number of crops."""
    crops = crops or bundle.manifest.preprocessing.crops
    # The manifest holds the hashes of all other files.
    return hashlib.sha256(f"{bundle.manifest!r} crops={crops}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Looked:
    path: Path
    picture: Picture | None
    found: Located | Failed | None


def locate_remembered(
    paths: Iterable[Path],
    model: str,
    predictor: Callable[[], PhotoPredictor],
    store: AnswerStore,
    token: CancelToken | None = None,
) -> Generator[Located | Failed, None, None]:
    """As `batch.locate`, in the order of the photos, with answers from the store where it has them.

    `model` is its `model_key`; `predictor` is asked for only when an answer is missing.
    New answers go into the store as they come, so that a run which is stopped goes on from there.
    """
    places, sidecars = PlaceFinder(), Sidecars()
    source = iter(paths)
    with ThreadPoolExecutor(DECODING_THREADS, thread_name_prefix="decode") as pool:
        while token is None or not token.cancelled:
            chunk = list(islice(source, _TOGETHER))
            if not chunk:
                return
            looked = list(pool.map(lambda path: _look_up(path, store, model, sidecars), chunk))
            missing = [item.path for item in looked if item.found is None]
            if not missing:
                yield from (item.found for item in looked if item.found is not None)
                continue
            fresh = locate(missing, predictor(), token=token, places=places, decoders=pool)
            with closing(fresh):
                yield from _merged(looked, fresh, store, model)


def remembering(
    results: Iterable[Located | Failed], model: str, store: AnswerStore
) -> Iterator[Located | Failed]:
    """The results of `batch.locate` as they come, each kept in the store for next time."""
    for result in results:
        picture = _picture(result.path, store)
        if picture is not None:
            _remember(store, picture.key, model, result)
        yield result


def _merged(
    looked: list[_Looked], fresh: Iterator[Located | Failed], store: AnswerStore, model: str
) -> Iterator[Located | Failed]:
    for item in looked:
        if item.found is not None:
            yield item.found
            continue
        result = next(fresh, None)
        if result is None:  # cancelled
            return
        if item.picture is not None:
            _remember(store, item.picture.key, model, result)
        yield result


def _remember(store: AnswerStore, picture: str, model: str, result: Located | Failed) -> None:
    if isinstance(result, Located):
        store.remember_answer(picture, model, result.prediction, result.place)
    elif result.code in _BROKEN:
        message = result.message.replace(shown_name(result.path), _NAME)
        store.remember_refusal(picture, model, Refusal(result.code, message))


def _picture(path: Path, store: AnswerStore) -> Picture | None:
    """What identifies the picture in a file; None where the file cannot be read."""
    try:
        status = path.stat()
        picture = store.picture(path, status)
        if picture is None:
            picture = Picture(picture_key(path), _known(path))
            store.remember_picture(path, status, picture)
    except (OSError, ValueError):
        return None
    return picture


def _look_up(path: Path, store: AnswerStore, model: str, sidecars: Sidecars) -> _Looked:
    picture = _picture(path, store)
    if picture is None:
        return _Looked(path, None, None)  # locating says what is wrong with it
    answer = store.answer(picture.key, model)
    if isinstance(answer, Refusal):
        message = answer.message.replace(_NAME, shown_name(path))
        return _Looked(path, picture, Failed(path, answer.code, message))
    if answer is None:
        return _Looked(path, picture, None)
    # Sidecars are not remembered: they change without the photo.
    known = picture.known or true_position(sidecar_position(path, sidecars))
    return _Looked(path, picture, Located(path, *answer, known))


def _known(path: Path) -> Coordinate | None:
    try:
        facts = read_metadata(path)
    except GeoGuessError:
        return None
    return true_position(embedded_position(path, facts))
