"""Searching only in an area: answers in Locate, given that the photo was taken there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.area.areas import Area, Countries, Country
from geoguess_app.core.clues.clue import Clue, describe
from geoguess_app.core.clues.restriction import Restriction, restricted
from geoguess_app.ui.areas.area_box import AreaBox
from geoguess_app.ui.areas.clue_box import ClueBox
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.area_answers import AreaAnswer, AreaAnswers, AreaQuestion, clue_note
from geoguess_app.ui.locate.photo_clues import PhotoClues
from geoguess_app.ui.locate.photo_row import PhotoRow
from geoguess_app.ui.work.locator import sentence

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.map.view import MapView
    from geoguess_app.ui.work.workers import LoadedModel


class AreaSearch(QObject):
    """The area that is on, its fields, and the answers inside it of the photos looked at."""

    changed = Signal()
    """Another area, or an answer inside it has come: show the current photo again."""

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._on = False
        self.own: Area | None = None
        """The area that was drawn or chosen by country."""
        self.clues: tuple[Clue, ...] = ()
        self.area: Area | None = None
        """The common part of that area and of the clues."""
        self.box = AreaBox(services.icons)
        self.clue_box = ClueBox()
        self.photos = PhotoClues(self)
        """The clues of single photos, which come to those for all of them."""
        self._answers = AreaAnswers(services, self)
        self.possible = False
        """Whether the model has cells, so that a search can be restricted."""
        self._listed = False
        self._current: Area | None = None
        self._reached: tuple[int, ...] | None = None
        self._shown: PhotoRow | None = None
        self._pin: dict[str, object] | None = None
        self._map: MapView | None = None
        self.box.chosen.connect(self._country)
        self.box.everywhere.connect(self.lift_area)
        self.box.drawing.connect(self._draw)
        self._answers.came.connect(lambda _question: self.changed.emit())
        self._answers.failed.connect(self._failed)
        self.photos.changed.connect(lambda _paths: self.changed.emit())
        services.map.when_map(self._map_came)

    def enter(self) -> None:
        """The mode is on: what is drawn on the map is a search area."""
        self._on = True
        self.show_on_map()

    def leave(self) -> None:
        """Take the outline off the map, which another mode uses now."""
        self._on = False
        if self._map is not None:
            self._map.push("reviewDraw", None)
            self._map.push("review", None)

    def use_model(self, model: LoadedModel) -> None:
        """Answers of another model do not count; one without cells cannot be restricted."""
        self._answers.clear()
        possible = self.possible = model.predictor.bundle.manifest.has_cells
        self.box.setEnabled(possible)
        self.clue_box.setEnabled(possible)
        if not possible:
            self.search(None)
        elif not self._listed:
            from geoguess_app.ui.areas.countries import countries

            self._listed = True
            from geoguess_app.core.clues.clue import known_clues

            self.box.list_countries(countries())
            self.clue_box.list_clues(known_clues())

    def search(self, area: Area | None) -> None:
        """Look only there from now on, as far as the clues allow; None: everywhere, without any."""
        self._restrict(area, self.clues if area is not None else ())

    def use_clues(self, clues: Sequence[Clue]) -> None:
        """Look only where these fit, inside the area that is on."""
        self._restrict(self.own, tuple(clues))

    def _restrict(self, own: Area | None, clues: tuple[Clue, ...]) -> None:
        if (own, clues) == (self.own, self.clues):
            return
        both = restricted(own, clues, None)
        if both is not None and both.area is None:
            self._refuse(both.problem)
            return
        self.own, self.clues, self.area = own, clues, both.area if both is not None else None
        self.box.show_area(own)
        self.show_on_map()
        self.changed.emit()

    def _refuse(self, said: str) -> None:
        self._services.tell_error(said)
        self.box.show_area(self.own)

    @property
    def free(self) -> bool:
        """Tell whether the search can be restricted, and is not yet."""
        return self.area is None and self.box.isEnabled()

    def choose_country(self, code: str) -> None:
        """Look only in this country; without a code, ask for one."""
        if code:
            self.search(Country(code))
        else:
            self.box.country.setFocus()

    def restriction_of(self, row: PhotoRow, *more: Clue) -> Restriction | None:
        """Return where a photo is searched, with its own clues and ``more``; None: everywhere."""
        own = self.photos.choices(row.path).used if self.possible else ()
        if _is_proven(row):
            return restricted(self.own, (), None)
        clues = tuple(dict.fromkeys((*self.clues, *own, *more)))
        taken = row.facts.taken if row.facts is not None else None
        return restricted(self.own, clues, taken.date() if taken is not None else None)

    def look_at(self, row: PhotoRow | None, *offered: Clue) -> PhotoRow | None:
        """Show a photo's area on the map; returns the row as it is to be shown: with its answer
        inside the area, once that is known.

        ``offered``: clues not used yet, whose answers will be asked for.
        """
        found = self.restriction_of(row) if row is not None else None
        area = found.area if found is not None else None
        known = self._answer(row, found) if row is not None else None
        reached = known.reached if known is not None else None
        if (area, reached) != (self._current, self._reached):
            self._current, self._reached = area, reached
            self.show_on_map()
        if row is None or row.outcome is None:
            return row
        wanted = [found, *(self.restriction_of(row, clue) for clue in offered)]
        self._answers.ask([q for each in wanted if (q := _question(row, each))], row.outcome)
        return self._applied(row, found)

    def _applied(self, row: PhotoRow, found: Restriction | None) -> PhotoRow:
        answer = self._answer(row, found)
        if answer is None or answer.inside is None:
            return row
        if self._shown is None or self._shown.outcome is not answer.inside:
            self._shown = dataclasses.replace(row, outcome=answer.inside)
        return self._shown

    def clues_of(self, photos: Iterable[Path]) -> dict[Path, tuple[Clue, ...]]:
        """Return the clues used for each of these photos that has any."""
        used = {path: (*self.clues, *self.photos.choices(path).used) for path in photos}
        return {path: tuple(dict.fromkeys(clues)) for path, clues in used.items() if clues}

    def asked_of(self, row: PhotoRow) -> AreaQuestion | None:
        """Return what a photo's answer is kept to, where clues are used for it."""
        question = _question(row, self.restriction_of(row))
        return question if question is not None and question.clues else None

    def settled(self, row: PhotoRow | None) -> bool:
        """Tell whether a row's answer is the one that stays."""
        if row is None or row.outcome is None:
            return True
        found = self.restriction_of(row)
        return _question(row, found) is None or self._answer(row, found) is not None

    def answer_of(self, row: PhotoRow, *more: Clue) -> AreaAnswer | None:
        """Return what is left of a row's answer, with its clues and ``more``; None where that is
        not known."""
        return self._answer(row, self.restriction_of(row, *more))

    def _answer(self, row: PhotoRow, found: Restriction | None) -> AreaAnswer | None:
        question = _question(row, found)
        if question is None or row.outcome is None:
            return None
        return self._answers.get(question, row.outcome)

    @property
    def own_name(self) -> str:
        """Return the search area in words, without the clues; empty for everywhere."""
        return self._name() if self.own is not None else ""

    def note(self, row: PhotoRow | None) -> tuple[str, str] | None:
        """Title and sentence of what the area has done to a row's answer; None for nothing."""
        if row is None or row.outcome is None:
            return None
        where = self.restriction_of(row)
        if where is None:
            return _unchanged() if _is_proven(row) and self.clues_of([row.path]) else None
        if where.area is None:
            return tr("These clues exclude each other"), where.problem
        found = self._answer(row, where)
        if found is None:
            return tr("Searching the area…"), ""
        if found.used is not None:
            return clue_note(found, found.used)
        if found.inside is None:
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

    def show_pin(self, pin: dict[str, object] | None) -> None:
        """Show the pin of the current photo beside the area; None for no pin."""
        if pin != self._pin:
            self._pin = pin
            self.show_on_map()

    def show_on_map(self) -> None:
        """The outline of a drawn area and the pin, while photos are located."""
        if self._map is not None and self._on:
            self._map.push("review", self.on_map(self._pin))

    def on_map(self, pin: dict[str, object] | None = None) -> dict[str, object] | None:
        """Return what the page draws for the area, with a pin or without."""
        from geoguess_app.ui.areas.drawing import outline, outlines

        ring = outline(self._current)
        reached = None if self._reached is None else outlines(self._reached)
        if not (ring or pin) and reached is None:
            return None
        return {"id": 0, "pin": None, **(pin or {}), "area": ring, "reached": reached}

    def lift_area(self) -> None:
        """Search everywhere that the clues allow."""
        self._restrict(None, self.clues)

    def close(self) -> None:
        """Ask for nothing more."""
        self._answers.close()

    def restriction(self) -> str:
        """Say how answers are restricted: "Only in France", "Only with clues: drives on the left";
        empty where they are not."""
        clues = ", ".join(describe(clue) for clue in self.clues)
        if self.own is None:
            return tr("Only with clues: {clues}").format(clues=clues) if clues else ""
        said = tr("Only in {area}").format(area=self._name())
        return f"{said}; {clues}" if clues else said

    def _name(self) -> str:
        area = self.own
        codes = area.codes if isinstance(area, Countries) else ()
        if isinstance(area, Country):
            codes = (area.code,)
        box = self.box.country
        names = [box.itemText(box.findData(code)) for code in codes]
        return ", ".join(names) if names else tr("the area on the map")

    def _country(self, chosen: Country) -> None:
        """A second country comes to the first one."""
        had: tuple[str, ...] = ()
        if isinstance(self.own, Country):
            had = (self.own.code,)
        elif isinstance(self.own, Countries):
            had = self.own.codes
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
        from geoguess_app.ui.areas.drawing import area_of

        if not self._on or self._map is None:
            return
        self.box.stop_drawing()
        self._map.push("reviewDraw", None)
        if kind is None:
            return
        try:
            self.search(area_of(kind, corners))
        except SessionError as problem:
            self._services.tell_error(str(problem))

    def _failed(self, error: Exception) -> None:
        self._services.tell_error(sentence(error))
        self.search(None)


def _is_proven(row: PhotoRow) -> bool:
    """Whether matching points with a reference photo prove where it was taken."""
    reference = row.outcome.located.reference if row.outcome is not None else None
    return reference is not None and reference.is_verified


def _unchanged() -> tuple[str, str]:
    return (
        tr("Clues change nothing here"),
        tr("A reference photo that matches proves where the photo was taken."),
    )


def _question(row: PhotoRow, found: Restriction | None) -> AreaQuestion | None:
    if found is None or found.area is None:
        return None
    return AreaQuestion(row.path, found.area, found.clues)
