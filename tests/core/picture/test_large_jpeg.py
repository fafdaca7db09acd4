"""JPEG files beyond the usual: larger than memory should hold, and cut off on their way."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture import decode
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.paths import resource_dir
from tests.core.picture.test_decode import distance, encoded, quadrants

CHINA = resource_dir() / "samples" / "china.jpg"


@pytest.fixture
def low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a picture of ten thousand pixels were too large, which is quicker to make."""
    monkeypatch.setattr(decode, "MAX_MEGAPIXELS", 0.01)


@pytest.mark.usefixtures("low_limit")
def test_a_larger_jpeg_is_decoded_at_a_fraction_of_its_size() -> None:
    picture = quadrants(480, 320)
    for options in ({}, {"subsampling": 0}, {"quality": 95, "optimize": True}):
        shown = open_upright(encoded(picture, "JPEG", **options))
        assert shown.size == (120, 80)
        assert distance(shown, picture.resize((120, 80))) < 6
    assert open_upright(encoded(picture.convert("L"), "JPEG"), min_side=20).size == (60, 40)


@pytest.mark.usefixtures("low_limit")
def test_what_would_be_held_in_memory_whole_is_refused() -> None:
    picture = quadrants(480, 320)
    progressive = encoded(picture, "JPEG", progressive=True)
    for data in (progressive, encoded(picture, "PNG"), encoded(quadrants(4800, 3200), "JPEG")):
        for side in (None, 20):
            with pytest.raises(PhotoError) as caught:
                open_upright(data, min_side=side)
            assert caught.value.code == "too-large"


@pytest.mark.parametrize("share", [0.5, 0.7, 0.9, 0.99])
def test_a_cut_photo_gives_the_part_that_is_there(
    share: float, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    whole = CHINA.read_bytes()
    file = tmp_path / "half.jpg"
    file.write_bytes(whole[: int(len(whole) * share)])
    shown = open_upright(file, cut_too=True)
    with Image.open(CHINA) as image:
        upper = image.convert("RGB").crop((0, 0, *shown.size))
    assert shown.width == 640
    assert shown.height >= 427 / 2
    # Nothing of what decoders fill in: the last rows are those of the picture, too.
    apart = np.abs(np.asarray(shown, np.int16) - np.asarray(upper, np.int16)).mean(axis=(1, 2))
    assert apart[:-16].max() < 3
    assert "half.jpg is truncated" in caplog.text
    with pytest.raises(PhotoError):
        open_upright(file)


def test_a_progressive_photo_is_whole_with_less_detail() -> None:
    stream = io.BytesIO()
    with Image.open(CHINA) as image:
        image.save(stream, "JPEG", progressive=True, quality=90)
    data = stream.getvalue()
    shown = open_upright(data[: len(data) // 2], cut_too=True)
    assert shown.size == (640, 427)


def test_less_than_half_is_truncated() -> None:
    whole = CHINA.read_bytes()
    with pytest.raises(PhotoError) as caught:
        open_upright(whole[: len(whole) // 5], cut_too=True)
    assert caught.value.code == "truncated"
