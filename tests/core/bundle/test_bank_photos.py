"""What a bundle says of the photos in its bank, and how wrong tables and pictures are refused."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.bundle.bank_photos import THUMBNAIL_TENSOR, bank_photos
from geoguess_app.core.errors import BundleError
from tests.core.tiny_bundle import Parts, shared_parts

TABLE, PICTURES = "bank/photos.csv", "bank/thumbnails.safetensors"
COUNT = 40


def webp(size: tuple[int, int] = (96, 64), colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, format="WEBP")
    return buffer.getvalue()


def with_photos(
    pictures: dict[int, bytes], header: str = "source,author,thumbnail_bytes", drop: int = 0
) -> Parts:
    """The small bundle; the photos with these numbers have a picture, its author is Ann."""
    parts = shared_parts()
    rows = [
        ",".join(
            (
                "0" if n % 2 == 0 else "",
                "Ann" if n in pictures else "",
                str(len(pictures.get(n, ""))),
            )
        )
        for n in range(COUNT - drop)
    ]
    text = "\n".join([header, *rows]) + "\n"
    joined = np.frombuffer(b"".join(pictures[n] for n in sorted(pictures)), dtype=np.uint8)
    retrieval = parts.manifest.retrieval
    assert retrieval is not None
    retrieval = replace(retrieval, photos=TABLE, thumbnails=PICTURES if pictures else None)
    tensors = {**parts.tensors, **({PICTURES: {THUMBNAIL_TENSOR: joined}} if pictures else {})}
    files = {**parts.extra_files, TABLE: text.encode()}
    return replace(parts.but(retrieval=retrieval), tensors=tensors, extra_files=files)


def written(parts: Parts, target: Path) -> Path:
    return write_bundle(target, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)


def test_source_author_and_picture_of_each_photo_come_back(tmp_path: Path) -> None:
    first, last = webp(colour="red"), webp((128, 20), "blue")
    path = written(with_photos({3: first, 39: last}), tmp_path / "pictured.geomodel")
    bundle = open_bundle(path)
    photos = bank_photos(bundle)
    assert photos is not None
    assert photos.pictured == 2
    assert photos.photo(0).source == bundle.manifest.provenance[0]
    assert photos.photo(0).thumbnail == b""
    assert photos.photo(3).source is None
    assert (photos.photo(3).author, photos.photo(3).thumbnail) == ("Ann", first)
    assert photos.photo(39).thumbnail == last
    with Image.open(io.BytesIO(photos.photo(39).thumbnail)) as picture:
        assert picture.size == (128, 20)


def test_sources_alone_need_no_pictures(tmp_path: Path) -> None:
    photos = bank_photos(open_bundle(written(with_photos({}), tmp_path / "plain.geomodel")))
    assert photos is not None
    assert photos.pictured == 0
    assert photos.photo(2).source is not None


def test_a_bundle_without_any_of_it_says_nothing(tmp_path: Path) -> None:
    assert bank_photos(open_bundle(written(shared_parts(), tmp_path / "old.geomodel"))) is None


@pytest.mark.parametrize(
    ("pictures", "table", "said"),
    [
        ({}, {"drop": 1}, "has 39 photos, but the bank has 40"),
        ({}, {"header": "source,author"}, "must have the columns"),
        ({2: webp((129, 10))}, {}, "thumbnail 3"),
        ({2: b"GIF89a" + bytes(40)}, {}, "thumbnail 3"),
        ({2: webp() + bytes(64_001)}, {}, "must be from 0 to 64,000"),
    ],
    ids=["too few", "columns", "large", "no WebP", "heavy"],
)
def test_what_does_not_fit_is_refused_in_a_sentence(
    pictures: dict[int, bytes], table: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(BundleError, match=said):
        written(with_photos(pictures, **table), tmp_path / "wrong.geomodel")


def test_pictures_of_another_length_than_the_table_says_are_refused(tmp_path: Path) -> None:
    parts = with_photos({1: webp()})
    short = {**parts.tensors, PICTURES: {THUMBNAIL_TENSOR: np.zeros(7, dtype=np.uint8)}}
    with pytest.raises(BundleError, match="holds 7 bytes"):
        written(replace(parts, tensors=short), tmp_path / "short.geomodel")
