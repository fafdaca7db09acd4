"""Free pictures, and views of them that differ as photos of one place do."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

DATA = Path(__file__).parents[1] / "data"


@cache
def free_picture(file: str) -> Image.Image:
    """A picture below `tests/data` in RGB, decoded once."""
    with Image.open(DATA / file) as image:
        return image.convert("RGB")


def view(picture: Image.Image, random: np.random.Generator, side_px: int) -> Image.Image:
    """A part of a picture in another light, its short side `side_px` pixels."""
    share = random.uniform(0.6, 0.95)
    wide, high = (round(share * side) for side in picture.size)
    left = int(random.integers(0, picture.width - wide + 1))
    top = int(random.integers(0, picture.height - high + 1))
    scale = side_px / min(wide, high)
    size = (round(wide * scale), round(high * scale))
    part = picture.resize(size, Image.Resampling.BICUBIC, box=(left, top, left + wide, top + high))
    if random.random() < 0.3:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    part = ImageEnhance.Brightness(part).enhance(random.uniform(0.8, 1.2))
    return ImageEnhance.Color(part).enhance(random.uniform(0.6, 1.4))


@cache
def panorama(files: tuple[str, ...], columns: int, tile_px: int = 240) -> Image.Image:
    """Pictures as squares side by side, row by row: something to walk across."""
    rows = -(-len(files) // columns)
    whole = Image.new("RGB", (columns * tile_px, rows * tile_px))
    for number in range(rows * columns):
        picture = free_picture(files[number % len(files)])
        side = min(picture.size)
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        square = picture.resize(
            (tile_px, tile_px), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side)
        )
        whole.paste(square, (number % columns * tile_px, number // columns * tile_px))
    return whole
