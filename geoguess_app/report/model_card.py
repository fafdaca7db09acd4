"""A model in short: who made it from what, how often it was right, and how to recognise it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geoguess_app.core.bundle.manifest import Manifest
from geoguess_app.core.format import count, distance, percent, precise_percent, threshold

_DISTANCES_KM = ("1", "25", "200", "750", "2500")
_MOST_SOURCES = 3


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model's facts in words, and its accuracy as a small table."""

    facts: tuple[tuple[str, str], ...]
    """Names and values."""
    distances: tuple[str, ...]
    """The heads of the table of accuracy; empty without figures."""
    shares: tuple[str, ...]
    """Shares of photos placed within each distance."""
    note: str
    """Of which photos the shares are, or that there are no figures."""


def model_card(manifest: Manifest) -> ModelCard:
    """Put the card of a model together from what its bundle says."""
    facts = (
        ("Model", manifest.title),
        ("Licence", manifest.license),
        ("Created", manifest.created),
        ("Intended area", manifest.intended_area),
        ("Trained on", _trained_on(manifest)),
        ("Confidence", _calibration(manifest)),
        ("Fingerprint", fingerprint(manifest)),
    )
    distances, shares, note = _accuracy(manifest.evaluation)
    return ModelCard(tuple((name, text) for name, text in facts if text), distances, shares, note)


def fingerprint(manifest: Manifest) -> str:
    """Identify a model: the SHA-256 of ``bundle.json``, which lists those of its other files."""
    return hashlib.sha256(manifest.to_bytes()).hexdigest()


def _trained_on(manifest: Manifest) -> str:
    sources = sorted(manifest.provenance, key=lambda source: -source.photos)
    if not sources:
        return ""
    photos = count(sum(source.photos for source in sources), "photo", "photos")
    names = "; ".join(source.name for source in sources[:_MOST_SOURCES])
    if len(sources) <= _MOST_SOURCES:
        return f"{photos}: {names}"
    return f"{photos} from {len(sources):,} sources; the largest: {names}"


def _calibration(manifest: Manifest) -> str:
    calibration = manifest.calibration
    if not calibration.get("within"):
        return "not calibrated: it says little"
    if calibration.get("basis") == "published":
        return "not calibrated on photos: it follows published averages"
    text = "calibrated on located photos"
    if isinstance(coverage := manifest.evaluation.get("coverage"), Mapping) and "80" in coverage:
        text += (
            f"; of test photos, {percent(float(coverage['80']))} lay within their radius of 80% "
            "confidence"
        )
    return text


def _accuracy(figures: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    photos = figures.get("photos")
    tested = count(photos, "photo", "photos") if isinstance(photos, int) else "photos"
    if isinstance(shares := figures.get("accuracy"), Mapping):
        return *_table(shares), f"Measured on {tested} that were not used for training."
    if isinstance(shares := figures.get("published"), Mapping):
        where = figures.get("published_on") or "photos of their choice"
        return *_table(shares), f"By its authors, on {where}; not measured by GeoGuess."
    if isinstance(median := figures.get("median_m"), int | float):
        return (), (), f"Median error {distance(median / 1000)} on {tested} not used for training."
    return (), (), "The model states no measured accuracy."


def _table(shares: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    known = [km for km in _DISTANCES_KM if isinstance(shares.get(km), int | float)]
    return (
        tuple(threshold(float(km)) for km in known),
        tuple(precise_percent(float(shares[km])) for km in known),
    )
