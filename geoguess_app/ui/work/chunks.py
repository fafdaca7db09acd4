"""Many small things as few lists, so that a crowd does not reach the window one by one."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable
from typing import TypeVar

_T = TypeVar("_T")

MOST = 12
EVERY_S = 0.1
_PAUSE_S = 0.008
"""After each full list: the window comes to its turn in between, for less than a frame."""


def in_chunks(
    items: Iterable[_T], most: int = MOST, every_s: float = EVERY_S
) -> Generator[list[_T], None, None]:
    """Lists of up to ``most`` items; one that is not full comes ``every_s`` after the last."""
    chunk: list[_T] = []
    last_s = time.monotonic()
    for item in items:
        chunk.append(item)
        full = len(chunk) >= most
        if full or time.monotonic() - last_s > every_s:
            yield chunk
            if full:
                time.sleep(_PAUSE_S)
            chunk, last_s = [], time.monotonic()
    if chunk:
        yield chunk
