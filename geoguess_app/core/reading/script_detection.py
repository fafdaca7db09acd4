"""Scripts that our models cannot read, by the program Tesseract where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

_SCRIPTS = {
    "Arabic": "Arab", "Armenian": "Armn", "Bengali": "Beng", "Canadian_Aboriginal": "Cans",
    "Cyrillic": "Cyrl", "Devanagari": "Deva", "Ethiopic": "Ethi", "Georgian": "Geor",
    "Gujarati": "Gujr", "Gurmukhi": "Guru", "Hangul": "Hang", "Hebrew": "Hebr", "Kannada": "Knda",
    "Khmer": "Khmr", "Korean": "Hang", "Lao": "Laoo", "Malayalam": "Mlym", "Myanmar": "Mymr",
    "Oriya": "Orya", "Sinhala": "Sinh", "Tamil": "Taml", "Telugu": "Telu", "Thai": "Thai",
    "Tibetan": "Tibt",
}  # fmt: skip
"""ISO 15924 codes by Tesseract's names; those that our models read themselves are not here."""
_SAID = re.compile(r"Script: (\w+)\s+Script confidence: ([\d.]+)")
_LEAST_CONFIDENCE = 3.0
"""Tesseract's own unit; below, it is wrong as often as right on photos."""
_LETTERS = 8
"""With fewer it does not try; by itself it would want 50."""
_LINE_PX, _GAP_PX = 48, 24
_SECONDS = 10


def has_script_detection() -> bool:
    """Tell whether Tesseract is installed."""
    return shutil.which("tesseract") is not None


def script_of(lines: Sequence[Image.Image]) -> str | None:
    """Return the script (ISO 15924) of pictures of lines, if Tesseract is installed and sure of
    one that our models cannot read."""
    program = shutil.which("tesseract")
    if program is None or not lines:
        return None
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "lines.png"
        _page(lines).save(page)
        try:
            done = subprocess.run(
                [program, str(page), "-", "--psm", "0", "-c", f"min_characters_to_try={_LETTERS}"],
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    said = _SAID.search(done.stdout)
    if said is None or float(said[2]) < _LEAST_CONFIDENCE:
        return None
    return _SCRIPTS.get(said[1])


def _page(lines: Sequence[Image.Image]) -> Image.Image:
    """All lines below each other, equally high: Tesseract looks at a page."""
    pieces = [
        line.resize((max(1, round(line.width * _LINE_PX / line.height)), _LINE_PX))
        for line in lines
    ]
    width = max(piece.width for piece in pieces) + 2 * _GAP_PX
    step = _LINE_PX + _GAP_PX
    page = Image.new("RGB", (width, step * len(pieces) + _GAP_PX), "white")
    for number, piece in enumerate(pieces):
        page.paste(piece, (_GAP_PX, _GAP_PX + step * number))
    return page
