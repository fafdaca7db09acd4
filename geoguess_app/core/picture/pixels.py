"""Any pixel layout to plain 8-bit RGB."""

from __future__ import annotations

import numpy as np
from PIL import Image

BACKGROUND_RGB = (255, 255, 255)
"""What shines through transparent pixels: white, as on the page a cut-out was made for."""


def to_rgb(image: Image.Image) -> Image.Image:
    """``image`` as 8-bit RGB.

    16-bit and float greys are brought to 8 bits, transparency is laid over white. Colour profiles
    are left aside: the network was trained on pictures that nobody colour-managed either.
    """
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return _deep_grey_to_rgb(image)
    if image.has_transparency_data or image.mode in ("RGBa", "La"):
        return _over_background(image)
    if image.mode == "LAB":
        return _lab_to_rgb(image)
    return image.convert("RGB")


def _over_background(image: Image.Image) -> Image.Image:
    rgba = image.convert("LA").convert("RGBA") if image.mode == "La" else image.convert("RGBA")
    canvas = Image.new("RGB", rgba.size, BACKGROUND_RGB)
    canvas.paste(rgba, mask=rgba.getchannel("A"))
    return canvas


def _deep_grey_to_rgb(image: Image.Image) -> Image.Image:
    """Greys of 16 bits keep their high byte; wider and float ones are read by the range they use.

    Nothing in such a file says which value means white, so a float image within 0…1 or 0…255 is
    taken at its word and anything else is stretched from its darkest to its lightest pixel.
    """
    grey = np.asarray(image)
    if grey.dtype.kind == "u" and grey.dtype.itemsize == 2:
        return Image.fromarray((grey >> 8).astype(np.uint8)).convert("RGB")
    values = np.nan_to_num(grey.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    lowest, highest = float(values.min()), float(values.max())
    if lowest < 0 or highest > 65535:
        spread = max(highest - lowest, np.finfo(np.float64).tiny)
        values = (values - lowest) / spread * 255.0
    elif highest > 255:
        values = values / 257.0
    elif highest <= 1.0 and image.mode == "F":
        values = values * 255.0
    return Image.fromarray(values.round().astype(np.uint8)).convert("RGB")


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    converted = ImageCms.profileToProfile(
        image, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    if converted is None:
        raise ValueError("the Lab colours could not be converted")
    return converted
