"""How far references that only look alike are trusted depends on the collection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.decision.retrieval import Bank, build_bank
from geoguess_app.core.types import Coordinate
from geoguess_app.references.collection import ReferenceCollection
from geoguess_app.references.look_alikes import fit_look_alikes
from geoguess_app.references.values import FileStamp, PositionSource, Reference, ReferenceSpace

SIZE = 64
SPACE = ReferenceSpace("test", "Test", SIZE)


def unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), np.float32)


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[ReferenceCollection]:
    with ReferenceCollection(tmp_path) as opened:
        yield opened


def fill(collection: ReferenceCollection, photos: list[Coordinate], rows: np.ndarray) -> None:
    contents = [str(number) for number in range(len(photos))]
    with collection.writing():
        collection.add_vectors(SPACE, unit(rows), contents)
        for name, where in zip(contents, photos, strict=True):
            stamp = FileStamp(1, 2)
            path = Path(f"/{name}.jpg")
            collection.table.put_photo(
                Reference(path, stamp, name, where, None, PositionSource.EXIF)
            )


def strangers(random: np.random.Generator) -> Bank:
    rows = unit(random.normal(size=(400, SIZE)))
    here = random.uniform(-60, -30, 400)
    return build_bank(rows, here, here, np.zeros(400, np.int64), 1)


def test_in_a_town_look_alikes_are_believed_and_strangers_are_not(
    collection: ReferenceCollection,
) -> None:
    random = np.random.default_rng(1)
    views = np.repeat(random.normal(size=(40, SIZE)), 2, axis=0)
    spots = [Coordinate(48.0 + view // 2 * 1e-4, 2.0 + view % 2 * 3e-4) for view in range(80)]
    fill(collection, spots, views + 0.7 * random.normal(size=views.shape))
    trust = fit_look_alikes(collection, SPACE, strangers(random))
    assert trust is not None
    assert trust.share(0.7) > 0.9
    assert trust.share(0.1) < 0.3
    assert trust.distances_km[2] < 0.5
    within = trust.within(np.array([0.01, 0.1, 1.0, 25.0]))
    assert list(within) == sorted(within)
    assert within[-1] == 1.0


def test_where_look_alikes_lie_far_apart_they_are_not_believed(
    collection: ReferenceCollection,
) -> None:
    random = np.random.default_rng(2)
    views = np.repeat(random.normal(size=(40, SIZE)), 2, axis=0)
    spots = [Coordinate(float(view % 60), float(view)) for view in range(80)]
    fill(collection, spots, views + 0.7 * random.normal(size=views.shape))
    trust = fit_look_alikes(collection, SPACE, strangers(random))
    assert trust is None or trust.share(0.8) < 0.3


def test_few_photos_say_nothing(collection: ReferenceCollection) -> None:
    random = np.random.default_rng(3)
    fill(collection, [Coordinate(48.0, 2.0)] * 20, random.normal(size=(20, SIZE)))
    assert fit_look_alikes(collection, SPACE, strangers(random)) is None
