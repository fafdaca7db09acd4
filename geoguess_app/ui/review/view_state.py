"""The state of Review mode in a view: filters, order, the photo, what is selected.

Decisions are no part of it. The review of the window that opens a view stays what it is: photos
that it lacks come in only where it is empty, or where the user wants them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from PySide6.QtCore import QItemSelectionModel

from geoguess_app.core.records.marks import Count, OmitDefault, Range, Text
from geoguess_app.review.values import State
from geoguess_app.review.views import Order, PhotoFilter
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.views.once import connect_once
from geoguess_app.ui.views.values import ViewPath, write_part
from geoguess_app.ui.views.view_state import ViewState

if TYPE_CHECKING:
    from geoguess_app.ui.review.mode import ReviewMode
    from geoguess_app.ui.views.opened import OpenedView

_Gps = Literal["with", "without", ""]
_MOST_SELECTED = 2000
_MOST_TEXT = 200
_GPS: dict[_Gps, bool | None] = {"with": True, "without": False, "": None}
_Share = Annotated[float, Range(0.0, 1.0)]


@dataclass(frozen=True, slots=True)
class ReviewChoices:
    """The choices of the list as the file has them."""

    states: Annotated[tuple[State, ...], Count(len(State))] = ()
    order: Order = Order.UNCERTAIN_FIRST
    least_confidence: _Share = 0.0
    most_confidence: _Share = 1.0
    country: Annotated[str, Text(2, shortest=0)] | None = None
    gps: _Gps = ""
    text: Annotated[str, Text(_MOST_TEXT, shortest=0)] = ""
    selected: Annotated[tuple[ViewPath, ...], Count(_MOST_SELECTED), OmitDefault()] = ()
    matched: Annotated[bool, OmitDefault()] = False

    @property
    def filter(self) -> PhotoFilter:
        """The filter for the photos that are listed."""
        least, most = sorted((self.least_confidence, self.most_confidence))
        states = frozenset(self.states) or None
        return PhotoFilter(
            states, least, most, self.country, _GPS[self.gps], self.text, self.matched
        )


class ReviewViewState(ViewState):
    """Filters and order of a review, and the selection where it is more than one photo."""

    def __init__(self, mode: ReviewMode) -> None:
        super().__init__(mode)
        self._mode = mode

    def captured(self, folder: Path) -> dict[str, object]:
        mode = self._mode
        wanted, controller = mode.pane.filters.wanted(), mode.controller
        selected = mode.list.selected() if controller is not None else []
        few = controller is not None and 1 < len(selected) <= _MOST_SELECTED
        state = ReviewChoices(
            tuple(sorted(wanted.states or ())),
            mode.pane.filters.order(),
            wanted.min_confidence,
            wanted.max_confidence,
            wanted.country_code,
            next(word for word, has in _GPS.items() if has is wanted.has_gps),
            wanted.text[:_MOST_TEXT],
            tuple(controller.photo(n).path for n in selected) if controller and few else (),
            wanted.matched,
        )
        return write_part(state, folder)

    def photos(self) -> tuple[Sequence[Path], Path | None]:
        """Give those that are listed, and no others; the one that is looked at."""
        mode = self._mode
        controller, current = mode.controller, mode.listing.current()
        if controller is None:
            return (), None
        listed = [controller.photo(number).path for number in mode.model.numbers]
        return listed, current.path if current is not None else None

    def restore(self, view: OpenedView) -> None:
        """Look at the same, as soon as the review is open."""
        mode = self._mode
        looking = _ReviewRestorer(mode, view, view.state(ReviewChoices))
        if mode.controller is not None:
            looking.begin()
        else:
            # An empty review is false.
            connect_once(mode.opening.opened, lambda: mode.controller is not None, looking.begin)


class _ReviewRestorer:
    """The way from an open review to the photo on the map."""

    def __init__(self, mode: ReviewMode, view: OpenedView, looked: ReviewChoices) -> None:
        self._mode, self._view, self._looked = mode, view, looked

    def begin(self) -> None:
        """The review is open."""
        if not self._view.wanted:
            return
        self._view.tell_again()
        connect_once(self._mode.listing.arranged, lambda: True, self._listed)
        self._mode.pane.filters.set_wanted(self._looked.filter, self._looked.order)

    def _listed(self) -> None:
        if not self._view.wanted:
            return
        lacking = [path for path in self._view.view.photos if self._number(path) is None]
        there = [path for path in lacking if path.is_file()]
        controller = self._mode.controller
        assert controller is not None
        if not there:
            self._select()
        elif not len(controller) and not any(controller.steps()):
            self._add(there)
        else:
            text = tr("Not in your review: {count} of this view’s {photos}.")
            every = words.photos(len(self._view.view.photos))
            self._view.tell(
                text.format(count=f"{len(there):,}", photos=every),
                (tr("Add them"), lambda: self._add(there)),
            )
            self._select()

    def _add(self, paths: list[Path]) -> None:
        work = self._mode.work
        if work is not None:
            connect_once(work.folderDone, lambda: True, self._select)
            work.open_paths(paths)

    def _select(self) -> None:
        """Look at the photo, and wait for its answer, which moves the map."""
        wanted, mode = self._view.view.photo, self._mode
        number = self._number(wanted) if wanted is not None else None
        controller = mode.controller
        if not self._view.wanted or controller is None:
            return
        if number is None:
            self._view.shown()
            return
        found = [self._number(path) for path in self._looked.selected]
        selected = [other for other in found if other is not None]
        mode.listing.show(selected if number in selected else [number])
        # A long list is arranged anew in a worker.
        connect_once(
            mode.listing.arranged,
            lambda: mode.model.row_of(number) is not None,
            lambda: self._await(number),
            at_once=True,
        )

    def _await(self, number: int) -> None:
        mode, controller = self._mode, self._mode.controller
        row = mode.model.row_of(number)
        if not self._view.wanted or row is None or controller is None:
            return
        index, keep = mode.model.index(row), QItemSelectionModel.SelectionFlag.NoUpdate
        mode.list.selectionModel().setCurrentIndex(index, keep)
        mode.list.scrollTo(index)
        connect_once(
            controller.changed,
            lambda: not self._view.wanted or self._answered(number),
            lambda: self._show(number),
            at_once=True,
        )

    def _answered(self, number: int) -> bool:
        assert self._mode.controller is not None
        return self._mode.controller.photo(number).state is not State.WAITING

    def _show(self, number: int) -> None:
        mode = self._mode
        current = mode.listing.current()
        if not self._view.wanted or (current is not None and current.id != number):
            return  # another one has been chosen in the meantime: that one stays
        connect_once(mode.map.fitted, lambda: True, self._view.shown)
        mode.map.show_photo(mode.listing.photo(number), fit=True)

    def _number(self, path: Path) -> int | None:
        assert self._mode.controller is not None
        return self._mode.controller.session.number_of(path)
