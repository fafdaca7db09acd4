"""Clues are read from words, stand for countries or hemispheres, and combine."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from geoguess_app.core.area.areas import Box, Countries, Country, Intersection, UtcOffset
from geoguess_app.core.clues.clue import (
    Clue,
    area_of,
    describe,
    known_clues,
    parse_clue,
    utc_offset_clue,
)
from geoguess_app.core.clues.kinds import ClueKind
from geoguess_app.core.clues.tables import clue_tables
from geoguess_app.core.errors import ClueError


@pytest.mark.parametrize(
    ("text", "kind", "values", "words"),
    [
        ("drives-on=LEFT", ClueKind.DRIVES_ON, ("left",), "drives on the left"),
        ("language=pt", ClueKind.LANGUAGE, ("pt",), "Portuguese"),
        ("Language=portuguese, es", ClueKind.LANGUAGE, ("pt", "es"), "Portuguese or Spanish"),
        ("script=thai", ClueKind.SCRIPT, ("Thai",), "Thai script"),
        ("country=br,Portugal", ClueKind.COUNTRY, ("BR", "PT"), "Brazil or Portugal"),
        ("currency=jpy", ClueKind.CURRENCY, ("JPY",), "Japanese Yen"),
        ("phone=+351", ClueKind.PHONE, ("351",), "calling code +351"),
        ("phone=00351", ClueKind.PHONE, ("351",), "calling code +351"),
        ("domain=.uk", ClueKind.DOMAIN, ("uk",), "domain .uk"),
        ("hemisphere=south", ClueKind.HEMISPHERE, ("south",), "southern hemisphere"),
        ("utc-offset=+9", ClueKind.UTC_OFFSET, ("+09:00",), "clocks at UTC+09:00"),
        ("utc-offset=UTC-3:30", ClueKind.UTC_OFFSET, ("-03:30",), "clocks at UTC-03:30"),
        ("coast=yes", ClueKind.COAST, ("yes",), "within 5\N{NO-BREAK SPACE}km of the sea"),
        ("island=NO", ClueKind.ISLAND, ("no",), "not on an island"),
        ("mountains=yes", ClueKind.MOUNTAINS, ("yes",), "in high mountains"),
        ("climate=desert", ClueKind.CLIMATE, ("BW",), "desert climate"),
        ("climate=csa,A", ClueKind.CLIMATE, ("Csa", "A"), "Csa or tropical climate"),
        ("plate=d", ClueKind.PLATE, ("D",), "number plate D"),
        ("utc-offset=Z", ClueKind.UTC_OFFSET, ("+00:00",), "clocks at UTC+00:00"),
    ],
)
def test_a_clue_is_read_and_said(
    text: str, kind: ClueKind, values: tuple[str, ...], words: str
) -> None:
    clue = parse_clue(text)
    assert clue == Clue(kind, values)
    assert describe(clue) == words
    assert parse_clue(str(clue)) == clue


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("altitude=2000", "'altitude' is no kind of clue; there are drives-on, language,"),
        ("drives-on", "drives-on needs a value: drives-on=left."),
        ("drives-on=middle", "drives-on=middle is not known; examples: left, right."),
        ("hemisphere=north,south", "hemisphere takes one value."),
        ("language=portugese", "language=portugese is not known; examples: "),
        ("phone=+999", "phone=+999 is not known"),
        ("utc-offset=+15", "utc-offset=+15 is not known; examples: +09:00, -3:30, Z."),
        ("country=,", "country needs a value: country=PT,BR."),
    ],
)
def test_what_is_wrong_is_said_with_what_is_possible(text: str, said: str) -> None:
    with pytest.raises(ClueError) as caught:
        parse_clue(text)
    assert said in str(caught.value)


def test_clues_stand_for_the_countries_that_they_fit() -> None:
    left = parse_clue("drives-on=left").area()
    assert isinstance(left, Countries)
    assert {"GB", "JP", "TH", "AU", "KE", "CY", "MT", "IE"} <= set(left.codes)
    assert not {"FR", "US", "CN", "MM", "GI"} & set(left.codes)
    assert parse_clue("script=Thai").area() == Country("TH")
    assert parse_clue("domain=.uk").area() == Country("GB")
    greek = parse_clue("script=Grek").area()
    assert isinstance(greek, Countries)
    assert greek.codes == ("CY", "GR")
    portuguese = parse_clue("language=pt").area()
    assert isinstance(portuguese, Countries)
    assert {"PT", "BR", "AO", "MZ", "CV"} <= set(portuguese.codes)
    assert "ES" not in portuguese.codes
    dollars = parse_clue("phone=1").area()
    assert isinstance(dollars, Countries)
    assert {"US", "CA", "JM"} <= set(dollars.codes)


def test_a_cameras_clock_is_a_clue() -> None:
    clue = utc_offset_clue(timedelta(hours=-3, minutes=-30))
    assert clue == parse_clue("utc-offset=-03:30")
    assert clue.area() == UtcOffset((-210,))
    day = date(2019, 7, 1)
    both = [clue, parse_clue("hemisphere=north")]
    assert area_of(both, day) == Intersection((UtcOffset((-210,), day), Box(0, -180, 90, 180)))
    labels = [label for label, _ in known_clues()]
    assert len(labels) == len(set(labels)) > 700
    assert "Clocks at UTC+05:45" in labels


def test_several_clues_leave_what_fits_all() -> None:
    clues = [parse_clue(text) for text in ("language=pt", "drives-on=left")]
    common = area_of(clues)
    assert isinstance(common, Countries)
    assert {"MZ", "MO"} <= set(common.codes)
    assert "PT" not in common.codes
    south = [*clues, parse_clue("hemisphere=south")]
    assert area_of(south) == Intersection((common, Box(-90.0, -180.0, 0.0, 180.0)))
    with pytest.raises(ClueError, match="No place fits script=Thai and drives-on=right at once"):
        area_of([parse_clue("script=thai"), parse_clue("drives-on=right")])


def test_every_country_says_something_and_every_code_has_a_name() -> None:
    tables = clue_tables()
    assert len(tables.countries) > 240
    for facts in tables.countries.values():
        assert set(facts.scripts) <= set(tables.scripts)
        assert set(facts.currencies) <= set(tables.currencies)
    assert sum(facts.drives_on == "left" for facts in tables.countries.values()) == 75
