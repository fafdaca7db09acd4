"""Searching only in an area: answers in Locate, given that the photo was taken there."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.area.areas import Area, Countries, Country
from geoguess_app.core.cancel import CancelToken
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.photo_row import PhotoRow
from geoguess_app.ui.review.area_box import AreaBox
from geoguess_app.ui.work.jobs import Job, Work
from geoguess_app.ui.work.locator import sentence
from geoguess_app.ui.work.outcome import Outcome, make_outcome

if TYPE_CHECKING:
    from geoguess_app.core.area.atlas import Atlas
    from geoguess_app.ui.map.view import MapView
    from geoguess_app.ui.shell.window import MainWindow
    from geoguess_app.ui.work.answers import Answers
    from geoguess_app.ui.work.workers import LoadedModel

_MOST_KEPT = 300


class Restrictor:
    """Answers inside an area; one cover of the model's cells serves all photos. Thread-safe."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._lock = threading.Lock()
        self._atlas: tuple[LoadedModel, Atlas] | None = None

    def restricting(self, model: LoadedModel, outcome: Outcome, area: Area) -> Work:
        """Yields the Outcome inside the area, or None where nothing is left there."""

        def work(token: CancelToken) -> Iterator[Outcome | None]:
            with self._lock:
                yield self._restricted(model, outcome, area)

        return work

    def _restricted(self, model: LoadedModel, outcome: Outcome, area: Area) -> Outcome | None:
        from geoguess_app.core.decision.decide import COMBINED
        from geoguess_app.core.decision.heatmap import restrict
        from geoguess_app.review.narrowing import narrowed, remembered
        from geoguess_app.review.summary import summary
        from geoguess_app.review.values import ReviewPhoto

        atlas = self._atlas_of(model)
        located = outcome.located
        posteriors = remembered(self._answers.store(), self._answers.key(model))
        photo = ReviewPhoto(1, located.path, answer=summary(located))
        found, _ = narrowed([photo], area, atlas, posteriors, model.places)
        if 1 not in found:
            return None
        answer = found[1]
        cells = posteriors(located.path)
        shown = {}
        if cells is not None:
            cover = atlas.cover(area)
            shown = {COMBINED: restrict(cells * cover.share, cover.share > 0)}
        prediction = dataclasses.replace(
            located.prediction,
            coordinate=answer.coordinate,
            radii=answer.radii,
            confidence=answer.confidence,
            level=answer.level,
            candidates=answer.candidates,
            conflict=None,
            cell_probabilities=shown,
        )
        inside = dataclasses.replace(located, prediction=prediction, place=answer.place)
        return make_outcome(inside, model.places)

    def _atlas_of(self, model: LoadedModel) -> Atlas:
        from geoguess_app.core.area.atlas import Atlas

        if self._atlas is None or self._atlas[0] is not model:
            self._atlas = (model, Atlas(model.predictor.bundle))
        return self._atlas[1]


class AreaSearch(QObject):
    """The area that is on, its fields, and the answers inside it of the photos looked at."""

    changed = Signal()
    """Another area, or an answer inside it has come: show the current photo again."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.area: Area | None = None
        self.box = AreaBox(window.icons)
        self._restrictor = Restrictor(window.locator.answers)
        self._found: dict[tuple[Path, int, Area], Outcome | None] = {}
        self._job: Job | None = None
        self._wanted: tuple[Path, int, Area] | None = None
        self._listed = False
        self._shown: PhotoRow | None = None
        self._map: MapView | None = None
        self.box.chosen.connect(self._country)
        self.box.everywhere.connect(lambda: self.search(None))
        self.box.drawing.connect(self._draw)
        window.map_pane.when_map(self._map_came)

    def use_model(self, model: LoadedModel) -> None:
        """Answers of another model do not count; one without cells cannot be restricted."""
        self._found.clear()
        possible = model.predictor.bundle.manifest.kind == "cells"
        self.box.setEnabled(possible)
        if not possible:
            self.search(None)
        elif not self._listed:
            from geoguess_app.ui.review.places import countries

            self._listed = True
            self.box.list_countries(countries())

    def search(self, area: Area | None) -> None:
        """Look only there from now on; None: everywhere."""
        if area != self.area:
            self.area = area
            self.box.show_area(area)
            self.show_on_map()
            self.changed.emit()

    def applied(self, row: PhotoRow | None) -> PhotoRow | None:
        """The row as it is to be shown: with its answer inside the area, once that is known."""
        if self.area is None or row is None or row.outcome is None:
            return row
        key = (row.path, id(row.outcome), self.area)
        if key not in self._found:
            self._ask(key, row.outcome)
            return row
        inside = self._found[key]
        if inside is None:
            return row
        if self._shown is None or self._shown.outcome is not inside:
            self._shown = dataclasses.replace(row, outcome=inside)
        return self._shown

    def settled(self, row: PhotoRow | None) -> bool:
        """Whether a row's answer is the one that stays."""
        if self.area is None or row is None or row.outcome is None:
            return True
        return (row.path, id(row.outcome), self.area) in self._found

    def note(self, row: PhotoRow | None) -> tuple[str, str] | None:
        """Title and sentence of what the area has done to a row's answer; None for nothing."""
        if self.area is None or row is None or row.outcome is None:
            return None
        inside = self._found.get((row.path, id(row.outcome), self.area), self)
        if inside is self:
            return tr("Searching the area…"), ""
        if inside is None:
            return (
                tr("No match in this area"),
                tr(
                    "The model finds no match for the photo there; this is the answer for "
                    "all areas."
                ),
            )
        located = row.outcome.located
        place = words.place_in_sentence(located.place, located.prediction.coordinate)
        return (
            tr("Searched only in {area}").format(area=self._name()),
            tr("Assumes the photo was taken there. Without this area: {place}.").format(
                place=place
            ),
        )

    def show_on_map(self) -> None:
        """The outline of a drawn area, while photos are located."""
        from geoguess_app.ui.review.map_side import outline

        if self._map is not None and self._window.locating:
            ring = outline(self.area)
            self._map.push("review", {"pin": None, "area": ring} if ring else None)

    def close(self) -> None:
        """Ask for nothing more."""
        if self._job is not None:
            self._job.cancel()

    def _name(self) -> str:
        area = self.area
        codes = area.codes if isinstance(area, Countries) else ()
        if isinstance(area, Country):
            codes = (area.code,)
        box = self.box.country
        names = [box.itemText(box.findData(code)) for code in codes]
        return ", ".join(names) if names else tr("the area on the map")

    def _country(self, chosen: Country) -> None:
        """A second country comes to the first one."""
        had: tuple[str, ...] = ()
        if isinstance(self.area, Country):
            had = (self.area.code,)
        elif isinstance(self.area, Countries):
            had = self.area.codes
        codes = {*had, chosen.code}
        self.search(chosen if len(codes) == 1 else Countries(tuple(codes)))

    def _draw(self, kind: str | None) -> None:
        if self._map is not None:
            self._map.push("reviewDraw", kind)
            if kind:
                self._map.setFocus()

    def _map_came(self, view: MapView) -> None:
        self._map = view
        view.listen("reviewArea", self._drawn)

    def _drawn(self, kind: str | None, corners: list[list[float]]) -> None:
        from geoguess_app.core.errors import SessionError
        from geoguess_app.ui.review.map_side import area_of

        if not self._window.locating or self._map is None:
            return
        self.box.stop_drawing()
        self._map.push("reviewDraw", None)
        if kind is None:
            return
        try:
            self.search(area_of(kind, corners))
        except SessionError as problem:
            self._window.notice.tell(str(problem), error=True)

    def _ask(self, key: tuple[Path, int, Area], outcome: Outcome) -> None:
        model = self._window.locator.model
        if model is None or key == self._wanted:
            return
        self._wanted = key
        if self._job is not None:
            self._job.cancel()
        job = self._job = Job(self._restrictor.restricting(model, outcome, key[2]))
        job.item.connect(lambda inside: self._came(key, inside))
        job.failed.connect(self._failed)
        job.start(self._window.pools.files)

    def _came(self, key: tuple[Path, int, Area], inside: Outcome | None) -> None:
        while len(self._found) >= _MOST_KEPT:
            self._found.pop(next(iter(self._found)))
        self._found[key] = inside
        if key == self._wanted:
            self._wanted = None
            self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self._wanted = None
        self._window.notice.tell(sentence(error), error=True)
        self.search(None)
