"""OpenCV, loaded when the first picture is described: importing it takes a second."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def opencv() -> Any:
    """The module ``cv2``, held to one thread a call.

    Candidates are verified side by side in threads of ours; more threads inside each call would
    only take them from the network.
    """
    import cv2

    cv2.setNumThreads(1)
    return cv2
