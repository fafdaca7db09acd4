"""Answers kept by picture: the same again, whatever the file is called or tagged."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.types import (
    Candidate,
    Conflict,
    Coordinate,
    Level,
    Neighbour,
    Place,
    Prediction,
    Radii,
    SceneProbabilities,
)
from geoguess_app.locating.answer_codec import decode, encode
from geoguess_app.locating.answer_store import AnswerStore, PictureRecord, Refusal
from geoguess_app.photos.picture_key import picture_key
from tests.photos.saving import CHINA, PARIS, copies, plan_for, saved, set_tags

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

ONE = Candidate(1, "89c25", 3, Coordinate(1 / 3, -2 / 3), 0.1234567890123)


def prediction() -> Prediction:
    dice = np.random.default_rng(3)
    return Prediction(
        Coordinate(1 / 3, -179.99999999),
        Radii(1.5, 2.5, float("inf")),
        0.1 + 0.2,
        Level.MIDDLE,
        (ONE, replace(ONE, rank=2)),
        Conflict(ONE, ONE),
        SceneProbabilities(*(dice.dirichlet(np.ones(n)) for n in (3, 16, 365))),
        "indoor",
        {"coarse": dice.dirichlet(np.ones(5)), "combined": dice.dirichlet(np.ones(700))},
        (Neighbour(7, Coordinate(1, 2), 0.5),),
        "Mödel 1",
    )


def test_an_answer_survives() -> None:
    before = prediction()
    after, place = decode(encode(before, PARIS))
    assert place == PARIS
    empty = {"cell_probabilities": {}, "scene": None}
    assert replace(after, **empty) == replace(before, **empty)
    for name, values in before.cell_probabilities.items():
        assert after.cell_probabilities[name] == pytest.approx(values, abs=2e-7)
    assert after.scene is not None
    assert before.scene is not None
    assert after.scene.s365 == pytest.approx(before.scene.s365, abs=2e-7)
    bare = replace(before, scene=None, conflict=None, cell_probabilities={}, neighbours=())
    assert decode(encode(bare, Place("", "", "", "")))[0] == bare


def test_garbage_is_no_answer() -> None:
    good = encode(prediction(), PARIS)
    for data in (b"", b"abc", good[:50], b"\xff" * 40):
        with pytest.raises(ValueError, match="no stored answer"):
            decode(data)


def test_a_picture_is_known_by_its_content(camera_files: Path, tmp_path: Path) -> None:
    sources = sorted(camera_files.glob("*.jpg"))
    files = copies(sources, tmp_path / "photos")
    keys = [picture_key(file) for file in files]
    saved(plan_for(files), tmp_path / "j")
    # Tags do not change a picture…
    assert [picture_key(file) for file in files] == keys
    different = {path.read_bytes() for path in sources}
    assert len(set(keys)) >= len(different) - 1
    # …but turning it does.
    set_tags(files[-1], "-n", "-Orientation=6")
    assert picture_key(files[-1]) != keys[-1]


def test_the_store_keeps_and_forgets(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "store.sqlite"
    photo = tmp_path / "a.jpg"
    shutil.copyfile(CHINA, photo)
    store = AnswerStore(path)
    store.remember_picture(photo, photo.stat(), PictureRecord("key", Coordinate(1, 2)))
    store.remember_answer("key", "model", prediction(), PARIS)
    store.remember_refusal("bad", "model", Refusal("broken", "{name} is damaged."))
    store.close()

    store = AnswerStore(path)
    assert store.picture(photo, photo.stat()) == PictureRecord("key", Coordinate(1, 2))
    found = store.answer("key", "model")
    assert isinstance(found, tuple)
    assert found[1] == PARIS
    assert store.answer("bad", "model") == Refusal("broken", "{name} is damaged.")
    assert store.answer("key", "other model") is None
    photo.write_bytes(b"changed")
    assert store.picture(photo, photo.stat()) is None
    store.close()

    AnswerStore(path, largest_bytes=10).close()
    assert AnswerStore(path).answer("key", "model") is None


def test_a_store_that_cannot_be_opened_remembers_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "store").write_text("this is no database, but a text of some length" * 99)
    store = AnswerStore(tmp_path / "store")
    store.remember_answer("key", "model", prediction(), PARIS)
    assert store.answer("key", "model") is None
    assert "answers cannot be saved" in caplog.text
    assert AnswerStore(None).answer("key", "model") is None
