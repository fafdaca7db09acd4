"""Looking for photos in a country or a drawn area: from the panel and the map to the review."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.area.areas import Area
from geoguess_app.review.values import AnswerSummary
from geoguess_app.ui.areas.area_box import AreaBox
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.review.keys import ReviewActions
from geoguess_app.ui.review.map_side import ReviewMapSide
from geoguess_app.ui.review.restricting import AreaRestriction
from geoguess_app.ui.review.worklist import Worklist
from geoguess_app.ui.work.review_controller import ReviewController

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services


class AreaWork(QObject):
    """The search of areas for the photos that are selected when one is chosen."""

    told = Signal(str)
    problem = Signal(str)

    def __init__(
        self,
        services: Services,
        box: AreaBox,
        side: ReviewMapSide,
        keys: ReviewActions,
        view: Worklist,
    ) -> None:
        super().__init__(view)
        self._locator, self._box, self._map = services.locator, box, side
        self._keys, self._list = keys, view
        self._controller: ReviewController | None = None
        self.restricting = AreaRestriction(services.locator.answers, services.pools.areas, self)
        self.restricting.found.connect(self._found)
        self.restricting.problem.connect(self.problem)
        box.chosen.connect(self.restrict)
        box.drawing.connect(self.draw)
        side.drawn.connect(self._drawn)

    def use(self, controller: ReviewController) -> None:
        """The review is open."""
        self._controller = controller

    def close(self) -> bool:
        """Wait for the thread; False where it did not end in time."""
        return self.restricting.close()

    def draw(self, kind: str | None) -> None:
        """Let the user draw on the map; None: no more. Keys of the map then mean corners."""
        for action in self._keys.deciding:
            action.setEnabled(kind is None)
        if kind is None:
            self._box.stop_drawing()
        self._map.draw(kind)

    def restrict(self, area: Area) -> None:
        """Look for the selected photos there."""
        model, controller = self._locator.model, self._controller
        if controller is None:
            return
        if model is None:
            self.problem.emit(tr("Wait for the model to load."))
            return
        photos = [controller.photo(number) for number in self._list.scope()]
        self.restricting.ask([p for p in photos if p.answer is not None], area, model)

    def _drawn(self, area: Area | None) -> None:
        self.draw(None)
        self._list.setFocus()
        if area is not None:
            self.restrict(area)

    def _found(self, area: Area, answers: Mapping[int, AnswerSummary], without: int) -> None:
        if self._controller is None:
            return
        self._controller.narrow(answers, area)
        if without:
            self.told.emit(
                tr("No match in this area for {photos}; they were not changed.").format(
                    photos=words.photos(without)
                )
            )
