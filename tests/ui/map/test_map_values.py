"""What the window tells the page, without a page: geometry, JSON, and the order of the channel."""

from __future__ import annotations

import json
import math
import struct

import numpy as np
import pytest
import s2sphere

from geoguess_app.core import cells
from geoguess_app.core.cells.rings import cell_rings
from geoguess_app.core.geo.mercator import world_points
from geoguess_app.core.types import COMBINED, Coordinate, Level, Prediction, Radii
from geoguess_app.paths import resource_dir
from geoguess_app.ui.map.channel import MapChannel
from geoguess_app.ui.map.mercator import arc, packed_rings
from geoguess_app.ui.map.payload import compact, prediction_payload
from geoguess_app.ui.work.map_state import MapState, map_state
from tests.ui.map_samples import BERLIN, PARIS


def test_world_points_are_web_mercator() -> None:
    for latitude in (48.8566, -33.9, 71.2):  # against the formula of the common tile grids
        expected = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
        assert world_points(latitude, 0)[1] == pytest.approx(expected, abs=1e-12)
    assert world_points(0, 0).tolist() == [0.5, pytest.approx(0.5)]
    assert world_points(85.0511287798, 180.0).tolist() == [1.0, pytest.approx(0.0, abs=1e-9)]
    assert world_points(0, 540.0)[0] == 2.0, "turns around the world stay"
    assert np.isfinite(world_points([90, -90], [0, 0])).all()


def test_cell_outlines_pass_through_the_corners_of_s2() -> None:
    ids = cells.parents(cells.leaf_ids([48.85, -33.9], [2.35, 151.2]), 9)
    for cell_id, ring in zip(ids, cell_rings(ids), strict=True):
        cell = s2sphere.Cell(s2sphere.CellId(int(cell_id)))
        corners = [s2sphere.LatLng.from_point(cell.get_vertex(k)) for k in range(4)]
        expected = [world_points(c.lat().degrees, c.lng().degrees) for c in corners]
        assert ring == pytest.approx(np.array(expected), abs=1e-12)


def test_neighbours_of_different_size_share_every_point_of_their_edge() -> None:
    large = cells.parents(cells.leaf_ids(48.0, 10.0), 4)
    inner = cells.children(cells.children(int(np.ravel(large)[0]))[0])
    outline = {tuple(point) for point in cell_rings(np.ravel(large))[0].round(9)}
    small = {tuple(point) for ring in cell_rings(np.ravel(inner)) for point in ring.round(9)}
    edge = [point for point in outline if point in small]
    assert len(edge) >= 2 ** (7 - 4) / 2, "a quarter of the outline touches the inner cells"


def test_cells_at_poles_and_antimeridian_stay_in_one_piece() -> None:
    ids = np.array([s2sphere.CellId.from_face_pos_level(f, 0, 0).id() for f in range(6)], np.uint64)
    rings = cell_rings(ids)
    steps = [np.abs(np.diff(ring[:, 0])).max() for ring in rings]
    assert max(steps[f] for f in (0, 1, 3, 4)) < 0.1, "no line across the world"
    assert np.ptp(rings[2][:, 0]) == pytest.approx(1.0, abs=0.01), "the polar face is all around"
    assert rings[2][:, 1].min() < 0, "and reaches the upper edge"
    assert rings[5][:, 1].max() > 1


def test_packed_rings_can_be_read_back() -> None:
    for count in (0, 1, 2, 5):
        rings = [np.arange(2 * (n + 3), dtype=float).reshape(-1, 2) for n in range(count)]
        packed = packed_rings(rings)
        (read_count,) = struct.unpack_from("<I", packed)
        assert read_count == count
        offsets = np.frombuffer(packed, "<u4", count + 1, 8)
        start = 8 + 4 * (count + 1 + (count + 1) % 2)
        assert start % 8 == 0, "doubles must be aligned for the page"
        points = np.frombuffer(packed, "<f8", -1, start).reshape(-1, 2)
        for n, ring in enumerate(rings):
            assert (points[offsets[n] : offsets[n + 1]] == ring).all()


def test_arc_takes_the_shorter_way_across_the_antimeridian() -> None:
    line = arc(Coordinate(35.7, 139.7), Coordinate(37.8, -122.4))
    assert np.abs(np.diff(line[:, 0])).max() < 0.05
    assert np.ptp(line[:, 0]) == pytest.approx((360 - 139.7 - 122.4) / 360, abs=1e-6)
    assert line[:, 1].min() < line[[0, -1], 1].min(), "the great circle bends towards the pole"
    for end in (Coordinate(-35.7, -40.3), Coordinate(35.7, 139.7)):  # the antipode; itself
        assert np.isfinite(arc(Coordinate(35.7, 139.7), end)).all()


def test_arc_has_no_corners_near_a_pole() -> None:
    line = arc(Coordinate(-10.0, -43.2), Coordinate(35.0, 127.0))
    ways = np.diff(line, axis=0)
    assert np.ptp(np.hypot(*ways.T)) < 1e-3, "equally far apart on the map"
    turns = np.diff(np.unwrap(np.arctan2(ways[:, 1], ways[:, 0])))
    assert np.degrees(np.abs(turns)).max() < 12
    rome, end = Coordinate(41.9, 12.5), Coordinate(80.0, 170.0)
    assert arc(rome, end)[0] == pytest.approx(world_points(rome.latitude_deg, 12.5))
    assert arc(rome, end)[-1] == pytest.approx(world_points(end.latitude_deg, 170.0))


def test_payload_is_json_whatever_the_model_says() -> None:
    radii = Radii(float("nan"), float("inf"), 40_000.0)
    state = MapState({"only": (np.array([3]), np.array([0.123456789]))}, PARIS, radii, known=BERLIN)
    sent = json.loads(compact(prediction_payload(state)))
    assert sent["regions"] == []
    assert sent["layers"]["only"] == {"cells": [3], "p": [0.12345679]}
    assert sent["known"]["off"] == "877\N{NO-BREAK SPACE}km"
    assert json.loads(compact(prediction_payload(None))) is None
    with pytest.raises(ValueError, match="JSON"):
        compact(float("nan"))


def test_no_regions_when_the_model_cannot_tell() -> None:
    state = MapState({}, PARIS, Radii(1, 2, 3), cannot_tell=True)
    sent = prediction_payload(state)
    assert sent is not None
    assert sent["regions"] == []
    assert sent["cannotTell"]


def test_map_state_keeps_99_percent_of_the_mass() -> None:
    fine = np.array([0.6, 0.3, 0.095, 0.004, 0.001])
    prediction = Prediction(
        PARIS, Radii(1, 2, 3), 0.1, Level.CANNOT_TELL, (), None, None, "base",
        {"coarse": np.array([1.0]), "fine": fine, COMBINED: fine}, (), "Test 1.0",
    )  # fmt: skip
    state = map_state(prediction, known=BERLIN)
    assert state.cannot_tell
    assert state.known == BERLIN
    assert list(state.layers[COMBINED][0]) == [0, 1, 2]
    assert list(state.layers["coarse"][0]) == [0]


def test_channel_keeps_the_newest_of_each_topic_until_the_page_listens() -> None:
    channel = MapChannel()
    sent: list[tuple[str, str]] = []
    channel.pushed.connect(lambda topic, _serial, payload: sent.append((topic, payload)))
    channel.push("prediction", "1")
    channel.push("view", '["fitWorld"]')
    channel.push("theme", '"light"')
    channel.push("prediction", "2")
    channel.push("view", '["fitAnswer"]')
    assert sent == []
    channel.begin()
    assert sent == [("theme", '"light"'), ("prediction", "2"), ("view", '["fitAnswer"]')]
    channel.end()
    channel.push("theme", '"dark"')
    sent.clear()
    channel.begin()
    assert sent == [("theme", '"dark"'), ("prediction", "2")], "moves are not repeated"


def test_unknown_reports_are_ignored(caplog: pytest.LogCaptureFixture) -> None:
    channel = MapChannel()
    heard: list[int] = []
    channel.on("candidate", heard.append)
    channel.report("candidate", "[3]")
    assert heard == [3]
    channel.report("erase", "[]")
    assert "erase" in caplog.text
    caplog.clear()


def test_ramp_is_perceptual_and_every_step_differs_for_colour_blind_eyes() -> None:
    colors = json.loads((resource_dir() / "map/data/ramp.json").read_text())["colors"]
    rgb = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in colors])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lightness = 116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16  # CIE L*
    steps = -np.diff(lightness)
    assert (steps > 2).all(), "lightness falls all the way: order survives any colour blindness"
    assert steps.max() / steps.min() < 3, "and evenly"


def test_base_map_stays_small() -> None:
    files = list((resource_dir() / "map" / "data").iterdir())
    assert {file.name for file in files} >= {"land-50m.json", "land-10m.json", "labels.json"}
    assert sum(file.stat().st_size for file in files) < 18_000_000
