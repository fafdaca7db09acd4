"""Sentences of the Accuracy mode."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from geoguess_app.core.format import distance, percent_range, threshold
from geoguess_app.core.geo import coordinates as cf
from geoguess_app.evaluation.metrics.continents import CONTINENT_NAMES
from geoguess_app.evaluation.metrics.distances import Share
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.core.types import Coordinate, Place
    from geoguess_app.evaluation.accuracy.part import PartFigures
    from geoguess_app.evaluation.accuracy.photos import JudgedPhotos

_MOST_BESIDE = 0.5
"""From this share of photos taken beside training photos on, a set says little of elsewhere."""


def origin(photos: JudgedPhotos) -> str:
    """Return which model, when, and which rows of the table."""
    about = photos.about
    when = about.finished.strftime("%d %b %Y, %H:%M") if about.finished else ""
    model = about.model or tr("Model not stated")
    parts = [model, when, " · ".join(about.where)]
    return " · ".join(part for part in parts if part)


def title(photos: JudgedPhotos, number: int) -> str:
    """Write the title of an exported map."""
    text = tr("Errors of {model} on {name}: {photos}") if photos.about.model else ""
    return (text or tr("Errors on {name}: {photos}")).format(
        model=photos.about.model, name=photos.about.set_name, photos=shown_count(number, photos)
    )


def photo_count(photos: JudgedPhotos) -> str:
    """Return how many photos, and how many have no part in the figures."""
    text = words.photos(len(photos))
    if not photos.about.failed:
        return text
    return tr("{photos}; {failed} more could not be located and are not counted").format(
        photos=text, failed=photos.about.failed
    )


def training_overlap(photos: JudgedPhotos) -> tuple[str, str]:
    """Tell whether the model knew the photos from its training: a warning, else a plain
    sentence."""
    number, beside = int(photos.seen.sum()), photos.about.beside_training
    if number:
        return tr(
            "{photos} of {all} look identical to training photos of the model. Correct "
            "answers for these prove nothing."
        ).format(photos=words.photos(number), all=f"{len(photos):,}"), ""
    if beside is not None and beside > _MOST_BESIDE * len(photos):
        return tr(
            "{beside} of {photos} were taken within {near} of a training photo. Expect "
            "lower accuracy elsewhere."
        ).format(
            beside=f"{beside:,}",
            photos=words.photos(len(photos)),
            near=threshold(photos.about.scale.thresholds_km[0]),
        ), ""
    if photos.knows_seen:
        return "", tr("No photo looks identical to a training photo.")
    return "", tr("It is not known whether the model was trained on these photos.")


def caution(figures: PartFigures) -> str:
    """A word of caution, or nothing."""
    if not figures.photos or not figures.few:
        return ""
    return tr("Only {photos}: too few for reliable percentages.").format(
        photos=words.photos(figures.photos)
    )


def median(figures: PartFigures) -> str:
    """Say the median error."""
    if not figures.photos:
        return tr("No photos match these filters.")
    return tr("Median error: {km}").format(km=distance(figures.summary.median_km))


def distances_help(figures: PartFigures) -> str:
    """Quartiles and mean, for a tooltip."""
    if not figures.photos:
        return ""
    found = figures.summary
    return tr("Error quartiles: {first}, {median}, {third}. Mean: {mean}.").format(
        first=distance(found.quartile_1_km),
        median=distance(found.median_km),
        third=distance(found.quartile_3_km),
        mean=distance(found.mean_km),
    )


def coverage(figures: PartFigures) -> str:
    """Tell whether the 80% radius keeps its promise; empty without radii."""
    held = figures.coverage.get(80)
    if held is None or not held.photos:
        return ""
    return tr("Inside the 80% radius: {share}").format(share=percent(held.value))


def coverage_help(figures: PartFigures) -> str:
    """All radii, for a tooltip."""
    return "\n".join(
        tr("Inside the {percent}% radius: {share} of {photos}{interval}").format(
            percent=level,
            share=percent(held.value),
            photos=words.photos(held.photos),
            interval=_interval(held),
        )
        for level, held in figures.coverage.items()
    )


def share_help(km: float, figures: PartFigures) -> str:
    """One bar in full: share, interval, number of photos, floor and ceiling."""
    share = figures.summary.accuracy[km]
    if not share.photos:
        return tr("Within {km}: no true position is known this precisely.").format(km=threshold(km))
    lines = [
        tr("Within {km}: {share} of {photos}{interval}").format(
            km=threshold(km),
            share=percent(share.value),
            photos=words.photos(share.photos),
            interval=_interval(share),
        )
    ]
    if figures.floor is not None:
        text = tr("Floor (random training photo): {share}")
        lines.append(text.format(share=percent(figures.floor[km])))
    if figures.ceiling is not None:
        text = tr("Ceiling (centre of the correct cell): {share}")
        lines.append(text.format(share=percent(figures.ceiling[km])))
    return "\n".join(lines)


def percent(share: float) -> str:
    """Write a share as elsewhere; an en dash where there is none."""
    return words.percent(share)


def _interval(share: Share) -> str:
    if math.isnan(share.low):
        return ""
    return tr(" (95% interval: {range})").format(range=percent_range(share.low, share.high))


def shown_count(number: int, photos: JudgedPhotos) -> str:
    """``212 of 3,000 photos``."""
    if number == len(photos):
        return tr("All {photos}").format(photos=words.photos(number))
    return tr("{number} of {photos}").format(number=f"{number:,}", photos=words.photos(len(photos)))


def continent(code: str) -> str:
    """Name a continent in words."""
    return CONTINENT_NAMES.get(code, code)


def error_text(km: float) -> str:
    """Write how far off an answer is: ``1,240 km off``."""
    return tr("{km} off").format(km=distance(km))


def confidence_text(confidence: float, model: str) -> str:
    """Return how sure a model's answer was, or nothing."""
    return "" if math.isnan(confidence) else words.confidence(confidence, model)


def radius(photos: JudgedPhotos, index: int) -> str:
    """Tell whether the truth lay inside the 80% radius, or nothing."""
    r80_km = float(photos.radii_km[index, 1])
    if math.isnan(r80_km):
        return ""
    text = (
        tr("The true position is inside the 80% radius of {km}.")
        if photos.inside[index]
        else tr("The true position is outside the 80% radius of {km}.")
    )
    return text.format(km=distance(r80_km))


def position(where: Coordinate, place: str) -> str:
    """A name, if there is one, and the position."""
    digits = cf.decimal(where, 4)
    return f"{place}\n{digits}" if place else digits


def place_name(place: Place | None) -> str:
    """Town and country of a true position."""
    if place is None:
        return ""
    return ", ".join(part for part in (place.city, place.country) if part)


def exactness(judged_from_km: float) -> str:
    """A caution about the truth itself, or nothing."""
    if judged_from_km <= 0:
        return ""
    return tr("The true position is known only to about {km}.").format(km=threshold(judged_from_km))


def scenes(photos: JudgedPhotos, index: int) -> str:
    """Label of the set and word of the model."""
    true, said = photos.true_scene[index], photos.said_scene[index]
    if true and said and true != said:
        text = tr("Labelled {true}; the model says {said}.")
        return text.format(true=true, said=said)
    if true and said:
        return tr("Labelled {true}; the model agrees.").format(true=true)
    if true:
        return tr("Labelled {true}.").format(true=true)
    return tr("The model says {said}.").format(said=said) if said else ""
