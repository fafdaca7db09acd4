"""The same place in two photos: what is found, what is not, and what a cache gives back."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from geoguess_app.core.calibration.model import EARTH_HALF_ROUND_KM
from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.matching import (
    LocalFeatures,
    describe,
    strongest_rivals,
    trust,
    verify,
    verify_candidates,
)
from geoguess_app.core.matching.same_place import LEAST_RADIUS_KM, read_trust
from geoguess_app.paths import resource_dir

MONUMENTS = Path(__file__).parents[2] / "data" / "monuments"
CHINA = resource_dir() / "samples" / "china.jpg"


@cache
def picture() -> Image.Image:
    """A real photo of a temple, 640 by 427."""
    with Image.open(CHINA) as opened:
        return opened.convert("RGB")


@cache
def features() -> LocalFeatures:
    return describe(picture())


def closer() -> Image.Image:
    """The same scene as another camera may have it: from nearer, tilted, darker, grey."""
    wide, high = picture().size
    turned = picture().rotate(6, Image.Resampling.BICUBIC)
    part = turned.crop((wide // 6, high // 6, wide - 40, high - 40))
    return ImageEnhance.Brightness(ImageOps.grayscale(part.resize((560, 380)))).enhance(0.6)


def test_a_scene_seen_again_is_the_same_place() -> None:
    match = verify(features(), describe(closer()))
    place = trust(match, similarity=0.6)
    assert match.n_inliers > 100
    assert place.verified
    assert place.probability_1km >= place.probability_100m > 0.5
    assert match.query_points.shape == match.reference_points.shape == (match.n_inliers, 2)
    assert match.query_points.min() >= 0
    assert match.query_points.max() <= 1


def test_the_homography_lays_the_reference_over_the_photo() -> None:
    match = verify(features(), describe(closer()))
    assert match.homography is not None
    ends = np.concatenate([match.reference_points, np.ones((match.n_inliers, 1))], axis=1)
    laid = ends @ match.homography.T
    apart = np.abs(laid[:, :2] / laid[:, 2:] - match.query_points)
    assert np.median(apart) < 0.005


def test_other_places_are_not() -> None:
    described = []
    for path in sorted(MONUMENTS.glob("*.webp")):
        with Image.open(path) as opened:
            described.append(describe(opened))
    places = [
        trust(verify(one, other), similarity=0.5)
        for one, other in itertools.combinations([*described, features()], 2)
    ]
    assert len(places) == 300
    assert not any(place.verified for place in places)


def test_a_picture_without_points_matches_nothing() -> None:
    blank = describe(Image.new("L", (300, 200), 128))
    match = verify(blank, features())
    assert len(blank) == 0
    assert match.n_inliers == 0
    assert match.homography is None
    assert not trust(match, 1.0).verified


@pytest.mark.parametrize("shape", ["one spot", "line", "two spots"])
def test_points_without_a_geometry_are_no_error(shape: str) -> None:
    rng = np.random.default_rng(3)
    descriptors = rng.integers(0, 255, (40, 128), np.uint8)
    along = rng.random((40, 1)).astype(np.float32)
    points = {
        "one spot": np.full((40, 2), 0.5, np.float32),
        "line": np.concatenate([along, along], axis=1),
        "two spots": np.round(np.concatenate([along, along], axis=1)),
    }[shape]
    lined_up = LocalFeatures(points, descriptors, 400, 300)
    match = verify(lined_up, LocalFeatures(points[::-1], descriptors, 400, 300))
    assert match.spread_query < 0.01


def test_features_out_of_a_cache_match_as_before() -> None:
    other = describe(closer())
    again = LocalFeatures.from_bytes(features().to_bytes())
    fresh, cached = verify(features(), other), verify(again, other)
    np.testing.assert_array_equal(fresh.query_points, cached.query_points)
    np.testing.assert_array_equal(fresh.reference_points, cached.reference_points)
    assert len(features().to_bytes()) < 270_000


@pytest.mark.parametrize("spoilt", [b"", b"GLF1", b"x" * 500, "cut"])
def test_a_spoilt_cache_entry_is_refused(spoilt: bytes | str) -> None:
    data = features().to_bytes()[:-1] if isinstance(spoilt, str) else spoilt
    with pytest.raises(ValueError, match="these are no local features"):
        LocalFeatures.from_bytes(data)


def test_a_large_picture_is_described_at_a_limited_size() -> None:
    large = describe(picture().resize((3000, 2002)))
    assert max(large.width_px, large.height_px) == 640
    assert trust(verify(features(), large), 0.6).verified


def test_candidates_come_in_their_order_and_missing_ones_as_none() -> None:
    other = describe(closer())
    found = list(
        verify_candidates(features(), [lambda: None, lambda: other, features], CancelToken())
    )
    assert found[0] is None
    assert found[1] is not None
    assert found[2] is not None
    assert found[2].n_inliers > found[1].n_inliers


def test_a_cancelled_comparison_ends() -> None:
    token = CancelToken()
    candidates = verify_candidates(features(), [features] * 5, token)
    next(candidates)
    token.cancel()
    assert list(candidates) == []


def test_a_radius_holds_its_probability_and_has_a_least_size() -> None:
    place = trust(verify(features(), describe(closer())), 0.6)
    radius_km = place.radius_km(0.9)
    assert radius_km > LEAST_RADIUS_KM
    assert place.within(radius_km) == pytest.approx(0.9, abs=0.005)
    assert place.radius_km(0.01) == LEAST_RADIUS_KM
    assert place.radius_km(1.0) == EARTH_HALF_ROUND_KM


def test_a_house_that_stands_in_two_streets_proves_neither() -> None:
    match = verify(features(), describe(closer()))
    north = np.array([37.79, 37.7901, 37.80])
    inliers = np.array([match.n_inliers, 30, match.n_inliers])
    rivals = strongest_rivals(inliers, north, np.full(3, -122.39))
    assert rivals.tolist() == [match.n_inliers, match.n_inliers, match.n_inliers]
    assert strongest_rivals(inliers[:2], north[:2], np.full(2, -122.39)).tolist() == [0, 0]
    alone, contested = trust(match, 0.6), trust(match, 0.6, int(rivals[0]))
    assert contested.probability < alone.probability


def test_a_spoilt_trust_file_says_what_is_wrong(tmp_path: Path) -> None:
    numbers = json.loads((resource_dir() / "matching" / "trust.json").read_text())
    path = tmp_path / "trust.json"
    path.write_text(json.dumps({**numbers, "steepness": 0}))
    with pytest.raises(ValueError, match="steepness"):
        read_trust(path)


def test_opencv_is_loaded_only_when_a_picture_is_described() -> None:
    command = "import sys, geoguess_app.core.matching; assert 'cv2' not in sys.modules"
    subprocess.run([sys.executable, "-c", command], check=True)
