"""Verified matches in a review: the evidence of one, and accepting all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from geoguess_app.review.values import State
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.references.comparing import SamePlaceController

if TYPE_CHECKING:
    from pathlib import Path

    from geoguess_app.ui.review.mode import ReviewMode


class ReviewEvidence(QObject):
    """A link between a review and the reference photos that its answers rest on."""

    def __init__(self, mode: ReviewMode) -> None:
        super().__init__(mode)
        self._mode = mode
        self.same_place = SamePlaceController(mode.services, self)
        self.same_place.closed.connect(mode.list.setFocus)
        self.same_place.refused.connect(self._locate_anew)
        mode.panel.match.evidenceWanted.connect(self.show)
        mode.keys.connect(
            {mode.keys.evidence: self.show, mode.keys.accept_matches: self.accept_matches}
        )

    def show(self) -> None:
        """Show the photo under review beside the reference photos most like it."""
        photo = self._mode.listing.current()
        if photo is not None:
            self.same_place.open(photo.path)

    def accept_matches(self) -> None:
        """Accept every listed photo whose place a reference photo proves."""
        controller = self._mode.controller
        if controller is None:
            return
        matched = [
            number
            for number in self._mode.model.numbers
            if (photo := controller.photo(number)).is_match and photo.state is State.LOCATED
        ]
        if matched:
            controller.accept(matched, self._accepted)
        else:
            self._mode.services.notice.tell(
                tr("No photo in this list has a verified match that is still open.")
            )

    def _accepted(self, done: list[int]) -> None:
        self._mode.services.notice.tell(
            tr("Accepted {photos} with a verified match. Undo takes it back.").format(
                photos=words.photos(len(done))
            )
        )

    def _locate_anew(self, path: Path) -> None:
        controller = self._mode.controller
        number = controller.session.number_of(path) if controller is not None else None
        if controller is not None and number is not None:
            # Its decision stays; without an answer it waits to be located.
            controller.update([replace(controller.photo(number), answer=None, trip=None)])
