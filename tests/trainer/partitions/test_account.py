"""The numbers of a partition report against s2sphere, plain loops and geography."""

from __future__ import annotations

import csv
import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
import s2sphere

from geoguess_app.core import cells
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.partition import Partition
from tests.trainer.partitions.conftest import Made
from trainer.partitions.land import land_share

EARTH_KM2 = 4 * np.pi * 6371.0**2


@pytest.fixture(scope="module")
def said(made: Made) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((made.folder / "report.json").read_text(encoding="utf-8"))
    return found


def ids_of(made: Made, number: int) -> list[s2sphere.CellId]:
    tokens = made.account.partitions[number].build.partition.tokens
    return [s2sphere.CellId.from_token(token) for token in tokens]


def leaves_of(made: Made) -> list[s2sphere.CellId]:
    return [
        s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(a, b))
        for a, b in zip(made.latitude_deg.tolist(), made.longitude_deg.tolist(), strict=True)
    ]


@pytest.mark.long
def test_every_photo_is_accounted_for(made: Made, said: dict[str, Any]) -> None:
    assert (said["photos"], said["rows"], said["split"]) == (3000, 3100, "train")
    for number, partition in enumerate(said["partitions"]):
        assert partition["kept"] + partition["reassigned"] + partition["dropped"] == 3000
        inside = {cell.id() for cell in ids_of(made, number)}
        kept = sum(
            any(leaf.parent(level).id() in inside for level in range(2, 31))
            for leaf in leaves_of(made)
        )
        assert partition["kept"] == kept
        assert partition["reassigned"] > 0
        assert partition["dropped"] > 0


def test_coordinates_that_photos_share_are_counted(made: Made, said: dict[str, Any]) -> None:
    times = Counter(leaf.id() for leaf in leaves_of(made))
    assert said["distinct_coordinates"] == len(times)
    assert said["photos_sharing_coordinates"] == sum(n for n in times.values() if n > 1) >= 400


def test_levels_and_areas_are_those_of_s2(made: Made, said: dict[str, Any]) -> None:
    for number, partition in enumerate(said["partitions"]):
        ids = ids_of(made, number)
        levels = Counter(str(cell.level()) for cell in ids)
        assert partition["cells_per_level"] == levels
        assert partition["cells"] == len(ids) == sum(levels.values())
        # s2sphere's exact areas lose their digits in cells of centimetres; take its average there.
        areas = [
            s2sphere.Cell(cell).exact_area() * 6371.0**2
            if cell.level() < 15
            else s2sphere.Cell(cell).approx_area() * 6371.0**2
            for cell in ids
        ]
        area = partition["area_km2"]
        assert area["max"] == pytest.approx(max(areas), rel=1e-9)
        assert area["min"] == pytest.approx(min(areas), rel=1e-4)
        assert area["median"] == pytest.approx(np.median(areas), rel=1e-4)
        assert partition["share_of_earth"] == pytest.approx(sum(areas) / EARTH_KM2, rel=1e-6)


def test_ceilings_are_those_of_plain_distances(made: Made, said: dict[str, Any]) -> None:
    for number, partition in enumerate(said["partitions"]):
        table = made.account.partitions[number].build.partition
        ids = ids_of(made, number)
        index = {cell.id(): k for k, cell in enumerate(ids)}
        km = []
        for photo, leaf in enumerate(leaves_of(made)):
            home = [
                index[leaf.parent(level).id()]
                for level in range(2, 31)
                if leaf.parent(level).id() in index
            ]
            means = great_circle_km(
                made.latitude_deg[photo],
                made.longitude_deg[photo],
                table.mean_latitude_deg[home or slice(None)],
                table.mean_longitude_deg[home or slice(None)],
            )
            km.append(float(means.min()))
        for limit in ("1", "25", "200", "750", "2500"):
            expected = np.mean(np.array(km) <= float(limit))
            assert partition["ceiling"][limit] == pytest.approx(expected, abs=1e-12)
        assert partition["ceiling_mean_km"] == pytest.approx(np.mean(km), rel=1e-6)
        assert partition["ceiling_median_km"] == pytest.approx(np.median(km), rel=1e-6, abs=1e-9)
        curve = made.account.partitions[number].curve
        assert curve[-1] == 1.0
        assert (np.diff(curve) >= 0).all()


def test_orphans_are_the_fine_cells_without_a_coarse_one(made: Made, said: dict[str, Any]) -> None:
    coarse, fine = (ids_of(made, number) for number in (0, 1))
    lost = [k for k, cell in enumerate(fine) if not any(other.contains(cell) for other in coarse)]
    counts = made.account.finest.build.partition.photo_counts
    assert said["partitions"][0]["orphans_of_the_finest"] == len(lost) > 0
    assert said["partitions"][0]["photos_of_orphans"] == counts[lost].sum()
    assert said["partitions"][1]["orphans_of_the_finest"] == 0


def test_the_crowd_at_one_spot_is_flagged(said: dict[str, Any]) -> None:
    for partition in said["partitions"]:
        cell = max(partition["flagged"], key=lambda cell: cell["photos"])
        assert (cell["photos"], cell["distinct_coordinates"]) == (400, 1)
        assert (cell["latitude_deg"], cell["longitude_deg"]) == pytest.approx(
            (48.8566, 2.3522),
            abs=0.1,  # re-assigned photos pull at it
        )


def test_the_summary_table_agrees(made: Made, said: dict[str, Any]) -> None:
    with (made.folder / "partitions.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row, partition in zip(rows, said["partitions"], strict=True):
        assert row["partition"] == partition["name"]
        for column in ("cells", "kept", "reassigned", "dropped"):
            assert int(row[column]) == partition[column]
        assert int(row["orphans"]) == partition["orphans_of_the_finest"]
        assert int(row["flagged"]) == len(partition["flagged"])
        for limit, share in partition["ceiling"].items():
            assert float(row[f"ceiling_{limit}_km"]) == pytest.approx(share, abs=1e-6)


def whole_cells(*tokens: str) -> Partition:
    ids = np.sort(cells.ids_from_tokens(tokens))
    zeros = np.zeros(ids.size)
    return Partition("x", ids, np.ones(ids.size), zeros, zeros)


def test_land_is_where_land_is() -> None:
    everything = whole_cells("1", "3", "5", "7", "9", "b")
    assert land_share(everything) == pytest.approx(1.0, abs=1e-9)
    at = [(23.0, 10.0), (0.0, -150.0)]  # the Sahara, the middle of the Pacific
    for (lat, lon), land in zip(at, (1.0, 0.0), strict=True):
        for level in (4, 9, 14):
            leaf = s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(lat, lon))
            cell = leaf.parent(level)
            share = land_share(whole_cells(cell.to_token()))
            area = s2sphere.Cell(cell).exact_area() * 6371.0**2
            # The land of the Earth: 148.9 million km².
            assert share == pytest.approx(land * area / 148.9e6, rel=0.02)


def test_land_and_sea_add_up_to_the_earth() -> None:
    """Australia with its islands: 7.69 million km² of 148.9."""
    box = s2sphere.LatLngRect(
        s2sphere.LatLng.from_degrees(-44, 112), s2sphere.LatLng.from_degrees(-10.5, 154)
    )
    coverer = s2sphere.RegionCoverer()
    coverer.min_level = coverer.max_level = 6
    coverer.max_cells = 10_000
    # Parts of New Guinea and of Timor lie in the box too.
    share = land_share(whole_cells(*(cell.to_token() for cell in coverer.get_covering(box))))
    assert share is not None
    assert share * 148.9 == pytest.approx(7.69, abs=0.25)
