"""Photo to network input: the only size, mean, std, crop rule and resize in the program.

Application and trainer both come through here, so that a model never sees pictures prepared in
another way than those it learned from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from geoguess_app.core.picture.decode import PhotoSource, open_upright
from geoguess_app.core.records.marks import OmitDefault, Range

__all__ = [
    "CLIP_INPUT",
    "CROP_COUNTS",
    "Preprocessing",
    "crop_boxes",
    "crop_images",
    "load_crops",
    "open_for_crops",
    "open_upright",
    "to_array",
]

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the upright photo; not rounded."""

CROP_COUNTS = (1, 3, 5, 10)
_Mean = Annotated[float, Range(-1e4, 1e4)]
_Deviation = Annotated[float, Range(1e-6, 1e6)]

# Half-size JPEG decoding loses detail that a resize from twice the wanted size still keeps:
# measured on real photos, 3.6 grey levels of mean difference against 0.0 at best and 0.5 at worst.
_DECODE_RESERVE = 2

_CORNER_MARGIN = 8 / 7  # 256 for a crop of 224: room for four different corners
_RESIZES = ("short_side", "short_side_down", "square")
_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """The form in which a bundle wants its pictures; stored in the bundle.

    ``size`` is the side of the square network input in pixels; ``mean`` and ``std`` are per channel
    (red, green, blue) for values 0…255. ``resize`` "short_side" scales the short side to ``size``
    and keeps the shape; "short_side_down" does, too, with the long side rounded down as CLIP's
    processor and torchvision do it; "square" scales to ``resize_to`` × ``resize_to`` whatever the
    shape and crops inside that (published Places365 networks: 256, then 224). ``crops`` is the
    usual number of crops and ``fusion`` how their answers are joined. Raises ValueError for
    impossible values.
    """

    size: int
    mean: tuple[_Mean, _Mean, _Mean]
    std: tuple[_Deviation, _Deviation, _Deviation]
    resize: Literal["short_side", "short_side_down", "square"] = "short_side"
    resize_to: Annotated[int | None, OmitDefault()] = None
    crops: int = 3
    fusion: Literal["mean", "max"] = "mean"
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"

    def __post_init__(self) -> None:
        for correct, problem in (
            (16 <= self.size <= 1024, f"input size {self.size} lies outside 16..1024 pixels"),
            (_finite_triple(self.mean), "mean must be three finite numbers"),
            (_finite_triple(self.std) and min(self.std) > 0, "std must be three positive numbers"),
            (self.resize in _RESIZES, f"unknown resize {self.resize!r}"),
            (self.crops in CROP_COUNTS, f"crops must be one of {CROP_COUNTS}"),
            (self.fusion in ("mean", "max"), f"unknown fusion {self.fusion!r}"),
            (self.interpolation in _FILTERS, f"unknown interpolation {self.interpolation!r}"),
            (
                self.resize_to is None or self.size <= self.resize_to <= 2048,
                f"resize_to {self.resize_to} is outside {self.size}..2048 pixels",
            ),
        ):
            if not correct:
                raise ValueError(problem)


def _finite_triple(values: Sequence[float]) -> bool:
    return len(values) == 3 and all(math.isfinite(value) for value in values)


CLIP_INPUT = Preprocessing(
    size=224,
    mean=(122.7709383, 116.7460125, 104.09373615),
    std=(68.5005327, 66.6321579, 70.32316305),
    resize="short_side_down",
    crops=1,
    interpolation="bicubic",
)
"""The input of CLIP, as its own processor makes it: the short side scaled to 224 pixels, the middle
cut out."""


def scaled_size(width: int, height: int, spec: Preprocessing, count: int) -> tuple[int, int]:
    """Width and height in pixels to which a photo is scaled before ``count`` crops are cut."""
    margin = round(spec.size * _CORNER_MARGIN) if count >= 5 else spec.size
    if spec.resize == "square":
        side = spec.resize_to or margin
        return side, side
    side = max(margin, spec.resize_to or 0)
    if spec.resize == "short_side_down":
        short = min(width, height)
        return max(side, side * width // short), max(side, side * height // short)
    scale = side / min(width, height)
    return max(side, round(width * scale)), max(side, round(height * scale))


def crop_boxes(width: int, height: int, spec: Preprocessing, count: int) -> list[Box]:
    """Return where the crops lie in an upright photo of ``width`` × ``height`` pixels.

    1: the centre. 3: evenly along the long side, the first and last touching the edges. 5: the
    four corners, then the centre. 10: those five, and the same five again, which ``crop_images``
    mirrors. For 5 and 10 the photo is scaled to 8/7 of the input size first (256 for 224), since
    corners of a photo scaled to the crop's own height would coincide two by two.
    """
    if count not in CROP_COUNTS:
        raise ValueError(f"{count} crops asked for; possible are {CROP_COUNTS}")
    scaled_width, scaled_height = scaled_size(width, height, spec, count)
    free_x, free_y = scaled_width - spec.size, scaled_height - spec.size
    to_x, to_y = width / scaled_width, height / scaled_height
    return [
        (x * to_x, y * to_y, (x + spec.size) * to_x, (y + spec.size) * to_y)
        for x, y in _corners(free_x, free_y, count, along_x=width >= height)
    ]


def _corners(free_x: int, free_y: int, count: int, *, along_x: bool) -> list[tuple[int, int]]:
    """Top left corners of the crops, given how many pixels they can move right and down."""
    centre = (free_x // 2, free_y // 2)
    if count == 1:
        return [centre]
    if count == 3:
        if along_x:
            return [(0, centre[1]), centre, (free_x, centre[1])]
        return [(centre[0], 0), centre, (centre[0], free_y)]
    five = [(0, 0), (free_x, 0), (0, free_y), (free_x, free_y), centre]
    return five if count == 5 else five * 2


def crop_images(image: Image.Image, spec: Preprocessing, count: int) -> list[Image.Image]:
    """``count`` (1, 3, 5 or 10) square crops of ``size`` pixels from an upright RGB photo.

    Only the crops themselves are ever resampled, so a panorama costs no more than a square.
    """
    boxes = crop_boxes(image.width, image.height, spec, count)
    side, resampling = (spec.size, spec.size), _FILTERS[spec.interpolation]
    done: dict[Box, Image.Image] = {}
    for box in boxes:
        if box not in done:
            done[box] = image.resize(side, resampling, box=_inside(box, image.size))
    crops = [done[box] for box in boxes]
    if count == 10:
        crops[5:] = [crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for crop in crops[5:]]
    return crops


def _inside(box: Box, size: tuple[int, int]) -> Box:
    """``box`` without the last rounding error by which it may stick out of the picture."""
    return box[0], box[1], min(box[2], size[0]), min(box[3], size[1])


def to_array(crops: Sequence[Image.Image], spec: Preprocessing) -> npt.NDArray[np.float32]:
    """RGB crops as normalised float32 of shape (crops, 3, size, size): (value − mean) / std."""
    pixels = np.stack([np.asarray(crop, dtype=np.uint8) for crop in crops]).astype(np.float32)
    mean = np.asarray(spec.mean, dtype=np.float32)
    std = np.asarray(spec.std, dtype=np.float32)
    return np.ascontiguousarray(((pixels - mean) / std).transpose(0, 3, 1, 2))


def open_for_crops(
    photo: PhotoSource, spec: Preprocessing, count: int | None = None
) -> Image.Image:
    """A photo decoded no larger than ``count`` crops of it need; upright RGB.

    The one choice of decoding size, for ``load_crops`` and for a trainer that mirrors or colours
    pictures before cropping. Raises PhotoError. Safe in any thread.
    """
    side = min(scaled_size(1, 1, spec, spec.crops if count is None else count))
    return open_upright(photo, min_side=_DECODE_RESERVE * side, cut_too=True)


def load_crops(
    photo: PhotoSource | Image.Image, spec: Preprocessing, count: int | None = None
) -> npt.NDArray[np.float32]:
    """A photo (file, its bytes, or an upright RGB picture) to network input.

    Returns float32 of shape (count, 3, size, size); ``count`` is the bundle's own unless given.
    Large JPEGs are decoded at reduced size. Raises PhotoError. Safe in any thread.
    """
    wanted = spec.crops if count is None else count
    if isinstance(photo, Image.Image):
        image = photo if photo.mode == "RGB" else photo.convert("RGB")
    else:
        image = open_for_crops(photo, spec, wanted)
    return to_array(crop_images(image, spec, wanted), spec)
