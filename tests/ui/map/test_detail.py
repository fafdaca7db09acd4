"""The packed file of coasts, waters and towns, without a page."""

from __future__ import annotations

import json

from geoguess_app.core.types import Coordinate
from geoguess_app.ui.map.detail import WORLD, DetailFile, tiles_around


def test_every_tile_around_a_place_can_be_read() -> None:
    detail = DetailFile()
    paths = [*tiles_around(Coordinate(15.88, 108.33), 9.0, 900, 600)]
    assert "detail/7/102/58.json" in paths
    names = {name for path in paths for name, *_ in json.loads(detail.content(path))["towns"]}
    assert "Hoi An" in names or "Hội An" in names
    world = json.loads(detail.content(WORLD))
    assert len(world["rivers"][0]) > 400
    assert world["land"], "lakes"


def test_open_sea_and_far_views_have_no_tiles() -> None:
    sea = json.loads(DetailFile().content("detail/7/2/63.json"))
    assert not any(sea.values())
    assert not [*tiles_around(Coordinate(48.0, 8.0), 7.0, 900, 600)]


def test_tiles_go_on_across_the_antimeridian() -> None:
    columns = {path.split("/")[2] for path in tiles_around(Coordinate(0.0, 179.9), 8.0, 900, 600)}
    assert {"127", "0"} <= columns
