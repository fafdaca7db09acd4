"""Small copies of photos for reports, without their metadata."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.errors import PhotoError

if TYPE_CHECKING:
    from PIL.Image import Image

THUMBNAIL_PIXELS = 360


def picture(path: Path) -> Image | None:
    """The photo upright and small, or None if it cannot be read."""
    from geoguess_app.core.picture.preprocess import open_upright

    try:
        image = open_upright(path, min_side=THUMBNAIL_PIXELS)
    except PhotoError:
        return None
    image.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
    return image


def thumbnail(path: Path) -> str | None:
    """The photo as a small JPEG data URI, or None if it cannot be read."""
    image = picture(path)
    if image is None:
        return None
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=80)
    return data_uri(buffer.getvalue(), "image/jpeg")


def data_uri(content: bytes, media_type: str) -> str:
    """The content as a data: address."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"
