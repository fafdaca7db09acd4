"""Whole sentences of the detail panel."""

from __future__ import annotations

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import Conflict, LocatedPhoto, Place, Prediction
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr

_ANYWHERE_KM = 5000.0
"""A circle of this radius holds a seventh of the Earth; a wider one says nothing."""


def not_recognised(model: str, level_help: str) -> str:
    """Say why there is no answer: it is the model that does not know, not the photo that is silent;
    ``level_help`` is the rule of the level, as ``words.level_help`` puts it."""
    sentence = tr("{model} does not recognise the place.").format(model=model)
    return f"{sentence} {level_help}"


def best_guess(place: Place, r80_km: float) -> str:
    """Return where an answer leans that is none."""
    if r80_km > _ANYWHERE_KM:
        return tr("The best guess is {place}, but the photo could be from almost anywhere.").format(
            place=words.place_vague(place)
        )
    return tr("The best guess is {place}, but it may well be wrong: {radius}.").format(
        place=words.place_vague(place), radius=words.radius(r80_km)
    )


def limits(intended_area: str) -> str:
    """Return what a model is meant for, from its own description."""
    area = intended_area.strip().rstrip(".")
    return tr("Intended area: {area}.").format(area=area[:1].lower() + area[1:]) if area else ""


def conflict(both: Conflict, places: tuple[Place, Place]) -> str:
    """Two hypotheses, side by side."""
    coarse = tr("Coarse cells favour: {place} ({percent}).").format(
        place=words.place_in_sentence(places[0], both.coarse.coordinate),
        percent=words.percent(both.coarse.probability),
    )
    fine = tr("Fine cells favour: {place} ({percent}).").format(
        place=words.place_in_sentence(places[1], both.fine.coordinate),
        percent=words.percent(both.fine.probability),
    )
    return f"{coarse}\n{fine}\n" + tr("Both are marked on the map.")


def known_position(located: LocatedPhoto) -> str:
    """Return how far the estimate lies from the position in the file."""
    from geoguess_app.core.geo.sphere import great_circle_km

    assert located.known is not None
    guess = located.prediction.coordinate
    km = float(
        great_circle_km(
            guess.latitude_deg,
            guess.longitude_deg,
            located.known.latitude_deg,
            located.known.longitude_deg,
        )
    )
    return tr("GPS position in the file: {position}, {distance} from this estimate.").format(
        position=cf.decimal(located.known, 4), distance=words.distance(km)
    )


def method(prediction: Prediction) -> str:
    """Network, radii, look-alikes and model, one sentence a line."""
    radii = prediction.radii
    lines = [
        _answered_by(prediction),
        tr("Radius: {r50} at 50% confidence, {r80} at 80%, {r95} at 95%.").format(
            r50=words.distance(radii.r50_km),
            r80=words.distance(radii.r80_km),
            r95=words.distance(radii.r95_km),
        ),
    ]
    if prediction.neighbours:
        best = prediction.neighbours[0]
        lines.append(
            tr(
                "The closest look-alike ({similarity} similarity) was taken near {position}."
            ).format(
                similarity=words.percent(max(0.0, best.similarity)),
                position=cf.decimal(best.coordinate, 2),
            )
        )
    lines.append(tr("Model: {model}.").format(model=prediction.model))
    return "\n".join(lines)


def _answered_by(prediction: Prediction) -> str:
    if prediction.neighbours and not prediction.cell_probabilities:
        return tr("Estimated from the look-alikes among the model’s training photos.")
    return tr("Estimated by {network}.").format(network=words.network(prediction.network))
