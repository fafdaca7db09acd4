"""Python's garbage collection: what it passes by, and doing it in one thread only.

A full collection looks at every object while all threads wait: with fifty thousand photos in memory
that takes a fifth of a second, again and again. Photos hold no cycles, so nothing is lost when
collections pass them by; they still go when nobody holds them any more.
"""

from __future__ import annotations

import functools
import gc

_MANY = 500
"""So many new ones make a full collection take a few milliseconds at most."""
_GROWTH = 1.25
"""So many times the old objects make a full collection worth its time, as in Python itself."""
_RARELY = 20_000
"""New objects between two collections of a command, instead of Python's 700."""
_new = 0


def collect_rarely() -> None:
    """Look for garbage less often in this process: a command mostly imports and reads, and what it
    makes is either kept or goes at once. Looking again and again took an eighth of the time
    in which torch is imported."""
    gc.set_threshold(_RARELY, *gc.get_threshold()[1:])


@functools.cache
def freeze_loaded() -> None:
    """Leave all that is there out of later collections, once in a process: after torch and the
    place names are loaded, looking at them takes a quarter of a second, and hardly any of it ever
    becomes garbage."""
    gc.freeze()


def note_long_lived(count: int) -> None:
    """Note that so many photos, or things like them, have been made that will stay; in any
    thread."""
    global _new
    _new += count
    if gc.isenabled():  # else one thread collects, and no other may
        freeze_long_lived()


def freeze_long_lived() -> None:
    """Leave what was noted out of later collections, once it is many."""
    global _new
    if _new >= _MANY:
        _new = 0
        gc.collect(0)  # what is young and in cycles is not to stay
        gc.freeze()


class OwnCollections:
    """Collections in the thread that asks for them, instead of Python's automatic ones.

    Those run in whichever thread allocates next. A thread that finds Qt objects in a cycle destroys
    them, although they belong to the window's thread, and that ends the process.
    """

    def __init__(self) -> None:
        gc.disable()
        self._kept = 0

    def collect_due(self) -> None:
        """Collect what Python would have collected by now."""
        freeze_long_lived()
        young, middle, old = gc.get_count()
        most_young, most_middle, most_old = gc.get_threshold()
        if old > most_old and _old_objects() > _GROWTH * self._kept:
            gc.collect()
            self._kept = _old_objects()
        elif middle > most_middle:
            gc.collect(1)
        elif young > most_young:
            gc.collect(0)


def _old_objects() -> int:
    return len(gc.get_objects(generation=2))
