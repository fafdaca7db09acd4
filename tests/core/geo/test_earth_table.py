"""Which country a spot belongs to, beside borders above all; the coast and islands."""

from __future__ import annotations

import time

import numpy as np
import pytest

from geoguess_app.core import cells
from geoguess_app.core.geo.earth_table import EarthTable, earth_table
from geoguess_app.core.geo.gazetteer import load_gazetteer
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.types import Coordinate

BORDERS = {
    "CH": [(47.5476, 7.5896), (46.2044, 6.1432), (46.0037, 8.9511)],  # Basel, Geneva, Lugano
    "DE": [(47.5947, 7.6247), (48.5716, 7.8151), (47.6120, 7.6614)],  # Weil, Kehl, Lörrach
    "FR": [(47.5910, 7.5500), (48.5734, 7.7521), (43.7710, 7.4980)],  # Huningue, Strasbourg, Menton
    "CA": [(43.0900, -79.0900), (42.2900, -83.0400)],  # Niagara Falls, Windsor
    "US": [(43.0920, -79.0300), (42.3350, -83.0460), (32.7157, -117.1611), (61.2181, -149.9003)],
    "MX": [(32.5149, -117.0382), (31.6904, -106.4245)],  # Tijuana, Ciudad Juárez
    "VA": [(41.9029, 12.4534)],
    "IT": [(41.8902, 12.4922), (45.8081, 9.0852)],  # Rome, Como
    "MC": [(43.7384, 7.4246)],
    "SM": [(43.9424, 12.4578)],
    "LS": [(-29.3151, 27.4869)],
    "ZA": [(-29.2100, 27.3900), (-29.8587, 31.0218)],
    "RU": [(54.7104, 20.4522), (66.0, -170.5), (59.3720, 28.2300)],  # the last: Ivangorod
    "EE": [(59.3770, 28.1700)],  # Narva
    "GI": [(36.1300, -5.3500)],
    "ES": [(36.1680, -5.3500), (28.1235, -15.4363), (35.8894, -5.3213)],  # La Línea, Ceuta
    "HK": [(22.2793, 114.1628)],
    "CN": [(22.5431, 114.0579)],  # Shenzhen
    "RE": [(-20.8789, 55.4481)],
    "GF": [(4.9224, -52.3135)],
    "SJ": [(78.2232, 15.6267), (77.9, 22.5)],  # Longyearbyen, Edgeøya
    "NO": [(69.6492, 18.9553)],
    "DK": [(56.0361, 12.6136)],  # Helsingør
    "SE": [(56.0465, 12.6945)],  # Helsingborg
    "SG": [(1.2903, 103.8520)],
    "MY": [(1.4927, 103.7414)],  # Johor Bahru
    "TW": [(25.0330, 121.5654)],
    "EH": [(26.30, -11.10)],  # as far as it is not Moroccan in fact
    "XK": [(42.6629, 21.1655)],
    "UA": [(44.6166, 33.5254), (50.4501, 30.5234)],  # Sevastopol as GeoNames has it
    "FJ": [(-16.8, 179.99), (-17.0, -179.9)],
    "AQ": [(-77.85, 166.67), (-89.9, 0.0)],
}  # fmt: skip


def test_countries_end_at_their_borders() -> None:
    table = earth_table("countries")
    wrong = [
        (code, spot, found)
        for code, spots in BORDERS.items()
        for spot in spots
        if (found := _value(table, *spot)) != code
    ]
    assert not wrong


def test_near_a_coast_the_sea_belongs_to_the_country_and_the_high_sea_to_none() -> None:
    table = earth_table("countries")
    assert _value(table, 51.3, 1.6) == "GB"  # 15 km off Kent
    assert _value(table, 45.33, 12.5) == "IT"  # off Venice
    assert _value(table, 45.0, -30.0) == ""
    assert _value(table, 0.0, 0.0) == ""


def test_towns_lie_in_the_country_of_their_name() -> None:
    """But for some right at a border, and the few that two sources see differently."""
    table, towns = earth_table("countries"), load_gazetteer()
    found = np.array(table.names)[table.at(towns.latitude_deg, towns.longitude_deg)]
    same = found == np.array(towns.country_code)
    assert same.mean() > 0.9965
    assert (found == "").sum() < 10
    assert set(towns.country_code) <= {*table.names}


@pytest.mark.parametrize(
    ("spot", "coast", "island"),
    [
        ((36.7213, -4.4214), "yes", "no"),  # Málaga
        ((40.4168, -3.7038), "no", "no"),  # Madrid
        ((51.5074, -0.1278), "no", "yes"),  # London
        ((50.8225, -0.1372), "yes", "yes"),  # Brighton
        ((35.0116, 135.7681), "no", "yes"),  # Kyoto
        ((37.5079, 15.0830), "yes", "yes"),  # Catania
        ((19.8968, -155.5828), "no", "yes"),  # the middle of Hawaii
        ((64.1466, -21.9426), "yes", "yes"),  # Reykjavik
        ((-33.8568, 151.2153), "yes", "no"),  # Sydney: Australia is a continent
        ((66.16, -169.81), "yes", "no"),  # Chukotka, across the date line
        ((41.8781, -87.6298), "no", "no"),  # Chicago: a lake is no sea
        ((48.8566, 2.3522), "no", "no"),
    ],
)
def test_coasts_and_islands(spot: tuple[float, float], coast: str, island: str) -> None:
    assert _value(earth_table("coast"), *spot) == coast
    assert _value(earth_table("island"), *spot) == island


@pytest.mark.parametrize(
    ("spot", "climate", "mountains"),
    [
        ((1.35, 103.82), "Af", "no"),  # Singapore
        ((30.04, 31.24), "BWh", "no"),  # Cairo
        ((37.98, 23.73), "Csa", "no"),  # Athens
        ((51.51, -0.13), "Cfb", "no"),  # London
        ((55.75, 37.62), "Dfb", "no"),  # Moscow
        ((62.03, 129.73), "Dfd", "no"),  # Yakutsk
        ((71.29, -156.79), "ET", "no"),  # Utqiaġvik
        ((-78.46, 106.84), "EF", "no"),  # Vostok
        ((46.02, 7.75), "Dfc", "yes"),  # Zermatt
        ((47.27, 11.39), "Dfc", "yes"),  # Innsbruck, between mountains
        ((-13.53, -71.97), "Cwc", "yes"),  # Cusco
        ((-1.29, 36.82), "Cfb", "no"),  # Nairobi: high, but flat
        ((45.0, -30.0), "", ""),
    ],
)
def test_climates_and_mountains(spot: tuple[float, float], climate: str, mountains: str) -> None:
    assert _value(earth_table("climate"), *spot) == climate
    assert _value(earth_table("mountains"), *spot) == mountains


def test_shares_are_those_of_many_points() -> None:
    """Against points thrown into cells on borders and coasts."""
    table = earth_table("countries")
    spots = [(47.57, 7.6), (50.0, 6.0), (43.09, -79.05), (22.5, 114.1), (56.0, 12.65)]
    ids = cells.parents(cells.leaf_ids(*np.array(spots).T), 7)
    chance = np.random.default_rng(1)
    for code in ("CH", "DE", "BE", "CA", "CN", "SE"):
        fits = table.fits((code,))
        for cell, share in zip(ids, table.share(ids, fits).tolist(), strict=True):
            low, high = cells.range_min(cell), cells.range_max(cell)
            leaves = chance.integers(int(low), int(high), 4000, dtype=np.uint64) | np.uint64(1)
            numbers = table.at(*cells.centers(leaves))
            known = np.array(table.names)[numbers] != ""
            assert share == pytest.approx(fits[numbers][known].mean(), abs=0.03)


def test_points_of_a_country_are_spread_over_its_part_of_a_cell() -> None:
    table = earth_table("countries")
    ids = cells.parents(cells.leaf_ids([47.57, 43.09], [7.6, -79.05]), 6)
    fits = table.fits(("CH", "CA"))
    lat, lon = table.spots(ids, fits, 50)
    assert lat.shape == (2, 50)
    assert fits[table.at(lat, lon)].all()
    assert (cells.parents(cells.leaf_ids(lat, lon), 6) == ids[:, None]).all()


def test_places_near_a_border_are_named_on_their_side_of_it() -> None:
    finder = PlaceFinder()
    named = {
        code: finder.at(Coordinate(*spot)).country_code
        for code, spots in BORDERS.items()
        for spot in spots[:1]
        if code != "AQ"
    }
    assert named == {code: code for code in named}
    # Across the Rhine from Strasbourg, whose disc reaches over it.
    assert finder.at(Coordinate(48.5740, 7.8080)).country == "Germany"


def test_a_hundred_thousand_points_take_no_time() -> None:
    table = earth_table("countries")
    chance = np.random.default_rng(2)
    lat, lon = chance.uniform(-60, 75, 100_000), chance.uniform(-180, 180, 100_000)
    leaves = cells.leaf_ids(lat, lon)
    table.share(leaves[:1], table.fits(("FR",)))
    start = time.process_time()
    table.share(leaves, table.fits(("FR", "DE")))
    assert time.process_time() - start < 1.0  # some 30 ms


def _value(table: EarthTable, latitude_deg: float, longitude_deg: float) -> str:
    return table.names[int(table.at([latitude_deg], [longitude_deg])[0])]
