"""Local features of a picture: where distinct points are and what they look like (SIFT).

Descriptors are root-normalised (the square roots of their shares, so that their dot product is the
Hellinger kernel) and rounded to bytes at once: whether features come from a picture or from a
cache makes no difference.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from PIL import Image

from geoguess_app.core.matching.opencv import opencv

POINTS = 2000
"""Points that are kept of a picture, the most distinct ones."""
LONG_SIDE_PX = 640
"""Larger pictures are reduced to this; smaller ones stay as they are."""
_CONTRAST = 0.01
"""Lower than OpenCV's own 0.04: dusk and fog have points, too; ``POINTS`` limits the rest."""
_BYTE_SCALE = 512.0
"""A root-normalised descriptor has length 1; hardly ever is one of its values above a half."""
_POINT_SCALE = 65535.0
_HEAD = struct.Struct("<4sHHI")
_MAGIC = b"GLF1"
_DESCRIPTOR_SIZE = 128


@dataclass(frozen=True, eq=False)
class LocalFeatures:
    """Distinct points of one picture.

    ``points`` (n, 2) float32: x and y from the upper left corner, as shares of width and height;
    ``descriptors`` (n, 128) uint8; ``width_px`` and ``height_px`` of the picture as described.
    """

    points: np.ndarray
    descriptors: np.ndarray
    width_px: int
    height_px: int

    def __len__(self) -> int:
        return len(self.points)

    def pixels(self) -> np.ndarray:
        """Give the points (n, 2) float64 in pixels of the picture as described."""
        return self.points * np.array([self.width_px, self.height_px], dtype=np.float64)

    def to_bytes(self) -> bytes:
        """Pack for a cache: 132 bytes a point."""
        head = _HEAD.pack(_MAGIC, self.width_px, self.height_px, len(self))
        points = np.round(self.points * _POINT_SCALE).astype("<u2")
        return head + points.tobytes() + self.descriptors.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> LocalFeatures:
        """Unpack what ``to_bytes`` gave; raises ValueError for anything else."""
        if len(data) < _HEAD.size:
            raise ValueError("these are no local features: too short")
        magic, width_px, height_px, count = _HEAD.unpack_from(data)
        points_end = _HEAD.size + 4 * count
        if magic != _MAGIC or len(data) != points_end + _DESCRIPTOR_SIZE * count:
            raise ValueError("these are no local features of this version")
        points = np.frombuffer(data[_HEAD.size : points_end], dtype="<u2").reshape(count, 2)
        descriptors = np.frombuffer(data[points_end:], dtype=np.uint8)
        return cls(
            (points / _POINT_SCALE).astype(np.float32),
            descriptors.reshape(count, _DESCRIPTOR_SIZE),
            width_px,
            height_px,
        )


def describe(picture: Image.Image) -> LocalFeatures:
    """Find the local features of an upright picture of any mode and size; in any thread.

    A picture without any (a blank page) gives none. Takes about 0.1 s for ``LONG_SIDE_PX``.
    """
    grey = _grey(picture)
    found, raw = (
        opencv().SIFT_create(POINTS, contrastThreshold=_CONTRAST).detectAndCompute(grey, None)
    )
    height_px, width_px = grey.shape
    if raw is None or not len(found):
        empty = np.zeros((0, 2), np.float32), np.zeros((0, _DESCRIPTOR_SIZE), np.uint8)
        return LocalFeatures(*empty, width_px, height_px)
    # OpenCV may give a few more than asked for, where several are equally distinct.
    pixels = np.array([point.pt for point in found[:POINTS]], dtype=np.float64)
    shares = np.clip(pixels / (width_px, height_px), 0.0, 1.0)
    rounded = np.round(shares * _POINT_SCALE) / _POINT_SCALE
    return LocalFeatures(
        rounded.astype(np.float32), _root_normalised(raw[:POINTS]), width_px, height_px
    )


def _grey(picture: Image.Image) -> np.ndarray:
    """The picture as bytes (height, width), not larger than ``LONG_SIDE_PX``."""
    grey = picture.convert("L")
    grey.thumbnail((LONG_SIDE_PX, LONG_SIDE_PX), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.asarray(grey)


def _root_normalised(descriptors: np.ndarray) -> np.ndarray:
    """Bytes of the square roots of each descriptor's shares."""
    total = np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-9)
    return np.asarray(np.clip(np.sqrt(descriptors / total) * _BYTE_SCALE, 0, 255), dtype=np.uint8)
