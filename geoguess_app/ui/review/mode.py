"""The Review mode: wires the worklist, the panel and the map to the review that is going on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from geoguess_app.review.areas import Area
from geoguess_app.review.session import Session
from geoguess_app.review.values import ReviewPhoto, State
from geoguess_app.ui import words
from geoguess_app.ui.modes import Mode
from geoguess_app.ui.pictures import Pictures
from geoguess_app.ui.review.arranging import Arranging
from geoguess_app.ui.review.controller import ReviewController
from geoguess_app.ui.review.deciding import Deciding
from geoguess_app.ui.review.keys import OwnKeys, ReviewActions
from geoguess_app.ui.review.layers import CellLayers
from geoguess_app.ui.review.map_side import MapSide
from geoguess_app.ui.review.opening import Opening
from geoguess_app.ui.review.pane import ReviewPane
from geoguess_app.ui.review.panel import ReviewPanel
from geoguess_app.ui.review.places import Places, countries
from geoguess_app.ui.review.preview import Preview
from geoguess_app.ui.review.restricting import Restricting
from geoguess_app.ui.review.worklist import Worklist
from geoguess_app.ui.review.worklist_model import WorklistModel
from geoguess_app.ui.words import tr

if TYPE_CHECKING:
    from geoguess_app.ui.saving.work import ReviewWork
    from geoguess_app.ui.window import MainWindow
    from geoguess_app.ui.workers import LoadedModel

_COUNT_MS = 60
_ARRANGE_MS = 700
"""Photos that come in while others are looked at move the list so often at most."""
_PREVIEW_PX = 1800


class ReviewMode(Mode):
    """Made when it is first entered; the review is opened then, in the background."""

    name = "review"
    menu = "&Review"

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.controller: ReviewController | None = None
        self.work: ReviewWork | None = None
        self.deciding: Deciding | None = None
        self.on = False
        self._kept: set[int] = set()
        self._go_to: Sequence[int] = ()
        self._first: int | None = None
        self._pending: list[Path] = []
        self._make()
        self._connect()
        window.map_pane.when_map(self.map.use_map)
        self.opening.start()

    def _make(self) -> None:
        window = self.window
        self.opening = Opening(self)
        self.places = Places()
        self.model = WorklistModel(self._photo, self._permit, self)
        self.list = Worklist(self.model, window.theme, window.thumbnails)
        self.pane = ReviewPane(self.list, window.theme, window.icons)
        self.panel = ReviewPanel(window.theme, window.icons, window.pictures, self.places)
        large = round(_PREVIEW_PX * window.devicePixelRatioF())
        self.large = Pictures(window.pools.pictures, large, square=False, kept=8, parent=self)
        centre = window.centralWidget()
        assert centre is not None
        self.preview = Preview(window.theme, self.large, centre)
        self.arranging = Arranging(self)
        answers = window.locator.answers
        self.restricting = Restricting(answers, self)
        self.layers = CellLayers(answers, self.restricting, self)
        self.map = MapSide(self.layers, self)
        self.keys = ReviewActions(self, window.icons)
        self.list.addActions([action for action in self.keys.menu if not action.isSeparator()])
        self._own_keys = OwnKeys(self)
        for pane in (self.pane, self.panel):
            self._own_keys.guard(pane)
        self._count_later = QTimer(self, interval=_COUNT_MS, singleShot=True)
        self._arrange_later = QTimer(self, interval=_ARRANGE_MS, singleShot=True)

    def _connect(self) -> None:
        self.opening.opened.connect(self._opened)
        self.opening.failed.connect(lambda text, anew: self.pane.show_trouble(text, anew=anew))
        pane, panel = self.pane, self.panel
        pane.addRequested.connect(self.window.commands.choose_folder)
        pane.againRequested.connect(self._open_again)
        pane.anewRequested.connect(self.opening.anew)
        pane.pauseRequested.connect(self._pause)
        pane.filters.changed.connect(self._filter_changed)
        pane.filters.moreOpened.connect(self._list_countries)
        pane.filters.search.returnPressed.connect(self.list.setFocus)
        self.arranging.arranged.connect(self._arranged)
        self.list.currentChangedTo.connect(self._current_changed)
        self.list.selectionChangedTo.connect(self._selection_changed)
        self._count_later.timeout.connect(self._count)
        self._arrange_later.timeout.connect(self._arrange)
        # Later: choosing fills the table in which it was chosen.
        later = Qt.ConnectionType.QueuedConnection
        panel.candidateChosen.connect(self._choose, later)
        panel.field.left.connect(self.list.setFocus)
        panel.area.chosen.connect(self._restrict)
        panel.area.everywhere.connect(self._clear)
        panel.area.drawing.connect(self._draw)
        self.map.candidateClicked.connect(self._choose)
        self.map.dotClicked.connect(lambda number: self._show([number]))
        self.map.drawn.connect(self._drawn)
        self.map.problem.connect(self._complain)
        self.restricting.found.connect(self._restricted)
        self.restricting.problem.connect(self._complain)
        self.preview.stepped.connect(self.list.step)
        self.preview.closed.connect(self.list.setFocus)
        self.window.theme.changed.connect(self.preview.update)

    # --- the mode -----------------------------------------------------------------------------

    def left(self) -> QWidget:
        return self.pane

    def right(self) -> QWidget:
        return self.panel

    def actions(self) -> list[QAction]:
        return self.keys.menu

    def focus_widget(self) -> QWidget | None:
        return self.pane.keyboard_widget()

    def enter(self) -> None:
        self.on = True
        self.keys.enter(self.window)
        self.map.enter()
        self.pane.take_keyboard()
        self._say_where_it_stands()

    def leave(self) -> None:
        self.on = False
        self.preview.close_()
        self._draw(None)
        self.keys.leave(self.window)
        self.map.leave()

    def open_paths(self, paths: list[Path]) -> bool:
        if self.work is None:
            self._pending += paths
        else:
            self.work.open_paths(paths)
        return True

    def model_changed(self, model: LoadedModel) -> None:
        self.layers.use_model(model)
        self.places.use(model.places)
        self.panel.area.list_countries(countries())
        current = self.list.current()
        self._show_current(current)
        self.map.show_photo(self._photo_or_none(current))

    def close(self) -> bool:
        if self.work is not None:
            self.work.close()
        self.large.close()
        ended = [
            part.close() for part in (self.opening, self.arranging, self.restricting, self.layers)
        ]
        if self.controller is not None:
            self.controller.close()
        return all(ended)

    # --- the review is there --------------------------------------------------------------------

    def _opened(self, session: Session) -> None:
        from geoguess_app.ui.saving.work import ReviewWork

        controller = self.controller = ReviewController(session, self)
        self.deciding = Deciding(
            controller, self.list, lambda: self.model.numbers, self.map.center, self
        )
        self._connect_deciding(self.deciding)
        controller.problem.connect(self._complain)
        controller.added.connect(lambda _numbers: self._arrange_soon())
        controller.changed.connect(self._changed)
        controller.decided.connect(self._kept.update)
        controller.stepsChanged.connect(self._name_steps)
        self.map.dots.note(session)
        self.work = ReviewWork(self.window, controller)
        self.work.progressed.connect(lambda *_: self._show_progress())
        self.work.pausedChanged.connect(lambda _paused: self._show_progress())
        self.work.problem.connect(self._complain)
        self.work.folderDone.connect(self._folder_done)
        self._name_steps()
        self._arrange()
        self._count()
        self._say_where_it_stands()
        self.work.start()
        pending, self._pending = self._pending, []
        if pending:
            self.work.open_paths(pending)

    def _connect_deciding(self, deciding: Deciding) -> None:
        keys = self.keys
        deciding.told.connect(self.window.notice.tell)
        deciding.wanted.connect(self._show)
        self.panel.acceptRequested.connect(deciding.accept)
        self.panel.rejectRequested.connect(deciding.reject)
        self.panel.field.entered.connect(self._typed)
        self.map.placed.connect(deciding.place_current)
        self.map.photosDropped.connect(lambda photos, where: deciding.place(where, photos))
        keys.connect(
            {
                keys.accept: deciding.accept,
                keys.reject: deciding.reject,
                keys.clear: deciding.clear,
                keys.back: deciding.back,
                keys.place: deciding.place_at_center,
                keys.copy: deciding.copy,
                keys.paste: self._paste,
                keys.permit: deciding.permit,
                keys.undo: deciding.undo,
                keys.redo: deciding.redo,
            }
        )
        keys.connect(
            {
                keys.type: self.panel.field.setFocus,
                keys.next: lambda: self.list.step(1),
                keys.previous: lambda: self.list.step(-1),
                keys.search: self._search,
                keys.all: self.list.selectAll,
                keys.preview: self._preview,
                keys.fit: self.map.fit,
                keys.retry: self._retry,
                keys.pause: self._pause,
            }
        )
        for rank, action in enumerate(keys.candidates, start=1):
            action.triggered.connect(lambda _checked=False, rank=rank: deciding.choose(rank))

    def _open_again(self) -> None:
        self.pane.show_opening()
        self.opening.start()

    def _say_where_it_stands(self) -> None:
        """An earlier review goes on: say so once, when it is seen."""
        controller = self.controller
        if not self.on or controller is None or not len(controller) or self.property("greeted"):
            return
        self.setProperty("greeted", True)
        counts = controller.counts()
        self.window.notice.tell(
            tr("Going on with your review of {photos}: {open} to review, {ready} to save.").format(
                photos=words.photos(len(controller)),
                open=f"{counts[State.LOCATED]:,}",
                ready=f"{counts[State.ACCEPTED] + counts[State.PLACED]:,}",
            )
        )

    # --- what changed ---------------------------------------------------------------------------

    def _changed(self, numbers: list[int]) -> None:
        assert self.controller is not None
        self.model.note_changed(numbers)
        self.map.dots.note(self.controller.photo(number) for number in numbers)
        current = self.list.current()
        if current in numbers:
            self._show_current(current)
            self.map.show_photo(self._photo_or_none(current))
        if not self._count_later.isActive():
            self._count_later.start()
        self.map.show_dots(self.model.numbers)
        if any(number not in self._kept for number in numbers):
            self._arrange_soon()

    def _arrange_soon(self) -> None:
        if not self.model.rowCount():
            self._arrange()
        elif not self._arrange_later.isActive():
            self._arrange_later.start()

    def _arrange(self) -> None:
        if self.controller is not None:
            filters = self.pane.filters
            kept = frozenset(self._kept)
            self.arranging.ask(self.controller.session, filters.wanted(), filters.order(), kept)

    def _arranged(self, numbers: Sequence[int]) -> None:
        self.list.show_numbers(numbers)
        if self._go_to:
            wanted, self._go_to = self._go_to, ()
            self.list.select_numbers(wanted)
        elif numbers and self._may_move():
            assert self.controller is not None
            first = self.controller.session.next_open(numbers, 0)
            self._first = numbers[0] if first is None else first
            self.list.go_to(self._first)
        self.map.show_dots(self.model.numbers)
        self._count()

    def _may_move(self) -> bool:
        """As long as nobody chose a photo, the first one to be reviewed is looked at."""
        current = self._photo_or_none(self.list.current())
        unmoved = current is None or self._first in (None, current.id)
        return unmoved and (current is None or current.state is not State.LOCATED)

    def _filter_changed(self) -> None:
        self._kept.clear()
        self._arrange()

    def _count(self) -> None:
        if self.controller is not None:
            self.pane.show_counts(
                self.controller.counts(), self.model.rowCount(), self.list.count_selected()
            )

    def _list_countries(self) -> None:
        if self.controller is None:
            return
        found: dict[str, tuple[str, int]] = {}
        for photo in self.controller.session:
            if photo.proposed is not None:
                place = photo.place
                found[place.country_code] = (
                    place.country,
                    found.get(place.country_code, ("", 0))[1] + 1,
                )
        self.pane.filters.show_countries(found)

    @property
    def settled(self) -> bool:
        """Whether the list shows all that happened."""
        late = self._arrange_later.isActive() or self._count_later.isActive()
        return not late and not self.arranging.busy

    # --- what is looked at ------------------------------------------------------------------------

    def _photo(self, number: int) -> ReviewPhoto:
        assert self.controller is not None
        return self.controller.photo(number)

    def _photo_or_none(self, number: int | None) -> ReviewPhoto | None:
        return None if number is None or self.controller is None else self._photo(number)

    def _permit(self, number: int, permitted: bool) -> None:
        if self.controller is not None:
            self.controller.permit_replacing([number], permitted=permitted)

    def _current_changed(self, number: int | None) -> None:
        photo = self._photo_or_none(number)
        if photo is not None and self.work is not None and photo.state is State.WAITING:
            self.work.first(photo.path)
        self._show_current(number)
        self.map.show_photo(photo)

    def _show_current(self, number: int | None) -> None:
        photo = self._photo_or_none(number)
        self.panel.show_photo(photo, self.list.count_selected())
        if self.preview.isVisible():
            self._fill_preview()

    def _selection_changed(self) -> None:
        self.panel.show_scope(self.list.count_selected())
        self._count_later.start()

    def _show(self, numbers: Sequence[int]) -> None:
        """Make photos the selected ones, also where the filter hides them."""
        if not self.list.select_numbers(numbers):
            self._kept.update(numbers)
            self._go_to = numbers
            self._arrange()

    def _fill_preview(self) -> None:
        photo = self._photo_or_none(self.list.current())
        if photo is None:
            self.preview.close_()
            return
        row = self.model.index(self.list.currentIndex().row()).data(
            Qt.ItemDataRole.AccessibleTextRole
        )
        self.preview.show_photo(photo.path, row)

    # --- keys and buttons -------------------------------------------------------------------

    def _choose(self, rank: int) -> None:
        if self.deciding is not None:
            self.deciding.choose(rank)

    def _clear(self) -> None:
        if self.deciding is not None:
            self.deciding.clear()

    def _typed(self, where: object) -> None:
        assert self.deciding is not None
        self.deciding.place(where)  # type: ignore[arg-type]
        self.panel.field.clear()
        self.list.setFocus()

    def _paste(self) -> None:
        if self.deciding is not None and not self.deciding.paste():
            self.window.intake.paste()

    def _search(self) -> None:
        self.pane.filters.search.setFocus()
        self.pane.filters.search.selectAll()

    def _preview(self) -> None:
        if self.preview.isVisible():
            self.preview.close_()
        elif self.list.current() is not None:
            self._fill_preview()
            self.preview.open()

    def _name_steps(self) -> None:
        if self.controller is not None:
            self.keys.name_steps(*self.controller.steps())

    def _retry(self) -> None:
        if self.controller is not None:
            failed = [n for n in self.list.scope() if self._photo(n).state is State.FAILED]
            self.controller.retry(failed or None)

    def _pause(self) -> None:
        if self.work is None:
            return
        if self.work.paused:
            self.work.resume()
        elif self.work.running:
            self.work.pause()

    def _show_progress(self) -> None:
        assert self.work is not None
        state = self.work.state
        text = ""
        if state.paused and state.waiting:
            text = tr("Paused: {n} to locate").format(n=f"{state.waiting:,}")
        elif state.locating or state.looking:
            parts = [
                tr("{done} of {total} located").format(
                    done=f"{state.done:,}", total=f"{state.total:,}"
                )
            ]
            if state.looking:
                parts.append(tr("looking for photos"))
            elif state.left_s is not None and state.photos_per_s > 0:
                rate = state.photos_per_s
                pace = f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"
                parts.append(tr("{rate} photos/s").format(rate=pace))
                parts.append(tr("{time} left").format(time=words.duration(state.left_s)))
            text = " · ".join(parts)
        self.pane.show_progress(text, state.done, state.total, paused=state.paused)
        self.keys.pause.setEnabled(bool(text))
        self.keys.pause.setText(tr("Go on locating") if state.paused else tr("Pause locating"))

    def _folder_done(self, found: int, new: int) -> None:
        if not found:
            self.window.notice.tell(tr("No photos found there."))
        elif not new:
            self.window.notice.tell(tr("All photos found there are in the review already."))

    def _complain(self, text: str) -> None:
        self.window.notice.tell(text, error=True)

    # --- areas ------------------------------------------------------------------------------------

    def _draw(self, kind: str | None) -> None:
        for action in self.keys.deciding:
            action.setEnabled(kind is None)
        if kind is None:
            self.panel.area.stop_drawing()
        self.map.draw(kind)

    def _drawn(self, area: Area | None) -> None:
        self._draw(None)
        self.list.setFocus()
        if area is not None:
            self._restrict(area)

    def _restrict(self, area: Area) -> None:
        model, controller = self.window.locator.model, self.controller
        if model is None or controller is None:
            self._complain(tr("Wait until the model has been loaded."))
            return
        photos = [self._photo(number) for number in self.list.scope()]
        self.restricting.ask([p for p in photos if p.answer is not None], area, model)

    def _restricted(self, area: Area, answers: object, without: int) -> None:
        assert self.controller is not None
        self.controller.narrow(answers, area)  # type: ignore[arg-type]
        if without:
            self.window.notice.tell(
                tr("{photos} cannot lie there by this model, and stay as they were.").format(
                    photos=words.photos(without)
                )
            )
