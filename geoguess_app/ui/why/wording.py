"""What the regions and the look-alikes say, as sentences a layman understands."""

from __future__ import annotations

from collections.abc import Sequence

from geoguess_app.core.explain.alike import LookAlikes
from geoguess_app.core.explain.spots import AlikeSpot
from geoguess_app.core.explain.types import NINTHS, ActivationMap, Method
from geoguess_app.core.types import Level, Prediction
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.why.questions import Asked, Question


def strongest(regions: ActivationMap) -> str:
    """Where the photo speaks loudest: all that the coloured picture says, in words."""
    named = [tr(NINTHS[row][column]) for row, column in regions.strongest_ninths()]
    said = tr("No part of the photo speaks for this.")
    if named:
        said = tr("Strongest in {parts}.").format(parts=_listed(named))
    if not regions.seen.all():
        said += " " + tr("Grey: the model did not look there.")
    return said


def _listed(parts: Sequence[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return tr("{several} and {last}").format(several=", ".join(parts[:-1]), last=parts[-1])


def caution(prediction: Prediction, question: Question, *, in_area: bool) -> str:
    """What to keep in mind before the regions are believed; ``in_area``: only an area of the
    Earth is searched."""
    if question.asked is Asked.SCENE:
        return ""
    if in_area:
        return tr("What speaks for it against all places, also those outside the area.")
    if prediction.level is Level.CANNOT_TELL:
        if question.asked is Asked.ANSWER:
            return tr("The model cannot tell the place. This is what little speaks for its guess.")
        return tr("The model cannot tell the place. Little speaks for this one as well.")
    return ""


def said(alike: LookAlikes | None, question: Question) -> str:
    """How much of it is due to look-alikes."""
    if question.asked is Asked.SCENE:
        return ""
    if alike is None:
        return tr("This model remembers no photos to compare with.")
    if alike.part_of_chance is None and question.asked is Asked.ANSWER:
        return tr("This model answers by the most similar known photos alone.")
    if alike.part_of_chance is None:
        return tr("In a single layer only the network speaks; known photos have no vote there.")
    if alike.part_of_chance < 0.005:
        return tr("None of its chance comes from similar known photos: the network's own opinion.")
    if alike.part_of_chance > 0.995:
        return tr("All of its chance comes from similar known photos.")
    return tr(
        "{percent} of its chance comes from similar known photos, the rest is the network's own "
        "opinion."
    ).format(percent=words.percent(alike.part_of_chance))


def list_title(question: Question) -> str:
    """Heading of the list of look-alikes."""
    if question.asked is Asked.ANSWER:
        return tr("Most similar known photos")
    return tr("Most similar known photos there")


def nobody_there() -> str:
    """Instead of an empty list."""
    return tr("The model knows no photo from there.")


def spot_help(spot: AlikeSpot, place: str, position: str) -> str:
    """Everything a bundle keeps of training photos."""
    best = spot.best
    lines = [
        place,
        position,
        tr("No. {rank} in similarity, {alike} alike").format(
            rank=f"{best.rank:,}", alike=words.percent(max(0.0, best.similarity))
        ),
        tr("{distance} away").format(distance=words.distance(best.distance_km)),
        tr("{photos} from this spot among the most similar").format(
            photos=words.photos(spot.count)
        ),
        tr("Share in all cells' probability: {vote}").format(vote=words.percent(spot.vote))
        if spot.vote > 0
        else tr("Not similar enough to have a vote"),
        tr("Photo {number} of the model's memory; the picture itself is not kept").format(
            number=f"{best.bank_index + 1:,}"
        ),
    ]
    return "\n".join(line for line in lines if line)


def method(regions: ActivationMap) -> str:
    """How the regions were found, and how far to trust that."""
    if regions.method is Method.CLASS_ACTIVATION:
        return tr(
            "Class activation: each part's share in the network's own sum, exact in the last layer."
        )
    return tr(
        "Gradient × activation: each part's share in the network's sums, the lengths of its "
        "vectors held fixed."
    )
