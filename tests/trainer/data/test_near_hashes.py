"""Hashes of pictures, and the search for near ones against comparing all with all."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from geoguess_app.core.picture.decode import open_upright
from geoguess_app.paths import resource_dir
from tests.data import FLOWER
from trainer.data.duplicates import find_near_duplicates
from trainer.data.near_hashes import near_pairs
from trainer.data.picture_hash import difference_hash, grey, perceptual_hash, sharpness

CHINA = resource_dir() / "samples" / "china.jpg"


def bits_apart(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def all_with_all(hashes: np.ndarray, most: int) -> set[tuple[int, int, int]]:
    first, second = np.triu_indices(hashes.size, 1)
    apart = np.bitwise_count(hashes[first] ^ hashes[second])
    near = apart <= most
    return set(zip(first[near].tolist(), second[near].tolist(), apart[near].tolist(), strict=True))


def crowded_hashes(count: int, seed: int) -> np.ndarray:
    """Random hashes and many near-duplicates of them: every distance up to 14 bits occurs."""
    random = np.random.default_rng(seed)
    hashes = random.integers(0, 2**64, count, dtype=np.uint64)
    for row in range(count // 2):
        flipped = random.choice(64, random.integers(0, 15), replace=False)
        hashes[count // 2 + row] = hashes[row] ^ np.uint64(sum(1 << int(bit) for bit in flipped))
    return np.unique(hashes)


@pytest.mark.parametrize("most", [0, 3, 4, 6, 7, 8, 11])
def test_finds_exactly_what_comparing_all_with_all_finds(most: int) -> None:
    hashes = crowded_hashes(1200, most)
    found = near_pairs(hashes, most)
    pairs = set(zip(*(part.tolist() for part in found), strict=True))
    assert pairs == all_with_all(hashes, most)
    assert len(found[0]) == len(pairs)
    assert most == 0 or len(pairs) > 50


def test_hashes_in_one_crowded_bucket_are_all_compared() -> None:
    # All share three of four bands, so that each bucket holds everything.
    hashes = np.arange(700, dtype=np.uint64) | np.uint64(0xABCD << 48)
    assert set(zip(*(part.tolist() for part in near_pairs(hashes, 2)), strict=True)) == (
        all_with_all(hashes, 2)
    )


def test_only_pairs_on_more_than_one_side_when_asked() -> None:
    hashes = crowded_hashes(600, 5)
    sides = np.random.default_rng(0).choice([1, 2, 3, 4], hashes.size).astype(np.uint8)
    found = near_pairs(hashes, 6, sides)
    expected = {
        (i, j, d) for i, j, d in all_with_all(hashes, 6) if (sides[i] | sides[j]).bit_count() > 1
    }
    assert set(zip(*(part.tolist() for part in found), strict=True)) == expected


def test_no_hashes_no_pairs() -> None:
    assert [part.size for part in near_pairs(np.empty(0, np.uint64), 6)] == [0, 0, 0]
    with pytest.raises(ValueError, match="12 bits"):
        near_pairs(np.empty(0, np.uint64), 12)


@pytest.mark.parametrize("path", [CHINA, FLOWER])
def test_copies_stay_near_and_other_pictures_far(path: Path) -> None:
    image = open_upright(path)
    other = open_upright(FLOWER if path == CHINA else CHINA)
    buffer = io.BytesIO()
    image.resize((image.width // 3, image.height // 3)).save(buffer, "JPEG", quality=40)
    copies = [
        open_upright(buffer.getvalue()),
        ImageEnhance.Brightness(image).enhance(1.15),
        image.filter(ImageFilter.GaussianBlur(1)),
        image.crop((2, 2, image.width - 2, image.height - 2)),
    ]
    for copy in copies:
        assert bits_apart(perceptual_hash(grey(copy)), perceptual_hash(grey(image))) <= 6
        assert bits_apart(difference_hash(grey(copy)), difference_hash(grey(image))) <= 12
    assert bits_apart(perceptual_hash(grey(other)), perceptual_hash(grey(image))) > 15


def test_uniform_pictures_hash_alike_and_are_not_sharp() -> None:
    hashes = {perceptual_hash(Image.new("L", (300, 200), shade)) for shade in (0, 90, 255)}
    assert hashes == {0}
    assert sharpness(Image.new("L", (300, 200), 90)) == 0.0
    assert sharpness(Image.new("L", (2, 2), 90)) == 0.0


def test_sharpness_is_the_variance_of_the_laplacian() -> None:
    # Independent: Pillow's own convolution with the same kernel.
    picture = grey(open_upright(CHINA))
    kernel = ImageFilter.Kernel((3, 3), [0, 1, 0, 1, -4, 1, 0, 1, 0], scale=1, offset=128)
    inner = np.asarray(picture.filter(kernel), dtype=np.float64)[1:-1, 1:-1]
    inside = (inner > 0) & (inner < 255)
    exact = np.asarray(picture, dtype=np.float64)
    laplacian = (
        exact[:-2, 1:-1] + exact[2:, 1:-1] + exact[1:-1, :-2] + exact[1:-1, 2:]
        - 4 * exact[1:-1, 1:-1]
    )  # fmt: skip
    assert np.mean(inside) > 0.9
    np.testing.assert_allclose(
        np.sort(inner[inside])[::1000], np.sort(laplacian[inside] + 128)[::1000], atol=1
    )
    assert sharpness(picture) == pytest.approx(laplacian.var(), rel=1e-4)


def test_blur_at_the_stated_scale_is_told_from_sharp(some_photos: Path) -> None:
    paths = sorted((some_photos / "world").iterdir())
    paths = paths[:: len(paths) // 20]
    pictures = [grey(open_upright(path, min_side=512)) for path in paths]
    assert min(sharpness(picture) for picture in pictures) > 20
    blurred = [sharpness(picture.filter(ImageFilter.GaussianBlur(3))) for picture in pictures]
    assert max(blurred) < 20


def test_the_best_of_several_copies_is_kept_and_chains_do_not_swallow() -> None:
    # a–b and b–c are near, a–c is not: dropping c for the sake of a would be wrong.
    a, b, c = 0, 0b1111, 0b11111111
    hashes = np.array([a, b, c, a, 1 << 60], dtype=np.uint64)
    quality = np.array([10.0, 5.0, 8.0, 3.0, 1.0])
    twins = find_near_duplicates(hashes, hashes, quality, 6)
    assert dict(zip(twins.copy.tolist(), twins.original.tolist(), strict=True)) in (
        {1: 0, 3: 0, 4: 0},
        {1: 2, 3: 0, 4: 0},
    )
    loose = find_near_duplicates(hashes[:3], hashes[:3], quality[:3], 8)
    assert dict(zip(loose.copy.tolist(), loose.original.tolist(), strict=True)) == {1: 0, 2: 0}
    none = find_near_duplicates(hashes[:0], hashes[:0], quality[:0], 6)
    assert none.copy.size == 0
