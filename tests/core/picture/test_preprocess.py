"""The one way from a photo to network input."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoguess_app.core.picture.preprocess import (
    CROP_COUNTS,
    Preprocessing,
    crop_boxes,
    crop_images,
    load_crops,
    open_for_crops,
    open_upright,
    to_array,
)
from geoguess_app.paths import resource_dir
from tests.inputs import large_jpegs

STARTER = Preprocessing(size=260, mean=(127.0,) * 3, std=(128.0,) * 3)
PLACES = Preprocessing(
    size=224,
    mean=(123.675, 116.28, 103.53),
    std=(58.395, 57.12, 57.375),
    resize="square",
    resize_to=256,
    crops=1,
)
CHINA = resource_dir() / "samples" / "china.jpg"


@pytest.fixture(scope="module")
def china() -> Image.Image:
    return open_upright(CHINA)


def grey_levels(one: np.ndarray, other: np.ndarray, spec: Preprocessing) -> np.ndarray:
    """Absolute differences of two network inputs, back in grey levels."""
    return np.abs(one - other) * np.asarray(spec.std, np.float32)[:, None, None]


@pytest.mark.parametrize("size", [(640, 427), (427, 640), (500, 500), (10000, 100), (1, 1)])
def test_three_crops_run_evenly_along_the_long_side(size: tuple[int, int]) -> None:
    boxes = np.array(crop_boxes(*size, STARTER, 3))
    short, along = min(size), 0 if size[0] >= size[1] else 1
    np.testing.assert_allclose(boxes[:, 2:] - boxes[:, :2], short, rtol=0.01)
    starts, ends = boxes[:, along], boxes[:, along + 2]
    assert starts[0] == 0
    assert ends[-1] == pytest.approx(max(size))
    assert starts[1] - starts[0] == pytest.approx(starts[2] - starts[1], abs=short / 260)
    np.testing.assert_allclose(boxes[:, 1 - along], 0)


def test_five_crops_are_four_different_corners_and_the_centre() -> None:
    boxes = np.array(crop_boxes(640, 427, STARTER, 5))
    assert len({tuple(box) for box in boxes}) == 5
    assert {(box[0] == 0, box[1] == 0) for box in boxes[:4]} == {
        (True, True),
        (False, True),
        (True, False),
        (False, False),
    }
    assert boxes[:, 2].max() == pytest.approx(640)
    assert boxes[:, 3].max() == pytest.approx(427)
    np.testing.assert_allclose((boxes[4, :2] + boxes[4, 2:]) / 2, (320, 213.5), atol=1.5)


def test_ten_crops_are_five_and_their_mirror_images(china: Image.Image) -> None:
    ten = crop_images(china, STARTER, 10)
    five = crop_images(china, STARTER, 5)
    for plain, mirrored, alone in zip(ten[:5], ten[5:], five, strict=True):
        np.testing.assert_array_equal(np.asarray(plain), np.asarray(alone))
        np.testing.assert_array_equal(np.asarray(plain)[:, ::-1], np.asarray(mirrored))


def test_every_box_lies_inside_every_shape() -> None:
    random = np.random.default_rng(3)
    for _ in range(2000):
        width, height = (int(side) for side in np.exp(random.uniform(0, 9, 2)).astype(int))
        for spec in (STARTER, PLACES):
            for count in CROP_COUNTS:
                for left, top, right, bottom in crop_boxes(width, height, spec, count):
                    assert 0 <= left < right <= width * (1 + 1e-9)
                    assert 0 <= top < bottom <= height * (1 + 1e-9)


def test_crops_equal_those_of_a_whole_resized_photo(china: Image.Image) -> None:
    """The independent way: scale the whole photo, then cut."""
    width = round(640 * 260 / 427)
    whole = china.resize((width, 260), Image.Resampling.BILINEAR)
    for crop, left in zip(
        crop_images(china, STARTER, 3), (0, (width - 260) // 2, width - 260), strict=True
    ):
        truth = np.asarray(whole.crop((left, 0, left + 260, 260)), np.int64)
        assert np.abs(np.asarray(crop, np.int64) - truth).max() <= 1


def test_square_mode_is_the_published_places_recipe(china: Image.Image) -> None:
    from torchvision.transforms import v2

    recipe = v2.Compose([v2.Resize((256, 256), antialias=True), v2.CenterCrop(224)])
    (crop,) = crop_images(china, PLACES, 1)
    difference = np.abs(np.asarray(crop, np.int64) - np.asarray(recipe(china), np.int64))
    assert difference.max() <= 1


def test_values_match_torchvision_normalisation(china: Image.Image) -> None:
    import torch
    from torchvision.transforms import v2

    crops = crop_images(china, PLACES, 1)
    recipe = v2.Compose(
        [
            v2.ToImage(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )
    array = to_array(crops, PLACES)
    assert array.shape == (1, 3, 224, 224)
    assert array.dtype == np.float32
    assert array.flags.c_contiguous
    np.testing.assert_allclose(array[0], recipe(crops[0]).numpy(), atol=1e-5)


@pytest.mark.parametrize("count", CROP_COUNTS)
def test_file_bytes_and_picture_give_the_same(count: int, china: Image.Image) -> None:
    """No reduction happens at this size, so all three ways must agree to the bit."""
    from_file = load_crops(CHINA, STARTER, count)
    assert from_file.shape == (count, 3, 260, 260)
    np.testing.assert_array_equal(from_file, load_crops(CHINA.read_bytes(), STARTER, count))
    np.testing.assert_array_equal(from_file, load_crops(china, STARTER, count))


def test_the_count_defaults_to_the_bundles_own() -> None:
    assert load_crops(CHINA, STARTER).shape[0] == 3
    assert load_crops(CHINA, PLACES).shape[0] == 1


def test_pictures_for_changing_are_decoded_as_for_the_application(camera_files: Path) -> None:
    """A trainer that opens, changes nothing and crops must see what the application sees."""
    for path in sorted(camera_files.glob("*.jpg"))[::5]:
        for count in (1, 10):
            crops = crop_images(open_for_crops(path, STARTER, count), STARTER, count)
            np.testing.assert_array_equal(
                to_array(crops, STARTER), load_crops(path, STARTER, count)
            )


def test_reduced_decoding_hardly_changes_the_input(tmp_path: Path) -> None:
    """Files of 2 megapixels and more, of every subsampling, against decoding every pixel."""
    assert compared_to_whole(large_jpegs(tmp_path)) == 9


@pytest.mark.real_data
def test_reduced_decoding_hardly_changes_the_input_of_real_files(real_photos: Path) -> None:
    """Camera files of 1 to 13 megapixels."""
    assert compared_to_whole(sorted((real_photos / "exif").glob("*.jpg"))) >= 8


def compared_to_whole(paths: list[Path]) -> int:
    """How many of the files are large enough to be reduced; each must come out alike."""
    compared = 0
    for path in paths:
        whole = open_upright(path)
        if min(whole.size) < 2 * 2 * 260:
            continue
        compared += 1
        full = to_array(crop_images(whole, STARTER, 3), STARTER)
        difference = grey_levels(load_crops(path, STARTER, 3), full, STARTER)
        assert difference.mean() < 1.0, path.name
        assert np.percentile(difference, 99.9) < 8.0, path.name
    return compared


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (10000, 100), (100, 10000), (40000, 1)])
def test_tiny_and_panoramic_photos_work(size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, (10, 200, 30))
    for count in CROP_COUNTS:
        array = load_crops(image, STARTER, count)
        assert array.shape == (count, 3, 260, 260)
        np.testing.assert_allclose(array[:, 1], (200 - 127) / 128, atol=1 / 128)


def test_many_threads_give_what_one_gives(camera_files: Path) -> None:
    paths = sorted(camera_files.iterdir())[::3]
    alone = [load_crops(path, STARTER, 1) for path in paths]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda path: load_crops(path, STARTER, 1), paths * 2))
    for expected, got in zip(alone * 2, together, strict=True):
        np.testing.assert_array_equal(expected, got)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"size": 0}, "input size"),
        ({"size": 100_000}, "input size"),
        ({"std": (1.0, 0.0, 1.0)}, "std"),
        ({"mean": (float("nan"),) * 3}, "mean"),
        ({"mean": (1.0,)}, "mean"),
        ({"resize": "stretch"}, "resize"),
        ({"resize_to": 100}, "resize_to"),
        ({"crops": 2}, "crops"),
        ({"fusion": "median"}, "fusion"),
        ({"interpolation": "nearest"}, "interpolation"),
    ],
)
def test_impossible_settings_are_refused(change: dict[str, object], problem: str) -> None:
    settings = {"size": 260, "mean": (127.0,) * 3, "std": (128.0,) * 3} | change
    with pytest.raises(ValueError, match=problem):
        Preprocessing(**settings)


def test_an_impossible_crop_count_is_refused() -> None:
    with pytest.raises(ValueError, match="4 crops"):
        crop_boxes(10, 10, STARTER, 4)
