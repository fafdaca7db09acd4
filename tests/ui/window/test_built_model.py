"""A model that `geoguess-train build` made from a folder of photos, in the real window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from geoguess_app.core.types import Level
from geoguess_app.ui.shell.window import MainWindow
from tests.trainer.local.sets import RECIPE, phone_folder, strange_pictures
from tests.ui.window.conftest import ANSWER_MS, LOADING_MS, all_done
from trainer import cli

CAMPUS = (34.0212, -118.2862)
KINDS = {
    "retrieval": ("regression.shrinkages=[]", "cells.largest_shares=[]"),
    "regression": ("neighbours.counts=[]", "cells.largest_shares=[]"),
    "cells": ("neighbours.counts=[]", "regression.shrinkages=[]"),
}


@pytest.fixture(scope="module")
def campus(photo_sets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of phone photos, a folder of pictures from elsewhere, and the small recipe."""
    folder = tmp_path_factory.mktemp("campus")
    phone_folder(photo_sets, folder / "phone")
    strange_pictures(folder / "strange", 60)
    (folder / "campus-auto.toml").write_text(RECIPE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def models(campus: Path) -> dict[str, Path]:
    """One of each kind, made by the command."""
    made = {kind: campus / f"{kind}.geomodel" for kind in KINDS}
    common = ["build", str(campus / "campus-auto.toml"), "--photos", str(campus / "phone")]
    common += ["--elsewhere", str(campus / "strange"), "--cache", str(campus / "cache")]
    common += ["--quiet", "--no-report", "--workers", "0"]
    for kind, model in made.items():
        only = [word for change in KINDS[kind] for word in ("--set", change)]
        assert cli.main([*common, "--out", str(model), *only]) == 0
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_the_window_opens_what_was_built_and_it_knows_when_it_cannot_tell(
    kind: str,
    models: dict[str, Path],
    campus: Path,
    make_window: Callable[..., MainWindow],
    qtbot: QtBot,
) -> None:
    window = make_window(models[kind])
    asked = [campus / "phone" / "IMG_0004.jpg", *sorted((campus / "strange").iterdir())[:6]]
    with qtbot.waitSignal(window.map_pane.ready, timeout=LOADING_MS):
        window.start(asked)
    qtbot.waitUntil(all_done(window, len(asked)), timeout=LOADING_MS)
    own, *others = (row.outcome.located.prediction for row in window.locate.model.rows())
    assert own.level is Level.FINE
    assert own.coordinate.latitude_deg == pytest.approx(CAMPUS[0], abs=0.01)
    assert own.coordinate.longitude_deg == pytest.approx(CAMPUS[1], abs=0.01)
    assert own.radii.r50_km < 1.0
    assert sum(answer.level is Level.CANNOT_TELL for answer in others) >= 4
    shown = window.locate.detail.answer
    qtbot.waitUntil(lambda: bool(shown.radius.text()), timeout=ANSWER_MS)
    assert window.locate.detail.how.text()
