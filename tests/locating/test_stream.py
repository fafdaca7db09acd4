"""Streams of photos: order, failures in between, bounded work, cancelling, threads."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import PhotoError
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.picture.decode import PhotoBytes, path_of
from geoguess_app.core.types import FailedPhoto, LocatedPhoto, Prediction
from geoguess_app.locating.preparation import Crops
from geoguess_app.locating.stream import locate
from geoguess_app.photos.scan import scan
from tests.data import FLOWER
from tests.locating.predictors import SAMPLES, ColourPredictor

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


@pytest.mark.parametrize("batch_size", [None, 1, 2, 3, 7, 100])
def test_every_photo_gets_one_row_in_order(
    folder: Path, places: PlaceFinder, batch_size: int | None
) -> None:
    paths = list(scan([folder]))
    rows = list(locate(paths, ColourPredictor(), batch_size=batch_size, places=places))
    assert [row.path for row in rows] == paths
    codes = [row.code for row in rows if isinstance(row, FailedPhoto)]
    assert codes == ["empty", "not-a-photo", "truncated"]


def test_the_batch_size_does_not_change_the_answers(folder: Path, places: PlaceFinder) -> None:
    paths = list(scan([folder]))
    one, many = (
        [
            row.prediction.coordinate
            for row in locate(paths, ColourPredictor(), batch_size=size, places=places)
            if isinstance(row, LocatedPhoto)
        ]
        for size in (1, 6)
    )
    assert one == many


def test_batches_are_full_and_small_on_a_cpu(folder: Path, places: PlaceFinder) -> None:
    paths = list(scan([folder]))
    gpu, cpu = ColourPredictor("NVIDIA Something"), ColourPredictor()
    list(locate(paths, gpu, places=places))
    list(locate(paths, cpu, places=places))
    assert gpu.batches == [7]
    assert cpu.batches == [1] * 7
    three = ColourPredictor()
    list(locate(paths, three, batch_size=3, places=places))
    assert three.batches == [3, 3, 1]


def test_place_and_known_position_come_along(photo_sets: Path, places: PlaceFinder) -> None:
    path = photo_sets / "exif" / "nikon_1.jpg"
    (row,) = locate([path, SAMPLES / "china.jpg"][:1], ColourPredictor(), places=places)
    assert isinstance(row, LocatedPhoto)
    assert row.known is not None
    assert row.known.latitude_deg == pytest.approx(43.723, abs=1e-6)
    assert row.place == places.at(row.prediction.coordinate)
    (row,) = locate([SAMPLES / "china.jpg"], ColourPredictor(), places=places)
    assert isinstance(row, LocatedPhoto)
    assert row.known is None


def test_an_endless_supply_is_read_only_a_little_ahead(places: PlaceFinder) -> None:
    taken: list[int] = []

    def endless() -> Iterator[Path]:
        for number in count():
            taken.append(number)
            yield SAMPLES / "china.jpg"

    rows = locate(endless(), ColourPredictor(), places=places)
    assert len(list(islice(rows, 5))) == 5
    assert len(taken) <= 5 + 4
    rows.close()


def test_decoding_runs_in_threads_that_end_with_the_work(folder: Path, places: PlaceFinder) -> None:
    predictor = ColourPredictor()
    rows = locate(list(scan([folder])), predictor, places=places)
    next(rows)
    rows.close()
    assert all(name.startswith("decode") for name in predictor.threads)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]


@pytest.mark.parametrize("batch_size", [1, 4])
def test_cancelling_ends_within_one_batch(
    folder: Path, places: PlaceFinder, batch_size: int
) -> None:
    token = CancelToken()
    predictor = ColourPredictor()
    paths = [SAMPLES / "china.jpg"] * 100
    rows = locate(paths, predictor, token=token, batch_size=batch_size, places=places)
    next(rows)
    token.cancel()
    assert len(list(rows)) == batch_size - 1
    assert predictor.batches == [batch_size]
    assert len(predictor.prepared) <= 2 * batch_size + 2


def test_cancelled_before_it_starts_nothing_happens(places: PlaceFinder) -> None:
    token = CancelToken()
    token.cancel()
    predictor = ColourPredictor()
    assert list(locate([SAMPLES / "china.jpg"], predictor, token=token, places=places)) == []
    assert predictor.batches == []


def test_failures_do_not_wait_for_a_full_batch(tmp_path: Path, places: PlaceFinder) -> None:
    paths = (tmp_path / f"gone{number}.jpg" for number in count())
    rows = locate(paths, ColourPredictor("NVIDIA"), places=places)
    assert [row.code for row in islice(rows, 50) if isinstance(row, FailedPhoto)] == [
        "missing"
    ] * 50
    rows.close()


class ClumsyPredictor(ColourPredictor):
    """Fails on large batches, as a GPU out of memory does, and always on dark photos."""

    def predict(self, images: Sequence[Crops]) -> list[Prediction]:
        if len(images) > 1:
            raise RuntimeError("out of memory\nwith a long\nexplanation")
        if images[0].mean() < 100:
            raise RuntimeError("too dark.")
        return super().predict(images)


def test_a_failing_batch_is_tried_photo_by_photo(
    places: PlaceFinder, caplog: pytest.LogCaptureFixture
) -> None:
    china, flower = SAMPLES / "china.jpg", FLOWER
    with caplog.at_level(logging.CRITICAL):
        rows = list(locate([china, flower, china], ClumsyPredictor(), batch_size=3, places=places))
    kinds = [type(row) for row in rows]
    assert kinds == [LocatedPhoto, FailedPhoto, LocatedPhoto]
    assert isinstance(rows[1], FailedPhoto)
    assert rows[1].message == "flower.jpg could not be located: too dark."


class RaisingPredictor(ColourPredictor):
    """Its preparation meets a defect for one photo."""

    def prepare(self, photo: Path | PhotoBytes) -> Crops:
        if path_of(photo).name == "flower.jpg":
            raise ZeroDivisionError
        if path_of(photo).name == "odd.jpg":
            raise PhotoError("odd.jpg is odd.", code="odd")
        return super().prepare(photo)


def test_a_defect_costs_one_photo_only(
    tmp_path: Path, places: PlaceFinder, caplog: pytest.LogCaptureFixture
) -> None:
    odd = tmp_path / "odd.jpg"
    shutil.copyfile(SAMPLES / "china.jpg", odd)
    paths = [FLOWER, odd, SAMPLES / "china.jpg"]
    rows = list(locate(paths, RaisingPredictor(), places=places))
    assert [getattr(row, "code", "ok") for row in rows] == ["unexpected", "odd", "ok"]
    assert "preparing" in caplog.text
    assert isinstance(rows[0], FailedPhoto)
    assert rows[0].message == "flower.jpg could not be located: ZeroDivisionError."


@pytest.mark.long
def test_a_folder_of_damaged_camera_files_gives_every_row(
    camera_files: Path, tmp_path: Path, places: PlaceFinder
) -> None:
    chance = np.random.default_rng(5)
    for path in sorted(camera_files.iterdir()):
        data = bytearray(path.read_bytes())
        if len(data) > 2_000_000:
            continue
        for position in chance.integers(0, len(data), 200):
            data[position] ^= 0x55
        (tmp_path / f"garbled {path.name}").write_bytes(data)
        (tmp_path / f"cut {path.name}").write_bytes(data[: len(data) // 3])
    paths = list(scan([tmp_path]))
    rows = list(locate(paths, ColourPredictor(), places=places))
    assert [row.path for row in rows] == paths
    assert len(rows) == len(list(tmp_path.iterdir()))
    failed = [row for row in rows if isinstance(row, FailedPhoto)]
    assert len(failed) > len(rows) / 3
    assert all(row.code != "unexpected" and row.message.endswith(".") for row in failed)


def test_decoding_overlaps_with_predicting(places: PlaceFinder) -> None:
    """With a slow reader and a slow network the whole must take less than their sum."""

    class Slow(ColourPredictor):
        def prepare(self, photo: Path | PhotoBytes) -> Crops:
            time.sleep(0.1)
            return super().prepare(photo)

        def predict(self, images: Sequence[Crops]) -> list[Prediction]:
            time.sleep(0.1)
            return super().predict(images)

    started = time.monotonic()
    list(locate([SAMPLES / "china.jpg"] * 20, Slow(), places=places))
    assert time.monotonic() - started < 0.85 * 20 * 0.2
