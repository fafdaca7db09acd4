"""Photos that lie on their side: how they are recognised, and where their points are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.matching import describe, verify
from geoguess_app.core.picture.decode import PhotoBytes
from geoguess_app.paths import resource_dir
from geoguess_app.references.collection import ReferenceCollection
from geoguess_app.references.place_matcher import PlaceMatcher
from geoguess_app.references.turning import (
    QUARTER_TURNS,
    may_lie_on_its_side,
    turned_back,
    turned_crops,
    turned_picture,
)
from geoguess_app.references.updating import update
from tests.core.tiny_bundle import shared_parts
from tests.references.samples import ColourEmbedder, located_photo, picture

CHINA = resource_dir() / "samples" / "china.jpg"


@pytest.mark.parametrize("quarter_turns", QUARTER_TURNS)
def test_points_of_a_turned_picture_are_given_where_they_are_in_the_picture(
    quarter_turns: int,
) -> None:
    with Image.open(CHINA) as opened:
        picture = opened.convert("RGB")
    found = verify(describe(turned_picture(picture, quarter_turns)), describe(picture))
    match = turned_back(found, quarter_turns)
    assert match.n_inliers > 200
    apart = np.abs(match.query_points - match.reference_points)
    assert np.median(apart) < 0.002
    assert match.homography is not None
    assert match.homography == pytest.approx(np.eye(3), abs=0.02)


def test_crops_turn_as_the_picture_does() -> None:
    seen = np.random.default_rng(2).integers(0, 256, (8, 8, 3), np.uint8)
    crops = seen.transpose(2, 0, 1)[None].astype(np.float32)
    for quarter_turns, turned in zip(QUARTER_TURNS, turned_crops(crops), strict=True):
        expected = np.asarray(turned_picture(Image.fromarray(seen), quarter_turns))
        assert (turned[0] == expected.transpose(2, 0, 1)).all()


class CropEmbedder(ColourEmbedder):
    """The colours of a photo's one crop, 4 by 4."""

    def prepare(self, photo: Path | PhotoBytes) -> np.ndarray:
        return super().prepare(photo).reshape(1, 4, 4, 3).transpose(0, 3, 1, 2)

    def embed(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        return super().embed([crop.reshape(1, -1) for crop in crops])


def test_references_like_a_photo_on_its_side_are_found_in_the_way_it_is_held(
    tmp_path: Path,
) -> None:
    parts = shared_parts()
    bundle = tmp_path / "tiny.geomodel"
    write_bundle(bundle, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)
    eye = CropEmbedder()
    collection = ReferenceCollection(tmp_path / "collection")
    known = [located_photo(tmp_path / f"{seed}.jpg", seed, 10.0 + seed) for seed in range(5)]
    list(update(collection, eye, [tmp_path]))
    matcher = PlaceMatcher(collection, open_bundle(bundle), load=lambda _path: eye)  # type: ignore[arg-type,return-value]
    side = tmp_path / "side" / "scan.png"
    side.parent.mkdir()
    picture(3).transpose(Image.Transpose.ROTATE_270).save(side)
    try:
        turned = matcher.near_turned(side, matcher.near(side))
        assert turned is not None
        assert turned[0] == 1
        assert turned[1][0].reference.path == known[3]
        upright = side.with_name("upright.png")
        picture(3).save(upright)
        assert matcher.near_turned(upright, matcher.near(upright)) is None
    finally:
        matcher.close()


def test_a_photo_that_states_its_upper_side_is_not_turned(tmp_path: Path) -> None:
    plain, stated, text = tmp_path / "scan.png", tmp_path / "phone.jpg", tmp_path / "notes.txt"
    picture = Image.new("RGB", (8, 8))
    picture.save(plain)
    exif = Image.Exif()
    exif[0x0112] = 1
    picture.save(stated, exif=exif)
    text.write_text("no picture")
    assert may_lie_on_its_side(plain)
    assert not may_lie_on_its_side(stated)
    assert not may_lie_on_its_side(text)
