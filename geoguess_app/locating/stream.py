"""Many photos through one predictor: a stream of answers in the order of the photos.

The one way to an answer, for the command line, the review and the window. Decoding threads look
each photo up in the memory, read and hash it, and prepare it for the network; the thread that
asks for the results runs the network and nothing else.
"""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.picture.decode import PhotoBytes
from geoguess_app.core.types import FailedPhoto, LocatedPhoto, Prediction
from geoguess_app.locating.memory import AnswerMemory
from geoguess_app.locating.preparation import (
    PhotoPredictor,
    PhotoPreparation,
    PhotoState,
    PreparedPhoto,
    UnansweredPhoto,
    failure,
)

if TYPE_CHECKING:
    from geoguess_app.core.geo.places import PlaceFinder

log = logging.getLogger(__name__)

DECODING_THREADS = 2
Refine = Callable[[LocatedPhoto], LocatedPhoto]
"""A change of an answer after the model's, such as reference photos make; never raises."""

# On a CPU one photo at a time is as fast as many and gives the same bits whatever its neighbours
# are; a GPU earns its speed with larger batches.
_CPU_BATCH = 1
_GPU_BATCH = 16
_REFINED_AHEAD = 2


@dataclass(frozen=True, slots=True)
class DeferredPredictor:
    """A predictor that is loaded only when an answer is missing."""

    load: Callable[[], PhotoPredictor]
    """Called once at most, in the thread that asks for the results; what it raises ends them."""


def locate(
    photos: Iterable[Path | PhotoBytes],
    predictor: PhotoPredictor | DeferredPredictor,
    *,
    memory: AnswerMemory | None = None,
    token: CancelToken | None = None,
    batch_size: int | None = None,
    threads: int = DECODING_THREADS,
    places: PlaceFinder | None = None,
    refine: Refine | None = None,
) -> Generator[LocatedPhoto | FailedPhoto, None, None]:
    """Locate photos one after another: one ``LocatedPhoto`` or ``FailedPhoto`` each, in their
    order.

    ``photos`` is read only a few ahead, so it may be endless or still growing. They are decoded
    in ``threads`` threads while the predictor works on earlier ones. What ``memory`` knows is not
    computed again, and new answers go into it as they come, so that a run which is stopped goes on
    from there. ``refine`` may change an answer before it comes out, as reference photos do; it runs
    in a thread of its own beside the network and must not raise. A photo that cannot be read or
    answered never stops the others. After ``token`` is cancelled at most the batch at work is
    finished; what was not answered then is left out.
    """
    if places is None:
        from geoguess_app.core.geo.places import PlaceFinder

        places = PlaceFinder()
    with _decoding_threads(memory, threads) as pool:
        inference = _Inference(pool, memory, places, batch_size, threads)
        preparation = PhotoPreparation(memory)
        if not isinstance(predictor, DeferredPredictor):
            preparation.predictor = inference.begin(predictor)
        ahead = _prepare_ahead(iter(photos), predictor, preparation, inference, pool, threads)
        results = (
            result
            for batch in _batches(ahead, inference, token)
            for result in inference.results(batch)
        )
        yield from results if refine is None else _refined(results, refine, token)


def _refined(
    results: Iterator[LocatedPhoto | FailedPhoto],
    refine: Refine,
    token: CancelToken | None,
) -> Iterator[LocatedPhoto | FailedPhoto]:
    """Results as ``refine`` leaves them, in order, at most two of them waiting for it."""
    waiting: deque[Future[LocatedPhoto] | FailedPhoto] = deque()
    pool = ThreadPoolExecutor(1, thread_name_prefix="refine")
    try:
        for result in results:
            if isinstance(result, FailedPhoto):
                waiting.append(result)
            else:
                waiting.append(pool.submit(refine, result))
            while waiting and (len(waiting) > _REFINED_AHEAD or _is_done(waiting[0])):
                yield _outcome(waiting.popleft())
        while waiting and not (token is not None and token.cancelled):
            yield _outcome(waiting.popleft())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _is_done(result: Future[LocatedPhoto] | FailedPhoto) -> bool:
    return isinstance(result, FailedPhoto) or result.done()


def _outcome(result: Future[LocatedPhoto] | FailedPhoto) -> LocatedPhoto | FailedPhoto:
    return result if isinstance(result, FailedPhoto) else result.result()


@contextmanager
def _decoding_threads(memory: AnswerMemory | None, threads: int) -> Iterator[Executor]:
    pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")
    try:
        yield pool
    finally:
        # Also when the caller stops listening: no thread may outlive the generator.
        pool.shutdown(wait=True, cancel_futures=True)
        if memory is not None:
            memory.store.write_held()


def _prepare_ahead(
    photos: Iterator[Path | PhotoBytes],
    predictor: PhotoPredictor | DeferredPredictor,
    preparation: PhotoPreparation,
    inference: _Inference,
    pool: Executor,
    threads: int,
) -> Iterator[PhotoState]:
    """Photos as they are prepared, in order, a batch and a little more in work or in memory."""
    waiting: deque[tuple[Path | PhotoBytes, Future[PhotoState]]] = deque()

    def submit(photo: Path | PhotoBytes) -> None:
        waiting.append((photo, pool.submit(preparation.prepare, photo)))

    while True:
        while len(waiting) < inference.batch_size + threads:
            photo = next(photos, None)
            if photo is None:
                break
            submit(photo)
        if not waiting:
            return
        photo, future = waiting.popleft()
        state = future.result()
        if isinstance(state, UnansweredPhoto) and isinstance(predictor, DeferredPredictor):
            preparation.predictor = inference.begin(predictor.load())
            again = [photo, *(later for later, _ in waiting)]
            waiting.clear()
            for photo in again:
                submit(photo)
            continue
        yield state


def _batches(
    ahead: Iterator[PhotoState], inference: _Inference, token: CancelToken | None
) -> Iterator[list[PhotoState]]:
    """A batch of prepared photos at a time, with those that stand between them."""
    batch: list[PhotoState] = []
    ready = 0
    while token is None or not token.cancelled:
        state = next(ahead, None)
        if state is None:
            if batch:
                yield batch
            return
        batch.append(state)
        ready += isinstance(state, PreparedPhoto)
        size = inference.batch_size
        # Without any for the network they come out at once, and never are many held back.
        if ready in (0, size) or len(batch) >= 2 * size:
            yield batch
            batch, ready = [], 0


class _Inference:
    """The part of locating that belongs to one thread: the network, and what comes of it."""

    def __init__(
        self,
        pool: Executor,
        memory: AnswerMemory | None,
        places: PlaceFinder,
        batch_size: int | None,
        threads: int,
    ) -> None:
        self.batch_size = batch_size or _CPU_BATCH
        self._predictor: PhotoPredictor | None = None
        self._pool, self._memory, self._places = pool, memory, places
        self._given_size, self._threads = batch_size, threads
        self._latest: OrderedDict[str, Prediction] = OrderedDict()

    def begin(self, predictor: PhotoPredictor) -> PhotoPredictor:
        """Take the predictor, which is needed from now on."""
        self._predictor = predictor
        on_cpu = predictor.device_name == "CPU"
        self.batch_size = self._given_size or (_CPU_BATCH if on_cpu else _GPU_BATCH)
        # Loading the place names takes a moment; the first photos hide it.
        self._pool.submit(self._places.load)
        return predictor

    def results(self, batch: Sequence[PhotoState]) -> list[LocatedPhoto | FailedPhoto]:
        """The results of a batch, in its order."""
        photos = [state for state in batch if isinstance(state, PreparedPhoto)]
        outcomes = self._outcomes(photos)
        found = [outcome for outcome in outcomes if isinstance(outcome, Prediction)]
        named = iter(self._places.at_many([prediction.coordinate for prediction in found]))
        results = iter(
            [
                LocatedPhoto(photo.path, outcome, next(named), photo.known)
                if isinstance(outcome, Prediction)
                else failure(photo.path, outcome)
                for photo, outcome in zip(photos, outcomes, strict=True)
            ]
        )
        return [self._result(state, results) for state in batch]

    def _result(
        self, state: PhotoState, results: Iterator[LocatedPhoto | FailedPhoto]
    ) -> LocatedPhoto | FailedPhoto:
        if isinstance(state, LocatedPhoto | FailedPhoto):
            return state
        result = next(results)
        if isinstance(state, PreparedPhoto) and isinstance(result, LocatedPhoto):
            self._keep(state.picture, result)
        return result

    def _keep(self, picture: str | None, result: LocatedPhoto) -> None:
        if picture is None or self._memory is None or picture in self._latest:
            return
        self._memory.keep(picture, result, self._pool)
        self._latest[picture] = result.prediction
        # A copy among those that were looked up before this answer was there comes soon.
        while len(self._latest) > 2 * self.batch_size + self._threads:
            self._latest.popitem(last=False)

    def _outcomes(self, photos: Sequence[PreparedPhoto]) -> list[Prediction | Exception]:
        """What the network says, or why not; the same picture is computed once."""
        keys = [photo.picture or str(index) for index, photo in enumerate(photos)]
        new = {
            key: photo for key, photo in zip(keys, photos, strict=True) if key not in self._latest
        }
        answers: dict[str, Prediction | Exception] = dict(
            zip(new, self._predict(list(new.values())), strict=True)
        )
        return [answers[key] if key in answers else self._latest[key] for key in keys]

    def _predict(self, photos: Sequence[PreparedPhoto]) -> list[Prediction | Exception]:
        """Answers; when a batch fails as a whole, each photo gets its own try."""
        if not photos or self._predictor is None:
            return []
        try:
            return list(self._predictor.predict([photo.crops for photo in photos]))
        except Exception as problem:  # as above; out of GPU memory is the usual one
            if len(photos) == 1:
                log.exception("locating %s failed", photos[0].path)
                return [problem]
            log.warning("a batch of %d photos failed (%s); trying one by one", len(photos), problem)
        return [answer for photo in photos for answer in self._predict([photo])]
