"""Clues of the photo that is looked at: found, offered, used and dismissed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.clues.clue import Clue
from geoguess_app.core.clues.found import ClueSource, FoundClue
from geoguess_app.core.types import Level
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.area_answers import AreaAnswer
from geoguess_app.ui.locate.clue_strip import ClueStrip
from geoguess_app.ui.locate.found_list import FoundClueList, OfferedClue
from geoguess_app.ui.locate.photo_clues import ClueChoices
from geoguess_app.ui.locate.photo_row import PhotoRow
from geoguess_app.ui.work.jobs import Work

if TYPE_CHECKING:
    from geoguess_app.ui.locate.mode import LocateMode


log = logging.getLogger(__name__)


class ClueWork(QObject):
    """The place for clues under the answer; whoever finds one calls ``offer``."""

    def __init__(self, mode: LocateMode) -> None:
        super().__init__(mode)
        self._mode, self._areas = mode, mode.areas
        self.state = mode.areas.photos
        self._asked: set[Path] = set()
        self.list = FoundClueList()
        self.list.used.connect(self.use)
        self.list.dismissed.connect(self.dismiss)
        self.list.recalled.connect(self.recall)
        self.strip = ClueStrip()
        self.strip.removed.connect(self._lift)
        self._on = False
        mode.services.map.add_above(self.strip)
        box = mode.areas.clue_box
        box.added.connect(self._picked)
        box.removed.connect(self._remove)
        mode.list.view.selectionModel().selectionChanged.connect(lambda *_: self._show_scope())

    def offer(self, photo: Path, source: ClueSource, found: Iterable[FoundClue]) -> None:
        """Show what was found in a photo, in place of what that source said before; nothing is
        used until the user says so."""
        self.state.offer(photo, source, found)

    def offer_signs(self, photo: Path, found: Iterable[FoundClue]) -> None:
        """Show what the text on a photo says."""
        self.offer(photo, ClueSource.SIGN, found)

    def turn(self, *, on: bool) -> None:
        """Show the chips above the map, or leave it to another mode."""
        self._on = on
        self._show_strip(self._mode.list.current())

    def _show_strip(self, row: PhotoRow | None) -> None:
        if not self._on or row is None:
            self.strip.show_used("", (), ())
            return
        own = self.state.choices(row.path).used if self._areas.possible else ()
        self.strip.show_used(self._areas.own_name, self._areas.clues, own)

    def _lift(self, clue: Clue | None) -> None:
        self._mode.list.view.setFocus()  # the chip that had the focus goes
        if clue is None:
            self._areas.lift_area()
        else:
            self._remove(clue)

    def show_row(self, row: PhotoRow | None) -> PhotoRow | None:
        """Show the clues of a photo; returns its row as it is to be shown with those used."""
        self._show_scope()
        self._show_strip(row)
        if row is None or not self._areas.possible:
            self.list.show_clues((), ())
            self._areas.clue_box.show_clues(self._areas.clues)
            return self._areas.look_at(row)
        self._read(row)
        choices = self.state.choices(row.path)
        taken = {*self._areas.clues, *choices.dismissed}
        offered = [each for each in self.state.open(row.path) if each.clue not in taken]
        shown = self._areas.look_at(row, *(each.clue for each in offered))
        told = [OfferedClue(each, self._becomes(row, each.clue)) for each in offered]
        self.list.show_clues(told, choices.dismissed)
        self._areas.clue_box.show_clues(self._areas.clues, choices.used)
        return shown

    def _read(self, row: PhotoRow) -> None:
        """Look for clues in a photo's file, once."""
        if row.path in self._asked or row.outcome is None:
            return
        self._asked.add(row.path)
        self._mode.services.locator.run_on_headers(
            _reading(row.path, named=not row.label), self._read_them, _unread
        )

    def _read_them(self, read: tuple[Path, tuple[FoundClue, ...]]) -> None:
        photo, found = read
        for source in dict.fromkeys(each.source for each in found):
            self.offer(photo, source, [each for each in found if each.source is source])

    def use_first(self) -> None:
        """Use the clue that is offered first."""
        if self.list.cards:
            self.use(self.list.cards[0].offered.found.clue)

    def dismiss_first(self) -> None:
        """Dismiss the clue that is offered first."""
        if self.list.cards:
            self.dismiss(self.list.cards[0].offered.found.clue)

    def use(self, clue: Clue) -> None:
        """Use a clue for the selected photos; says why where it leaves nothing of one."""
        rows = self._mode.list.scope()
        for row in rows:
            found = self._areas.restriction_of(row, clue)
            if found is not None and found.area is None:
                self._mode.services.tell_error(found.problem)
                return
        self._decide(tr("use clue"), rows, lambda choices: choices.using(clue))
        if len(rows) > 1:
            told = tr("Used the clue for {photos}.").format(photos=words.photos(len(rows)))
            self._mode.services.notice.tell(told)

    def dismiss(self, clue: Clue) -> None:
        """Dismiss a clue of the selected photos."""
        rows = self._mode.list.scope()
        self._decide(tr("dismiss clue"), rows, lambda choices: choices.dismissing(clue))

    def recall(self, clue: Clue) -> None:
        """Offer a dismissed clue of the selected photos again."""
        rows = self._mode.list.scope()
        self._decide(tr("offer clue again"), rows, lambda choices: choices.forgetting(clue))

    def _decide(
        self, name: str, rows: list[PhotoRow], decide: Callable[[ClueChoices], ClueChoices]
    ) -> None:
        before = {row.path: self.state.choices(row.path) for row in rows}
        after = {path: decide(choices) for path, choices in before.items()}
        if before != after:
            # The button that was pressed goes: the keyboard stays with the photos.
            self._mode.list.view.setFocus()
            self._mode.steps.do(
                name, lambda: self.state.choose(after), lambda: self.state.choose(before)
            )

    def _show_scope(self) -> None:
        photos = len(self._mode.list.selected())
        self._areas.clue_box.show_scope(photos if photos > 1 else 0)

    def _picked(self, clue: Clue) -> None:
        """A clue of the list is for all photos, or for those selected where they are several."""
        if len(self._mode.list.selected()) > 1:
            self.use(clue)
        else:
            self._areas.use_clues((*self._areas.clues, clue))

    def _remove(self, clue: Clue) -> None:
        if clue in self._areas.clues:
            self._areas.use_clues([each for each in self._areas.clues if each != clue])
        else:
            rows = self._mode.list.scope()
            self._decide(tr("remove clue"), rows, lambda choices: choices.forgetting(clue))

    def _becomes(self, row: PhotoRow, clue: Clue) -> str:
        """Say what the answer would become with a clue more; empty until that is known."""
        where = self._areas.restriction_of(row, clue)
        if where is not None and where.area is None:
            return where.problem
        found = self._areas.answer_of(row, clue)
        return becomes(found) if found is not None else ""


def _reading(photo: Path, *, named: bool) -> Work:
    """Yield the path and what its file says."""

    def work(_token: CancelToken) -> Iterator[tuple[Path, tuple[FoundClue, ...]]]:
        from geoguess_app.locating.file_clues import clues_of_file

        yield photo, clues_of_file(photo, named=named)

    return work


def _unread(error: Exception) -> None:
    """Clues of a file are worth no message: the answer stands without them."""
    log.warning("clues of a photo's file were not read: %s", error)


def becomes(found: AreaAnswer) -> str:
    """Say what an answer becomes: place, radius, and the probability that is left."""
    if found.inside is None or found.used is None:
        return tr("With it: nothing is left of the answer.")
    located = found.inside.located
    share = words.percent(found.used.probability_left)
    place = words.place_in_sentence(located.place, located.prediction.coordinate)
    if found.used.contradict:
        return tr("With it: {place}; only {share} of the probability fits.").format(
            place=place, share=share
        )
    if located.prediction.level is Level.CANNOT_TELL:
        return tr("With it: at best {place}; {share} of the probability fits.").format(
            place=place, share=share
        )
    return tr("With it: {place}, within {radius}; {share} of the probability fits.").format(
        place=place, radius=words.distance(located.prediction.radii.r80_km), share=share
    )
