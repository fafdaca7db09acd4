"""Words on photos give clues and places, and common words give none."""

from __future__ import annotations

import pytest

from geoguess_app.core.clues.sign_clues import sign_clues
from geoguess_app.core.clues.sign_places import sign_places
from geoguess_app.core.types import Coordinate


def clues(*lines: str) -> list[str]:
    return [str(found.clue) for found in sign_clues(lines)]


@pytest.mark.parametrize(
    ("line", "clue"),
    [
        ("Tel. +351 21 123 4567", "phone=351"),
        ("00351 21 123 4567", "phone=351"),
        ("+49(0)30/1234567", "phone=49"),
        ("+1 (415) 555-0100", "phone=1"),
        ("www.padaria.pt", "domain=pt"),
        ("info@firma.de", "domain=de"),
        ("Restaurante.com.br", "domain=br"),
        ("http://www.shop.co.uk", "domain=uk"),
        ("Österreich", "country=AT"),
        ("Made in Portugal", "country=PT"),
        ("ΕΛΛΑΔΑ", "country=GR"),
        ("中国银行", "country=CN"),
        ("ラーメン", "script=Hira"),
        ("营业时间", "script=Hani"),
        ("ΦΑΡΜΑΚΕΙΟ", "script=Grek"),
        ("Ресторан", "script=Cyrl"),
        ("โรงแรม", "script=Thai"),
        ("Öffentliche Grünanlage, vielen Dank", "language=de"),
        ("Det er ikke tilladt", "language=da"),
        ("Hauptstraße", "language=de"),
    ],
)
def test_words_give_clues(line: str, clue: str) -> None:
    assert clue in clues(line)


@pytest.mark.parametrize(
    "line",
    [
        "STOP",
        "Bank",
        "100 000 km",
        "+12",
        "0080 1234",
        "example.com",
        "youtu.be.tv",
        "shop.io",
        "St.de",
        "12.50",
        "the la de",
        "出出出出",
        "品",
        "Hotel",
        "turkey sandwich",
        "",
    ],
)
def test_common_words_give_none(line: str) -> None:
    assert clues(line) == []


def test_a_clue_comes_once_with_the_words_it_rests_on() -> None:
    found = sign_clues(["www.a-loja.pt", "Lisboa", "mail@a-loja.pt"])
    (domain,) = [one for one in found if str(one.clue) == "domain=pt"]
    assert (domain.text, domain.line) == ("www.a-loja.pt", 0)


def test_japanese_is_not_taken_for_chinese() -> None:
    assert clues("東京タワー入口") == ["script=Hira"]


@pytest.mark.parametrize(
    ("lines", "city", "country"),
    [
        (["LISBOA"], "Lisbon", "PT"),
        (["Wien"], "Vienna", "AT"),
        (["TEL AVIV PORT"], "Tel Aviv", "IL"),
        (["Poole"], "Poole", "GB"),
        (["São Paulo"], "São Paulo", "BR"),
        (["New York"], "New York City", "US"),
    ],
)
def test_names_of_places_are_found(lines: list[str], city: str, country: str) -> None:
    best = sign_places(lines)[0]
    assert (best.place.city, best.place.country_code) == (city, country)


@pytest.mark.parametrize(
    "lines",
    [
        ["STOP"],
        ["Hotel"],
        ["Bank"],
        ["Exit"],
        ["nice"],
        ["MOBILE"],
        ["Bath"],
        ["Vielen Dank"],
        ["Portugal"],
        [],
    ],
)
def test_common_words_name_no_place(lines: list[str]) -> None:
    assert sign_places(lines) == []


def test_a_country_that_other_words_name_decides_between_places_of_a_name() -> None:
    assert sign_places(["Cambridge"])[0].place.country_code == "GB"
    said = sign_places(["Cambridge", "Massachusetts", "+1 617 555 0100"])
    assert said[0].place.country_code == "US"


def test_the_model_decides_between_places_of_a_name() -> None:
    def looks_at_ohio(where: Coordinate, code: str) -> tuple[float, float]:
        near = abs(where.latitude_deg - 41.5) < 2 and abs(where.longitude_deg + 82) < 2
        return (0.9 if near else 0.0), (0.95 if code == "US" else 0.01)

    assert sign_places(["TOLEDO"], probability=lambda *_: (0.0, 0.0))[0].score < 7
    best = sign_places(["TOLEDO"], probability=looks_at_ohio)[0]
    assert (best.place.city, best.place.country_code) == ("Toledo", "US")


def test_a_part_of_a_longer_name_does_not_stand_beside_it() -> None:
    places = [one.place.city for one in sign_places(["New York"])]
    assert "York" not in places
