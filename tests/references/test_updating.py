"""Updates of the collection: what is taken, what is left out, moved, changed and deleted."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.cancel import CancelToken, PausableToken
from geoguess_app.references.checking import better_space, check_spaces
from geoguess_app.references.collection import ReferenceCollection
from geoguess_app.references.updating import update
from geoguess_app.references.values import (
    CollectionError,
    LeftOutReason,
    PositionSource,
    UpdateTally,
)
from tests.photos.saving import set_tags
from tests.references.samples import ColourEmbedder, located_photo, picture


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[ReferenceCollection]:
    with ReferenceCollection(tmp_path / "references") as opened:
        yield opened


@pytest.fixture(scope="module")
def made_album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six located photos and four of other kinds."""
    folder = tmp_path_factory.mktemp("made") / "album"
    for number in range(6):
        located_photo(
            folder / f"{number}.jpg", number, number + 40.0, f"2024:07:0{number + 1} 12:00:00"
        )
    located_photo(folder / "nowhere.jpg", 10, None)
    zero = located_photo(folder / "zero.jpg", 11, None)
    set_tags(zero, "-GPSLatitude=0", "-GPSLatitudeRef=N", "-GPSLongitude=0", "-GPSLongitudeRef=E")
    guessed = located_photo(folder / "guessed.jpg", 12, 10.0)
    set_tags(guessed, "-GPSProcessingMethod=ML-ESTIMATE Starter 2.1")
    (folder / "cut.jpg").write_bytes((folder / "0.jpg").read_bytes()[:900])
    return folder


@pytest.fixture
def album(made_album: Path, tmp_path: Path) -> Path:
    """A copy of them that a test may change."""
    return shutil.copytree(made_album, tmp_path / "album")


def run(collection: ReferenceCollection, embedder: ColourEmbedder, *folders: Path) -> UpdateTally:
    return list(update(collection, embedder, folders))[-1].tally


def names(collection: ReferenceCollection) -> list[str]:
    return [photo.path.name for photo in collection.photos()]


def test_only_photos_with_a_true_position_are_taken(
    collection: ReferenceCollection, album: Path
) -> None:
    tally = run(collection, ColourEmbedder(), album)
    assert names(collection) == [f"{number}.jpg" for number in range(6)]
    assert tally.added == 6
    assert tally.left_out == {
        LeftOutReason.NO_POSITION: 1,
        LeftOutReason.UNUSABLE: 1,
        LeftOutReason.ESTIMATE: 1,
        LeftOutReason.UNREADABLE: 1,
    }
    assert "Left out: 1 photo with only an estimate of GeoGuess's own." in tally.sentences()
    first = next(collection.photos())
    assert first.coordinate.latitude_deg == 40.0
    assert first.source is PositionSource.EXIF
    assert first.taken is not None
    assert first.taken.isoformat() == "2024-07-01T12:00:00"
    assert collection.counts().left_out == tally.left_out


def test_a_second_update_reads_nothing(collection: ReferenceCollection, album: Path) -> None:
    run(collection, ColourEmbedder(), album)
    eye = ColourEmbedder()
    tally = run(collection, eye)
    assert eye.decoded == []
    assert (tally.added, tally.unchanged, tally.left_out.total()) == (0, 6, 4)


def test_moved_changed_and_deleted_photos(collection: ReferenceCollection, album: Path) -> None:
    run(collection, ColourEmbedder(), album)
    (album / "deeper").mkdir()
    (album / "0.jpg").rename(album / "deeper" / "renamed.jpg")
    (album / "1.jpg").unlink()
    set_tags(album / "2.jpg", "-GPSLatitude=52.5")
    located_photo(album / "3.jpg", 33, 43.0)
    eye = ColourEmbedder()
    tally = run(collection, eye)
    assert names(collection) == ["2.jpg", "3.jpg", "4.jpg", "5.jpg", "renamed.jpg"]
    assert (tally.moved, tally.forgotten, tally.changed, tally.added) == (1, 1, 2, 0)
    assert eye.decoded == ["3.jpg"], "tags and names change no picture"
    moved = {photo.path.name: photo for photo in collection.photos()}
    assert moved["2.jpg"].coordinate.latitude_deg == pytest.approx(52.5)
    assert collection.is_complete(eye.space)


def test_sidecars_and_albums_give_positions_too(
    collection: ReferenceCollection, album: Path
) -> None:
    run(collection, ColourEmbedder(), album)
    place = '{"geoData": {"latitude": 48.5, "longitude": 2.25}}'
    (album / "nowhere.jpg.json").write_text(place, encoding="utf-8")
    run(collection, ColourEmbedder())
    taken = collection.table.photo(album / "nowhere.jpg")
    assert taken is not None
    assert (taken.source, taken.coordinate.latitude_deg) == (PositionSource.TAKEOUT, 48.5)
    (album / "nowhere.jpg.json").write_text(place.replace("48.5", "47.5"), encoding="utf-8")
    assert run(collection, ColourEmbedder()).changed == 1
    set_tags(album / "4.jpg", "-GPSProcessingMethod=MANUAL")
    run(collection, ColourEmbedder())
    placed = collection.table.photo(album / "4.jpg")
    assert placed is not None
    assert placed.source is PositionSource.HAND


def test_photos_of_a_folder_that_is_away_stay(collection: ReferenceCollection, album: Path) -> None:
    run(collection, ColourEmbedder(), album)
    album.rename(album.with_name("unplugged"))
    tally = run(collection, ColourEmbedder())
    assert len(names(collection)) == 6
    assert tally.sentences()[-1] == f"{album} cannot be opened; its photos stay in the collection."


def test_the_photo_itself_and_its_copies_are_no_references_for_it(
    collection: ReferenceCollection, album: Path
) -> None:
    shutil.copyfile(album / "2.jpg", album / "copy of 2.jpg")
    eye = ColourEmbedder()
    run(collection, eye, album)
    vector = eye.embed([eye.prepare(album / "2.jpg")])[0]
    asked = collection.table.photo(album / "2.jpg")
    assert asked is not None
    near = collection.nearest(eye.space, vector, 3)
    assert near[0].similarity == pytest.approx(1.0, abs=1e-3)
    assert near[0].reference.path == album / "2.jpg"
    others = collection.nearest(eye.space, vector, 3, own_content=asked.content)
    assert all(found.reference.content != asked.content for found in others)
    assert len(others) == 3


def test_the_old_space_answers_until_the_new_one_is_complete(
    collection: ReferenceCollection, album: Path
) -> None:
    old, new = ColourEmbedder("old"), ColourEmbedder("new", sign=-1.0)
    run(collection, old, album)
    token = CancelToken()
    for step in update(collection, new, token=token):
        if step.tally.embedded:
            token.cancel()
    assert collection.spaces()[0] == old.space
    run(collection, new)
    assert collection.spaces() == [new.space, old.space]
    assert new.decoded, "every picture is looked at again"
    near = collection.nearest(new.space, new.embed([new.prepare(album / "3.jpg")])[0], 1)
    assert near[0].reference.path.name == "3.jpg"


def test_taking_a_folder_out_and_clearing(collection: ReferenceCollection, album: Path) -> None:
    located_photo(album / "inner" / "7.jpg", 7, 47.0)
    run(collection, ColourEmbedder(), album, album / "inner")
    assert collection.remove_folder(album) == 6
    assert names(collection) == ["7.jpg"]
    assert collection.folders() == [album / "inner"]
    collection.clear()
    assert collection.counts().photos == 0
    assert not list(collection.folder.glob("*.f16"))


def test_waste_is_swept_out(
    collection: ReferenceCollection, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geoguess_app.references.collection._WASTED_ROWS", 1)
    eye = ColourEmbedder()
    run(collection, eye, album)
    before = collection.counts().size_bytes
    for number in (0, 2, 4):
        (album / f"{number}.jpg").unlink()
    run(collection, eye)
    file = collection.vector_file(eye.space)
    assert file is not None
    assert file.rows == 3
    assert file.matrix_path.name.endswith("-1.f16")
    assert len(list(collection.folder.glob("*.f16"))) == 1
    assert before > 0
    near = collection.nearest(eye.space, eye.embed([eye.prepare(album / "5.jpg")])[0], 1)
    assert near[0].reference.path.name == "5.jpg"


def test_two_programs_do_not_update_at_once(collection: ReferenceCollection, album: Path) -> None:
    steps = update(collection, ColourEmbedder(), [album])
    next(steps)
    with (
        ReferenceCollection(collection.folder) as other,
        pytest.raises(CollectionError, match="another GeoGuess"),
    ):
        run(other, ColourEmbedder())
    assert list(steps)[-1].tally.added == 6


def test_an_update_waits_while_it_is_paused(collection: ReferenceCollection, album: Path) -> None:
    token, eye = PausableToken(), ColourEmbedder()
    token.pause()
    work = threading.Thread(target=lambda: list(update(collection, eye, [album], token=token)))
    work.start()
    time.sleep(0.3)
    assert eye.decoded == []
    token.resume()
    work.join(20)
    assert len(names(collection)) == 6


def test_the_check_leaves_bursts_out_and_finds_the_better_space(
    collection: ReferenceCollection, tmp_path: Path
) -> None:
    class BlindEmbedder(ColourEmbedder):
        """One that sees noise."""

        def embed(self, crops: list[np.ndarray]) -> np.ndarray:  # type: ignore[override]
            rows = np.random.default_rng(len(self.decoded)).normal(size=(len(crops), 48))
            return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    folder = tmp_path / "places"
    for number in range(12):
        for visit in range(2):
            path = folder / f"{number} {visit}.jpg"
            located_photo(path, number, 30.0 + number, f"2024:07:0{visit + 1} 12:{number:02}:00")
            if visit:
                image = picture(number).point(lambda value: value * 0.9)
                located = located_photo(path, number, 30.0 + number, "2024:07:02 12:00:00")
                image.save(located, exif=located_exif(located))
    run(collection, BlindEmbedder("blind"), folder)
    blind = next(iter(check_spaces(collection)))
    assert blind.tried == 24
    assert blind.within[0] < 0.5
    seeing = ColourEmbedder("seeing")
    run(collection, seeing)
    collection.prefer(BlindEmbedder("blind").space)
    results = list(check_spaces(collection))
    assert [result.space.key for result in results] == ["blind", "seeing"]
    assert results[1].within == (1.0, 1.0, 1.0)
    assert better_space(results) == seeing.space


def located_exif(path: Path) -> bytes:
    from PIL import Image

    with Image.open(path) as image:
        return image.info["exif"]  # type: ignore[no-any-return]
