"""The queue between window and inference thread."""

from __future__ import annotations

import threading
from pathlib import Path

from geoguess_app.core.cancel import CancelToken
from geoguess_app.ui.work.queue import PhotoQueue

A, B, C, D = (Path(name) for name in "ABCD")


def test_first_come_first_served_but_for_the_promoted() -> None:
    queue = PhotoQueue()
    queue.add([A, B, C])
    queue.promote(C)
    queue.promote(D)  # does not wait: nothing happens
    queue.add([A, D])
    queue.discard([B])
    assert list(queue.drain(CancelToken())) == [C, A, D]
    assert len(queue) == 0


def test_photos_may_come_while_it_is_emptied() -> None:
    queue = PhotoQueue()
    queue.add([A])
    taking = queue.drain(CancelToken())
    assert next(taking) == A
    queue.add([B])
    assert list(taking) == [B]


def test_cancelled_token_stops_and_leaves_the_rest() -> None:
    queue, token = PhotoQueue(), CancelToken()
    queue.add([A, B, C])
    taking = queue.drain(token)
    next(taking)
    token.cancel()
    assert list(taking) == []
    assert len(queue) == 2


def test_two_threads_lose_and_double_nothing() -> None:
    queue = PhotoQueue()
    paths = [Path(str(number)) for number in range(5000)]
    taken: list[Path] = []
    done = threading.Event()

    def take() -> None:
        while not done.is_set() or len(queue):
            taken.extend(queue.drain(CancelToken()))

    worker = threading.Thread(target=take)
    worker.start()
    for first in range(0, 5000, 50):
        queue.add(paths[first : first + 50])
        queue.promote(paths[first + 49])
    done.set()
    worker.join(timeout=10)
    assert sorted(taken, key=lambda path: int(path.name)) == paths
