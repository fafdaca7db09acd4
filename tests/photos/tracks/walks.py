"""A walk that was recorded, and photos taken on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image

START = datetime(2025, 6, 1, 8, 0, tzinfo=UTC)
MINUTES = 240


def place_at(minute: float) -> tuple[float, float]:
    """Latitude and longitude of a walk out of Lyon that never comes back to a place."""
    return 45.75 + 0.0005 * minute, 4.85 + 0.02 * np.sin(minute / 40)


def write_walk(path: Path, *, every_min: int = 1, gap: range = range(0)) -> Path:
    """The walk as GPX, without the points of some minutes."""
    points = []
    for minute in range(0, MINUTES + 1, every_min):
        if minute in gap:
            continue
        lat, lon = place_at(minute)
        time = (START + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")
        points.append(f'<trkpt lat="{lat:.6f}" lon="{lon:.6f}"><time>{time}</time></trkpt>')
    path.write_text(
        '<?xml version="1.0"?><gpx version="1.1" creator="logger" '
        'xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
        + "".join(points)
        + "</trkseg></trk></gpx>",
        encoding="utf-8",
    )
    return path


def take_photo(
    path: Path,
    minute: float,
    ahead: timedelta,
    *,
    camera: str = "Camera One",
    known: bool = False,
    zone: str = "",
) -> Path:
    """A photo of a camera whose clock is ahead of UTC, with GPS or without."""
    shown = START + timedelta(minutes=minute) + ahead
    exif = Image.Exif()
    exif[0x0110] = camera
    exif.get_ifd(0x8769)[0x9003] = shown.strftime("%Y:%m:%d %H:%M:%S")
    if zone:
        exif.get_ifd(0x8769)[0x9011] = zone
    if known:
        lat, lon = place_at(minute)
        parts = [(int(v), int(v % 1 * 60), round(v * 60 % 1 * 60, 3)) for v in (lat, lon)]
        exif.get_ifd(0x8825).update({1: "N", 2: parts[0], 3: "E", 4: parts[1]})
    colour = (int(minute) % 256, 90, 160)
    Image.new("RGB", (64, 48), colour).save(path, exif=exif)
    return path
