"""Rows of the worklist: a photo's icon, words and figures."""

from __future__ import annotations

from dataclasses import dataclass

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import Level
from geoguess_app.review.values import AnswerSummary, Origin, ReviewPhoto, State
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr

_LEVEL_ICONS = {
    Level.SAME_PLACE: "state-fine",
    Level.FINE: "state-fine",
    Level.MIDDLE: "state-middle",
    Level.COARSE: "state-coarse",
    Level.CANNOT_TELL: "state-unknown",
}
_ICONS = {
    State.WAITING: "state-waiting",
    State.LOCATED: "state-unknown",
    State.ACCEPTED: "review-accepted",
    State.PLACED: "review-placed",
    State.REJECTED: "review-rejected",
    State.HAS_GPS: "review-gps",
    State.FAILED: "state-failed",
    State.SAVED: "review-saved",
}


def state_word(state: State) -> str:
    """A state in a word or two."""
    return {
        State.WAITING: tr("Waiting"),
        State.LOCATED: tr("To review"),
        State.ACCEPTED: tr("Accepted"),
        State.PLACED: tr("Placed by hand"),
        State.REJECTED: tr("Rejected"),
        State.HAS_GPS: tr("Has GPS"),
        State.FAILED: tr("Not located"),
        State.SAVED: tr("Saved"),
    }[state]


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One photo, put into words when it is shown."""

    photo: ReviewPhoto
    state: State

    @staticmethod
    def of(photo: ReviewPhoto) -> ReviewRow:
        """The row of a photo."""
        return ReviewRow(photo, photo.state)

    @property
    def name(self) -> str:
        return self.photo.path.name

    @property
    def icon(self) -> str:
        """Every state has a shape of its own; what is to be reviewed shows how fine it is."""
        answer = self.photo.current
        if self.state is State.LOCATED and answer is not None:
            return _LEVEL_ICONS[answer.level]
        return _ICONS[self.state]

    @property
    def headline(self) -> str:
        """The place, or why there is none."""
        if self.state in (State.WAITING, State.HAS_GPS):
            return state_word(self.state)
        if self.state is State.FAILED:
            return tr("Could not be located")
        return self._place(short=False) or state_word(self.state)

    @property
    def short_headline(self) -> str:
        """The same where there is little room."""
        if self.state in (State.WAITING, State.HAS_GPS, State.FAILED):
            return self.headline
        return self._place(short=True) or self.headline

    @property
    def detail(self) -> str:
        """The state and the radius, or what failed."""
        if self.state is State.FAILED and self.photo.failure is not None:
            return self.photo.failure.message
        if self.state is State.WAITING:
            return ""
        if self.state is State.HAS_GPS and self.photo.known is not None:
            return cf.decimal(self.photo.known, 3)
        return self._joined(tr("within {distance}"))

    @property
    def short_detail(self) -> str:
        """The same where there is little room."""
        if self.state in (State.FAILED, State.WAITING, State.HAS_GPS):
            return self.detail
        return state_word(self.state)

    @property
    def confidence(self) -> str:
        """The probability that the place lies within 25 km, or nothing."""
        answer = self._trusted
        return words.percent(answer.confidence) if answer is not None else ""

    @property
    def quiet(self) -> bool:
        """Tell whether there is nothing to be seen here: waiting, rejected, or an answer that is
        none."""
        unsure = self._answer_shown is not None and self._trusted is None
        return unsure or self.state in (State.WAITING, State.REJECTED, State.HAS_GPS)

    @property
    def may_replace(self) -> bool | None:
        """The tick for photos with a position of their own; None for all others."""
        return None if self.photo.known is None else self.photo.decision.replace_gps

    @property
    def spoken(self) -> str:
        """The whole row as one line, for screen readers."""
        sure = tr("{percent} confidence").format(percent=self.confidence) if self.confidence else ""
        parts = [self.name, state_word(self.state), self.headline, self._radius_words, sure]
        if self.may_replace:
            parts.append(tr("its GPS may be replaced"))
        return ", ".join(dict.fromkeys(part for part in parts if part))

    @property
    def explained(self) -> str:
        """The explanation of the state for a tooltip."""
        lines = [str(self.photo.path), f"{state_word(self.state)}: {self.headline}"]
        if self.state is State.FAILED and self.photo.failure is not None:
            lines.append(self.photo.failure.message)
        if self._radius_words:
            lines.append(self._radius_words)
        if self._trusted is not None:
            lines.append(words.confidence(self._trusted.confidence, self._trusted.model))
        return "\n".join(lines)

    @property
    def _answer_shown(self) -> AnswerSummary | None:
        """The answer, where the position shown is the answer's own."""
        chosen = self.photo.decision.chosen
        own = chosen is None or chosen.origin in (Origin.ESTIMATE, Origin.AREA)
        return self.photo.current if own and self.state is not State.HAS_GPS else None

    @property
    def _trusted(self) -> AnswerSummary | None:
        answer = self._answer_shown
        return None if answer is None or answer.level is Level.CANNOT_TELL else answer

    def _place(self, *, short: bool) -> str:
        shown, answer = self.photo.proposed, self._answer_shown
        if shown is None:
            return ""
        if answer is None:
            return words.place_in_sentence(shown.place, shown.coordinate)
        if answer.level is Level.CANNOT_TELL:
            if self.state is State.LOCATED:
                return tr("Cannot tell")
            return words.place_guess(shown.place)
        trust = answer.level
        if short and trust is Level.COARSE:
            return words.place_guess(shown.place)
        return words.place_short(shown.place, trust)

    @property
    def _radius_words(self) -> str:
        shown = self.photo.proposed
        known = shown is not None and shown.radius_km is not None
        if not known or shown is None or shown.radius_km is None or self.state is State.HAS_GPS:
            return ""
        return words.radius(shown.radius_km)

    def _joined(self, within: str) -> str:
        shown, parts = self.photo.proposed, [state_word(self.state)]
        unsure = self._answer_shown is not None and self._trusted is None
        if shown is not None and shown.radius_km is not None and not unsure:
            parts.append(within.format(distance=words.distance(shown.radius_km)))
        return " · ".join(parts)
