"""Only a photo whose own licence and author are stated gets a picture in a model to pass on."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from geoguess_app.core.bundle.manifest import Provenance
from geoguess_app.paths import resource_dir
from trainer.common.bank_photos import PHOTOS_FILE, bank_members, free_author, thumbnail


@pytest.mark.parametrize(
    ("remark", "author"),
    [
        ("CC BY-SA 4.0 (Diego Delso)", "Diego Delso"),
        ("CC BY-SA 3.0 de (Arne Müseler)", "Arne Müseler"),
        ("CC0 (Gary Todd from Xinzheng, China)", "Gary Todd from Xinzheng, China"),
        ("Public domain (Nick Majerus, NSF)", "Nick Majerus, NSF"),
        ("CC BY 4.0", ""),
        ("CC BY 4.0 (unknown)", ""),
        ("CC BY-NC 4.0 (Ann)", ""),
        ("CC BY-ND 2.0 (Ann)", ""),
        ("MIT (README: free for all projects; photos not mentioned separately)", ""),
        ("repo MIT; photos of unknown origin - internal use", ""),
        ("Flickr photos from YFCC100M/PhotoTourism (CC, per-photo unknown)", ""),
        ("README: photographs from Wikimedia Commons under Creative Commons licences", ""),
        ("README: photos from Wikimedia Commons, CC or public domain", ""),
        ("no licence; mix of NPS (public domain) and web images - internal use", ""),
        ("", ""),
    ],
)
def test_a_licence_counts_only_for_one_photo_with_its_author(remark: str, author: str) -> None:
    assert free_author(remark) == author


def test_thumbnails_are_small_and_tell_nothing_else(tmp_path: Path) -> None:
    with Image.open(resource_dir() / "samples" / "china.jpg") as photo:
        exif = photo.getexif()
        exif[0x010F] = "Maker"
        photo.convert("RGB").save(tmp_path / "with.jpg", exif=exif)
    small = thumbnail(tmp_path / "with.jpg")
    assert b"Maker" not in small
    with Image.open(io.BytesIO(small)) as picture:
        assert (picture.format, max(picture.size)) == ("WEBP", 128)
    assert len(small) < 12_000
    assert thumbnail(tmp_path / "none.jpg") == b""


def test_the_table_points_at_the_sources_of_the_manifest() -> None:
    provenance = [Provenance("b", "MIT", 1), Provenance("a", "CC0 (Ann)", 1)]
    members = bank_members(
        ["a", "b", "c"],
        ["CC0 (Ann)", "MIT", "MIT"],
        provenance,
        ["Ann", "", ""],
        [b"RIFF", b"", b""],
    )
    lines = members.files[PHOTOS_FILE].decode().splitlines()
    assert lines == ["source,author,thumbnail_bytes", "1,Ann,4", "0,,", ",,"]
    assert members.thumbnails_file is not None
    bare = bank_members(["b"], ["MIT"], provenance, [""], [b""])
    assert bare.thumbnails_file is None
