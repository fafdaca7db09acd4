"""The clues of listed photos over a restart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from geoguess_app.core.clues.clue import parse_clue
from geoguess_app.ui.locate.keeping import choices_of
from geoguess_app.ui.locate.kept_list import KeptClues, keep_list, kept_list_path, read_list
from geoguess_app.ui.locate.view_state import LocateChoices, PhotoChoices
from geoguess_app.ui.views.values import read_part, write_part


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOGUESS_CONFIG_DIR", str(tmp_path))


def test_what_was_decided_about_clues_is_kept() -> None:
    clues = KeptClues("/a.jpg", ("near=Lisbon/PT",), ("utc-offset=+09:00", "moon=full"))
    keep_list([Path("/a.jpg")], None, [clues])
    (kept,) = read_list().clues
    choices = choices_of(kept.used, kept.dismissed)
    assert choices.used == (parse_clue("near=Lisbon"),)
    # One that a later program knows is left out.
    assert choices.dismissed == (parse_clue("utc-offset=+09:00"),)


def test_lists_of_the_version_before_are_read() -> None:
    old = {"version": 1, "photos": ["/a.jpg"], "current": "/a.jpg"}
    kept_list_path().write_text(json.dumps(old), encoding="utf-8")
    assert (read_list().photos, read_list().clues) == (("/a.jpg",), ())


def test_views_name_the_photos_of_clues_relative_to_themselves(tmp_path: Path) -> None:
    choices = LocateChoices(
        by_photo=(PhotoChoices(tmp_path / "in" / "a.jpg", ("near=Lisbon/PT",), ("coast=yes",)),)
    )
    written = write_part(choices, tmp_path)
    assert str(tmp_path) not in json.dumps(written)
    assert read_part(LocateChoices, written, tmp_path / "v.geoview") == choices
    assert read_part(LocateChoices, {}, tmp_path / "v.geoview") == LocateChoices()
