"""The stream with memory: nothing is computed or read twice, and what comes out is the same."""

from __future__ import annotations

import functools
import shutil
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.types import Coordinate, FailedPhoto, LocatedPhoto
from geoguess_app.locating.answer_codec import CODEC_VERSION
from geoguess_app.locating.answer_store import AnswerStore, Refusal
from geoguess_app.locating.memory import AnswerMemory
from geoguess_app.locating.photo_file import PhotoFile
from geoguess_app.locating.preparation import PhotoPredictor
from geoguess_app.locating.stream import DeferredPredictor, locate
from geoguess_app.photos.picture_key import picture_key
from geoguess_app.photos.scan import scan
from tests.data import FLOWER
from tests.locating.predictors import SAMPLES, ColourPredictor
from tests.photos.saving import set_tags

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

CHINA = SAMPLES / "china.jpg"


@pytest.fixture
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnswerMemory]:
    store = AnswerStore(tmp_path_factory.mktemp("memory") / "results.sqlite")
    yield AnswerMemory(store, "colours")
    store.close()


def _never() -> PhotoPredictor:
    pytest.fail("a predictor was loaded although every answer is known")


NEVER = DeferredPredictor(_never)


@pytest.mark.parametrize("batch_size", [None, 1, 3, 100])
def test_the_second_run_gives_the_same_and_needs_no_predictor(
    folder: Path, places: PlaceFinder, memory: AnswerMemory, batch_size: int | None
) -> None:
    paths = list(scan([folder]))
    first = list(
        locate(paths, ColourPredictor(), memory=memory, batch_size=batch_size, places=places)
    )
    again = list(locate(paths, NEVER, memory=memory, batch_size=batch_size, places=places))
    assert again == first
    without = list(locate(paths, ColourPredictor(), batch_size=batch_size, places=places))
    assert without == first


@pytest.mark.parametrize("batch_size", [1, 2, 5, 100])
def test_copies_of_one_photo_are_computed_once(
    tmp_path: Path, places: PlaceFinder, memory: AnswerMemory, batch_size: int
) -> None:
    """Also those that were looked up before the first one's answer was there."""
    for number in range(12):
        shutil.copyfile(FLOWER if number == 7 else CHINA, tmp_path / f"{number:02}.jpg")
    predictor = ColourPredictor()
    paths = list(scan([tmp_path]))
    rows = list(locate(paths, predictor, memory=memory, batch_size=batch_size, places=places))
    assert [row.path for row in rows] == paths
    assert sum(predictor.batches) == 2
    expected = list(locate(paths, ColourPredictor(), places=places))
    assert rows == expected


def test_a_stopped_run_goes_on_from_there(
    folder: Path, places: PlaceFinder, memory: AnswerMemory
) -> None:
    paths = list(scan([folder]))
    stopped = locate(paths, ColourPredictor(), memory=memory, places=places)
    done = list(islice(stopped, 2))
    stopped.close()
    keys = {picture_key(row.path) for row in done if isinstance(row, LocatedPhoto)}
    predictor = ColourPredictor()
    rows = list(locate(paths, predictor, memory=memory, places=places))
    assert rows[:2] == done
    every = {picture_key(row.path) for row in rows if isinstance(row, LocatedPhoto)}
    assert sum(predictor.batches) == len(every - keys)


def test_an_answer_is_in_the_store_when_it_comes_out(
    places: PlaceFinder, memory: AnswerMemory
) -> None:
    rows = locate([CHINA, FLOWER], ColourPredictor(), memory=memory, places=places)
    for row in rows:
        assert isinstance(row, LocatedPhoto)
        assert memory.store.answer(picture_key(row.path), "colours") == (row.prediction, row.place)


def test_a_model_knows_only_its_own_answers(places: PlaceFinder, memory: AnswerMemory) -> None:
    list(locate([CHINA], ColourPredictor(), memory=memory, places=places))
    predictor = ColourPredictor()
    other = AnswerMemory(memory.store, "other")
    list(locate([CHINA], predictor, memory=other, places=places))
    assert predictor.batches == [1]


def test_the_predictor_is_loaded_once_in_the_thread_that_asks(
    folder: Path, places: PlaceFinder, memory: AnswerMemory
) -> None:
    known = folder / "0.jpg"
    list(locate([known], ColourPredictor(), memory=memory, places=places))
    loaded: list[str] = []

    def load() -> ColourPredictor:
        loaded.append(threading.current_thread().name)
        return ColourPredictor("NVIDIA Something")

    paths = list(scan([folder]))
    rows = locate(paths, DeferredPredictor(load), memory=memory, places=places)
    assert next(rows).path == known
    assert loaded == []
    assert [row.path for row in rows] == paths[1:]
    assert loaded == [threading.current_thread().name]


def test_what_loading_raises_ends_the_stream(places: PlaceFinder, memory: AnswerMemory) -> None:
    def load() -> ColourPredictor:
        raise RuntimeError("no such device")

    with pytest.raises(RuntimeError, match="no such device"):
        list(locate([CHINA], DeferredPredictor(load), memory=memory, places=places))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]


def test_a_broken_photo_is_remembered_under_its_present_name(
    tmp_path: Path, places: PlaceFinder, memory: AnswerMemory
) -> None:
    broken = tmp_path / "cut.jpg"
    broken.write_bytes(CHINA.read_bytes()[:9000])
    (first,) = locate([broken], ColourPredictor(), memory=memory, places=places)
    renamed = broken.rename(tmp_path / "renamed.jpg")
    predictor = ColourPredictor()
    (again,) = locate([renamed], predictor, memory=memory, places=places)
    assert predictor.prepared == []
    assert isinstance(first, FailedPhoto)
    assert isinstance(again, FailedPhoto)
    assert (first.code, again.code) == ("truncated", "truncated")
    assert again.message == first.message.replace("cut.jpg", "renamed.jpg")
    missing = tmp_path / "gone.jpg"
    codes = []
    for _ in range(2):
        (row,) = locate([missing], ColourPredictor(), memory=memory, places=places)
        codes.append(getattr(row, "code", ""))
    shutil.copyfile(CHINA, missing)
    (found,) = locate([missing], ColourPredictor(), memory=memory, places=places)
    assert codes == ["missing", "missing"]
    assert isinstance(found, LocatedPhoto)


def test_the_position_of_a_photo_comes_along_from_memory(
    tmp_path: Path, photo_sets: Path, places: PlaceFinder, memory: AnswerMemory
) -> None:
    with_gps = photo_sets / "exif" / "nikon_1.jpg"
    photo = tmp_path / "a.jpg"
    shutil.copyfile(CHINA, photo)
    paths = [with_gps, photo]
    first = list(locate(paths, ColourPredictor(), memory=memory, places=places))
    assert list(locate(paths, NEVER, memory=memory, places=places)) == first
    assert [row.known is not None for row in first if isinstance(row, LocatedPhoto)] == [
        True,
        False,
    ]
    # A sidecar that comes later counts, although the photo has not changed.
    set_tags(tmp_path / "a.jpg.xmp", "-XMP:GPSLatitude=48.5", "-XMP:GPSLongitude=2.25")
    (row,) = locate([photo], NEVER, memory=memory, places=places)
    assert isinstance(row, LocatedPhoto)
    assert row.known == Coordinate(48.5, 2.25)


_opened: Counter[tuple[str, bool]] = Counter()
_watching = threading.Event()


def _watch(event: str, details: tuple[object, ...]) -> None:
    if event == "open" and _watching.is_set() and str(details[0]).endswith(".jpg"):
        decoding = threading.current_thread().name.startswith("decode")
        _opened[Path(str(details[0])).name, decoding] += 1


@functools.cache
def _install() -> None:
    """Such a hook can never be removed again."""
    sys.addaudithook(_watch)


@pytest.mark.parametrize("remembering", [True, False])
def test_a_photo_is_opened_once_and_by_a_decoding_thread(
    tmp_path: Path, places: PlaceFinder, memory: AnswerMemory, *, remembering: bool
) -> None:
    names = [f"{number}.jpg" for number in range(5)]
    for number, name in enumerate(names):
        data = CHINA.read_bytes() + bytes([number])
        (tmp_path / name).write_bytes(data)
    _opened.clear()
    _install()
    _watching.set()
    try:
        kept = memory if remembering else None
        rows = list(locate(scan([tmp_path]), ColourPredictor(), memory=kept, places=places))
    finally:
        _watching.clear()
    assert len(rows) == 5
    assert _opened == {(name, True): 1 for name in names}


def test_a_very_large_file_is_not_kept_in_memory_and_gives_the_same(
    tmp_path: Path, places: PlaceFinder, memory: AnswerMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = locate([CHINA], ColourPredictor(), memory=memory, places=places)
    monkeypatch.setattr("geoguess_app.locating.photo_file._MOST_BYTES", 1000)
    assert PhotoFile(CHINA).content == CHINA
    (plain,) = locate([CHINA], ColourPredictor(), places=places)
    copy = tmp_path / "copy.jpg"
    shutil.copyfile(CHINA, copy)
    (remembered,) = locate([copy], NEVER, memory=memory, places=places)
    assert plain == first
    assert isinstance(remembered, LocatedPhoto)
    assert isinstance(first, LocatedPhoto)
    assert remembered.prediction == first.prediction


def test_what_an_earlier_program_could_not_decode_is_tried_again(
    tmp_path: Path, places: PlaceFinder
) -> None:
    """Its refusal is kept under another mark; the file's own position is read anew, too."""
    photo = Path(shutil.copyfile(CHINA, tmp_path / "photo.jpg"))
    store = AnswerStore(tmp_path / "results.sqlite")
    memory = AnswerMemory(store, "model")
    picture = memory.picture(PhotoFile(photo))
    assert picture is not None
    store.remember_refusal(picture.key, "model", Refusal("not-a-photo", "{name} is not a photo."))
    store.close()
    with sqlite3.connect(tmp_path / "results.sqlite") as database:
        old = "CAST('!' || substr(CAST(answer AS TEXT), 2) AS BLOB)"
        database.execute(f"UPDATE answers_{CODEC_VERSION} SET answer = {old}")
    database.close()
    store = AnswerStore(tmp_path / "results.sqlite")
    (found,) = locate(
        [photo], ColourPredictor(), memory=AnswerMemory(store, "model"), places=places
    )
    assert isinstance(found, LocatedPhoto)
    store.close()
