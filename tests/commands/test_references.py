"""`geoguess references` as a user runs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from geoguess_app.commands.common import OK, SOME_FAILED, WRONG_USAGE
from tests.commands.conftest import Geoguess
from tests.references.samples import located_photo


@pytest.fixture
def places(tmp_path: Path) -> Path:
    folder = tmp_path / "places"
    for number in range(5):
        located_photo(folder / f"{number}.jpg", number, 40.0 + number)
    located_photo(folder / "nowhere.jpg", 9, None)
    return folder


def test_add_list_update_check_and_remove(
    geoguess: Geoguess, tiny_model: Path, places: Path, tmp_path: Path
) -> None:
    model = ("--model", tiny_model, "--device", "cpu")
    added = geoguess("references", "add", places, *model)
    assert added.status == OK, added.err
    assert "Reference photos: 5 added." in added.out
    assert "Left out: 1 photo without a position." in added.out

    listed = geoguess("references", "list")
    assert "5 reference photos in 1 folder, " in listed.out
    assert f"  {places}\n" in listed.out
    found = json.loads(geoguess("references", "list", "--json").out)
    assert found["photos"] == 5
    assert found["left_out"] == {"no position": 1}
    assert [space["photos"] for space in found["spaces"]] == [5]

    (places / "0.jpg").rename(places / "first.jpg")
    (places / "1.jpg").unlink()
    located_photo(places / "new.jpg", 20, 60.0)
    again = geoguess("references", "update", *model)
    assert "Reference photos: 1 added, 1 moved, 1 removed, 3 unchanged." in again.out

    check = json.loads(geoguess("references", "check", "--json").out)
    assert [result["photos"] for result in check] == [5]
    assert set(check[0]["within_km"]) == {"0.1", "1", "25"}
    assert "5 photos tried: " in geoguess("references", "check").out

    gone = geoguess("references", "remove", places)
    assert (gone.status, gone.out) == (OK, "Removed 5 reference photos.\n")
    assert (places / "new.jpg").exists()
    empty = geoguess("references", "update", *model)
    assert empty.status == SOME_FAILED
    assert "there are no reference photos; to add some: geoguess references add FOLDER" in empty.err


def test_what_cannot_be_done_is_said(geoguess: Geoguess, tmp_path: Path, places: Path) -> None:
    unknown = geoguess("references", "remove", places)
    assert unknown.status == WRONG_USAGE
    assert f"{places} is not in the collection; its folders are: none." in unknown.err
    file = geoguess("references", "add", places / "0.jpg")
    assert "is not a folder; give a folder of photos." in file.err
    assert "does not exist" in geoguess("references", "add", tmp_path / "nowhere").err


def test_a_collection_of_a_newer_program_is_left_alone(
    geoguess: Geoguess, tmp_path: Path, places: Path
) -> None:
    import sqlite3

    folder = tmp_path / "data" / "references"
    folder.mkdir(parents=True)
    with sqlite3.connect(folder / "references.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    ran = geoguess("references", "list")
    assert ran.status == WRONG_USAGE
    assert "written by a newer GeoGuess" in ran.err
    shutil.rmtree(folder)
    assert geoguess("references", "list").status == OK
