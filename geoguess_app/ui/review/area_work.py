"""Looking for photos in a country or a drawn area: from the panel and the map to the review."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.area.areas import Area
from geoguess_app.core.clues.clue import Clue, known_clues
from geoguess_app.review.narrowing import is_proven, wish_for
from geoguess_app.review.values import NarrowedAnswer
from geoguess_app.ui.areas.countries import countries
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.review.keys import ReviewActions
from geoguess_app.ui.review.map_side import ReviewMapSide
from geoguess_app.ui.review.panel import ReviewPanel, clues_of
from geoguess_app.ui.review.restricting import AreaRestriction
from geoguess_app.ui.review.worklist import Worklist
from geoguess_app.ui.work.review_controller import ReviewController

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.review.restricting import Wish
    from geoguess_app.ui.work.workers import LoadedModel


class AreaWork(QObject):
    """The search of areas for the photos that are selected when one is chosen."""

    told = Signal(str)
    problem = Signal(str)

    def __init__(
        self,
        services: Services,
        panel: ReviewPanel,
        side: ReviewMapSide,
        keys: ReviewActions,
        view: Worklist,
    ) -> None:
        super().__init__(view)
        self._locator, self._box, self._map = services.locator, panel.area, side
        self._clues = panel.clues
        self._carried: dict[Path, tuple[Clue, ...]] = {}
        """Clues that came with photos from Locate, whose answers are not here yet."""
        self._keys, self._list = keys, view
        self._controller: ReviewController | None = None
        self.restricting = AreaRestriction(services.locator.answers, services.pools.areas, self)
        self.restricting.found.connect(self._found)
        self.restricting.problem.connect(self.problem)
        self._box.chosen.connect(self.restrict)
        self._box.drawing.connect(self.draw)
        self._clues.added.connect(lambda clue: self._change_clues(lambda had: (*had, clue)))
        self._clues.removed.connect(
            lambda clue: self._change_clues(lambda had: tuple(x for x in had if x != clue))
        )
        side.drawn.connect(self._drawn)

    def use(self, controller: ReviewController) -> None:
        """The review is open."""
        self._controller = controller
        controller.changed.connect(lambda _numbers: self._use_carried())
        self._use_carried()

    def carry(self, clues: Mapping[Path, tuple[Clue, ...]]) -> None:
        """Keep photos to clues as soon as they are here with their answers."""
        self._carried.update(clues)
        self._use_carried()

    def _use_carried(self) -> None:
        controller, model = self._controller, self._locator.model
        if controller is None or model is None or not self._carried:
            return
        wishes = []
        for path, clues in list(self._carried.items()):
            number = controller.session.number_of(path.absolute())
            photo = controller.photo(number) if number is not None else None
            if photo is not None and photo.answer is not None:
                del self._carried[path]
                wish = wish_for(photo, photo.decision.own_area, clues)
                if wish is None or photo.is_decided:
                    continue
                if photo.decision.clues != tuple(map(str, wish.clues)):
                    wishes.append((photo, wish))
        self._ask(wishes)

    def use_model(self, model: LoadedModel) -> None:
        """List what can be chosen with this model, and use clues that waited for one."""
        self._clues.setEnabled(model.predictor.bundle.manifest.has_cells)
        self._box.list_countries(countries())
        if not self._clues.list.count():
            self._clues.list_clues(known_clues())
        self._use_carried()

    def _change_clues(self, change: Callable[[tuple[Clue, ...]], tuple[Clue, ...]]) -> None:
        """For each of the selected photos, to its own clues; without area and clues an answer is
        the model's own again. Says so where a proven answer stays."""
        controller = self._controller
        if controller is None:
            return
        photos = [controller.photo(number) for number in self._list.scope()]
        wishes, freed, proven = [], [], 0
        for photo in photos:
            had = clues_of(photo)
            wish = wish_for(photo, photo.decision.own_area, change(had))
            if is_proven(photo) and not had:
                proven += 1
            elif wish is None:
                freed.append(photo.id)
            else:
                wishes.append((photo, wish))
        if freed:
            controller.clear(freed)
        self._ask([wish for wish in wishes if wish[0].answer is not None])
        if proven:
            self.told.emit(
                tr(
                    "Clues change nothing for {photos}: a matching reference proves the place."
                ).format(photos=words.photos(proven))
            )

    def _ask(self, wishes: Sequence[Wish]) -> None:
        model = self._locator.model
        if model is None:
            self.problem.emit(tr("Wait for the model to load."))
        elif wishes:
            self.restricting.ask(wishes, model)

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
        controller = self._controller
        if controller is None:
            return
        photos = [controller.photo(number) for number in self._list.scope()]
        wishes = [(p, wish_for(p, area, clues_of(p))) for p in photos if p.answer is not None]
        self._ask([(photo, wish) for photo, wish in wishes if wish is not None])

    def _drawn(self, area: Area | None) -> None:
        self.draw(None)
        self._list.setFocus()
        if area is not None:
            self.restrict(area)

    def _found(self, answers: Mapping[int, NarrowedAnswer], without: int) -> None:
        if self._controller is None:
            return
        self._controller.narrow(answers)
        if without:
            self.told.emit(
                tr("No match there for {photos}; they were not changed.").format(
                    photos=words.photos(without)
                )
            )
