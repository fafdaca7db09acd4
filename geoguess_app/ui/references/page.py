"""The page of the reference photos: a window of its own beside the main one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QMessageBox,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.core import format as fmt
from geoguess_app.core.cancel import PausableToken
from geoguess_app.ui.kit.activity import ActivityStrip
from geoguess_app.ui.kit.pieces import dress, say, text_label
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.references.collecting import (
    CollectionState,
    remove_work,
    state_work,
    update_work,
)
from geoguess_app.ui.work.jobs import Job, Work
from geoguess_app.ui.work.locator import sentence

if TYPE_CHECKING:
    from geoguess_app.references.values import UpdateProgress
    from geoguess_app.ui.frame.services import Services

_SIZE = (720, 520)
_ROOM_PX = 40
_COUNT_PX = 120


class ReferencesPage(QDialog):
    """Folders whose located photos are references: add, update, remove, with progress."""

    changed = Signal()
    """The collection is not what it was: answers may be others now."""
    workTold = Signal(str, float)
    """What runs, and the share that is done (0…1; below 0: unknown); an empty text: nothing."""

    def __init__(self, services: Services, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Reference photos"))
        self._services = services
        self._job: Job | None = None
        self._reading: set[Job] = set()
        self._state = CollectionState((), None)
        self.about = text_label(
            None,
            tr(
                "Photos of yours whose position is known. A photo that shows the same place as one "
                "of them gets its position. They stay where they are; only a vector, position, "
                "time and name of each is kept, on this computer."
            ),
        )
        self.folders = QTableWidget(0, 2)
        self.summary = text_label("muted")
        self.strip = ActivityStrip()
        self.add = self._button(tr("Add folder…"), self.ask_to_add)
        self.add.setProperty("primary", "true")
        self.update_ = self._button(tr("Update"), lambda: self.bring_up_to_date(()))
        self.remove = self._button(tr("Remove folder"), self.remove_chosen)
        self.clear = self._button(tr("Remove all…"), self.ask_to_clear)
        self.pause = self._button(tr("Pause"), self._pause)
        self._lay_out()
        self.strip.cancelRequested.connect(self._cancel)
        self.folders.itemSelectionChanged.connect(self._allow)
        self.resize(
            min(_SIZE[0], parent.width() - _ROOM_PX), min(_SIZE[1], parent.height() - _ROOM_PX)
        )

    @property
    def busy(self) -> bool:
        """Tell whether the collection is being changed."""
        return self._job is not None

    def open_(self) -> None:
        """Come to the front with what the collection holds now."""
        self.refresh()
        self.show()
        self.raise_()
        self.activateWindow()
        (self.folders if self.folders.rowCount() else self.add).setFocus()

    def refresh(self) -> None:
        """Read the collection anew; in the background."""
        job = Job(state_work(), self)
        self._reading.add(job)
        job.item.connect(self.show_state)
        job.failed.connect(lambda error: self.strip.show_end(sentence(error), error=True))
        job.finished.connect(lambda: self._reading.discard(job))
        job.start(self._services.pools.files)

    def ask_to_add(self) -> None:
        """Ask for a folder, and add its located photos."""
        name = QFileDialog.getExistingDirectory(self, tr("Folder with located photos"))
        if name:
            self.bring_up_to_date((Path(name),))

    def bring_up_to_date(self, folders: tuple[Path, ...]) -> None:
        """Add folders, and read what is new or changed in all of them."""
        model = self._services.locator.model
        device = self._services.settings.now.device
        work = update_work(model.path if model is not None else None, device, folders)
        named = folders[0].name if folders else ""
        title = tr("Adding {name}").format(name=named) if named else tr("Updating")
        self._begin(title, tr("Loading the model…"), work, self._updating)

    def remove_chosen(self) -> None:
        """Take the chosen folder out of the collection; its photos stay."""
        row = self.folders.currentRow()
        if 0 <= row < len(self._state.folders):
            folder = self._state.folders[row][0]
            title = tr("Removing {name}").format(name=folder.name)
            self._begin(title, "", remove_work(folder), self._removed)

    def ask_to_clear(self) -> None:
        """Ask, then remove the whole collection."""
        box = QMessageBox(self)
        box.setWindowTitle(tr("Reference photos"))
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(tr("Remove all reference photos?"))
        box.setInformativeText(tr("Only what was kept of them is deleted. The photos stay."))
        agree = box.addButton(tr("Remove"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        agree.clicked.connect(
            lambda: self._begin(tr("Removing all"), "", remove_work(None), self._removed)
        )
        box.finished.connect(box.deleteLater)
        box.open()

    def close_work(self) -> bool:
        """The main window closes: end what runs; what was read so far stays."""
        for job in (*self._reading, *((self._job,) if self._job is not None else ())):
            job.cancel()
        return True

    def show_state(self, state: CollectionState) -> None:
        """Show folders and counts."""
        self._state = state
        self.folders.setRowCount(len(state.folders))
        for row, (folder, photos) in enumerate(state.folders):
            name = QTableWidgetItem(str(folder))
            name.setToolTip(str(folder))
            number = QTableWidgetItem(f"{photos:,}")
            number.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.folders.setItem(row, 0, name)
            self.folders.setItem(row, 1, number)
        if state.folders and self.folders.currentRow() < 0:
            self.folders.selectRow(0)
        self.folders.setVisible(bool(state.folders))
        say(self.summary, _summary(state))
        self._allow()

    def _begin(self, title: str, first: str, work: Work, came: Callable[[object], object]) -> None:
        if self.busy:
            return
        job = self._job = Job(work, self, PausableToken())
        self._title, self._said = title, ""
        job.item.connect(came)
        job.failed.connect(self._failed)
        job.finished.connect(lambda complete: self._finished(complete=complete))
        self.strip.show_work(title, first, -1.0)
        self.workTold.emit(title, -1.0)
        job.start(self._services.pools.references)
        self._allow()

    def _updating(self, step: object) -> None:
        progress: UpdateProgress = step  # type: ignore[assignment]
        if progress.total is None:
            shown, share = tr("Searching: {n} photos").format(n=f"{progress.done:,}"), -1.0
        else:
            shown = tr("{done} of {total} photos").format(
                done=f"{progress.done:,}", total=f"{progress.total:,}"
            )
            share = progress.done / progress.total if progress.total else 1.0
        self._said = " ".join(progress.tally.sentences())
        token = self._job.token if self._job is not None else None
        if isinstance(token, PausableToken) and token.paused:
            return
        self.strip.show_work(self._title, shown, share)
        self.workTold.emit(self._title, share)

    def _removed(self, photos: object) -> None:
        assert isinstance(photos, int)
        gone = fmt.count(photos, tr("reference photo"), tr("reference photos"))
        self._said = tr("Removed {photos}.").format(photos=gone)

    def _failed(self, error: Exception) -> None:
        self._said = ""
        self.strip.show_end(sentence(error), error=True)

    def _finished(self, *, complete: bool) -> None:
        job, self._job = self._job, None
        if job is not None and job.token.cancelled:
            self._said = tr("Stopped. What was read is kept; Update goes on from there.")
        if self._said:
            self.strip.show_end(self._said)
        self.workTold.emit("", -1.0)
        self._services.locator.references.close()  # opened anew with what is there now
        self.changed.emit()
        self._allow()
        self.refresh()

    def _pause(self) -> None:
        token = self._job.token if self._job is not None else None
        if isinstance(token, PausableToken):
            if token.paused:
                token.resume()
            else:
                token.pause()
                say(self.strip.step, tr("Paused"))
            self.pause.setText(tr("Continue") if token.paused else tr("Pause"))

    def _cancel(self) -> None:
        self.strip.show_cancelling()
        if self._job is not None:
            self._job.cancel()

    def _allow(self) -> None:
        there = bool(self._state.folders)
        for button in (self.add, self.update_, self.remove, self.clear):
            button.setEnabled(not self.busy and (there or button is self.add))
        self.pause.setVisible(self.busy)
        self.pause.setText(tr("Pause"))

    def _button(self, text: str, slot: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: slot())
        return button

    def _lay_out(self) -> None:
        dress(self.folders)
        self.folders.setHorizontalHeaderLabels([tr("Folder"), tr("Photos")])
        self.folders.setAccessibleName(tr("Folders with reference photos"))
        self.folders.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        header = self.folders.horizontalHeader()
        header.setSectionResizeMode(0, header.ResizeMode.Stretch)
        header.resizeSection(1, _COUNT_PX)
        for column, side in enumerate((Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight)):
            title = self.folders.horizontalHeaderItem(column)
            if title is not None:
                title.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.add, self.update_, self.remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.pause)
        buttons.addWidget(self.clear)
        body = QVBoxLayout()
        body.setContentsMargins(18, 16, 18, 14)
        body.setSpacing(12)
        body.addWidget(self.about)
        body.addWidget(self.folders, 1)
        body.addWidget(self.summary)
        body.addStretch(0)
        body.addLayout(buttons)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(body, 1)
        box.addWidget(self.strip)


def _summary(state: CollectionState) -> str:
    from geoguess_app.references.values import left_out_sentences

    counts = state.counts
    if counts is None or not state.folders:
        return tr("No reference photos yet. Add a folder of photos with GPS positions.")
    photos = fmt.count(counts.photos, tr("reference photo"), tr("reference photos"))
    held = tr("{photos}, {size} on disk.").format(
        photos=photos, size=fmt.data_size(counts.size_bytes)
    )
    return "\n".join([held, *left_out_sentences(counts.left_out)])
