"""Sharpness of pictures, and 64-bit hashes by which copies of them are recognised."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
from PIL import Image

SHARPNESS_SIDE = 256
"""Short side in pixels at which sharpness is measured: the score depends on the scale. Smaller
pictures are measured as they are, because enlarging would blur them."""

_HASH_SIDE = 32
_HASH_BITS = 64

GreyArray = npt.NDArray[np.float32]


def grey(image: Image.Image) -> Image.Image:
    """The picture in grey, its short side reduced to ``SHARPNESS_SIDE``."""
    scale = SHARPNESS_SIDE / min(image.size)
    picture = image.convert("L")
    if scale >= 1:
        return picture
    width, height = (max(SHARPNESS_SIDE, round(side * scale)) for side in image.size)
    return picture.resize((width, height), Image.Resampling.BILINEAR)


def sharpness(picture: Image.Image) -> float:
    """Variance of the Laplacian of a grey picture (values 0…255); low means blurred or empty."""
    values = np.asarray(picture, dtype=np.float32)
    if min(values.shape) < 3:
        return 0.0
    inner = values[1:-1, 1:-1]
    around = values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:]
    return float(np.var(around - 4 * inner))


def perceptual_hash(picture: Image.Image) -> int:
    """64 bits: which of the 64 lowest frequencies (cosine transform, no mean) exceed the median.

    Scaling, recompression and slight changes of tone flip few bits; unrelated pictures differ in
    about half of them.
    """
    small = picture.resize((_HASH_SIDE, _HASH_SIDE), Image.Resampling.BILINEAR)
    cosines, lowest = _cosines(), _lowest_frequencies()
    spectrum = cosines @ np.asarray(small, dtype=np.float64) @ cosines.T
    values = spectrum.ravel()[lowest]
    # A uniform picture has no frequencies but rounding errors: they must not become bits.
    return _to_int((values > np.median(values)) & (np.abs(values) > 1e-6))


def difference_hash(picture: Image.Image) -> int:
    """64 bits: whether brightness falls from each of 8 × 9 fields to its right neighbour."""
    small = np.asarray(picture.resize((9, 8), Image.Resampling.BILINEAR), dtype=np.int16)
    return _to_int((small[:, :-1] > small[:, 1:]).ravel())


def _to_int(bits: npt.NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


@functools.cache
def _cosines() -> npt.NDArray[np.float64]:
    frequency, position = np.mgrid[0:_HASH_SIDE, 0:_HASH_SIDE]
    return np.asarray(np.cos(np.pi * frequency * (2 * position + 1) / (2 * _HASH_SIDE)))


@functools.cache
def _lowest_frequencies() -> npt.NDArray[np.int64]:
    row, column = np.mgrid[0:_HASH_SIDE, 0:_HASH_SIDE]
    order = np.lexsort((row.ravel(), (row + column).ravel()))
    return order[1 : _HASH_BITS + 1]
