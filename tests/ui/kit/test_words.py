"""Numbers and places in words."""

from __future__ import annotations

import pytest

from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.types import UNCALIBRATED, Coordinate, Level, Place, Radii
from geoguess_app.ui.kit import words

PARIS = Place("Paris", "Île-de-France", "France", "FR")
SEA = Place("", "", "", "")


def test_radius_is_said_as_a_layman_says_it() -> None:
    assert words.radius(12.0) == "within 12\u00a0km, 80% confidence"


def test_places() -> None:
    assert words.place_title(PARIS) == "Paris"
    assert words.place_rest(PARIS) == "Île-de-France, France"
    assert words.place_short(PARIS) == "Paris, France"
    assert words.place_short(Place("Singapore", "", "Singapore", "SG")) == "Singapore"
    assert words.place_vague(PARIS) == "France"
    assert words.place_guess(PARIS) == "France?"
    london = Place("London", "England", "United Kingdom", "GB")
    assert words.place_title(london, Level.COARSE) == "Perhaps the United Kingdom"
    assert words.place_short(london) == "London, United Kingdom"
    assert words.place_guess(london) == "United Kingdom?"
    assert words.place_title(SEA) == "Open sea or unnamed place"
    assert words.place_in_sentence(SEA, Coordinate(10.0, -20.0)) == "10.00, -20.00"


def test_a_vague_answer_is_not_named_after_a_town() -> None:
    assert words.place_short(PARIS, Level.MIDDLE) == "Île-de-France, France"
    assert words.place_rest(PARIS, Level.MIDDLE) == "near Paris, France"
    assert words.place_title(PARIS, Level.COARSE) == "Perhaps France"
    assert "Paris" not in words.place_rest(PARIS, Level.COARSE)
    assert words.place_title(SEA, Level.COARSE) == "Perhaps the open sea"


def test_every_level_has_words() -> None:
    assert len({words.level(level) for level in Level}) == len(Level)
    rules = Calibration().levels
    assert "reference photos" in words.level_help(Level.SAME_PLACE, rules)
    told = [words.level_help(level, rules) for level in Level if level is not Level.SAME_PLACE]
    for text, distance in zip(told, ("25", "200", "750", "750"), strict=True):
        assert distance in text
    assert all("50" in text and text.endswith(".") for text in told)
    # A bundle may know no levels at all.
    assert all(words.level_help(level, {}).endswith(".") for level in Level)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (22, "22 s"), (200, "3 min"), (8000, "2 h")]
)
def test_time_left_is_rough(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


def test_counts_and_scenes() -> None:
    assert words.photos(1) == "1 photo"
    assert words.photos(5000) == "5,000 photos"
    assert words.scene("church, outdoor") == "Church, outdoor"
    assert words.scene("bus_interior") == "Bus interior"
    assert words.scene("temple, asia") == "Temple, Asia"


def test_a_radius_far_wider_than_its_half_stands_beside_it() -> None:
    assert words.radii(Radii(2.0, 12.0, 900.0)) == words.radius(12.0)
    said = words.radii(Radii(150.0, 7610.0, 14000.0)).replace("\u00a0", " ")
    assert said == "within 150 km with 50% confidence, within 7,610 km with 80%"


def test_the_member_of_an_ensemble_that_spoke_is_named() -> None:
    assert words.network("member geoclip") == "the member “geoclip”"
    assert words.network("gallery") == "comparison with a gallery of places"


def test_a_confidence_that_was_never_measured_says_so_wherever_it_stands() -> None:
    assert words.confidence(0.34, "Starter 2.0") == "34% confidence within 25\u00a0km"
    said = words.confidence(0.34, f"GeoCLIP 1 {UNCALIBRATED}")
    assert said == "34% confidence within 25\u00a0km, not calibrated on photos of yours"
