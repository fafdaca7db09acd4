"""Small recipes and folders of real photos, to build in seconds."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

RECIPE = """
task = "local"

[model]
name = "Small"
version = "0.1"
license = "GPL-3.0-or-later"
description = "For a test."
intended_area = "One campus."
uses = "Good for tests."

[trunk]
architecture = "efficientnet_lite_tiny"
weights = "scratch"

[preprocessing]
size = 64
mean = [127, 127, 127]
std = [128, 128, 128]
crops = 3

[spaces]
names = ["plain", "here"]
size = 16

[neighbours]
counts = [1, 5]
temperatures = [0.05]

[regression]
shrinkages = [1.0]

[cells]
largest_shares = [0.2]
decays = [0.01]
"""


def rows_of(photo_sets: Path, name: str) -> list[dict[str, str]]:
    """The rows of one local set."""
    with (photo_sets / "local.csv").open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["set"] == name]


def write_table(path: Path, rows: list[dict[str, str]]) -> Path:
    """Write rows as a table; returns its path."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def phone_folder(photo_sets: Path, folder: Path, count: int = 40, place: str = "campus") -> Path:
    """Photos of one campus with the position and the time in their own metadata, as phones write
    them; the first two are a burst, the last has no position."""
    folder.mkdir()
    rows = rows_of(photo_sets, place)[:count]
    for number, row in enumerate(rows):
        target = folder / f"IMG_{number:04d}.jpg"
        with Image.open(photo_sets / row["file"]) as image:
            exif = Image.Exif()
            minute = 0 if number < 2 else 30 * number
            exif[0x0110] = "Phone"
            exif.get_ifd(0x8769)[0x9003] = (
                f"2024:05:{1 + minute // 1440:02d} {minute // 60 % 24:02d}:{minute % 60:02d}:00"
            )
            spot = rows[0] if number < 2 else row
            if number < count - 1:
                exif.get_ifd(0x8825).update(_gps(spot))
            image.convert("RGB").save(target, exif=exif, quality=90)
    return folder


def _gps(row: dict[str, str]) -> dict[int, object]:
    latitude, longitude = float(row["latitude"]), float(row["longitude"])
    return {
        1: "N" if latitude >= 0 else "S",
        2: _sexagesimal(latitude),
        3: "E" if longitude >= 0 else "W",
        4: _sexagesimal(longitude),
    }


def _sexagesimal(degrees: float) -> tuple[float, float, float]:
    value = abs(degrees)
    whole = int(value)
    minutes = int(60 * (value - whole))
    return float(whole), float(minutes), round(3600 * (value - whole) - 60 * minutes, 4)


def link_pictures(photo_sets: Path, folder: Path, rows: list[dict[str, str]]) -> None:
    """The rows' pictures below a folder of one's own."""
    for row in rows:
        target = folder / row["file"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photo_sets / row["file"], target)


def strange_pictures(folder: Path, count: int) -> list[Path]:
    """Pictures that nobody takes for photos of a campus: coloured noise."""
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(5)
    paths = [folder / f"strange{number:03d}.png" for number in range(count)]
    for path in paths:
        noise = random.normal(128.0, random.uniform(20.0, 120.0), (90, 120, 1))
        pixels = 0.5 * np.clip(noise, 0.0, 255.0) + 0.5 * random.integers(0, 255, 3)
        Image.fromarray(pixels.astype(np.uint8)).save(path)
    return paths
