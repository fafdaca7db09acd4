"""Results in words a layman understands; the numbers stand beside them elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from geoguess_app.core.format import area, count, distance, percent, threshold
from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import (
    CONFIDENCE_KM,
    MEMBER,
    Coordinate,
    Level,
    Place,
    Radii,
    is_uncalibrated,
)

if TYPE_CHECKING:
    from geoguess_app.core.calibration.model import LevelRule

__all__ = [
    "area",
    "confidence",
    "count",
    "distance",
    "duration",
    "layer",
    "level",
    "level_help",
    "network",
    "pace",
    "percent",
    "photos",
    "place_guess",
    "place_in_sentence",
    "place_rest",
    "place_short",
    "place_title",
    "place_vague",
    "radii",
    "radius",
    "scene",
    "threshold",
    "tr",
]

_WITH_ARTICLE = frozenset({
    "AE", "BQ", "BS", "CC", "CD", "CF", "CG", "CK", "DO", "FK", "FO", "GB", "GM", "IM",
    "KM", "KY", "MH", "MP", "MV", "NL", "PH", "PN", "SB", "TC", "TF", "US", "VG", "VI",
})  # fmt: skip
"""Countries that take "the" in a sentence, by ISO 3166 code."""
_FAR_WIDER = 10


def tr(text: str) -> str:
    """The text in the user's language (English ships)."""
    return QCoreApplication.translate("GeoGuess", text)


def radius(r80_km: float) -> str:
    """``within 12 km, 80% confidence``."""
    return tr("within {distance}, 80% confidence").format(distance=distance(r80_km))


def radii(stated: Radii) -> str:
    """Say the radius; beside a far wider one the likelier half as well, which named the place."""
    if stated.r80_km < _FAR_WIDER * stated.r50_km:
        return radius(stated.r80_km)
    return tr("within {near} with 50% confidence, within {far} with 80%").format(
        near=distance(stated.r50_km), far=distance(stated.r80_km)
    )


def listed(parts: Sequence[str]) -> str:
    """Join parts as a sentence lists them: ``France, Italy and Spain``."""
    if len(parts) < 2:
        return "".join(parts)
    return tr("{several} and {last}").format(several=", ".join(parts[:-1]), last=parts[-1])


def confidence(share: float, model: str) -> str:
    """Return what the confidence of a model's answer means (``model``: its title), and whether it
    rests on anything that was measured on the user's photos."""
    said = tr("{percent} confidence within {near}").format(
        percent=percent(share), near=threshold(CONFIDENCE_KM)
    )
    if is_uncalibrated(model):
        return tr("{confidence}, not calibrated on photos of yours").format(confidence=said)
    return said


def place_title(place: Place, trust: Level = Level.FINE) -> str:
    """The name as fine as the answer is to be trusted: town, region, or perhaps a country."""
    if trust.names_towns:
        return place.city or place_title(place, Level.MIDDLE)
    if trust is Level.MIDDLE:
        return place.region or place.country or tr("Open sea or unnamed place")
    return tr("Perhaps {place}").format(place=place_vague(place))


def place_rest(place: Place, trust: Level = Level.FINE) -> str:
    """Return what stands under the title, without repeating it: the rest of a full address."""
    title = place_title(place, trust)
    if trust.names_towns:
        parts = [place.region, place.country]
    elif trust is Level.MIDDLE:
        near = tr("near {city}").format(city=place.city) if place.city else ""
        parts = [near, place.country]
    else:
        parts = [tr("or elsewhere in that part of the world")]
    return ", ".join(dict.fromkeys(part for part in parts if part and part != title))


def place_short(place: Place, trust: Level = Level.FINE) -> str:
    """``Paris, France``, ``Île-de-France, France`` or ``Perhaps France``."""
    if trust in (Level.COARSE, Level.CANNOT_TELL):
        return place_title(place, trust)
    parts = [part for part in (place_title(place, trust), place.country) if part]
    return ", ".join(dict.fromkeys(parts))


def place_in_sentence(place: Place, coordinate: Coordinate) -> str:
    """``Paris, France``, or the position of a spot without a name."""
    named = place.city or place.region or place.country
    return place_short(place) if named else cf.decimal(coordinate, 2)


def place_vague(place: Place) -> str:
    """The country alone, for answers that are not to be trusted further; fits into a sentence."""
    if not place.country:
        return tr("the open sea")
    with_article = place.country_code in _WITH_ARTICLE and not place.country.startswith("the ")
    return tr("the {country}").format(country=place.country) if with_article else place.country


def place_guess(place: Place) -> str:
    """``Japan?``: the country of a doubtful answer where there is hardly any room."""
    return tr("{country}?").format(country=place.country or tr("Open sea"))


def level(value: Level) -> str:
    """Return how finely the answer may be trusted, as two words."""
    return {
        Level.SAME_PLACE: tr("Same place"),
        Level.FINE: tr("Town level"),
        Level.MIDDLE: tr("Region level"),
        Level.COARSE: tr("Wide area"),
        Level.CANNOT_TELL: tr("Cannot tell"),
    }[value]


def level_help(value: Level, rules: Mapping[Level, LevelRule]) -> str:
    """Return what the level says, and by which of the model's rules it follows from the
    confidence."""
    rule = rules.get(value)
    if value is Level.SAME_PLACE:
        return tr("Matching points show that one of your reference photos shows the same place.")
    if value is Level.CANNOT_TELL:
        widest = max(rules.values(), key=lambda each: each.radius_km, default=None)
        if widest is None:
            return tr("The model does not recognise the place.")
        return tr("Even within {distance}, confidence stays below {percent}.").format(
            distance=distance(widest.radius_km), percent=percent(widest.probability)
        )
    meaning = {
        Level.FINE: tr("Precise enough to name a town or its surroundings"),
        Level.MIDDLE: tr("Precise enough to name a region, but not a town"),
        Level.COARSE: tr("Precise enough to name a part of the world only"),
    }[value]
    if rule is None:
        return f"{meaning}."
    return tr("{meaning}: at least {percent} confidence within {distance}.").format(
        meaning=meaning, percent=percent(rule.probability), distance=distance(rule.radius_km)
    )


def network(name: str) -> str:
    """Return which network answered, in words."""
    special = {
        "base": tr("the general network"),
        "indoor": tr("the network for indoor scenes"),
        "natural": tr("the network for natural scenes"),
        "urban": tr("the network for urban scenes"),
        "mix": tr("several scene networks combined"),
        "gallery": tr("comparison with a gallery of places"),
    }
    if name.startswith(MEMBER):
        return tr("the member “{name}”").format(name=name.removeprefix(MEMBER))
    return special.get(name, tr("the network “{name}”").format(name=name))


def scene(name: str) -> str:
    """A scene label with a capital: ``church, outdoor`` → ``Church, outdoor``."""
    plain = name.replace("_", " ").replace("asia", "Asia")
    return plain[:1].upper() + plain[1:]


def layer(name: str) -> str:
    """A map layer, that is a partition of the Earth or all of them together."""
    known = {
        "coarse": tr("Coarse"),
        "middle": tr("Middle"),
        "fine": tr("Fine"),
        "combined": tr("Combined"),
    }
    return known.get(name, scene(name))


def photos(number: int) -> str:
    """Return how many photos."""
    return count(number, tr("photo"), tr("photos"))


def pace(photos_per_s: float) -> str:
    """``12 photos per second``, ``4.5 photos per second``, ``30 photos per minute``."""
    if photos_per_s < 1:
        return tr("{n} photos per minute").format(n=round(60 * photos_per_s))
    shown = tr("{n:.1f} photos").format(n=photos_per_s)
    return tr("{photos} per second").format(
        photos=photos(round(photos_per_s)) if photos_per_s >= 10 else shown
    )


def duration(seconds: float) -> str:
    """``22 s``, ``3 min``, ``2 h``: only a rough idea is honest."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h"
