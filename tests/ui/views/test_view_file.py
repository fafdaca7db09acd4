"""Reading and writing a view's file, without a window."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from geoguess_app.core.types import Coordinate
from geoguess_app.ui.views.values import ViewError
from geoguess_app.ui.views.view_file import ViewFile, read_view, write_view


def good() -> dict[str, Any]:
    where = {"latitude": 1.0, "longitude": 2.0, "zoom": 3.0, "layer": "", "display": {}}
    return {"format": "geoguess-view", "format_version": 1, "mode": "locate", "map": where}


SPOILED: dict[str, Any] = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "foreign": {**good(), "format": "x"},
    "later": {**good(), "format_version": 2},
    "no map": {**good(), "map": [1]},
    "no latitude": {**good(), "map": {"longitude": 2, "zoom": 3}},
    "beyond the pole": {**good(), "map": {**good()["map"], "latitude": 91}},
    "true for a number": {**good(), "map": {**good()["map"], "zoom": True}},
    "infinite": json.dumps({**good(), "map": {**good()["map"], "zoom": 1e999}}).encode(),
    "a huge number": {**good(), "map": {**good()["map"], "zoom": 10**400}},
    "a share of mixed slashes": {**good(), "photos": ["/\\evil.example/share/a.jpg"]},
    "a share": {**good(), "photos": ["\\\\evil.example\\share\\a.jpg"]},
    "another share": {**good(), "photo": "//evil.example/a.jpg"},
    "a number for a path": {**good(), "photos": [1]},
    "too many photos": {**good(), "photos": ["a.jpg"] * 20_001},
    "a dictionary of photos": {**good(), "photos": {}},
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_view_is_one_sentence(tmp_path: Path, name: str) -> None:
    content = SPOILED[name]
    path = tmp_path / "bad.geoview"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(ViewError) as refused:
        read_view(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert str(refused.value).count(".") <= 4


def test_what_a_view_says_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.geoview"
    path.parent.mkdir()
    view = ViewFile(
        "explore",
        Coordinate(-16.9, 179.4),
        5.5,
        "fine",
        (800, 600),
        {"scale": "linear"},
        "M 1",
        (tmp_path / "c.jpg", tmp_path / "a" / "d.jpg"),
        tmp_path / "c.jpg",
        {"level": "fine"},
    )
    write_view(path, view)
    assert read_view(path) == view
    shutil.move(str(tmp_path / "a"), str(tmp_path / "z"))
    assert read_view(tmp_path / "z" / "b.geoview").photos[1] == tmp_path / "z" / "d.jpg"
