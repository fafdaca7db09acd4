"""The listing that keeps the worklist, the counts and what is looked at in step with the review."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from geoguess_app.review.values import ReviewPhoto, State
from geoguess_app.ui.review.arranging import ListOrdering
from geoguess_app.ui.review.pane import ReviewPane
from geoguess_app.ui.review.worklist import Worklist
from geoguess_app.ui.review.worklist_model import WorklistModel
from geoguess_app.ui.work.pools import TaskPool
from geoguess_app.ui.work.review_controller import ReviewController

_COUNT_MS = 60
_ARRANGE_MS = 700
"""Photos that come in while others are looked at move the list so often at most."""
_CHOSEN = 0
"""No photo's number: one was chosen, and the list does not go to another by itself."""


class Listing(QObject):
    """The list changes by filters and new answers, never under the hands of who decides: what
    was just decided stays in it until the filter is set anew."""

    currentChanged = Signal(object)
    """The ReviewPhoto that is looked at has changed, or another one is; None: there is none."""
    selectionChanged = Signal(int)
    """How many photos are selected."""
    arranged = Signal()
    """Other photos are listed, or in another order."""

    def __init__(
        self,
        model: WorklistModel,
        view: Worklist,
        pane: ReviewPane,
        pool: TaskPool,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._model, self._list, self._pane = model, view, pane
        self._controller: ReviewController | None = None
        self._kept: set[int] = set()
        self._unpainted: list[int] = []
        self._go_to: Sequence[int] = ()
        self._first: int | None = None
        self._arranging = ListOrdering(pool, self)
        self._arranging.arranged.connect(self._show)
        self._count_later = QTimer(self, interval=_COUNT_MS, singleShot=True)
        self._count_later.timeout.connect(self._count)
        self._arrange_later = QTimer(self, interval=_ARRANGE_MS, singleShot=True)
        self._arrange_later.timeout.connect(self.arrange)
        pane.filters.changed.connect(self._filter_changed)
        pane.filters.moreOpened.connect(self._list_countries)
        self._tell_later = QTimer(self, interval=0, singleShot=True)
        self._tell_later.timeout.connect(self.tell_current)
        view.currentChangedTo.connect(lambda _number: self.tell_current())
        view.selectionChangedTo.connect(self._selection_changed)

    def use(self, controller: ReviewController) -> None:
        """The review is open."""
        self._controller = controller
        controller.added.connect(lambda _numbers: self._arrange_soon())
        controller.changed.connect(self._changed)
        controller.decided.connect(self._kept.update)
        self.arrange()
        self._count()

    def close(self) -> bool:
        """Wait for the thread; False where it did not end in time."""
        return self._arranging.close()

    @property
    def settled(self) -> bool:
        """Tell whether the list shows all that happened."""
        late = (self._arrange_later, self._count_later, self._tell_later)
        busy = self._arranging.busy or (self._controller is not None and self._controller.busy)
        return not busy and not any(timer.isActive() for timer in late)

    def photo(self, number: int | None) -> ReviewPhoto | None:
        """A photo by number, if there is one."""
        if number is None or self._controller is None:
            return None
        return self._controller.photo(number)

    def current(self) -> ReviewPhoto | None:
        """The photo that is looked at."""
        return self.photo(self._list.current())

    def show(self, numbers: Sequence[int]) -> None:
        """Make photos the selected ones, also where the filter hides them."""
        if not numbers:
            return
        self._first = _CHOSEN
        if not self._list.select_numbers(numbers):
            self._kept.update(numbers)
            self._go_to = list(numbers)
            self.arrange()

    def tell_current(self) -> None:
        """Say anew what is looked at."""
        self._tell_later.stop()
        self.currentChanged.emit(self.current())

    def arrange(self) -> None:
        """List what passes the filter, in order."""
        self._arrange_later.stop()
        if self._controller is not None:
            filters = self._pane.filters
            wanted, order = filters.wanted(), filters.order()
            self._arranging.ask(self._controller.session, wanted, order, frozenset(self._kept))

    def _changed(self, numbers: list[int]) -> None:
        assert self._controller is not None
        if self._controller.busy:
            self._unpainted += numbers  # together with what else a step changes in a moment
        else:
            self._model.note_changed(numbers)
        if self._list.current() in numbers:
            self._tell_later.start()  # not at once: the next one is looked at in a moment
        if not self._count_later.isActive():
            self._count_later.start()
        if any(self._controller.photo(number).decision.removed for number in numbers):
            self._kept.difference_update(numbers)
            if self._controller.busy:
                self._arrange_later.start(_COUNT_MS)  # more are to come
            else:
                self.arrange()
        elif not self._kept.issuperset(numbers):
            self._arrange_soon()

    def _arrange_soon(self) -> None:
        if not self._model.rowCount():
            self.arrange()
        elif not self._arrange_later.isActive():
            self._arrange_later.start(_ARRANGE_MS)

    def _show(self, numbers: Sequence[int]) -> None:
        self._list.show_numbers(numbers)
        if self._go_to:
            wanted, self._go_to = self._go_to, ()
            self._list.select_numbers(wanted)
        elif numbers and self._may_move():
            assert self._controller is not None
            first = self._controller.next_open(numbers, 0)
            self._first = numbers[0] if first is None else first
            self._list.go_to(self._first)
        self._count()
        self.arranged.emit()

    def _may_move(self) -> bool:
        """As long as nobody chose a photo, the first one to be reviewed is looked at."""
        current = self.current()
        unmoved = current is None or self._first in (None, current.id)
        return unmoved and (current is None or current.state is not State.LOCATED)

    def _filter_changed(self) -> None:
        self._kept.clear()
        self.arrange()

    def _selection_changed(self) -> None:
        self.selectionChanged.emit(self._list.count_selected())
        self._count_later.start()

    def _count(self) -> None:
        unpainted, self._unpainted = self._unpainted, []
        if unpainted:
            self._model.note_changed(unpainted)
        if self._controller is not None:
            shown, selected = self._model.rowCount(), self._list.count_selected()
            self._pane.show_counts(self._controller.counts(), shown, selected)

    def _list_countries(self) -> None:
        found: dict[str, tuple[str, int]] = {}
        for photo in self._controller.session if self._controller is not None else ():
            if photo.proposed is not None:
                place = photo.place
                _, count = found.get(place.country_code, ("", 0))
                found[place.country_code] = (place.country, count + 1)
        self._pane.filters.show_countries(found)
