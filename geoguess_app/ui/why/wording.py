"""Sentences on the regions and the look-alikes, which a layman understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoguess_app.core.explain.alike import LookAlikes
from geoguess_app.core.explain.spots import AlikeSpot
from geoguess_app.core.explain.types import NINTHS, ActivationMap, ExplanationMethod
from geoguess_app.core.types import Level, Prediction
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.why.questions import Question, QuestionKind

if TYPE_CHECKING:
    from geoguess_app.ui.why.work import KnownPhoto


def strongest(regions: ActivationMap) -> str:
    """Return where the photo speaks loudest: all that the coloured picture says, in words."""
    if regions.method is ExplanationMethod.NONE:
        return tr(
            "This model cannot say which parts of the photo support this: its network is an ONNX "
            "graph, which gives answers without reasons."
        )
    named = [tr(NINTHS[row][column]) for row, column in regions.strongest_ninths()]
    said = tr("No part of the photo supports this.")
    if named:
        said = tr("Strongest in {parts}.").format(parts=words.listed(named))
    if not regions.seen.all():
        said += " " + tr("Grey: not seen by the model.")
    return said


def explained_by(member: str) -> str:
    """Name the model of an ensemble that explains; empty where there is only one."""
    if not member:
        return ""
    return tr("As {model} sees it, which contributes most to this place.").format(model=member)


def caution(prediction: Prediction, question: Question, *, in_area: bool) -> str:
    """Return what to keep in mind before the regions are believed; ``in_area``: only an area of the
    Earth is searched."""
    if question.asked is QuestionKind.SCENE:
        return ""
    if in_area:
        return tr("Compared with all places, including those outside the search area.")
    if prediction.level is Level.CANNOT_TELL:
        if question.asked is QuestionKind.ANSWER:
            return tr(
                "The model cannot tell. These regions give only weak support to its best guess."
            )
        return tr("The model cannot tell. There is little support for this place either.")
    return ""


def look_alike_share(alike: LookAlikes | None, question: Question) -> str:
    """Return how much of it is due to look-alikes."""
    if question.asked is QuestionKind.SCENE:
        return ""
    if alike is None:
        return tr("This model has no bank of training photos to compare with.")
    if alike.part_of_chance is None and question.asked is QuestionKind.ANSWER:
        return tr("This model answers from look-alikes alone.")
    if alike.part_of_chance is None:
        return tr("A single layer shows only the network’s estimate, without look-alikes.")
    if alike.part_of_chance < 0.005:
        return tr(
            "None of its probability comes from look-alikes; all of it comes from the network."
        )
    if alike.part_of_chance > 0.995:
        return tr("All of its probability comes from look-alikes.")
    return tr(
        "{percent} of its probability comes from look-alikes, the rest from the network."
    ).format(percent=words.percent(alike.part_of_chance))


def list_title(question: Question) -> str:
    """Write the heading of the list of look-alikes."""
    if question.asked is QuestionKind.ANSWER:
        return tr("Closest look-alikes")
    return tr("Closest look-alikes there")


def no_look_alikes() -> str:
    """Instead of an empty list."""
    return tr("The model has no photos from there.")


def spot_help(spot: AlikeSpot, place: str, position: str, photo: KnownPhoto | None = None) -> str:
    """Say all that a bundle keeps of training photos."""
    best = spot.best
    if photo is not None and photo.picture is not None:
        kept = tr("Photo {number} in the model’s bank")
    else:
        kept = tr("Photo {number} in the model’s bank; the image itself is not stored")
    lines = [
        place,
        position,
        tr("Rank {rank} by similarity ({alike})").format(
            rank=f"{best.rank:,}", alike=words.percent(max(0.0, best.similarity))
        ),
        tr("{distance} away").format(distance=words.distance(best.distance_km)),
        tr("{photos} from this spot among the look-alikes").format(photos=words.photos(spot.count)),
        tr("Contribution to the cell probabilities: {vote}").format(vote=words.percent(spot.vote))
        if spot.vote > 0
        else tr("Not similar enough to contribute"),
        kept.format(number=f"{best.bank_index + 1:,}"),
        photo.credit if photo is not None else "",
    ]
    return "\n".join(line for line in lines if line)


def method(regions: ActivationMap) -> str:
    """Return how the regions were found, and how far to trust that."""
    if regions.method is ExplanationMethod.NONE:
        return tr("No regions: an ONNX graph cannot be asked for them.")
    if regions.method is ExplanationMethod.CLASS_ACTIVATION:
        return tr(
            "Class activation: each region’s share of the network’s score, exact in the last layer."
        )
    return tr(
        "Gradient × activation: each region’s share of the network’s score, with vector "
        "lengths held fixed."
    )
