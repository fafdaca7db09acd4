"""One photo in the list: its file, how far it has come, and what came out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from geoguess_app.core.types import FailedPhoto, Level
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.outcome import LocatingOutcome


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

    @property
    def name(self) -> str:
        return self.label or self.path.name

    @property
    def icon(self) -> str:
        """The icon of the state; every state has a shape of its own."""
        if self.state is RowState.LOCATED and self.outcome is not None:
            return {
                Level.FINE: "state-fine",
                Level.MIDDLE: "state-middle",
                Level.COARSE: "state-coarse",
                Level.CANNOT_TELL: "state-unknown",
            }[self.outcome.located.prediction.level]
        return f"state-{self.state.value}"

    @property
    def headline(self) -> str:
        """The place, or the state in words."""
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
        if found is None or found.prediction.level is not Level.COARSE:
            return self.headline
        return words.place_guess(found.place)

    @property
    def confidence(self) -> str:
        """The probability that the place lies within 25 km, or nothing."""
        if self.outcome is None or self.headline == tr("Cannot tell"):
            return ""
        return words.percent(self.outcome.located.prediction.confidence)

    @property
    def detail(self) -> str:
        """The radius, or why there is none."""
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
        if self.outcome is None or self.state is not RowState.LOCATED:
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
        return words.radius(found.radii.r80_km) + "; " + words.confidence(found.confidence)

    @property
    def spoken(self) -> str:
        """The whole row as one line, for screen readers."""
        level = ""
        if self.state is RowState.LOCATED and self.outcome is not None:
            level = words.level(self.outcome.located.prediction.level)
        parts = [self.name, self.headline, level if level != self.headline else "", self.explained]
        return ", ".join(part for part in parts if part)
