"""The Review mode: wires the worklist, the panel and the map to the review that is going on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from geoguess_app.core.errors import SessionError
from geoguess_app.core.types import Coordinate
from geoguess_app.review.values import ReviewPhoto, State
from geoguess_app.ui.frame.large_photo import large_pictures, make_viewer
from geoguess_app.ui.frame.mode import Mode
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.review.area_work import AreaWork
from geoguess_app.ui.review.closing import ClosingGuard
from geoguess_app.ui.review.deciding import DecisionCommands
from geoguess_app.ui.review.evidence import ReviewEvidence
from geoguess_app.ui.review.keys import OwnKeys, ReviewActions
from geoguess_app.ui.review.layers import CellLayers
from geoguess_app.ui.review.listing import Listing
from geoguess_app.ui.review.map_side import ReviewMapSide
from geoguess_app.ui.review.menus import ReviewMenus
from geoguess_app.ui.review.opening import OpenedReview, ReviewOpener, resumed
from geoguess_app.ui.review.pane import ReviewPane
from geoguess_app.ui.review.panel import ReviewPanel
from geoguess_app.ui.review.placing import OutsidePlacing
from geoguess_app.ui.review.rows import ReviewRow
from geoguess_app.ui.review.saving_side import SavingSide
from geoguess_app.ui.review.track_work import TrackWork
from geoguess_app.ui.review.worklist import Worklist
from geoguess_app.ui.review.worklist_model import WorklistModel
from geoguess_app.ui.work.place_names import PlaceNames
from geoguess_app.ui.work.review_controller import ReviewController

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.review.work import ReviewWork
    from geoguess_app.ui.work.workers import LoadedModel

log = logging.getLogger(__name__)


class ReviewMode(Mode):
    """A mode made when it is first needed; the review is opened then, in the background."""

    photosChanged = Signal(object)
    """ReviewPhotos that are new or different."""

    name = "review"
    menu = "&Review"
    help_page = "review.md"
    work_done = tr("The photos of your review are located.")

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.controller: ReviewController | None = None
        self.work: ReviewWork | None = None
        self.on = self._greeted = False
        self._pending: list[Path] = []
        self._make_panes()
        self._make_work()
        self._connect()
        self.menus = ReviewMenus(self)
        self.evidence = ReviewEvidence(self)
        services.map.when_map(self.map.use_map)
        services.photos.reviewed = self._all_photos
        self.opening.start()

    def _make_panes(self) -> None:
        services = self.services
        self.places = PlaceNames()
        self.model = WorklistModel(self._photo, self._permit, self)
        self.list = Worklist(self.model, services.theme, services.thumbnails)
        self.pane = ReviewPane(self.list, services.theme, services.icons)
        self.panel = ReviewPanel(services.theme, services.icons, services.pictures, self.places)
        self.large = large_pictures(services, self)
        self.preview = make_viewer(services, self.large)
        self.keys = ReviewActions(self, services.icons)
        self.list.addActions([action for action in self.keys.menu if not action.isSeparator()])
        self.placing = OutsidePlacing(services.pools, self)
        self.saving = SavingSide(services)
        self.pane.foot.addWidget(self.saving.foot)
        self._own_keys = OwnKeys(self)
        for pane in (self.pane, self.panel):
            self._own_keys.guard(pane)

    def _make_work(self) -> None:
        answers, pools = self.services.locator.answers, self.services.pools
        self.opening = ReviewOpener(pools.opening, self)
        self.listing = Listing(self.model, self.list, self.pane, pools.arranging, self)
        self.layers = CellLayers(answers, pools.cells, self)
        self.map = ReviewMapSide(self.layers, self)
        self.tracks = TrackWork(self.services, self.keys.track, self)
        self.areas = AreaWork(self.services, self.panel, self.map, self.keys, self.list)

    def _connect(self) -> None:
        pane, panel, listing = self.pane, self.panel, self.listing
        self.opening.opened.connect(self._opened)
        self.opening.failed.connect(lambda text, anew: pane.show_trouble(text, anew=anew))
        self.opening.failed.connect(lambda text, _anew: self.placing.give_up(text))
        pane.addRequested.connect(self.folderWanted)
        pane.againRequested.connect(self._open_again)
        pane.anewRequested.connect(self.opening.anew)
        pane.pauseRequested.connect(self._pause)
        pane.filters.search.returnPressed.connect(self.list.setFocus)
        listing.currentChanged.connect(self._show_current)
        listing.selectionChanged.connect(panel.show_scope)
        listing.arranged.connect(self._show_dots)
        panel.field.left.connect(self.list.setFocus)
        panel.area.everywhere.connect(self.keys.clear.trigger)
        self.map.name_of = lambda number: self._photo(number).path.name
        self.map.dotClicked.connect(lambda number: listing.show([number]))
        self.saving.wanted.connect(listing.show)
        self.preview.stepped.connect(self.list.step)
        self.preview.closed.connect(self.list.setFocus)
        self.areas.told.connect(self.services.notice.tell)
        for part in (self.map, self.areas, self.tracks, self.placing):
            part.problem.connect(self._complain)

    # --- the mode ---------------------------------------------------------------------------

    def left(self) -> QWidget:
        return self.pane

    def right(self) -> QWidget:
        return self.panel

    def actions(self) -> list[QAction]:
        return [*self.keys.menu, self.keys.line(), *self.saving.actions()]

    def exports(self) -> list[QAction]:
        return [self.saving.export]

    def add_map_actions(self, menu: QMenu, where: Coordinate) -> None:
        self.menus.add_placing(menu, where)

    def focus_widget(self) -> QWidget | None:
        return self.pane.keyboard_widget()

    def enter(self) -> None:
        self.on = True
        self.keys.enter(self.services.host)
        self.map.enter()
        self.pane.take_keyboard()
        self._say_where_it_stands()

    def leave(self) -> None:
        self.on = False
        self.preview.close_()
        self.evidence.same_place.hide()
        self.areas.draw(None)
        self.keys.leave(self.services.host)
        self.map.leave()

    def open_paths(self, paths: list[Path]) -> bool:
        if self.work is None:
            self._pending += paths
        else:
            self.work.open_paths(paths)
        return True

    def of_paths(self, paths: Sequence[Path]) -> list[ReviewPhoto]:
        """Return those of ``paths`` that are in the review; none before it is open."""
        if self.controller is None:
            return []
        session = self.controller.session
        found = map(session.number_of, paths)
        return [session[number] for number in found if number is not None]

    def model_changed(self, model: LoadedModel) -> None:
        self.layers.use_model(model)
        self.places.use(model.places)
        self.areas.use_model(model)
        self.listing.tell_current()

    def units_changed(self) -> None:
        self.list.viewport().update()
        self._show_current(self.listing.current())
        self.saving.units_changed()

    def may_close(self) -> bool:
        return self.controller is None or self._closing.may_close()

    def close(self) -> bool:
        if self.work is not None:
            self.work.close()
        self.placing.close()
        self.tracks.close()
        self.large.close()
        self.evidence.same_place.close()
        parts = (self.saving, self.opening, self.listing, self.areas, self.layers)
        ended = [part.close() for part in parts]
        if self.controller is not None:
            try:
                self.controller.close()
            except SessionError as problem:
                log.error("the review was closed without its last steps: %s", problem)
        return all(ended)

    # --- the review is there ----------------------------------------------------------------

    def _opened(self, opened: OpenedReview) -> None:
        from geoguess_app.ui.review.work import ReviewWork

        controller = self.controller = ReviewController(
            opened.session, self, opened.states, opened.file
        )
        controller.problem.connect(self._complain)
        controller.keptChanged.connect(self._kept_changed)
        self._closing = ClosingGuard(self.services.host, controller)
        controller.stepsChanged.connect(self._name_steps)
        controller.changed.connect(self._note_dots)
        controller.changed.connect(self._tell_photos)
        self.map.dots = opened.dots
        self._use_deciding(
            DecisionCommands(
                controller, self.list, lambda: self.model.numbers, self.map.center, self
            )
        )
        work = self.work = ReviewWork(self.services, controller)
        work.progressed.connect(lambda *_: self._show_progress())
        work.pausedChanged.connect(lambda _paused: self._show_progress())
        work.problem.connect(self._complain)
        work.folderDone.connect(self._folder_done)
        self.areas.use(controller)
        self.tracks.use(controller)
        self.listing.use(controller)
        self.saving.use(controller, work)
        self._own_keys.guard(self.saving.foot)
        self._name_steps()
        self._say_where_it_stands()
        work.start()
        self.photosChanged.emit(list(controller.session))
        self.placing.use(controller)
        pending, self._pending = self._pending, []
        if pending:
            work.open_paths(pending)

    def _use_deciding(self, deciding: DecisionCommands) -> None:
        keys, panel = self.keys, self.panel
        deciding.told.connect(self.services.notice.tell)
        deciding.wanted.connect(self.listing.show)
        panel.acceptRequested.connect(deciding.accept)
        panel.photo.opened.connect(self._preview)
        panel.acceptUnsureRequested.connect(deciding.accept_unsure)
        panel.rejectRequested.connect(deciding.reject)
        panel.field.entered.connect(lambda where: self._typed(deciding, where))
        # Later: choosing fills the table in which it was chosen.
        later = Qt.ConnectionType.QueuedConnection
        panel.candidateChosen.connect(deciding.choose, later)
        self.map.candidateClicked.connect(deciding.choose)
        self.map.placed.connect(deciding.place_current)
        self.map.photosDropped.connect(lambda photos, where: deciding.place(where, photos))
        keys.connect(
            {
                keys.accept: deciding.accept,
                keys.accept_unsure: deciding.accept_unsure,
                keys.reject: deciding.reject,
                keys.clear: deciding.clear,
                keys.back: deciding.back,
                keys.place: deciding.place_at_center,
                keys.copy: deciding.copy,
                keys.paste: lambda: self._paste(deciding),
                keys.permit: deciding.permit,
                keys.remove: deciding.remove,
                keys.undo: deciding.undo,
                keys.redo: deciding.redo,
                keys.type: panel.field.setFocus,
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
        if not self.on or controller is None or self._greeted:
            return
        self._greeted = True
        if not len(controller):
            return
        self.services.notice.tell(resumed(controller))

    # --- what is looked at ------------------------------------------------------------------

    def _photo(self, number: int) -> ReviewPhoto:
        assert self.controller is not None
        return self.controller.photo(number)

    def _all_photos(self) -> Sequence[ReviewPhoto]:
        return list(self.controller.session) if self.controller is not None else ()

    def _permit(self, number: int, permitted: bool) -> None:
        if self.controller is not None:
            self.controller.permit_replacing([number], permitted=permitted)

    def _show_current(self, photo: ReviewPhoto | None) -> None:
        if photo is not None and self.work is not None and photo.state is State.WAITING:
            self.work.prioritise(photo.path)
        self.panel.show_photo(photo, self.list.count_selected())
        self.map.show_photo(photo)
        if self.preview.isVisible():
            self._fill_preview()

    def _note_dots(self, numbers: list[int]) -> None:
        self.map.dots.note(map(self._photo, numbers))
        self._show_dots()

    def _tell_photos(self, numbers: list[int]) -> None:
        self.photosChanged.emit([self._photo(number) for number in numbers])

    def _show_dots(self) -> None:
        self.map.show_dots(self.model.numbers)

    def _fill_preview(self) -> None:
        photo = self.listing.current()
        if photo is None:
            self.preview.close_()
        else:
            self.preview.show_photo(photo.path, ReviewRow.of(photo).spoken)

    def _preview(self) -> None:
        if self.preview.isVisible():
            self.preview.close_()
        elif self.list.current() is not None:
            self._fill_preview()
            self.preview.open()

    # --- keys and buttons -------------------------------------------------------------------

    def _typed(self, deciding: DecisionCommands, where: Coordinate) -> None:
        deciding.place(where)
        self.panel.field.clear()
        self.list.setFocus()

    def _paste(self, deciding: DecisionCommands) -> None:
        if deciding.paste():
            return
        if QGuiApplication.clipboard().mimeData().hasUrls():
            self.pasteWanted.emit()
        else:
            self.services.notice.tell(tr("The clipboard contains no position."))

    def _search(self) -> None:
        self.pane.filters.search.setFocus()
        self.pane.filters.search.selectAll()

    def _name_steps(self) -> None:
        if self.controller is not None:
            self.keys.name_steps(*self.controller.steps())

    def _retry(self) -> None:
        if self.controller is not None:
            failed = [n for n in self.list.scope() if self._photo(n).state is State.FAILED]
            self.controller.retry(failed or None)

    def _pause(self) -> None:
        if self.work is not None and self.work.paused:
            self.work.resume()
        elif self.work is not None and self.work.running:
            self.work.pause()

    def _show_progress(self) -> None:
        if self.work is not None:
            state = self.work.state
            self.workTold.emit(*state.brief)
            self.keys.name_pause(paused=state.paused, busy=self.pane.show_work(state))

    def _folder_done(self, found: int, new: int) -> None:
        if not found:
            self.services.notice.tell(tr("No photos found."))
        elif not new:
            self.services.notice.tell(tr("All photos found are already in the review."))

    def _kept_changed(self, kept: bool) -> None:
        if kept:
            self.services.notice.tell(tr("Your review is being saved again, including all steps."))

    def _complain(self, text: str) -> None:
        self.services.tell_error(text)
