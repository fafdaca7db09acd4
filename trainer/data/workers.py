"""Work shared among processes that survives a process's death.

A photo can make a decoder crash, not merely raise. The process is then lost with the items it held:
they are done again one by one, and the one that kills its process a second time is named.
"""

from __future__ import annotations

import logging
import os
from typing import TypeVar

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")


def default_workers() -> int:
    """One process per processor core that this one may use, at most 16."""
    usable = getattr(os, "sched_getaffinity", None)
    return min(16, len(usable(0)) if usable else os.cpu_count() or 1)
