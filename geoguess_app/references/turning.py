"""Photos that lie on their side: asked about again in the three other ways to hold them.

Points are found whichever side is up, but the most alike references are not: a photo on its side
looks like others on their sides. Cameras note which side is up; scanners do not.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from geoguess_app.core.matching import Match
from geoguess_app.core.types import FloatArray

QUARTER_TURNS = (1, 2, 3)
"""Turns by 90°, against the clock."""
_ORIENTATION_TAG = 0x0112
_TRANSPOSES = {
    1: Image.Transpose.ROTATE_90,
    2: Image.Transpose.ROTATE_180,
    3: Image.Transpose.ROTATE_270,
}
_BACK = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""From shares of a picture turned once to those of the picture as it was."""


def may_lie_on_its_side(photo: Path) -> bool:
    """Tell whether a photo file does not state which side of its picture is up."""
    try:
        with Image.open(photo) as picture:
            return _ORIENTATION_TAG not in picture.getexif()
    except (OSError, ValueError, SyntaxError):  # RAW and HEIC, which come from cameras
        return False


def turned_picture(picture: Image.Image, quarter_turns: int) -> Image.Image:
    """The picture turned against the clock; itself for 0."""
    return picture.transpose(_TRANSPOSES[quarter_turns]) if quarter_turns else picture


def turned_crops(crops: np.ndarray) -> list[np.ndarray]:
    """The crops (k, 3, size, size) of a prepared photo as they are when it is turned."""
    return [np.ascontiguousarray(np.rot90(crops, turns, axes=(2, 3))) for turns in QUARTER_TURNS]


def turned_back(match: Match, quarter_turns: int) -> Match:
    """A match of a turned picture, as one of the picture as it was."""
    back = np.linalg.matrix_power(_BACK, quarter_turns)
    points = match.query_points @ back[:2, :2].T + back[:2, 2]
    return replace(
        match,
        query_points=points.astype(np.float32),
        homography=_scaled(back @ match.homography) if match.homography is not None else None,
    )


def _scaled(homography: FloatArray) -> FloatArray:
    return np.asarray(homography / homography[2, 2])
