"""The free photos that everything here is made of, from packages of Debian and PyPI."""

from __future__ import annotations

import csv
from pathlib import Path

HERE = Path(__file__).parent


def rows_of(table: Path) -> list[dict[str, str]]:
    """The rows of a CSV table with a header."""
    with table.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def take_monuments(resource: Path, target: Path) -> None:
    """Write the photos that `monuments.csv` lists, from gcompris-qt's `categorization.rcc`.

    Their author, licence and source stand in the README of the same folder of that file; Debian's
    list of copyrights still names photos of an earlier version.
    """
    from PySide6.QtCore import QFile, QIODevice, QResource

    if not QResource.registerResource(str(resource)):
        raise SystemExit(f"{resource} is no resource file of Qt.")
    folder = ":/gcompris/src/activities/categorization/resource/images"
    for row in rows_of(HERE / "monuments.csv"):
        file = QFile(f"{folder}/{row['file']}")
        if not file.open(QIODevice.OpenModeFlag.ReadOnly):
            raise SystemExit(f"{resource} has no {row['file']}.")
        photo = target / row["file"]
        photo.parent.mkdir(parents=True, exist_ok=True)
        photo.write_bytes(bytes(file.readAll()))


def take_pictures(target: Path) -> None:
    """Write the photos that `pictures.csv` lists, from scikit-image, as JPEG."""
    import skimage
    from PIL import Image

    folder = Path(skimage.__file__).parent / "data"
    for row in rows_of(HERE / "pictures.csv"):
        photo = target / row["file"]
        photo.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(folder / row["from"]) as image:
            image.thumbnail((640, 640))
            image.save(photo, quality=88)
