"""Accuracy mode: answers beside truths, from a finished evaluation or from one's own photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFileDialog, QWidget

from geoguess_app.evaluation.accuracy.part import figures
from geoguess_app.evaluation.accuracy.sniff import holds_evaluation
from geoguess_app.evaluation.study.file_names import EXTERNAL_FOLDER
from geoguess_app.ui.accuracy import opening, wording
from geoguess_app.ui.accuracy.map_side import AccuracyMapSide
from geoguess_app.ui.accuracy.own import listed_photos, reviewed_photos
from geoguess_app.ui.accuracy.panel import ErrorPanel
from geoguess_app.ui.accuracy.remembered import AccuracyMemory
from geoguess_app.ui.accuracy.side import ErrorSide
from geoguess_app.ui.frame.mode import Mode
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.jobs import Job, Work
from geoguess_app.ui.work.locator import sentence

if TYPE_CHECKING:
    from geoguess_app.core.types import IntArray, LocatedPhoto
    from geoguess_app.evaluation.accuracy.photos import BoolArray, JudgedPhotos
    from geoguess_app.review.values import ReviewPhoto
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.work.workers import LoadedModel


class AccuracyMode(Mode):
    """A mode that holds what is open and which photo is chosen; its widgets show that."""

    name = "accuracy"
    menu = "&Errors"
    help_page = "evaluation.md"

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.photos: JudgedPhotos | None = None
        self._on = False
        self.index = -1
        """The chosen photo, −1 for none."""
        self._source: Path | None = None
        self._then: Callable[[JudgedPhotos], None] | None = None
        self._jobs: dict[str, Job] = {}
        self._remembered = AccuracyMemory(services.window_state)
        self.side = ErrorSide(services.theme)
        self.panel = ErrorPanel(services.theme, services.pictures)
        self.map = AccuracyMapSide(services.map, self)
        self._actions = self._make_actions()
        self._connect()

    # --- the mode -------------------------------------------------------------------------

    def left(self) -> QWidget:
        return self.side

    def right(self) -> QWidget:
        return self.panel

    def actions(self) -> list[QAction]:
        return self._actions

    def focus_widget(self) -> QWidget | None:
        return self.side.invitation.open if self.photos is None else self.side.table

    def enter(self) -> None:
        self._on = True
        self._offer()
        self.map.enter()
        widget = self.focus_widget()
        if widget is not None:
            widget.setFocus()

    def leave(self) -> None:
        self._on = False
        self.map.leave()

    def model_changed(self, model: LoadedModel) -> None:
        self._show_one(fit=False)  # the place names come with the model

    def open_paths(self, paths: list[Path]) -> bool:
        if len(paths) != 1 or not holds_evaluation(paths[0]):
            return False
        self.open(paths[0])
        return True

    def units_changed(self) -> None:
        if self.photos is not None:
            state = self.side.filters.state()
            self.map.show_set(self.photos)
            self.side.show_set(self.photos)
            self.side.filters.set_state(state)
            self._show_one(fit=False)

    def caption(self) -> str:
        if self.photos is None:
            return ""
        return wording.title(self.photos, len(self.shown()))

    def answered_by(self) -> str:
        return self.photos.about.model if self.photos is not None else ""

    def exported_map(self) -> tuple[dict[str, object], dict[str, bytes]]:
        return self.map.exported()

    @property
    def source(self) -> Path | None:
        """The evaluation that is open; None for photos of one's own."""
        return self._source

    def close(self) -> bool:
        for job in self._jobs.values():
            job.cancel()
        return True  # their pool belongs to the window

    # --- opening --------------------------------------------------------------------------

    def open(self, path: Path, then: Callable[[JudgedPhotos], None] | None = None) -> None:
        """Show the evaluation in a folder or file; a sentence says why that cannot be."""
        self._source, self._then = path, then
        images = self._remembered.images(path)
        self._start("open", opening.evaluation_work(path, images), self._opened)

    def choose(self) -> None:
        """Ask for the folder of an evaluation."""
        before = self._remembered.last()
        start = str(before.parent if before is not None else Path.home())
        asked = tr("Open evaluation")
        chosen = QFileDialog.getExistingDirectory(self.services.host, asked, start)
        if chosen:
            self.open(Path(chosen))

    def choose_table(self) -> None:
        """Ask for a table of truths and answers, of this program or another."""
        kinds = f"{tr('Tables')} (*.csv);;{tr('All files')} (*)"
        name, _ = QFileDialog.getOpenFileName(
            self.services.host, tr("Open table of answers"), "", kinds
        )
        if name:
            self.open(Path(name))

    def choose_images(self) -> None:
        """Ask where the photos of the open evaluation are."""
        if self.photos is None or self._source is None:
            return
        asked = tr("Choose photo folder")
        chosen = QFileDialog.getExistingDirectory(
            self.services.host, asked, str(self.photos.about.images or Path.home())
        )
        if chosen:
            self.use_images(Path(chosen))

    def use_images(self, folder: Path) -> None:
        """The photos are in this folder; remembered for the evaluation."""
        assert self.photos is not None
        if self._source is not None:
            self._remembered.keep_images(self._source, folder)
        self.photos = self.photos.moved_to(folder)
        self.side.filters.offer_again(self.photos)
        self._show_part()
        self._show_one(fit=False)

    def open_last(self) -> None:
        """The evaluation that was open last."""
        last = self._remembered.last()
        if last is not None:
            self.open(last)

    def open_listed(self) -> None:
        """The photos of the list that know where they were taken."""
        self._open_own(listed_photos(self.services.photos), tr("My located photos"))

    def open_reviewed(self) -> None:
        """The photos of the review that know where they were taken."""
        self._open_own(reviewed_photos(self.services.photos), tr("My review"))

    def _open_own(self, photos: Sequence[LocatedPhoto | ReviewPhoto], name: str) -> None:
        if not photos:
            self.services.notice.tell(tr("None of the located photos has GPS."))
            return
        self._source = self._then = None
        model = self.services.locator.model
        predictor, places = (model.predictor, model.places) if model else (None, None)
        self._start("open", opening.own_photos_work(photos, name, predictor, places), self._opened)

    def _opened(self, photos: JudgedPhotos) -> None:
        if self._source is not None:
            self._remembered.keep(self._source)
            self._tell_of_second(self._source)
        else:
            self._offer_references()
        self.photos, self.index = photos, -1
        self.map.show_set(photos)
        self.side.show_set(photos)
        self._show_part()
        self.map.fit_shown()
        self._show_one(fit=False)
        if self._on:
            self.side.table.setFocus()
        then, self._then = self._then, None
        if then is not None:
            then(photos)

    def _offer_references(self) -> None:
        """Photos whose place is known can find that of others."""
        from geoguess_app.references.collection import ReferenceCollection

        if not ReferenceCollection.exists():
            self.services.notice.tell(
                tr("Located photos of yours can locate others of the same places."),
                action=(tr("Reference photos…"), self.referencesWanted.emit),
            )

    def _tell_of_second(self, source: Path) -> None:
        """An evaluation may have measured another set beside the main one."""
        if holds_evaluation(source / EXTERNAL_FOLDER):
            text = tr(
                "This evaluation also contains a second set. Open its folder “{name}” to see it."
            )
            self.services.notice.tell(text.format(name=EXTERNAL_FOLDER))

    # --- what is shown --------------------------------------------------------------------

    def shown(self) -> IntArray:
        """Indices of the photos that pass the filters."""
        return self.side.filters.indices()

    def choose_photo(self, index: int, *, fit: bool = True) -> None:
        """Show one photo in full; −1 for none."""
        if index == self.index:
            return
        self.index = index
        self.side.table.choose(index)
        self._show_one(fit=fit)

    def step(self, by: int) -> None:
        """The next or previous row of the table."""
        self.side.table.step(by)

    def _show_part(self) -> None:
        if self.photos is None:
            return
        shown = self.shown()
        if self.index >= 0 and self.index not in shown:
            self.index = -1
            self._show_one(fit=False)
        mask = _mask(len(self.photos), shown)
        self.side.show_part(self.photos, shown, figures(self.photos, mask), self.index)
        self.map.show_some(shown)

    def _show_one(self, *, fit: bool) -> None:
        model = self.services.locator.model
        self.panel.show_photo(self.photos, self.index, model.places if model else None)
        self.map.show_one(self.index, fit=fit)
        if self.photos is not None and self.index >= 0:
            self._start("find", opening.find_photo_work(self.photos, self.index), self._found)

    def _found(self, path: Path | None) -> None:
        if self.photos is None or self.index < 0:
            return
        if path is not None:
            self.panel.show_picture(path)
        else:
            movable = self.photos.about.images is not None
            self.panel.show_missing(self.photos.path(self.index), movable=movable)

    def _offer(self) -> None:
        last = self._remembered.last()
        self.side.invitation.offer(
            last=last.name if last is not None else "",
            listed=len(listed_photos(self.services.photos)),
            reviewed=len(reviewed_photos(self.services.photos)),
        )

    # --- wires ----------------------------------------------------------------------------

    def _start(self, kind: str, work: Work, take: Callable[..., None]) -> None:
        """Run work in the background; of one kind only the newest is listened to."""
        before = self._jobs.pop(kind, None)
        if before is not None:
            before.abandon()
        job = Job(work, self)
        job.item.connect(take)
        job.failed.connect(lambda error: self.services.tell_error(sentence(error)))
        self._jobs[kind] = job.start(self.services.pools.files)

    def _connect(self) -> None:
        invitation = self.side.invitation
        invitation.openRequested.connect(self.choose)
        invitation.lastRequested.connect(self.open_last)
        invitation.listRequested.connect(self.open_listed)
        invitation.reviewRequested.connect(self.open_reviewed)
        self.side.filters.changed.connect(self._show_part)
        self.side.table.chosen.connect(self.choose_photo)
        self.map.chosen.connect(lambda index: self.choose_photo(index, fit=False))
        self.panel.folderRequested.connect(self.choose_images)

    def _make_actions(self) -> list[QAction]:
        filters = self.side.filters
        return [
            self._action(tr("Open evaluation…"), self.choose, "Ctrl+Shift+E"),
            self._action(tr("Open table of answers (CSV)…"), self.choose_table),
            self._action(tr("Open last evaluation"), self.open_last),
            self._action(tr("My located photos"), self.open_listed),
            self._action(tr("My review"), self.open_reviewed),
            self._action(tr("Choose photo folder…"), self.choose_images),
            self._separator(),
            self._action(tr("Confident but wrong"), filters.fear.toggle, "S"),
            self._action(tr("Find"), filters.text.setFocus, "Ctrl+F"),
            self._action(tr("Show all photos"), filters.reset),
            self._separator(),
            self._action(tr("Next photo"), lambda: self.step(1), "Alt+Down"),
            self._action(tr("Previous photo"), lambda: self.step(-1), "Alt+Up"),
            self._action(tr("Zoom to truth and answer"), self.map.fit, "F"),
        ]

    def _action(self, text: str, slot: Callable[[], object], key: str = "") -> QAction:
        action = QAction(text, self)
        action.triggered.connect(lambda _checked=False: slot())
        if key:
            action.setShortcut(QKeySequence(key))
        return action

    def _separator(self) -> QAction:
        separator = QAction(self)
        separator.setSeparator(True)
        return separator


def _mask(number: int, shown: IntArray) -> BoolArray:
    mask = np.zeros(number, dtype=bool)
    mask[shown] = True
    return mask
