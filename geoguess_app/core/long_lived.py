"""Long-lived objects, which are kept out of Python's garbage collection.

A full collection looks at every object while all threads wait: with fifty thousand photos in memory
that takes a fifth of a second, again and again. Photos hold no cycles, so nothing is lost when
collections pass them by; they still go when nobody holds them any more.
"""

from __future__ import annotations

import gc

_MANY = 500
"""So many new ones make a full collection take a few milliseconds at most."""
_new = 0


def note_long_lived(count: int) -> None:
    """Note that so many photos, or things like them, have been made that will stay; in any
    thread."""
    global _new
    _new += count
    if _new >= _MANY:
        _new = 0
        gc.collect(0)  # what is young and in cycles is not to stay
        gc.freeze()
