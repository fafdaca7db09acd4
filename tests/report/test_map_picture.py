"""Maps of a report: drawn anywhere on the Earth, well-formed, with all that they promise."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from geoguess_app.core.cells import leaf_ids, parents
from geoguess_app.core.cells.rings import cell_rings
from geoguess_app.core.types import Coordinate
from geoguess_app.report.map_picture import WIDTH_PX, DrawnAnswer, close_up, overview

PLACES = {
    "Rome": Coordinate(41.89, 12.49),
    "Fiji": Coordinate(-17.9, 179.97),
    "Chukotka": Coordinate(66.0, -179.9),
    "Longyearbyen": Coordinate(78.22, 15.65),
    "McMurdo": Coordinate(-77.85, 166.7),
}


def drawn(
    at: Coordinate, radius_km: float, *, certain: bool = True, others: tuple[Coordinate, ...] = ()
) -> DrawnAnswer:
    ids = parents(leaf_ids(np.array([at.latitude_deg]), np.array([at.longitude_deg])), 6)
    cells = [(ring, 0.9) for ring in cell_rings(ids)]
    return DrawnAnswer(at, radius_km, certain, cells, others)


def parts(svg: str) -> dict[str, list[ET.Element]]:
    """Elements of a map by class."""
    found: dict[str, list[ET.Element]] = {}
    for element in ET.fromstring(svg).iter():
        found.setdefault(element.get("class", ""), []).append(element)
    return found


def middle(element: ET.Element) -> float:
    """The middle of a path from left to right, pixels."""
    x = [float(pair.split(" ")[0]) for pair in re.split("[MLZ]", element.get("d", ""))[1:] if pair]
    return (min(x) + max(x)) / 2


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("radius_km", [0.05, 12.0, 900.0, 19_000.0])
def test_every_place_is_drawn(place: str, radius_km: float) -> None:
    svg = overview(drawn(PLACES[place], radius_km, others=(PLACES["Rome"],)))
    found = parts(svg)
    (dot,) = found["answer"]
    assert 0 <= float(dot.get("cx", "-1")) <= WIDTH_PX
    assert len(found["radius"]) == len(found["cell"]) == 1
    assert len(svg) < 600_000
    assert "nan" not in svg


def test_a_small_radius_gets_a_map_of_its_own() -> None:
    for place in ("Rome", "Fiji"):
        answer = drawn(PLACES[place], 5.0)
        found = parts(close_up(answer))
        assert middle(found["radius"][0]) == pytest.approx(WIDTH_PX / 2, abs=1)
        assert found["coast"]
    names = [name.text for name in parts(close_up(drawn(PLACES["Rome"], 5.0)))["name"]]
    assert "Vatican City" in names
    assert close_up(drawn(PLACES["Rome"], 900.0)) == ""
    assert close_up(drawn(PLACES["Rome"], 5.0, certain=False)) == ""


def test_what_is_only_a_guess_has_no_radius() -> None:
    found = parts(overview(drawn(PLACES["Rome"], 900.0, certain=False)))
    assert "radius" not in found
    assert "answer" not in found
    assert len(found["guess"]) == 1
