"""Searching only in an area: answers in Locate, given that the photo was taken there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.area.areas import Area, Countries, Country, intersect
from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.clues.clue import Clue, area_of, describe
from geoguess_app.core.errors import ClueError
from geoguess_app.core.types import CluesUsed
from geoguess_app.ui.areas.area_box import AreaBox
from geoguess_app.ui.areas.clue_box import ClueBox
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.photo_row import PhotoRow
from geoguess_app.ui.work.jobs import Job, Work
from geoguess_app.ui.work.locator import sentence
from geoguess_app.ui.work.outcome import LocatingOutcome, make_outcome

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.map.view import MapView
    from geoguess_app.ui.work.answers import Answers
    from geoguess_app.ui.work.workers import LoadedModel

_MOST_KEPT = 300
_Key = tuple[Path, Area, tuple[Clue, ...]]


@dataclass(frozen=True, slots=True)
class AreaAnswer:
    """An answer, and what is left of it inside an area."""

    whole: LocatingOutcome
    inside: LocatingOutcome | None
    """None where nothing is left."""
    used: CluesUsed | None
    """The clues that made the area, if any."""


def area_work(
    model: LoadedModel,
    outcome: LocatingOutcome,
    area: Area,
    clues: tuple[Clue, ...],
    answers: Answers,
) -> Work:
    """Yield the AreaAnswer inside the area, which clues may have made."""

    def work(token: CancelToken) -> Iterator[AreaAnswer]:
        from geoguess_app.core.clues.apply import keep_to

        located = outcome.located
        whole = located.prediction
        known = answers.store().prediction(located.path, answers.key(model))
        if known is not None:
            cells = known.cell_probabilities
            whole = dataclasses.replace(whole, cell_probabilities=cells)
        with model.atlas.use() as atlas:
            inside, used = keep_to(whole, clues, area, atlas)
        said = used if clues else None
        if inside is None:
            yield AreaAnswer(outcome, None, said)
            return
        place = model.places.at(inside.coordinate)
        found = dataclasses.replace(located, prediction=inside, place=place, reference=None)
        yield AreaAnswer(outcome, make_outcome(found, model.places), said)

    return work


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
        self._found: dict[_Key, AreaAnswer] = {}
        self._job: Job | None = None
        self._wanted: tuple[_Key, LocatingOutcome] | None = None
        self._listed = False
        self._shown: PhotoRow | None = None
        self._pin: dict[str, object] | None = None
        self._map: MapView | None = None
        self.box.chosen.connect(self._country)
        self.box.everywhere.connect(lambda: self._restrict(None, self.clues))
        self.clue_box.changed.connect(self.use_clues)
        self.box.drawing.connect(self._draw)
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
        self._found.clear()
        possible = model.predictor.bundle.manifest.has_cells
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
        parts = [own] if own is not None else []
        try:
            both = intersect([*parts, area_of(clues)]) if clues else own
        except ClueError as problem:
            self._refuse(str(problem))
            return
        if both is None and clues:
            self._refuse(tr("No country of the search area fits these clues."))
            return
        self.own, self.clues, self.area = own, clues, both
        self.box.show_area(own)
        self.clue_box.show_clues(clues)
        self.show_on_map()
        self.changed.emit()

    def _refuse(self, said: str) -> None:
        self._services.tell_error(said)
        self.box.show_area(self.own)
        self.clue_box.show_clues(self.clues)

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

    def applied(self, row: PhotoRow | None) -> PhotoRow | None:
        """The row as it is to be shown: with its answer inside the area, once that is known."""
        if self.area is None or row is None or row.outcome is None:
            return row
        found = self._known(row, row.outcome, self.area)
        if found is None:
            self._ask((row.path, self.area, self.clues), row.outcome)
            return row
        inside = found.inside
        if inside is None:
            return row
        if self._shown is None or self._shown.outcome is not inside:
            self._shown = dataclasses.replace(row, outcome=inside)
        return self._shown

    def settled(self, row: PhotoRow | None) -> bool:
        """Tell whether a row's answer is the one that stays."""
        if self.area is None or row is None or row.outcome is None:
            return True
        return self._known(row, row.outcome, self.area) is not None

    def answer_of(self, row: PhotoRow) -> AreaAnswer | None:
        """Return what is left inside the area of a row's answer; None where that is not known."""
        if self.area is None or row.outcome is None:
            return None
        return self._known(row, row.outcome, self.area)

    @property
    def own_name(self) -> str:
        """Return the search area in words, without the clues; empty for everywhere."""
        return self._name() if self.own is not None else ""

    def note(self, row: PhotoRow | None) -> tuple[str, str] | None:
        """Title and sentence of what the area has done to a row's answer; None for nothing."""
        if self.area is None or row is None or row.outcome is None:
            return None
        found = self._known(row, row.outcome, self.area)
        if found is None:
            return tr("Searching the area…"), ""
        if found.used is not None:
            return _clue_note(found, found.used)
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
        from geoguess_app.ui.areas.drawing import outline

        ring = outline(self.area)
        return {"id": 0, "pin": None, **(pin or {}), "area": ring} if ring or pin else None

    def close(self) -> None:
        """Ask for nothing more."""
        if self._job is not None:
            self._job.cancel()

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

    def _known(self, row: PhotoRow, outcome: LocatingOutcome, area: Area) -> AreaAnswer | None:
        """What is left of this very answer; an answer that came later has to be asked for."""
        found = self._found.get((row.path, area, self.clues))
        return found if found is not None and found.whole is outcome else None

    def _ask(self, key: _Key, outcome: LocatingOutcome) -> None:
        model, wanted = self._services.locator.model, self._wanted
        if model is None or (wanted is not None and wanted[0] == key and wanted[1] is outcome):
            return
        self._wanted = key, outcome
        if self._job is not None:
            self._job.cancel()
        answers = self._services.locator.answers
        job = self._job = Job(area_work(model, outcome, key[1], key[2], answers))
        job.item.connect(lambda found: self._came(key, found))
        job.failed.connect(self._failed)
        job.start(self._services.pools.areas)

    def _came(self, key: _Key, found: AreaAnswer) -> None:
        while len(self._found) >= _MOST_KEPT:
            self._found.pop(next(iter(self._found)))
        self._found[key] = found
        wanted = self._wanted
        if wanted is not None and wanted[0] == key and wanted[1] is found.whole:
            self._wanted = None
            self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self._wanted = None
        self._services.tell_error(sentence(error))
        self.search(None)


def _clue_note(found: AreaAnswer, used: CluesUsed) -> tuple[str, str]:
    """Title and sentence of what clues have done to an answer."""
    located = found.whole.located
    place = words.place_in_sentence(located.place, located.prediction.coordinate)
    share = words.percent(used.probability_left)
    without = tr("Without the clues: {place}.").format(place=place)
    if found.inside is None:
        return (
            tr("Nothing fits these clues"),
            tr("The model finds no match for the photo there; this is the answer without them."),
        )
    if used.contradict:
        said = tr("Only {share} of the probability fits. One of them is likely wrong.")
        return (
            tr("Clues and picture contradict each other"),
            f"{said.format(share=share)} {without}",
        )
    said = tr("{share} of the probability fits.").format(share=share)
    return tr("Kept to: {clues}").format(clues=", ".join(used.words)), f"{said} {without}"
