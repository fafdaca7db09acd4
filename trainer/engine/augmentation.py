"""Pictures as the network learns from them: the program's own preprocessing, varied at random."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from geoguess_app.core.picture.preprocess import (
    Preprocessing,
    crop_images,
    open_for_crops,
    to_array,
)
from trainer.engine.recipe import Augmentation

_TRIES = 10
_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
Box = tuple[float, float, float, float]


def augmented_picture(
    photo: Path | bytes, spec: Preprocessing, choice: Augmentation, random: np.random.Generator
) -> np.ndarray:
    """One training picture (3, size, size) float32; raises PhotoError."""
    image = open_for_crops(photo, spec, 1)
    box = random_box(image.width, image.height, choice, random)
    crop = image.resize((spec.size, spec.size), _FILTERS[spec.interpolation], box=box)
    if choice.flip and random.random() < 0.5:
        crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if choice.jitter > 0.0:
        crop = _jitter(crop, choice.jitter, random)
    return np.asarray(to_array([crop], spec)[0])


def centre_picture(photo: Path | bytes, spec: Preprocessing) -> np.ndarray:
    """The centre crop (3, size, size) float32, to validate on; raises PhotoError."""
    return np.asarray(to_array(crop_images(open_for_crops(photo, spec, 1), spec, 1), spec)[0])


def random_box(width: int, height: int, choice: Augmentation, random: np.random.Generator) -> Box:
    """A part of a photo with an area and a shape drawn at random (left, top, right, bottom).

    Where the drawn shapes never fit, the largest centred part of an allowed shape.
    """
    low, high = (math.log(ratio) for ratio in choice.crop_ratio)
    for _ in range(_TRIES):
        area = width * height * random.uniform(*choice.crop_scale)
        ratio = math.exp(random.uniform(low, high))
        wide, tall = math.sqrt(area * ratio), math.sqrt(area / ratio)
        if wide <= width and tall <= height:
            left, top = random.uniform(0, width - wide), random.uniform(0, height - tall)
            return left, top, min(left + wide, width), min(top + tall, height)
    ratio = min(max(width / height, choice.crop_ratio[0]), choice.crop_ratio[1])
    wide, tall = min(width, height * ratio), min(height, width / ratio)
    left, top = (width - wide) / 2, (height - tall) / 2
    return left, top, min(left + wide, width), min(top + tall, height)


def _jitter(image: Image.Image, share: float, random: np.random.Generator) -> Image.Image:
    changes = (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)
    for index in random.permutation(len(changes)):
        factor = random.uniform(1.0 - share, 1.0 + share)
        image = changes[int(index)](image).enhance(factor)
    return image
