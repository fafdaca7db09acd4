"""Photos decoded by several threads, in their order, some ahead of who uses them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np

from geoguess_app.core.errors import PhotoError

Picture = Path | bytes
_TOGETHER = 8
_AHEAD = 3


def decode_photos(
    pictures: Iterable[tuple[int, Picture]],
    prepare: Callable[[Picture], np.ndarray],
    broken: Callable[[int], None],
    *,
    threads: int = 2,
) -> Iterator[list[tuple[int, np.ndarray]]]:
    """Row and crops of photos, some at a time; ``broken`` hears of those that cannot be read."""
    source = iter(pictures)
    waiting: deque[list[tuple[int, Future[np.ndarray]]]] = deque()
    with ThreadPoolExecutor(max(1, threads)) as pool:
        while True:
            while len(waiting) < _AHEAD:
                chunk = list(islice(source, _TOGETHER))
                if not chunk:
                    break
                waiting.append([(row, pool.submit(prepare, picture)) for row, picture in chunk])
            if not waiting:
                return
            done = list(_done(waiting.popleft(), broken))
            if done:
                yield done


def _done(
    chunk: list[tuple[int, Future[np.ndarray]]], broken: Callable[[int], None]
) -> Iterator[tuple[int, np.ndarray]]:
    for row, future in chunk:
        try:
            yield row, future.result()
        except PhotoError:
            broken(row)
