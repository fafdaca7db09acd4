"""Photos with a sign: letters painted onto a photo of ours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont

from geoguess_app.core.reading import text_reader

PHOTO = Path(__file__).parent / "data" / "pictures" / "coffee.jpg"
_FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans-Bold.ttf"
_LETTERS_PX = 44
_EDGE_PX = 24


def photo_with_sign(lines: Sequence[str], *, width_px: int = 1200) -> Image.Image:
    """A photo with a white sign at its top left, one line below the other."""
    photo = Image.open(PHOTO).convert("RGB")
    photo = photo.resize((width_px, round(width_px * photo.height / photo.width)))
    if not lines:
        return photo
    font = ImageFont.truetype(str(_FONT), _LETTERS_PX)
    draw = ImageDraw.Draw(photo)
    step = _LETTERS_PX + _EDGE_PX
    wide = max(draw.textlength(line, font=font) for line in lines)
    draw.rectangle((0, 0, wide + 2 * _EDGE_PX, step * len(lines) + _EDGE_PX), fill="white")
    for number, line in enumerate(lines):
        draw.text((_EDGE_PX, _EDGE_PX // 2 + step * number), line, "black", font=font)
    return photo


def save_sign(path: Path, lines: Sequence[str]) -> Path:
    """Write such a photo as a JPEG."""
    photo_with_sign(lines).save(path, quality=92)
    return path


def readings() -> int:
    """Tell how often the reader was asked for in this process."""
    asked = text_reader._load.cache_info()
    return asked.hits + asked.misses
