"""`geoguess explain`: words on standard output, pictures in a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from geoguess_app.commands.common import OK, SOME_FAILED, WRONG_USAGE
from geoguess_app.core.explain.activation import activation_map
from geoguess_app.core.predictor import load_predictor
from tests.commands.conftest import SAMPLES, Geoguess

CHINA = SAMPLES / "china.jpg"


def test_words_and_a_picture(geoguess: Geoguess, tiny_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "why"
    ran = geoguess("explain", CHINA, "--model", tiny_model, "--device", "cpu", "--out", out)
    assert ran.status == OK
    assert "strongest in the " in ran.out
    assert "of its probability comes from look-alikes" in ran.out
    assert ran.out.count(" similar, ") >= 2
    with Image.open(out / "china-why.png") as picture, Image.open(CHINA) as photo:
        assert picture.size == photo.size
        changed = np.asarray(picture, int) - np.asarray(photo.convert("RGB"), int)
    regions = activation_map(load_predictor(tiny_model, "cpu"), CHINA)
    loud = regions.smooth(*photo.size) > 0.8
    # Yellow is added where the photo speaks, blue where it does not.
    warmth = changed[..., 0] - changed[..., 2]
    assert warmth[loud].mean() > warmth[~loud].mean() + 40


def test_candidates_and_scenes(geoguess: Geoguess, tiny_model: Path) -> None:
    options = ("--model", tiny_model, "--device", "cpu")
    second = geoguess("explain", CHINA, "--rank", 2, *options)
    assert second.status == OK
    assert "candidate 2: " in second.out
    scene = geoguess("explain", CHINA, "--scene", *options)
    assert scene.status == OK
    assert "scene: " in scene.out
    assert "look-alikes" not in scene.out


def test_what_cannot_be_explained(geoguess: Geoguess, tiny_model: Path, tmp_path: Path) -> None:
    options = ("--model", tiny_model, "--device", "cpu")
    copies = [tmp_path / name / "same.jpg" for name in ("a", "b")]
    for copy in copies:
        copy.parent.mkdir()
        shutil.copy(CHINA, copy)
    out = tmp_path / "out"
    ran = geoguess("explain", copies[0], tmp_path / "none.jpg", copies[1], "--out", out, *options)
    assert ran.status == SOME_FAILED
    assert "none.jpg does not exist" in ran.err
    assert sorted(p.name for p in out.iterdir()) == ["same-why-2.png", "same-why.png"]
    assert geoguess("explain", CHINA, "--rank", 11, *options).status == WRONG_USAGE
    assert geoguess("explain", CHINA, "--rank", 2, "--scene", *options).status == WRONG_USAGE
    assert geoguess("explain", CHINA, "--out", CHINA / "x", *options).status == WRONG_USAGE
