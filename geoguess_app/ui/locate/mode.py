"""Locating photos one by one or many: the mode in which the program starts."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from geoguess_app.core.types import Coordinate, FailedPhoto
from geoguess_app.ui.frame.large_photo import large_pictures, make_viewer
from geoguess_app.ui.frame.mode import Mode
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.actions import LocateActions
from geoguess_app.ui.locate.area_search import AreaSearch
from geoguess_app.ui.locate.clue_work import ClueWork
from geoguess_app.ui.locate.commands import LocateCommands
from geoguess_app.ui.locate.detail_panel import DetailPanel
from geoguess_app.ui.locate.keeping import ListKeeper
from geoguess_app.ui.locate.menus import LocateMenus
from geoguess_app.ui.locate.overview import PhotoOverview
from geoguess_app.ui.locate.photo_list import PhotoList
from geoguess_app.ui.locate.photo_model import PhotoModel
from geoguess_app.ui.locate.photo_row import PhotoRow, RowState
from geoguess_app.ui.locate.place_finding import PlaceFinding
from geoguess_app.ui.locate.placing import HandPlacing
from geoguess_app.ui.locate.reporting import PhotoReports
from geoguess_app.ui.locate.undoing import ListSteps
from geoguess_app.ui.reading.controller import ReadingController
from geoguess_app.ui.references.comparing import SamePlaceController
from geoguess_app.ui.why.controller import WhyController
from geoguess_app.ui.work import load_words
from geoguess_app.ui.work.frames import Frame
from geoguess_app.ui.work.photo_facts import facts_work

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.work.outcome import LocatingOutcome
    from geoguess_app.ui.work.workers import LoadedModel, LoadStep

log = logging.getLogger(__name__)


class LocateMode(Mode):
    """The list, the answer on the map and the details; made with the window."""

    photoLocated = Signal(object)
    """A PhotoRow has its answer, or the reason why there is none."""
    photosListed = Signal(object)
    """Paths of photos that have just come into the list."""

    name = "locate"
    menu = "&Photos"

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._on = False
        self._select_first = False
        self.model = PhotoModel(self)
        self.list = PhotoList(self.model, services.theme, services.icons, services.thumbnails)
        self.detail = DetailPanel(services.theme, services.icons, services.pictures)
        self.large = large_pictures(services, self)
        self.viewer = make_viewer(services, self.large)
        self.use_coordinate_format()
        self.areas = AreaSearch(services, self)
        self.steps = ListSteps(self)
        self.clues = ClueWork(self)
        self.reading = ReadingController(services, self._frame_text, self)
        self.detail.add_area_search(
            self.areas.box, self.reading.box, self.clues.list, self.areas.clue_box
        )
        self.reporting = PhotoReports(services, self.list, self.areas, self)
        self.placing = HandPlacing(services, self.detail, self.list, self.areas, self.steps, self)
        self.overview = PhotoOverview(services, self.list, self.placing.number_of, self)
        self.keeper = ListKeeper(self)
        self.why = WhyController(services, self.detail.why, self.detail.candidates.rank, self)
        self.evidence = SamePlaceController(services, self)
        self.finding = PlaceFinding(self)
        self.commands = LocateCommands(self)
        self.actions_ = LocateActions(self)
        self.menus = LocateMenus(self)
        services.photos.listed = self.model.rows
        services.photos.selected = self.selected
        services.photos.current = self.list.current
        self._connect_work()
        self._connect_parts()
        self._photos_changed()

    def _connect_work(self) -> None:
        work = self.services.locator
        work.modelLoading.connect(self._model_loading)
        work.modelReady.connect(self._model_ready)
        work.modelFailed.connect(self._model_failed)
        work.photosFound.connect(self._photos_found)
        work.scanFinished.connect(self._scan_finished)
        work.resultsReady.connect(self._results_ready)
        work.runningChanged.connect(lambda _running: self._photos_changed())

    def _connect_parts(self) -> None:
        services, detail = self.services, self.detail
        self.viewer.stepped.connect(self.list.step)
        self.viewer.closed.connect(self.list.view.setFocus)
        detail.photo.opened.connect(self.commands.view_photo)
        self.model.changed.connect(self._photos_changed)
        self.model.rowChanged.connect(self._row_changed)
        self.model.rowDecided.connect(self._row_decided)
        self.list.bar.overview.toggled.connect(lambda on: self.overview.turn(on=on))
        self.overview.toggled.connect(self._overview_toggled)
        detail.match.evidenceWanted.connect(self.commands.show_evidence)
        self.evidence.closed.connect(self.list.view.setFocus)
        self.evidence.refused.connect(self._locate_anew)
        detail.placed.reviewRequested.connect(self.commands.review_current)
        detail.answer.calibrateWanted.connect(self.calibrateWanted)
        self.list.currentChanged.connect(self._look_at)
        self.list.resumeRequested.connect(self.commands.resume)
        detail.candidateChosen.connect(services.map.highlight)
        detail.candidateChosen.connect(self.why.choose_candidate)
        detail.copied.connect(lambda text: services.notice.tell(tr("Copied: {}").format(text)))
        detail.modelsRequested.connect(self.modelsWanted)
        detail.steps.countryChosen.connect(self._country_wanted)
        detail.steps.clueWanted.connect(self._clue_wanted)
        detail.steps.lookAlikesRequested.connect(self.why.show_look_alikes)
        detail.steps.tripRequested.connect(self.reviewWanted)
        detail.steps.trainingRequested.connect(lambda: self.modeWanted.emit("train"))
        services.map.candidateClicked.connect(detail.candidates.choose)
        self.areas.changed.connect(lambda: self.list.show_restriction(self.areas.restriction()))
        self.list.everywhereRequested.connect(lambda: self.areas.search(None))
        self.areas.changed.connect(lambda: self.show_row(self.list.current()))
        self.reading.found.connect(self.clues.offer_signs)
        self.reading.wanted.connect(lambda: detail.bring_into_sight(self.reading.box))
        self.why.opened.connect(lambda: detail.reveal(detail.why))

    # --- the mode -------------------------------------------------------------------------

    def left(self) -> QWidget:
        return self.list

    def right(self) -> QWidget:
        return self.detail

    def actions(self) -> list[QAction]:
        return self.actions_.menu

    def exports(self) -> list[QAction]:
        return self.actions_.exports

    def add_map_actions(self, menu: QMenu, where: Coordinate) -> None:
        self.menus.add_placing(menu, where)

    def enter(self) -> None:
        self._on = True
        self.actions_.use_number_keys(True)
        self.areas.enter()
        self.clues.turn(on=True)
        self.why.enter()
        self.placing.enter()
        self.services.map.resume()
        self.overview.enter()
        self._offer_welcome()
        self._look_at(self.list.current())
        self.list.view.setFocus()

    def leave(self) -> None:
        self._on = False
        self.viewer.close_()
        self.evidence.hide()
        self.actions_.use_number_keys(False)
        self.why.leave()
        self.reading.leave()
        self.services.map.show_welcome(False)
        self.overview.leave()
        self.placing.leave()
        self.services.map.suspend()
        self.areas.leave()
        self.clues.turn(on=False)

    def focus_widget(self) -> QWidget | None:
        return self.list.view

    def units_changed(self) -> None:
        self.list.view.viewport().update()
        self.show_row(self.list.current())

    def caption(self) -> str:
        row = self.list.current()
        if row is None:
            return tr("World map")
        return f"{row.name}: {row.headline}" if row.outcome is not None else row.name

    def exported_map(self) -> tuple[dict[str, object], dict[str, bytes]]:
        return {"review": self.areas.on_map()}, {}  # a pin that nobody can drag is none

    def close(self) -> bool:
        self.keeper.close()
        self.areas.close()
        self.reading.close()
        self.large.close()
        self.evidence.close()
        self.finding.close()
        self.reporting.close()
        return True  # the pools belong to the window

    # --- photos ---------------------------------------------------------------------------

    def selected(self) -> list[PhotoRow]:
        """The rows that actions work on."""
        rows = [self.model.row(index) for index in self.list.selected()]
        return [row for row in rows if row is not None]

    def take_in(self, paths: list[Path]) -> list[Path]:
        """List photos and locate them; returns those that are new."""
        new = self.model.add(paths)
        if new:
            self.services.locator.run_on_headers(facts_work(new), self.model.set_facts, _unread)
            self.photosListed.emit(new)
            self.locate(new)
        return new

    def scan(self, paths: list[Path]) -> None:
        """Look for photos and locate them; the first one found becomes the current photo."""
        self._select_first = True
        self.services.locator.scan(paths)

    def take_picture(self, path: Path) -> None:
        """List a picture that has no file of the user's, and locate it."""
        self.model.add([path], label=path.stem)
        self.list.select(path)
        self.locate([path])

    def locate(self, paths: list[Path]) -> None:
        """Queue photos of the list, the current one first."""
        self.services.locator.locate(paths)
        self._prioritise(self.list.current())

    def _locate_anew(self, path: Path) -> None:
        self.model.set_waiting([path])
        self.locate([path])

    def use_coordinate_format(self) -> None:
        """Show coordinates as the settings say."""
        self.detail.answer.copy.form = self.services.settings.now.coordinate_format

    def _prioritise(self, row: PhotoRow | None) -> None:
        """What the user looks at is located next."""
        if row is not None and row.state is RowState.WAITING:
            self.services.locator.prioritise(row.path)

    # --- what the work says ---------------------------------------------------------------

    def _model_loading(self, step: LoadStep) -> None:
        self.detail.say_waiting(load_words.loading_help(step))

    def _model_ready(self, model: LoadedModel) -> None:
        self.detail.say_waiting(tr("Waiting to be located."))
        # Imported late: the window is on the screen before numpy is loaded.
        from geoguess_app.core.calibration.json_form import calibration_from_json

        manifest = model.predictor.bundle.manifest
        levels = calibration_from_json(manifest.calibration).levels
        self.detail.answer.use_model(manifest.intended_area, levels)
        self.services.map.set_partitions(list(model.predictor.bundle.partitions))
        self.areas.use_model(model)
        self.detail.names.use(model.places)
        if self.model.rowCount():
            # Answers of another model do not fit the cells of this one.
            everything = [row.path for row in self.model.rows()]
            self.model.set_waiting(everything)
            self.locate(everything)

    def _model_failed(self, _sentence: str) -> None:
        if self.services.locator.model is None:
            self.detail.say_waiting(tr("No model loaded. Choose one under Tools → Models."))

    def _photos_found(self, paths: list[Path]) -> None:
        self.take_in(paths)
        if self._select_first and paths:
            self._select_first = False
            self.list.select(paths[0])

    def _scan_finished(self, found: int) -> None:
        if not found:
            self.services.notice.tell(tr("No photos found."))

    def _results_ready(self, results: list[tuple[Path, LocatingOutcome | FailedPhoto]]) -> None:
        for path, result in results:
            self.model.set_result(path, result)

    def _row_changed(self, row: PhotoRow) -> None:
        if row is self.list.current():
            self._look_at(row)
        if row.state in (RowState.LOCATED, RowState.FAILED):
            self.photoLocated.emit(row)

    def _row_decided(self, row: PhotoRow) -> None:
        if row is self.list.current():
            self.show_row(row)

    def _overview_toggled(self, on: bool) -> None:
        self.list.bar.overview.setChecked(on)
        self.actions_.overview.setChecked(on)
        self.show_row(self.list.current())

    # --- what the user looks at -----------------------------------------------------------

    def _look_at(self, row: PhotoRow | None) -> None:
        """The user has turned to a photo: it comes first, and is shown."""
        self._prioritise(row)
        self.show_row(row)

    def show_row(self, row: PhotoRow | None) -> None:
        """Put one photo on the map and into the detail panel."""
        shown = self.clues.show_row(row)
        self.detail.show_row(shown)
        self.detail.steps.show_row(
            shown, self.model.rows(), self.detail.names, areas=self.areas.free
        )
        self.why.show_photo(
            shown.path if shown is not None else None,
            shown.outcome if shown is not None else None,
            row.outcome if row is not None else None,
        )
        self.reading.show_photo(
            row.path if row is not None else None, row.outcome if row is not None else None
        )
        if self.viewer.isVisible():
            self.viewer.show_photo(row.path if row is not None else None, self.caption())
        note = self.areas.note(row)
        if note is not None:
            self.detail.restricted.say(*note)
        self.placing.show(shown, alone=not self.overview.is_on)
        if self.overview.is_on:
            self._refresh_actions()
            return
        if row is not None and row.failure is not None and self._on:
            self.services.map.fit_world()
        self._refresh_actions()

    def _photos_changed(self) -> None:
        welcome = self.services.map.welcome
        if self.model.rowCount() and welcome.isVisible():
            # Before the card goes: Qt would hand its focus to whatever comes next.
            self.list.view.setFocus()
        self._offer_welcome()
        if self.model.rowCount() and self.list.current() is None:
            self.list.select_row(0)
        self._refresh_actions()

    def _country_wanted(self, code: str) -> None:
        if not code:
            self.detail.reveal(self.areas.box)
        self.areas.choose_country(code)

    def _frame_text(self, frames: tuple[Frame, ...], pointed: int | None) -> None:
        self.detail.photo.show_frames(frames, pointed)
        self.viewer.show_frames(frames, pointed)

    def _clue_wanted(self) -> None:
        self.detail.reveal(self.areas.clue_box)
        self.areas.clue_box.list.setFocus()

    def _offer_welcome(self) -> None:
        self.services.map.show_welcome(self._on and self.model.rowCount() == 0)

    def _refresh_actions(self) -> None:
        row = self.list.current()
        self.actions_.refresh(
            photos=self.model.rowCount() > 0,
            located=row is not None and row.outcome is not None,
            decided=row is not None and row.reviewed is not None,
            answered=self.model.counts()[RowState.LOCATED] > 0,
            running=self.services.locator.running,
        )


def _unread(error: Exception) -> None:
    """Date and camera are worth no message: the list goes without them."""
    log.warning("date and camera of some photos were not read: %s", error)
