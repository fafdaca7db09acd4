"""Regions as colours to lay over a photo: blue where it is silent, yellow where it speaks.

A ramp from dark blue to yellow, rising evenly in lightness, that people with any kind of colour
blindness can read (after Nuñez, Anderton and Renslow's cividis, PLoS ONE 2018, in a few steps).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor

from geoguess_app.core.explain.types import ActivationMap

RAMP = ("#04224d", "#35456c", "#666970", "#948e77", "#c8b866", "#fee737")
"""Silent → loudest."""
_OPAQUE_SILENT, _OPAQUE_LOUD = 0.78, 0.5
"""How much the colour covers the photo: strong regions stay recognisable."""
_UNSEEN = (128, 128, 128, 215)


def colour_regions(regions: ActivationMap, width: int, height: int) -> npt.NDArray[np.uint8]:
    """Red, green, blue and opacity (height, width, 4) over the whole photo; grey where no crop
    of it was looked at."""
    values = np.maximum(regions.smooth(width, height), 0.0)
    loudest = float(regions.values.max(initial=0.0))
    share = values / loudest if regions.speaks else np.zeros_like(values)
    share = np.clip(share, 0.0, 1.0)
    stops = np.array([ImageColor.getrgb(colour)[:3] for colour in RAMP], np.float64)
    at = np.linspace(0.0, 1.0, len(RAMP))
    channels = [np.interp(share, at, stops[:, channel]) for channel in range(3)]
    channels.append(255.0 * (_OPAQUE_SILENT + (_OPAQUE_LOUD - _OPAQUE_SILENT) * share))
    pixels = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    pixels[~regions.seen_at(width, height)] = _UNSEEN
    return pixels


def overlay_regions(photo: Image.Image, regions: ActivationMap) -> Image.Image:
    """A copy of an upright photo with its regions in colour."""
    colours = Image.fromarray(colour_regions(regions, *photo.size))
    return Image.alpha_composite(photo.convert("RGBA"), colours).convert("RGB")
