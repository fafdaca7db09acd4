"""The scenes of many photos: a stream of labels in the order of the photos, nothing located."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.types import FailedPhoto, SceneProbabilities

if TYPE_CHECKING:
    from geoguess_app.core.predictor import Predictor

log = logging.getLogger(__name__)

Photo = Path | bytes
"""A picture file, or what such a file holds."""

# One crop at a time is as fast as many on a CPU (measured: up to four, then slower); a GPU earns
# its speed with many crops, and needs as many threads to decode them.
_CPU_PHOTOS, _CPU_THREADS = 1, 2
_GPU_CROPS, _MOST_THREADS = 64, 16
_WAITING_BATCHES = 2


def label_scenes(
    photos: Iterable[Photo | None],
    predictor: Predictor,
    *,
    token: CancelToken | None = None,
    threads: int | None = None,
) -> Generator[SceneProbabilities | FailedPhoto, None, None]:
    """The scene of each photo, or why there is none, in their order.

    ``photos`` is read only some photos ahead; None stands for one that is missing. They are
    decoded in ``threads`` threads (2 for a CPU, one per core for a GPU) while the network works on
    earlier ones. A photo that cannot be read stops nothing; a model or device that fails does:
    raises BundleError, DeviceError.
    """
    on_cpu = predictor.device_name == "CPU"
    size = _CPU_PHOTOS if on_cpu else max(1, _GPU_CROPS // predictor.crops)
    workers = threads or decoding_threads(predictor.device_name)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="decode")
    try:
        ahead = _prepare_ahead(iter(photos), predictor, pool, _WAITING_BATCHES * size + workers)
        while token is None or not token.cancelled:
            batch = list(islice(ahead, size))
            if not batch:
                return
            yield from _labels(batch, predictor)
    finally:
        # Also when the caller stops listening: no thread may outlive the generator.
        pool.shutdown(wait=True, cancel_futures=True)


def decoding_threads(device_name: str) -> int:
    """Return how many threads keep a device busy that has this name."""
    return _CPU_THREADS if device_name == "CPU" else min(_MOST_THREADS, os.cpu_count() or 1)


def _prepare_ahead(
    photos: Iterator[Photo | None], predictor: Predictor, pool: ThreadPoolExecutor, limit: int
) -> Iterator[np.ndarray | FailedPhoto]:
    """The photos' crops in order, at most ``limit`` of them in work or in memory."""
    waiting: deque[Future[np.ndarray | FailedPhoto]] = deque()
    while True:
        for photo in islice(photos, limit - len(waiting)):
            waiting.append(pool.submit(_prepare, photo, predictor))
        if not waiting:
            return
        yield waiting.popleft().result()


def _prepare(photo: Photo | None, predictor: Predictor) -> np.ndarray | FailedPhoto:
    if photo is None:
        return FailedPhoto(Path("photo"), "missing", "There is no such photo.")
    try:
        return predictor.prepare(photo)
    except GeoGuessError as problem:
        return FailedPhoto(_name(photo), problem.code, str(problem))
    except Exception as problem:  # one photo must not stop millions of others
        log.exception("preparing %s failed", _name(photo))
        return FailedPhoto(_name(photo), "unexpected", f"It cannot be read ({_reason(problem)}).")


def _name(photo: Photo) -> Path:
    return photo if isinstance(photo, Path) else Path("photo")


def _reason(problem: Exception) -> str:
    text = str(problem).splitlines()[0] if str(problem) else ""
    return text[:200].rstrip(".") or type(problem).__name__


def _labels(
    batch: Sequence[np.ndarray | FailedPhoto], predictor: Predictor
) -> Iterator[SceneProbabilities | FailedPhoto]:
    found = iter(
        predictor.label_scenes([crops for crops in batch if isinstance(crops, np.ndarray)])
    )
    for crops in batch:
        yield crops if isinstance(crops, FailedPhoto) else next(found)
