"""Local features of references are described once, and their file stays small."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoguess_app.references.local_features import LocalFeatureStore


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    made = []
    for number in range(6):
        noise = np.random.default_rng(number).integers(0, 256, (60, 80, 3), np.uint8)
        made.append(tmp_path / f"{number}.png")
        Image.fromarray(noise).resize((320, 240)).save(made[-1])
    return made


def kept(file: Path) -> int:
    database = sqlite3.connect(file)
    found = database.execute("SELECT COUNT(*) FROM features_1").fetchone()[0]
    database.close()
    return int(found)


def test_a_reference_is_described_once(photos: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "features.sqlite"
    store = LocalFeatureStore(file)
    first = store.of(photos[0], "a")
    assert first is not None
    assert len(first) > 50
    assert store.of(photos[1], "b", keep=False) is not None
    store.close()
    assert kept(file) == 1
    photos[0].unlink()
    again = LocalFeatureStore(file)
    found = again.of(photos[0], "a")
    assert found is not None
    assert np.array_equal(found.descriptors, first.descriptors)
    photos[1].unlink()
    assert again.of(photos[1], "b") is None
    again.close()


def test_the_file_does_not_grow_beyond_its_limit(photos: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "features.sqlite"
    store = LocalFeatureStore(file, largest_bytes=600_000)
    for number, photo in enumerate(photos):
        store.of(photo, str(number))
    store.close()
    assert 0 < kept(file) < len(photos)


def test_a_broken_file_remembers_nothing(photos: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "features.sqlite"
    file.write_bytes(b"no database" * 200)
    store = LocalFeatureStore(file)
    assert store.of(photos[0], "a") is not None
    store.close()
