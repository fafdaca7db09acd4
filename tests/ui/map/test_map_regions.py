"""Radii of all sizes as outlines on the flat map, and which side of them is inside."""

from __future__ import annotations

import numpy as np
import pytest

from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import Coordinate, Radii
from geoguess_app.ui.map.payload import prediction_payload, region_payload
from geoguess_app.ui.work.map_state import MapState
from tests.ui.map_page import MapDriver

ALPS = Coordinate(46.0, 8.0)


@pytest.mark.parametrize("radius_km", [800.0, 4000.0, 8500.0, 16000.0])
def test_every_point_of_an_outline_is_as_far_away_as_it_says(radius_km: float) -> None:
    points = np.reshape(region_payload(ALPS, radius_km), (-1, 2))
    latitude = np.degrees(2 * np.arctan(np.exp((0.5 - points[:, 1]) * 2 * np.pi)) - np.pi / 2)
    away = great_circle_km(46.0, 8.0, latitude, (points[:, 0] - 0.5) * 360)
    seen = np.abs(latitude) < 84.0  # beyond lies the edge of the map
    assert seen.sum() > 30
    np.testing.assert_allclose(away[seen], radius_km, rtol=0.005)


@pytest.mark.parametrize(
    ("answer", "radius_km", "inside"),
    [
        (ALPS, 2000.0, "ring"),
        (ALPS, 7000.0, "north"),
        (Coordinate(-20.0, -170.0), 9000.0, "south"),
        (ALPS, 16000.0, "out"),
    ],
)
def test_the_answer_lies_inside_and_its_antipode_outside(
    driver: MapDriver, answer: Coordinate, radius_km: float, inside: str
) -> None:
    state = MapState(answer=answer, radii=Radii(radius_km / 3, radius_km, 19_500.0))
    payload = prediction_payload(state)
    assert payload is not None
    assert [region["inside"] for region in payload["regions"]][-1] == inside
    driver.drawn("prediction", lambda: driver.view.show_prediction(state))
    driver.look_at(0.0, answer.longitude_deg, 2.0)
    antipode = Coordinate(-answer.latitude_deg, answer.longitude_deg + 180)
    held = []
    for place in (answer, antipode):
        at = driver.point(place)
        held.append(
            driver.js(
                "(() => { const { above, overlay } = geoguess, region = overlay.regions.at(-1);"
                " const path = overlay.cap(above.window, region, region.inside === 'out');"
                " const { left, top } = above.window.inner;"
                " return new OffscreenCanvas(1, 1).getContext('2d').isPointInPath("
                f"path, left + {at.x()}, top + {at.y()}, 'evenodd'); }})()"
            )
        )
    assert held == [True, False]
