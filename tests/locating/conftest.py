"""What tests of locating share: place names, and a folder with good and broken photos."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from geoguess_app.core.geo.places import PlaceFinder
from tests.data import FLOWER
from tests.locating.predictors import SAMPLES


@pytest.fixture(scope="module")
def places() -> PlaceFinder:
    finder = PlaceFinder()
    finder.load()
    return finder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten copies of two photos, and every third file is broken in a way of its own."""
    broken = iter([b"", b"words, not pixels", (SAMPLES / "china.jpg").read_bytes()[:5000]])
    for number in range(10):
        target = tmp_path / f"{number}.jpg"
        if number % 3 == 2:
            target.write_bytes(next(broken))
        else:
            shutil.copyfile(SAMPLES / "china.jpg" if number % 2 else FLOWER, target)
    return tmp_path
