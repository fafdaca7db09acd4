"""Copies without metadata: nothing of place or owner is left, the pixels are the same."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.explain.hide import HidingStyle, PhotoRegion, cover
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.photos.clean_copy import save_clean_copy
from tests.photos.saving import exiftool

HARMLESS = {
    "ExifTool",
    "System",
    "File",
    "JFIF",
    "Composite",
    "ICC_Profile",
    "PNG",
    "RIFF",
    "APP14",
}
"""Groups of exiftool that only say how to decode the picture. An orientation may stay, too."""


def told(*paths: Path) -> dict[str, dict[str, object]]:
    """Everything that exiftool finds, by file name, group and tag."""
    rows = exiftool(paths, "-G0:1", "-a", "-u", "-ee")
    return {name: dict(_telling(row)) for name, row in rows.items()}


def _telling(row: dict[str, object]) -> Iterator[tuple[str, object]]:
    for tag, value in row.items():
        group = tag.split(":")[0]
        if group not in {"SourceFile", *HARMLESS} and not group.startswith("ICC"):
            yield tag, value


def of_kind(folder: Path, suffix: str) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() == suffix)


def test_a_copied_jpeg_keeps_its_pixels_and_tells_nothing(
    camera_files: Path, tmp_path: Path
) -> None:
    for photo in of_kind(camera_files, ".jpg"):
        try:
            before = np.asarray(open_upright(photo))
        except PhotoError:
            continue  # two of the real ones are damaged
        copy = tmp_path / photo.name
        save_clean_copy(photo, copy)
        assert np.array_equal(np.asarray(open_upright(copy)), before), photo.name
    copies = told(*tmp_path.glob("*.jpg"))
    assert len(copies) >= 25
    allowed = {"EXIF:IFD0:Orientation", "EXIF:ExifByteOrder"}
    for name, tags in copies.items():
        left = {tag for tag in tags if not tag.startswith("EXIF:ExifIFD:ComponentsConfig")}
        assert left <= allowed, (name, left - allowed)


@pytest.mark.parametrize(("suffix", "kind"), [(".heic", "jpg"), (".webp", "png"), (".tif", "png")])
def test_other_kinds_are_written_anew(
    camera_files: Path, tmp_path: Path, suffix: str, kind: str
) -> None:
    photos = of_kind(camera_files, suffix)
    copies = [tmp_path / f"{number}.{kind}" for number in range(len(photos))]
    for photo, copy in zip(photos, copies, strict=True):
        save_clean_copy(photo, copy)
        assert open_upright(copy).size == open_upright(photo).size
    assert len(copies) >= 1
    assert told(*copies) == {copy.name: {} for copy in copies}


def test_an_edited_copy_hides_the_region_in_every_picture_of_the_file(
    photo_sets: Path, tmp_path: Path
) -> None:
    """The small preview in the metadata would show what was hidden: it is gone, too."""
    photo = photo_sets / "exif" / "nikon_1.jpg"
    assert thumbnail(photo)
    region = PhotoRegion(0.25, 0.25, 0.75, 0.75)
    copy = tmp_path / "copy.jpg"
    save_clean_copy(photo, copy, lambda image: cover(image, [region], HidingStyle.FILL))
    assert not thumbnail(copy)
    assert told(copy) == {copy.name: {}}
    whole, made = np.asarray(open_upright(photo), float), np.asarray(open_upright(copy), float)
    high, wide = whole.shape[:2]
    inside = np.s_[high // 3 : high // 2, wide // 3 : wide // 2]
    outside = np.s_[: high // 8, :]
    assert made[inside].std(axis=(0, 1)).max() < 2 < whole[inside].std(axis=(0, 1)).max()
    assert np.abs(made[outside] - whole[outside]).mean() < 2


def test_a_film_behind_the_picture_is_left_out(photo_sets: Path, tmp_path: Path) -> None:
    photo = tmp_path / "motion.jpg"
    shutil.copyfile(photo_sets / "exif" / "nikon_1.jpg", photo)
    with photo.open("ab") as file:
        file.write(b"\0\0\0\x18ftypmp42" + b"GPS 43.46 11.88" * 40)
    save_clean_copy(photo, tmp_path / "copy.jpg")
    assert b"ftypmp42" not in (tmp_path / "copy.jpg").read_bytes()


def test_a_turned_photo_stays_turned(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = tmp_path / "turned.jpg"
    Image.radial_gradient("L").convert("RGB").resize((60, 40)).save(photo, exif=exif)
    save_clean_copy(photo, tmp_path / "copy.jpg")
    assert open_upright(tmp_path / "copy.jpg").size == (40, 60)
    save_clean_copy(photo, tmp_path / "copy.png")
    assert open_upright(tmp_path / "copy.png").size == (40, 60)


def test_the_photo_itself_is_never_replaced(photo_sets: Path, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    shutil.copyfile(photo_sets / "exif" / "nikon_1.jpg", photo)
    link = tmp_path / "link.jpg"
    link.symlink_to(photo)
    before = photo.read_bytes()
    for target in (photo, link):
        with pytest.raises(PhotoError, match="the photo itself"):
            save_clean_copy(photo, target)
    with pytest.raises(PhotoError, match="no image file suffix"):
        save_clean_copy(photo, tmp_path / "copy.heic")
    with pytest.raises(PhotoError, match="could not be written"):
        save_clean_copy(photo, tmp_path / "absent" / "copy.jpg")
    assert photo.read_bytes() == before


def thumbnail(path: Path) -> bytes:
    found = subprocess.run(
        ["exiftool", "-b", "-ThumbnailImage", str(path)], capture_output=True, check=True
    )
    if found.stdout:
        Image.open(io.BytesIO(found.stdout)).load()
    return found.stdout
