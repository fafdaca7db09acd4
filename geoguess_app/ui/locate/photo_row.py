"""One photo in the list: its file, how far it has come, and what came out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import FailedPhoto, Level
from geoguess_app.review.values import ChosenPosition, Origin, ReviewPhoto, State
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.outcome import LocatingOutcome
from geoguess_app.ui.work.photo_facts import PhotoFacts


class RowState(Enum):
    """The state of a photo in the list."""

    WAITING = "waiting"
    LOCATED = "located"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(slots=True)
class PhotoRow:
    """A row of the list; it belongs to the GUI thread, and only PhotoModel changes it."""

    path: Path
    state: RowState = RowState.WAITING
    outcome: LocatingOutcome | None = None
    failure: FailedPhoto | None = None
    label: str = ""
    """A name to show instead of the file's, for pasted pictures."""
    reviewed: ReviewPhoto | None = None
    """The photo as the review has it, once a position was accepted, placed or saved there."""
    facts: PhotoFacts | None = None
    """Date and camera, once they have been read."""

    @property
    def name(self) -> str:
        return self.label or self.path.name

    @property
    def position(self) -> ChosenPosition | None:
        """The position decided in the review, where it is not the model's own answer."""
        chosen = self.reviewed.decision.chosen if self.reviewed is not None else None
        return None if chosen is None or chosen.origin is Origin.ESTIMATE else chosen

    @property
    def has_gps(self) -> bool:
        """Tell whether the photo's own metadata say where it was taken."""
        return self.outcome is not None and self.outcome.located.known is not None

    @property
    def icon(self) -> str:
        """The icon of the state; every state has a shape of its own."""
        if self.reviewed is not None:
            return {
                State.ACCEPTED: "review-accepted",
                State.PLACED: "review-placed",
                State.SAVED: "review-saved",
            }[self.reviewed.state]
        if self.state is RowState.LOCATED and self.outcome is not None:
            return {
                Level.SAME_PLACE: "state-fine",
                Level.FINE: "state-fine",
                Level.MIDDLE: "state-middle",
                Level.COARSE: "state-coarse",
                Level.CANNOT_TELL: "state-unknown",
            }[self.outcome.located.prediction.level]
        return f"state-{self.state.value}"

    @property
    def headline(self) -> str:
        """The place, or the state in words."""
        if self.position is not None:
            named = words.place_short(self.position.place) if self.position.place.country else ""
            return named or cf.decimal(self.position.coordinate, 3)
        if self.state is RowState.WAITING:
            return tr("Waiting")
        if self.state is RowState.STOPPED:
            return tr("Stopped")
        if self.state is RowState.FAILED:
            return tr("Unreadable")
        assert self.outcome is not None
        if self.outcome.located.prediction.level is Level.CANNOT_TELL:
            return tr("Cannot tell")
        located = self.outcome.located
        return words.place_short(located.place, located.prediction.level)

    @property
    def short_headline(self) -> str:
        """The same where there is little room."""
        found = self.outcome.located if self.outcome and self.state is RowState.LOCATED else None
        if self.position is not None or found is None or found.prediction.level is not Level.COARSE:
            return self.headline
        return words.place_guess(found.place)

    @property
    def confidence(self) -> str:
        """The probability that the place lies within 25 km, or nothing."""
        if self.outcome is None or self.position or self.headline == tr("Cannot tell"):
            return ""
        return words.percent(self.outcome.located.prediction.confidence)

    @property
    def detail(self) -> str:
        """The radius, or why there is none; what was decided comes first."""
        if self.reviewed is not None:
            return decided_words(self.reviewed)
        if self.state is RowState.FAILED and self.failure is not None:
            return self.failure.message
        if self.outcome is None or self.state is not RowState.LOCATED:
            return ""
        found = self.outcome.located
        if found.prediction.level is Level.CANNOT_TELL:
            return tr("best guess: {place}").format(place=words.place_vague(found.place))
        return tr("within {distance}").format(
            distance=words.distance(found.prediction.radii.r80_km)
        )

    @property
    def short_detail(self) -> str:
        """The same where there is little room."""
        if self.reviewed or self.outcome is None or self.state is not RowState.LOCATED:
            return self.detail
        found = self.outcome.located
        if found.prediction.level is Level.CANNOT_TELL:
            return words.place_guess(found.place)
        return words.distance(found.prediction.radii.r80_km)

    @property
    def explained(self) -> str:
        """Return what the figures mean, for a tooltip and for screen readers."""
        if not self.confidence or self.outcome is None:
            return self.detail
        found = self.outcome.located.prediction
        return (
            words.radius(found.radii.r80_km)
            + "; "
            + words.confidence(found.confidence, found.model)
        )

    @property
    def spoken(self) -> str:
        """The whole row as one line, for screen readers."""
        level = ""
        if self.state is RowState.LOCATED and self.outcome is not None and not self.position:
            level = words.level(self.outcome.located.prediction.level)
        parts = [self.name, self.headline, level if level != self.headline else "", self.explained]
        return ", ".join(part for part in parts if part)


def decided_words(photo: ReviewPhoto) -> str:
    """Say in a few words what was decided about a photo."""
    chosen = photo.decision.chosen
    if photo.state is State.SAVED:
        return tr("saved")
    if photo.state is State.ACCEPTED:
        return tr("accepted")
    pasted = chosen is not None and chosen.origin is Origin.PASTED
    return tr("pasted position") if pasted else tr("placed by hand")
