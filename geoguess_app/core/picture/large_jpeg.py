"""JPEG files that are larger or shorter than they should be, read as viewers read them."""

from __future__ import annotations

import io
from typing import IO

import numpy as np
from PIL import Image

_SOF_MARKERS = frozenset((0xC0, 0xC1))
_SOS, _ALONE = 0xDA, frozenset((0x01, *range(0xD0, 0xDA)))
_DIVISORS = (1, 2, 4, 8)
_END = b"\xff\xd9"
_LEAST_SHARE = 0.5
"""Of its rows a cut photo must have so many: less shows the sky at best."""
_FLAT = 3
"""A row without more differences than this, as where nothing was decoded."""


def draft_jpeg(image: Image.Image, min_side: int | None, most_pixels: float) -> tuple[int, int]:
    """Have an opened JPEG decoded at a half, quarter or eighth of its size.

    Never so small that its short side falls below ``min_side``, unless it is larger than
    ``most_pixels`` and is decoded row by row, so that memory holds only the small picture. Returns
    the size that memory must hold.
    """
    (width, height), stream = image.size, getattr(image, "fp", None)
    divisor = next((d for d in _DIVISORS if width * height <= most_pixels * d * d), _DIVISORS[-1])
    in_memory = divisor > 1 and (stream is None or not _is_in_rows(stream))
    if min_side is not None and min(width, height) >= divisor * min_side:
        image.draft(None, (min_side, min_side))
    elif divisor > 1:
        image.draft(None, (width // divisor, height // divisor))
    return (width, height) if in_memory else image.size


def _is_in_rows(stream: IO[bytes]) -> bool:
    """Whether a JPEG is baseline with one scan; all others are kept in memory whole to decode."""
    place = stream.tell()
    try:
        stream.seek(2)
        parts = 0
        while len(head := stream.read(4)) == 4 and head[0] == 0xFF:
            size = int.from_bytes(head[2:], "big") - 2
            if head[1] in _ALONE or size < 0:
                return False
            payload = stream.read(size)
            if head[1] in _SOF_MARKERS and size > 5:
                parts = payload[5]
            if head[1] == _SOS:
                return bool(payload) and payload[0] == parts > 0
        return False
    finally:
        stream.seek(place)


def open_cut_jpeg(stream: IO[bytes], min_side: int | None) -> Image.Image | None:
    """The upper part of a JPEG that ends too early, as far as it goes; None where it is less than
    half of the picture."""
    stream.seek(0)
    image = Image.open(io.BytesIO(stream.read() + _END), formats=("JPEG",))
    if min_side is not None:
        image.draft(None, (min_side, min_side))
    image.load()
    rows = _decoded_rows(np.asarray(image.convert("L"), dtype=np.int16))
    if rows < _LEAST_SHARE * image.height:
        return None
    return image.crop((0, 0, image.width, rows))


def _decoded_rows(grey: np.ndarray) -> int:
    """How many rows from the top show anything; decoders fill what is missing with one colour."""
    spread = grey.max(axis=1) - grey.min(axis=1)
    like_last = np.abs(grey - grey[-1, -1]).max(axis=1) <= _FLAT
    shown = np.flatnonzero((spread > _FLAT) | ~like_last)
    return int(shown[-1]) + 1 if shown.size else 0
