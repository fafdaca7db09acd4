"""Hiding regions: the loudest are found, hidden ones tell nothing, the rest stays as it is."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from geoguess_app.core.explain.hide import HidingStyle, PhotoRegion, cover, cut, giveaways
from geoguess_app.core.explain.types import ActivationMap, AnswerTarget, ExplanationMethod


def speaking(values: np.ndarray) -> ActivationMap:
    return ActivationMap(
        values.astype(np.float32),
        np.ones(values.shape, bool),
        1.0,
        AnswerTarget(),
        ExplanationMethod.CLASS_ACTIVATION,
        1.0,
        (float(values.shape[1]), float(values.shape[0])),
    )


def test_the_loudest_regions_come_first() -> None:
    values = np.zeros((20, 40))
    values[2:6, 3:9] = 0.6
    values[10:18, 20:36] = 1.0
    first, second = giveaways(speaking(values))
    assert (first.left, first.top, first.right, first.bottom) == (0.5, 0.5, 0.9, 0.9)
    assert (second.left, second.top) == (3 / 40, 2 / 20)
    assert len(giveaways(speaking(values), most=1)) == 1


def test_a_photo_in_which_nothing_speaks_has_no_giveaways() -> None:
    assert giveaways(speaking(np.full((8, 8), -0.5))) == []


def test_a_speck_becomes_a_region_that_can_be_hidden() -> None:
    values = np.zeros((200, 200))
    values[0, 199] = 1.0
    (region,) = giveaways(speaking(values))
    assert region.right == 1.0
    assert region.top == 0.0
    assert region.right - region.left == pytest.approx(0.08)


@pytest.mark.parametrize("how", list(HidingStyle))
def test_what_is_hidden_cannot_be_read_and_the_rest_stays(how: HidingStyle) -> None:
    rng = np.random.default_rng(3)
    checked = np.kron(rng.integers(0, 2, (30, 60)), np.ones((8, 8))) * 255
    image = Image.fromarray(np.stack([checked] * 3, axis=-1).astype(np.uint8))
    region = PhotoRegion(0.25, 0.5, 0.75, 1.0)
    made = np.asarray(cover(image, [region], how), float)
    left, top, right, bottom = region.box(*image.size)
    before = np.asarray(image, float)
    inside = np.s_[top:bottom, left:right]
    correlation = np.corrcoef(
        made[inside][..., 0].ravel() + rng.normal(0, 0.01, 120 * 240),
        before[inside][..., 0].ravel(),
    )[0, 1]
    assert abs(correlation) < 0.35
    rest = np.ones(before.shape[:2], bool)
    rest[inside] = False
    assert np.array_equal(made[rest], before[rest])
    assert np.array_equal(np.asarray(image, float), before)


def test_a_cut_keeps_only_the_region() -> None:
    assert cut(Image.new("RGB", (100, 50)), PhotoRegion(0.1, 0.2, 0.6, 1.0)).size == (50, 40)


@pytest.mark.parametrize("corners", [(0.5, 0.0, 0.5, 1.0), (-0.1, 0.0, 0.5, 1.0), (0, 0, 1.1, 1)])
def test_impossible_regions_are_refused(corners: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="not a rectangle"):
        PhotoRegion(*corners)
