"""Answers conditioned on an area, over the cells of the starter model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pytest

from geoguess_app.core.area.areas import (
    Box,
    Countries,
    Country,
    Intersection,
    Land,
    Layer,
    Ring,
    UtcOffset,
    intersect,
)
from geoguess_app.core.area.atlas import Atlas, SharedAtlas
from geoguess_app.core.area.condition import condition, probability_inside
from geoguess_app.core.area.stored import StoredArea
from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.errors import SessionError
from geoguess_app.core.geo.earth_table import earth_table
from geoguess_app.core.geo.sphere import lat_lon
from geoguess_app.core.records.forms import decode, encode
from geoguess_app.core.types import COMBINED, Candidate, Coordinate, Level, Prediction, Radii
from geoguess_app.paths import starter_bundle_dir

JAPAN = Box(30.0, 129.0, 46.0, 146.0)
OCEAN = Ring(((-50.0, -130.0), (-50.0, -120.0), (-45.0, -120.0)))


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    with SharedAtlas(open_bundle(starter_bundle_dir())).use() as atlas:
        return atlas


@pytest.fixture
def whole(atlas: Atlas) -> Prediction:
    """A made-up answer: some probability in every cell, candidates at the likeliest ones."""
    table = atlas.partition
    cells = np.random.default_rng(3).random(table.size) ** 4
    cells /= cells.sum()
    spots = zip(table.mean_latitude_deg, table.mean_longitude_deg, strict=True)
    places = [Coordinate(float(lat), float(lon)) for lat, lon in spots]
    candidates = tuple(
        Candidate(rank, table.tokens[cell], cell, places[cell], 0.0, float(cells[cell]))
        for rank, cell in enumerate(np.argsort(-cells)[:10].tolist(), start=1)
    )
    return Prediction(
        candidates[0].coordinate,
        Radii(100.0, 500.0, 2000.0),
        0.3,
        Level.COARSE,
        candidates,
        None,
        None,
        "base",
        {COMBINED: cells},
        (),
        atlas.model,
    )


def test_of_two_areas_what_lies_in_both_is_left(whole: Prediction, atlas: Atlas) -> None:
    north = Box(38.0, -180.0, 90.0, 180.0)
    both = Intersection((Country("JP"), north))
    shares = [atlas.cover(area).share for area in both.areas]
    np.testing.assert_allclose(atlas.cover(both).share, shares[0] * shares[1])
    inside = condition(whole, both, atlas)
    assert inside is not None
    assert inside.coordinate.latitude_deg > 37.5
    left = probability_inside(whole, both, atlas)
    cells = whole.cell_probabilities[COMBINED]
    assert left == pytest.approx(float(cells @ (shares[0] * shares[1])))
    assert condition(whole, Intersection((Country("JP"), Country("FR"))), atlas) is None


def test_an_answer_stays_where_nearly_all_of_the_probability_lies(
    whole: Prediction, atlas: Atlas
) -> None:
    best, outside = whole.candidates[0].cell_index, whole.candidates[1].cell_index
    cells = np.zeros(atlas.partition.size)
    cells[best], cells[outside] = 0.95, 0.05
    here = whole.coordinate
    around = Box(
        here.latitude_deg - 8, here.longitude_deg - 8, here.latitude_deg + 8, here.longitude_deg + 8
    )
    assert atlas.cover(around).share[best] == 1.0
    assert atlas.cover(around).share[outside] == 0.0
    sure = replace(
        whole, confidence=0.9, level=Level.FINE, radii=Radii(1.0, 2.0, 3.0),
        cell_probabilities={COMBINED: cells}, candidates=whole.candidates[:2],
    )  # fmt: skip
    inside = condition(sure, around, atlas)
    assert inside is not None
    assert (inside.coordinate, inside.radii, inside.level) == (here, sure.radii, Level.FINE)
    assert inside.confidence == pytest.approx((0.9 - 0.05) / 0.95)
    assert [candidate.cell_index for candidate in inside.candidates] == [best]
    assert inside.candidates[0].probability == pytest.approx(inside.confidence)
    cells[best], cells[outside] = 0.2, 0.8
    anew = condition(sure, around, atlas)
    assert anew is not None
    assert anew.radii != sure.radii


def test_an_answer_in_a_country_lies_in_it_and_a_border_cuts_a_cell(
    whole: Prediction, atlas: Atlas
) -> None:
    table = earth_table("countries")
    for code in ("CH", "NL", "MX", "MC", "AQ"):
        cover = atlas.cover(Country(code))
        there = np.flatnonzero(cover.share > 0)
        found = table.at(*lat_lon(cover.vectors[there]))
        assert {table.names[number] for number in found.tolist()} <= {code}
    swiss, german = (atlas.cover(Country(code)).share for code in ("CH", "DE"))
    assert ((swiss > 0) & (german > 0)).any()
    codes = tuple(code for code in table.names if code)
    land = atlas.cover(Countries(codes)).share
    assert set(land.tolist()) <= {0.0, 1.0}  # of what is known of a cell
    inside = condition(whole, Country("CH"), atlas)
    assert inside is not None
    for candidate in inside.candidates:
        here = candidate.coordinate
        number = table.at([here.latitude_deg], [here.longitude_deg])[0]
        assert table.names[int(number)] == "CH"


def test_a_precise_answer_on_a_coast_is_not_doubted_for_the_land_behind_it(
    whole: Prediction, atlas: Atlas
) -> None:
    here = Coordinate(-33.857, 151.215)
    cell = int(atlas.cells_of(np.array([here.latitude_deg]), np.array([here.longitude_deg]))[0])
    cells = np.zeros(atlas.partition.size)
    cells[cell] = 1.0
    sure = replace(
        whole, coordinate=here, confidence=0.9, level=Level.FINE, radii=Radii(0.5, 1.0, 3.0),
        cell_probabilities={COMBINED: cells},
    )  # fmt: skip
    by_the_sea, inland = Land(Layer.COAST, ("yes",)), Land(Layer.COAST, ("no",))
    assert atlas.cover(by_the_sea).share[cell] < 0.3
    assert probability_inside(sure, by_the_sea, atlas) > 0.95
    assert probability_inside(sure, inland, atlas) < 0.05
    kept = condition(sure, by_the_sea, atlas)
    assert kept is not None
    assert (kept.coordinate, kept.radii, kept.level) == (here, sure.radii, Level.FINE)
    vague = replace(sure, level=Level.COARSE)
    share = atlas.cover(by_the_sea).share[cell]
    assert probability_inside(vague, by_the_sea, atlas) == pytest.approx(share)


def test_kinds_of_land_divide_what_is_known_of_it(atlas: Atlas) -> None:
    yes, no = (atlas.cover(Land(Layer.COAST, (value,))).share for value in ("yes", "no"))
    known = yes + no > 0
    np.testing.assert_allclose((yes + no)[known], 1.0)
    both = [Land(Layer.COAST, (value,)) for value in ("yes", "no")]
    assert intersect(both) is None
    assert intersect([both[0], Country("FR"), both[0]]) == Intersection((both[0], Country("FR")))


def test_clocks_divide_the_world(atlas: Atlas) -> None:
    table = atlas.partition
    tokyo, berlin = (
        int(atlas.cells_of(np.array([lat]), np.array([lon]))[0])
        for lat, lon in ((35.68, 139.75), (52.52, 13.40))
    )
    assert atlas.cover(UtcOffset((540,))).share[tokyo] > 0.9
    assert atlas.cover(UtcOffset((540,))).share[berlin] == 0
    # Berlin's clocks are two hours ahead in summer, one in winter, either without a date.
    assert atlas.cover(UtcOffset((120,), date(2024, 7, 1))).share[berlin] > 0.9
    assert atlas.cover(UtcOffset((120,), date(2024, 1, 10))).share[berlin] == 0
    assert atlas.cover(UtcOffset((120,))).share[berlin] > 0.9
    everywhere = sum(
        atlas.cover(UtcOffset((minutes,), date(2024, 1, 10))).share
        for minutes in range(-14 * 60, 14 * 60 + 1, 15)
    )
    np.testing.assert_allclose(everywhere, np.ones(table.size))
    with pytest.raises(SessionError, match="at most 14 hours"):
        UtcOffset((900,))


def test_an_intersection_is_kept_in_a_file() -> None:
    both = Intersection((Countries(("JP", "KR")), JAPAN))
    assert decode(_Holder, encode(_Holder(both))) == _Holder(both)
    for area in (
        UtcOffset((540,), date(2019, 7, 1)),
        UtcOffset((-210, 60)),
        Land(Layer.COAST, ("yes",)),
        Intersection((Country("JP"), Land(Layer.CLIMATE, ("Cfa", "Cfb")))),
    ):
        assert decode(_Holder, encode(_Holder(area))) == _Holder(area)
    with pytest.raises(ValueError, match="layer"):
        decode(_Holder, {"area": {"land": {"layer": "../../secret", "values": ["yes"]}}})
    with pytest.raises(ValueError, match="must be one of country, countries, box, ring, utc_off"):
        decode(_Holder, {"area": {"country": "JP", "all": [{"country": "KR"}, {"country": "JP"}]}})


@dataclass(frozen=True)
class _Holder:
    area: StoredArea


def test_probabilities_are_scaled_to_the_share_of_each_cell(
    whole: Prediction, atlas: Atlas
) -> None:
    inside = condition(whole, JAPAN, atlas)
    assert inside is not None
    expected = whole.cell_probabilities[COMBINED] * atlas.cover(JAPAN).share
    expected /= expected.sum()
    assert inside.cell_probabilities[COMBINED] == pytest.approx(expected)
    for candidate in inside.candidates:
        assert candidate.weight == pytest.approx(expected[candidate.cell_index])
        assert JAPAN.south_deg <= candidate.coordinate.latitude_deg <= JAPAN.north_deg
        assert JAPAN.west_deg <= candidate.coordinate.longitude_deg <= JAPAN.east_deg
    assert inside.coordinate == inside.candidates[0].coordinate
    assert 0 < inside.radii.r50_km <= inside.radii.r80_km <= inside.radii.r95_km
    assert sum(c.probability for c in inside.candidates) <= 1.0 + 1e-9


def test_an_area_inside_an_area_gives_the_same_answer_at_once_and_in_two_steps(
    whole: Prediction, atlas: Atlas
) -> None:
    """Cells that lie in both areas in part differ; the likeliest cell does not."""
    part = Box(34.0, 134.0, 37.0, 141.0)
    once = condition(whole, part, atlas)
    twice = condition(condition(whole, JAPAN, atlas) or whole, part, atlas)
    assert once is not None
    assert twice is not None
    best = int(np.argmax(once.cell_probabilities[COMBINED]))
    assert best == int(np.argmax(twice.cell_probabilities[COMBINED]))


def test_candidates_stand_in_for_forgotten_probabilities(whole: Prediction, atlas: Atlas) -> None:
    second = whole.candidates[1]
    lat, lon = second.coordinate.latitude_deg, second.coordinate.longitude_deg
    around = Box(lat - 0.01, lon - 0.01, lat + 0.01, lon + 0.01)
    inside = condition(replace(whole, cell_probabilities={}), around, atlas)
    assert inside is not None
    assert inside.candidates[0].cell_index == second.cell_index
    assert inside.coordinate.latitude_deg == pytest.approx(lat)
    assert inside.cell_probabilities == {}


def test_nothing_is_left(whole: Prediction, atlas: Atlas) -> None:
    assert condition(replace(whole, cell_probabilities={}), OCEAN, atlas) is None
    assert condition(replace(whole, model="Another 1.0"), JAPAN, atlas) is None
    assert atlas.cover(JAPAN).condition(np.zeros(atlas.partition.size)) is None


def test_the_most_alike_photo_counts(whole: Prediction, atlas: Atlas) -> None:
    """A summary that lists no neighbours hands their similarity on."""
    low, high = (condition(whole, JAPAN, atlas, similarity) for similarity in (0.0, 0.9))
    assert low is not None
    assert high is not None
    assert low.confidence != high.confidence


def test_a_code_of_no_country_is_refused(whole: Prediction, atlas: Atlas) -> None:
    with pytest.raises(SessionError, match="XQ"):
        condition(whole, Country("XQ"), atlas)
