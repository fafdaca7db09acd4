"""Sentences of the privacy check."""

from __future__ import annotations

from pathlib import Path

from geoguess_app.core.explain.hide import PhotoRegion
from geoguess_app.core.geo.coordinates import decimal
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import Level
from geoguess_app.photos.file_position import FilePosition
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.privacy.work import CopyAssessment, OpenedPhoto


def title(verdict: CopyAssessment) -> str:
    """Return where the photo seems to be from, in a few words."""
    prediction = verdict.prediction
    if prediction.level is Level.CANNOT_TELL:
        return tr("Cannot tell")
    return words.place_short(verdict.place, prediction.level)


def body(verdict: CopyAssessment) -> str:
    """Return how precisely, and what that means for whoever is in the photo."""
    prediction = verdict.prediction
    if prediction.level is Level.CANNOT_TELL:
        return tr(
            "Another model, a reverse image search or someone who knows the place might "
            "recognise it."
        )
    meaning = {
        Level.SAME_PLACE: tr("Precise enough to find the spot."),
        Level.FINE: tr("Precise enough to find the town, perhaps the street."),
        Level.MIDDLE: tr("Precise enough to find the region."),
        Level.COARSE: tr("Reveals only the part of the world."),
    }[prediction.level]
    radius = words.radius(prediction.radii.r80_km)
    sure = words.confidence(prediction.confidence, prediction.model)
    return f"{radius[:1].upper()}{radius[1:]}; {sure}. {meaning}"


def change(before: CopyAssessment, after: CopyAssessment) -> str:
    """Return how hiding has changed the estimate."""
    a, b = before.prediction.coordinate, after.prediction.coordinate
    km = great_circle_km(a.latitude_deg, a.longitude_deg, b.latitude_deg, b.longitude_deg)
    return tr("The estimate moved by {distance}.").format(distance=words.distance(float(km)))


def metadata(opened: OpenedPhoto) -> str:
    """Return what the file, or one that belongs to it, tells beside the picture."""
    found, told = opened.metadata, []
    if opened.position is not None and opened.position.coordinate is not None:
        told.append(_where(opened.position, opened.path))
    if found.taken is not None:
        told.append(tr("when it was taken"))
    if found.camera:
        told.append(tr("the camera ({name})").format(name=found.camera))
    if not told:
        return tr("The metadata reveal no position, date or camera.")
    listed = ", ".join(told[:-1]) + (tr(" and ") if len(told) > 1 else "") + told[-1]
    return tr("The metadata reveal {what}. A copy saved here contains none of this.").format(
        what=listed
    )


def _where(position: FilePosition, photo: Path) -> str:
    assert position.coordinate is not None
    at = decimal(position.coordinate, 4)
    if position.file == photo:
        return tr("its position ({at})").format(at=at)
    return tr("its position ({at}, in {file})").format(at=at, file=position.file.name)


def region(number: int, where: PhotoRegion) -> str:
    """A region for the list: its number, place and size."""
    rows = (tr("top"), tr("middle"), tr("bottom"))
    columns = (tr("left"), tr("centre"), tr("right"))
    row = rows[min(2, int(1.5 * (where.top + where.bottom)))]
    column = columns[min(2, int(1.5 * (where.left + where.right)))]
    return tr("{number} · {row} {column} · {share} of the photo").format(
        number=number, row=row, column=column, share=words.percent(where.share)
    )
