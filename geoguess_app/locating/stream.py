"""Many photos through one predictor: a stream of answers in the order of the photos."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.types import Coordinate, Failed, Located, Prediction
from geoguess_app.photos.known_position import (
    embedded_position,
    sidecar_position,
    true_position,
)
from geoguess_app.photos.metadata import read_metadata
from geoguess_app.photos.sidecars import Sidecars

if TYPE_CHECKING:
    from geoguess_app.core.geo.places import PlaceFinder

log = logging.getLogger(__name__)

Crops = npt.NDArray[np.float32]
"""Prepared network input of one photo, (crops, 3, size, size)."""

DECODING_THREADS = 2

# On a CPU one photo at a time is as fast as many and gives the same bits whatever its neighbours
# are; a GPU earns its speed with larger batches.
_CPU_BATCH = 1
_GPU_BATCH = 16


class PhotoPredictor(Protocol):
    """What `locate` asks of a predictor; `core.predictor.Predictor` has it."""

    @property
    def device_name(self) -> str:
        """ "CPU", or the name of the accelerator."""

    def prepare(self, path: Path) -> Crops:
        """Read and prepare one photo; called from several threads at once."""

    def predict(self, images: Sequence[Crops]) -> list[Prediction]:
        """Answers for prepared photos, in their order."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    path: Path
    crops: Crops
    known: Coordinate | None


def locate(
    paths: Iterable[Path],
    predictor: PhotoPredictor,
    *,
    token: CancelToken | None = None,
    batch_size: int | None = None,
    places: PlaceFinder | None = None,
    decoders: Executor | None = None,
) -> Generator[Located | Failed, None, None]:
    """Locate photos one after another; each gives one `Located` or `Failed`, in their order.

    `paths` is read only a few photos ahead, so it may be endless or still growing. Photos are
    decoded in `decoders` (two threads of its own unless given) while the predictor works on
    earlier ones. A photo that cannot be read or answered never stops the others. After `token` is
    cancelled at most the batch at work is finished; what was not answered then is left out.
    """
    if places is None:
        from geoguess_app.core.geo.places import PlaceFinder

        places = PlaceFinder()
    size = batch_size or (_CPU_BATCH if predictor.device_name == "CPU" else _GPU_BATCH)
    with _pool(decoders) as pool:
        # The gazetteer takes a second to load; the first photos hide it.
        pool.submit(places.load)
        ahead = _prepare_ahead(iter(paths), predictor, pool, size + DECODING_THREADS)
        for batch in _batches(ahead, size, token):
            yield from _answers(batch, predictor, places)


@contextmanager
def _pool(given: Executor | None) -> Iterator[Executor]:
    if given is not None:
        yield given
        return
    pool = ThreadPoolExecutor(DECODING_THREADS, thread_name_prefix="decode")
    try:
        yield pool
    finally:
        # Also when the caller stops listening: no thread may outlive the generator.
        pool.shutdown(wait=True, cancel_futures=True)


def _prepare_ahead(
    paths: Iterator[Path],
    predictor: PhotoPredictor,
    pool: Executor,
    limit: int,
) -> Iterator[_Prepared | Failed]:
    """Prepared photos in order, at most `limit` of them in work or in memory."""
    waiting: deque[Future[_Prepared | Failed]] = deque()
    exhausted = False
    sidecars = Sidecars()
    try:
        while True:
            while not exhausted and len(waiting) < limit:
                path = next(paths, None)
                if path is None:
                    exhausted = True
                else:
                    waiting.append(pool.submit(_prepare, path, predictor, sidecars))
            if not waiting:
                return
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _prepare(path: Path, predictor: PhotoPredictor, sidecars: Sidecars) -> _Prepared | Failed:
    try:
        return _Prepared(path, predictor.prepare(path), _known_position(path, sidecars))
    except GeoGuessError as problem:
        return Failed(path, problem.code, str(problem))
    except Exception as problem:  # one photo must not stop ten thousand others
        log.exception("preparing %s failed", path)
        return Failed(path, "unexpected", _unexpected(path, problem))


def _known_position(path: Path, sidecars: Sidecars) -> Coordinate | None:
    """An estimate of ours that was saved earlier is no truth to compare with."""
    beside = sidecar_position(path, sidecars)
    try:
        return true_position(embedded_position(path, read_metadata(path)), beside)
    except GeoGuessError as problem:
        # Pixels that can be read are worth more than a header that cannot.
        log.debug("no metadata from %s: %s", path, problem)
        return true_position(beside)


def _batches(
    ahead: Iterator[_Prepared | Failed], size: int, token: CancelToken | None
) -> Iterator[list[_Prepared | Failed]]:
    """Up to `size` prepared photos at a time, with the failures that stand between them."""
    batch: list[_Prepared | Failed] = []
    ready = 0
    while token is None or not token.cancelled:
        item = next(ahead, None)
        if item is None:
            if batch:
                yield batch
            return
        batch.append(item)
        ready += isinstance(item, _Prepared)
        # Failures alone need no network; they come out as soon as they are known.
        if ready in (0, size):
            yield batch
            batch, ready = [], 0


def _answers(
    batch: list[_Prepared | Failed], predictor: PhotoPredictor, places: PlaceFinder
) -> Iterator[Located | Failed]:
    photos = [item for item in batch if isinstance(item, _Prepared)]
    outcomes = iter(_predict(photos, predictor))
    results = [next(outcomes) if isinstance(item, _Prepared) else item for item in batch]
    found = [(item, answer) for item, answer in zip(batch, results, strict=True)]
    named = iter(places.at_many([a.coordinate for _, a in found if isinstance(a, Prediction)]))
    for item, answer in found:
        if isinstance(item, _Prepared) and isinstance(answer, Prediction):
            yield Located(item.path, answer, next(named), item.known)
        elif isinstance(answer, Failed):
            yield answer


def _predict(photos: Sequence[_Prepared], predictor: PhotoPredictor) -> list[Prediction | Failed]:
    """Answers; when a batch fails as a whole, each photo gets its own try."""
    if not photos:
        return []
    try:
        return list(predictor.predict([photo.crops for photo in photos]))
    except Exception as problem:  # as above; out of GPU memory is the usual one
        if len(photos) == 1:
            log.exception("locating %s failed", photos[0].path)
            return [_failed(photos[0].path, problem)]
        log.warning("a batch of %d photos failed (%s); trying one by one", len(photos), problem)
    return [answer for photo in photos for answer in _predict([photo], predictor)]


def _failed(path: Path, problem: Exception) -> Failed:
    if isinstance(problem, GeoGuessError):
        return Failed(path, problem.code, str(problem))
    return Failed(path, "unexpected", _unexpected(path, problem))


def _unexpected(path: Path, problem: Exception) -> str:
    reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
    return f"{path.name} could not be located: {reason[:200].rstrip('.')}."
