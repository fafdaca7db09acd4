"""Actions on one photo: photo: from a photo to its new decision, the old one where it does not
apply."""

from __future__ import annotations

from dataclasses import replace

from geoguess_app.core.types import Coordinate
from geoguess_app.review.values import (
    ChosenPosition,
    Decision,
    NarrowedAnswer,
    Origin,
    ReviewPhoto,
    ReviewVerdict,
)


def accept(photo: ReviewPhoto, *, unsure: bool = False) -> Decision:
    """Take the position proposed.

    Not for a photo without one, nor over a position of its own unless that may be replaced; and
    only with ``unsure`` where the model says that it cannot tell.
    """
    decided = photo.decision
    if photo.is_unsure and not unsure:
        return decided
    if photo.is_decided or (photo.known is not None and not decided.replace_gps):
        return decided
    proposed = photo.proposed
    if proposed is None:
        return decided
    by_hand = proposed.origin in (Origin.MANUAL, Origin.PASTED) or not proposed.model
    verdict = ReviewVerdict.PLACED if by_hand else ReviewVerdict.ACCEPTED
    return replace(decided, verdict=verdict, chosen=proposed)


def reject(photo: ReviewPhoto) -> Decision:
    """Reject a photo: nothing is written; what was chosen stays, so that accepting brings it
    back."""
    return replace(photo.decision, verdict=ReviewVerdict.REJECTED)


def choose(photo: ReviewPhoto, rank: int) -> Decision:
    """Propose candidate ``rank`` (from 1) instead; accepting comes after.

    Who picks one says that it is there: it is placed by hand, without a radius of the model's.
    """
    candidates = photo.current.candidates if photo.current is not None else ()
    if not 1 <= rank <= len(candidates) or photo.current is None:
        return photo.decision
    picked = candidates[rank - 1]
    if picked.coordinate == photo.current.coordinate:
        # The answer itself, with its calibrated radius.
        return replace(photo.decision, verdict=ReviewVerdict.OPEN, chosen=None)
    chosen = ChosenPosition(picked.coordinate, None, Origin.CANDIDATE, rank=rank)
    return replace(photo.decision, verdict=ReviewVerdict.OPEN, chosen=chosen)


def place_by_hand(photo: ReviewPhoto, coordinate: Coordinate) -> Decision:
    """A person says where it was taken."""
    chosen = ChosenPosition(coordinate, None, Origin.MANUAL)
    return replace(photo.decision, verdict=ReviewVerdict.PLACED, chosen=chosen)


def copy_location(source: ReviewPhoto) -> ChosenPosition | None:
    """The location of a photo, to be pasted: what was chosen, its own GPS, or the estimate.

    An estimate stays an estimate wherever it is pasted; so it can be revoked there too.
    """
    if source.decision.chosen is None and source.known is not None:
        return ChosenPosition(source.known, None, Origin.PASTED)
    if source.proposed is None:
        return None
    return replace(source.proposed, origin=Origin.PASTED, rank=None)


def paste(photo: ReviewPhoto, location: ChosenPosition) -> Decision:
    """A person says that it was taken where another photo was."""
    return replace(photo.decision, verdict=ReviewVerdict.PLACED, chosen=location)


def narrow(photo: ReviewPhoto, found: NarrowedAnswer) -> Decision:
    """Propose the answer inside an area; accepting comes after."""
    return replace(
        photo.decision,
        verdict=ReviewVerdict.OPEN,
        chosen=None,
        area=found.area,
        narrowed=found.answer,
        clues=found.clues,
        searched=found.searched,
        clues_left=found.clues_left,
    )


def propose(photo: ReviewPhoto, position: ChosenPosition) -> Decision:
    """Propose a position, as from a track; accepting comes after.

    Not for a photo that is decided, nor over a position of its own unless that may be replaced.
    """
    decided = photo.decision
    if photo.is_decided or (photo.known is not None and not decided.replace_gps):
        return decided
    return replace(decided, verdict=ReviewVerdict.OPEN, chosen=position)


def clear(_: ReviewPhoto) -> Decision:
    """Forget all that was decided."""
    return Decision()


def remove(photo: ReviewPhoto) -> Decision:
    """Take it off the list; taking that back brings it back as it was."""
    return replace(photo.decision, removed=True)


def permit_replacing(photo: ReviewPhoto, *, permitted: bool) -> Decision:
    """Tick or untick that the photo's own position may be replaced."""
    return replace(photo.decision, replace_gps=permitted)
