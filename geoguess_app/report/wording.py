"""Sentences of a report: the answer, what it rests on, and how far it may be trusted."""

from __future__ import annotations

from geoguess_app.core.format import distance, percent, threshold
from geoguess_app.core.geo.coordinates import decimal
from geoguess_app.core.types import (
    CONFIDENCE_KM,
    CluesUsed,
    Level,
    LocatedPhoto,
    Place,
    Prediction,
    is_uncalibrated,
)
from geoguess_app.export.text import LEVEL_WORDS
from geoguess_app.report.facts import ReportSubject

ESTIMATE = (
    "This is an estimate made by a program, not a fact: it can be wrong even where its confidence "
    "is high. Small changes to the pixels, such as editing, compression or a manipulation that "
    "nobody sees, can move it. Check it against other evidence before you rely on it."
)


def headline(located: LocatedPhoto) -> str:
    """The place as finely as the answer may be trusted."""
    place, level = located.place, located.prediction.level
    if _contradicts(located):
        return "Clues and picture contradict each other"
    if level.names_towns:
        return _listed(place.city, place.region, place.country)
    if level is Level.MIDDLE:
        return _listed(place.region, place.country)
    country = place.country or "open sea"
    return f"Perhaps {country}" if level is Level.COARSE else "The model cannot tell"


def _contradicts(located: LocatedPhoto) -> bool:
    """Whether the answer is one that clues forced upon the model; where nothing fitted them, they
    were ignored."""
    used = located.clues
    return used is not None and used.contradict and used.probability_left > 0


def place_name(place: Place) -> str:
    """Town and country, each once."""
    return _listed(place.city or place.region, place.country)


def _listed(*parts: str) -> str:
    return ", ".join(dict.fromkeys(part for part in parts if part)) or "Open sea or unnamed place"


def answer_sentences(located: LocatedPhoto) -> tuple[str, ...]:
    """Say where, within which radius, and how sure, in plain words."""
    answer = located.prediction
    r80, here = distance(answer.radii.r80_km), decimal(answer.coordinate)
    if located.clues is not None and _contradicts(located):
        return (
            f"Only {percent(located.clues.probability_left)} of the model's probability fits the "
            f"clues. Where they fit, the best guess is {here}, near {place_name(located.place)}; "
            "do not rely on it.",
            f"If the clues were right: {_confidence(answer)}",
        )
    if answer.level is Level.CANNOT_TELL:
        return (
            f"The model does not recognise the place. Its best guess is {here}, near "
            f"{place_name(located.place)}; do not rely on it.",
            _confidence(answer),
        )
    return (
        f"With 80% confidence, the photo was taken within {r80} of {here}, near "
        f"{place_name(located.place)}.",
        f"The answer is {LEVEL_WORDS[answer.level]}. {_confidence(answer)}",
    )


def _confidence(answer: Prediction) -> str:
    said = (
        f"{percent(answer.confidence)} confidence that the true place lies within "
        f"{threshold(CONFIDENCE_KM)}."
    )
    if is_uncalibrated(answer.model):
        said += " This confidence was not calibrated on photos."
    return said


def clues_sentence(used: CluesUsed) -> str:
    """Say what the clues together left of the probability."""
    share = percent(used.probability_left)
    if used.probability_left == 0:
        return "Nothing of the model's probability fits the clues, so they were ignored."
    if used.contradict:
        return (
            f"Clues and picture contradict each other: only {share} of the model's probability "
            "fits them. At least one clue is probably wrong, or the model is."
        )
    return (
        f"Only places that fit all clues were considered: {share} of the model's probability lies "
        "there."
    )


def why_only_in_window(subject: ReportSubject) -> str:
    """Say why no command repeats a report; empty where one does."""
    if subject.name:
        return "a pasted picture has no file of its own"
    if subject.area:
        return "a search area can be chosen only there"
    return ""


DEVICES = {"cpu": "processor", "cuda": "graphics card (CUDA)", "mps": "graphics unit (Apple MPS)"}
