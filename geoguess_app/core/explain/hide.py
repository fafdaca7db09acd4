"""Hiding parts of a photo: which regions give its place away, and pictures without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from PIL import Image, ImageFilter
from scipy import ndimage

from geoguess_app.core.explain.types import ActivationMap

_LOUD = 0.5
"""A region counts from this share of the loudest activation on."""
_LEAST_SIDE = 0.08
"""Of the photo's sides: smaller regions are widened to it."""
_PIXELATED = 8
"""Tiles along the longer side of a blurred region: coarse enough that no lettering survives."""


class HidingStyle(StrEnum):
    """A way to hide a region."""

    BLUR = "blur"
    FILL = "fill"
    """With its own average colour; nothing of it is left."""


@dataclass(frozen=True, slots=True)
class PhotoRegion:
    """A rectangle of an upright photo, as shares (0…1) of its width and height."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1):
            raise ValueError(f"{self} is not a rectangle within the photo")

    @property
    def share(self) -> float:
        """The share of the photo's area, 0…1."""
        return (self.right - self.left) * (self.bottom - self.top)

    def box(self, width: int, height: int) -> tuple[int, int, int, int]:
        """The box in whole pixels of a photo of this size, at least one by one, rounded
        outwards."""
        left, top = int(self.left * width), int(self.top * height)
        right = min(width, max(left + 1, int(np.ceil(self.right * width))))
        bottom = min(height, max(top + 1, int(np.ceil(self.bottom * height))))
        return left, top, right, bottom


def giveaways(activation: ActivationMap, most: int = 3) -> list[PhotoRegion]:
    """The regions that contribute most to a place, the largest sum first; empty if none does."""
    values = activation.values
    if not activation.speaks:
        return []
    # Touching corners count as one region.
    names, count = ndimage.label(values >= _LOUD * values.max(), structure=np.ones((3, 3)))
    sums = ndimage.sum_labels(values, names, np.arange(1, count + 1))
    found = ndimage.find_objects(names)
    order = np.argsort(-np.asarray(sums), kind="stable")[:most]
    return [_region(found[int(i)], values.shape) for i in order]


def cover(image: Image.Image, regions: Sequence[PhotoRegion], how: HidingStyle) -> Image.Image:
    """A copy of an RGB picture with some regions hidden; the picture itself stays as it is."""
    made = image.copy()
    for region in regions:
        box = region.box(image.width, image.height)
        part = made.crop(box)
        made.paste(_blur(part) if how is HidingStyle.BLUR else _fill(part), box)
    return made


def cut(image: Image.Image, region: PhotoRegion) -> Image.Image:
    """The part of a picture inside a region, as a picture of its own."""
    return image.crop(region.box(image.width, image.height))


def _region(where: tuple[slice, slice], shape: tuple[int, ...]) -> PhotoRegion:
    top, bottom = _widen(where[0].start / shape[0], where[0].stop / shape[0])
    left, right = _widen(where[1].start / shape[1], where[1].stop / shape[1])
    return PhotoRegion(left, top, right, bottom)


def _widen(low: float, high: float) -> tuple[float, float]:
    spare = max(0.0, _LEAST_SIDE - (high - low)) / 2
    low, high = low - spare, high + spare
    if low < 0:
        low, high = 0.0, high - low
    if high > 1:
        low, high = low - (high - 1), 1.0
    return max(0.0, low), high


def _blur(part: Image.Image) -> Image.Image:
    """Averaged over coarse tiles first: a blur alone can be undone to some degree."""
    side = max(part.size) / _PIXELATED
    tiles = (max(1, round(part.width / side)), max(1, round(part.height / side)))
    coarse = part.resize(tiles, Image.Resampling.BOX).resize(part.size, Image.Resampling.BICUBIC)
    return coarse.filter(ImageFilter.GaussianBlur(side / 2))


def _fill(part: Image.Image) -> Image.Image:
    colour = part.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    return Image.new(part.mode, part.size, colour)
