"""Places seen twice by real cameras, and strangers to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from geoguess_app.core.matching import LocalFeatures, describe, trust, verify
from geoguess_app.core.picture.decode import open_upright

TWICE = (
    ("23460778733f8f", "f69be3bd9cd4b4"),
    ("452bac6bd52d00", "ba1ae5ab250110"),
    ("aebe12913d083b", "b407e9e96b099f"),
    ("ae783432c46681", "dd8d6864d6e094"),
    ("8ffb075c939b76", "9ab8eae6cd5ddc"),
)
"""Two photos of one place in San Francisco each, taken less than 100 m apart."""
STRANGERS = 40


@pytest.fixture(scope="module")
def described(real_photos: Path) -> dict[str, LocalFeatures]:
    town = real_photos / "local" / "san-francisco"
    return {name: describe(open_upright(town / f"{name}.jpg")) for pair in TWICE for name in pair}


@pytest.mark.real_data
@pytest.mark.parametrize("pair", TWICE)
def test_two_cameras_at_one_place(
    described: dict[str, LocalFeatures], pair: tuple[str, str]
) -> None:
    place = trust(verify(*(described[name] for name in pair)), similarity=0.6)
    assert place.verified
    assert place.probability_100m > 0.7


@pytest.mark.real_data
def test_strangers(described: dict[str, LocalFeatures], real_photos: Path) -> None:
    """As alike as a stranger ever is to a photo of the town, and still not the same place."""
    for path in sorted((real_photos / "world").iterdir())[:STRANGERS]:
        stranger = describe(open_upright(path))
        for features in described.values():
            assert not trust(verify(stranger, features), similarity=0.6).verified
