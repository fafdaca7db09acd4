"""The dialog before anything is written: what goes where, photo by photo, and the choices about
it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.photos.write_plan import PlannedWrite, SavePlan, WriteMode, WriteOptions
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.inputs import ComboBox
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.saving.file_table import FileTable
from geoguess_app.ui.saving.live_plan import LivePlan
from geoguess_app.ui.saving.planning import PlanningProgress
from geoguess_app.ui.saving.save_options import SaveOptions
from geoguess_app.ui.saving.save_table import PICTURE_PX, REPLACE, SaveTable
from geoguess_app.ui.work.pictures import Pictures
from geoguess_app.ui.work.review_controller import ReviewController

_MOST_CHOSEN = 500
"""Rows that are chosen again one by one after the plan has changed."""
_POSITION = "-25.70000, -154.44000"
_SAMPLES = ("m" * 18, "", _POSITION, "1,200 km", "Estimate", _POSITION, "Replace")


class SaveDialog(QDialog):
    """A dialog that changes no file by itself: ``confirmed`` hands over the plan that stands on
    show."""

    confirmed = Signal(object)
    """The SavePlan."""
    optionsChanged = Signal(object)
    """The WriteOptions; the plan must be made anew."""

    def __init__(
        self,
        controller: ReviewController,
        live: LivePlan,
        options: WriteOptions,
        thumbnails: Pictures,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Save positions"))
        self.resize(940, 620)
        self.setMinimumSize(640, 420)
        self._controller, self._live = controller, live
        self.line = QLabel()
        self.line.setWordWrap(True)
        self.line.setProperty("role", "strong")
        self.options = SaveOptions(options)
        self.options.changed.connect(self.optionsChanged)
        self.show_only = ComboBox()
        self.show_only.setAccessibleName(tr("Show photos"))
        self.show_only.currentIndexChanged.connect(self._filter)
        self.model = SaveTable(self._is_saved, thumbnails.get, self)
        self.model.permitted.connect(self._permit)
        self.table = FileTable(self.model, _SAMPLES, tr("What will be written"))
        self.table.setIconSize(QSize(PICTURE_PX, PICTURE_PX))
        self.table.verticalHeader().setDefaultSectionSize(PICTURE_PX + 8)
        thumbnails.ready.connect(self.table.viewport().update)
        tick = QAction(tr("Replace GPS of the selected photos"), self.table)
        tick.setShortcut(QKeySequence(Qt.Key.Key_Space))
        tick.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        tick.triggered.connect(lambda: self.model.toggle(self.table.selected_rows()))
        self.table.addAction(tick)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        self.save_button = QPushButton(tr("Save"))
        self.save_button.setProperty("primary", True)
        self.save_button.setDefault(True)
        self.save_button.clicked.connect(self._confirm)
        self._lay_out()
        live.planned.connect(self._planned)
        live.planning.connect(self._planning)
        self._planning(PlanningProgress(0, live.count))
        if live.plan is not None:
            self._planned(live.plan)

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 20, 24, 18)
        box.setSpacing(12)
        box.addWidget(self.line)
        box.addWidget(self.options)
        head = QHBoxLayout()
        head.addWidget(self.show_only)
        head.addStretch(1)
        box.addLayout(head)
        box.addWidget(self.table, 1)
        box.addWidget(self.progress)
        note = QLabel(
            tr("Image data, other tags and file times are not changed. You can undo this later.")
        )
        note.setWordWrap(True)
        note.setProperty("role", "muted")
        foot = QHBoxLayout()
        foot.setSpacing(10)
        cancel = QPushButton(tr("Cancel"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        foot.addWidget(note, 1)
        foot.addWidget(cancel)
        foot.addWidget(self.save_button)
        box.addLayout(foot)

    # The plan comes.

    def _planning(self, looked: PlanningProgress) -> None:
        self.save_button.setEnabled(False)
        self.progress.setRange(0, max(1, looked.total))
        self.progress.setValue(looked.done)
        self.progress.show()
        self.line.setText(
            tr("Checking {n} of {photos}…").format(
                n=f"{looked.done:,}", photos=words.photos(looked.total)
            )
        )

    def _planned(self, plan: SavePlan) -> None:
        self.progress.hide()
        self.line.setText(_as_sentence(self._live.line))
        count = len(plan.writes)
        self.save_button.setText(tr("Save {n}").format(n=words.photos(count)) if count else "Save")
        self.save_button.setEnabled(count > 0)
        self._list_filters(plan)
        self._filter()

    def _list_filters(self, plan: SavePlan) -> None:
        written, everything = len(plan.writes), len(plan.items)
        chosen = max(0, self.show_only.currentIndex())
        self.show_only.blockSignals(True)
        self.show_only.clear()
        self.show_only.addItem(tr("All {n}").format(n=f"{everything:,}"))
        self.show_only.addItem(tr("Will be written: {n}").format(n=f"{written:,}"))
        self.show_only.addItem(tr("Skipped: {n}").format(n=f"{everything - written:,}"))
        self.show_only.setCurrentIndex(chosen)
        self.show_only.blockSignals(False)

    def _filter(self, *_: object) -> None:
        plan = self._live.plan
        if plan is None:
            return
        rows: Sequence[PlannedWrite] = plan.items
        if self.show_only.currentIndex() == 1:
            rows = plan.writes
        elif self.show_only.currentIndex() == 2:
            rows = [item for item in plan.items if item.how is WriteMode.SKIP]
        at = self.table.verticalScrollBar().value()
        chosen = {row.request.path for row in self.table.selected_rows()}
        self.model.fill(rows)
        self._select(chosen)
        self.table.setColumnHidden(REPLACE, not any(map(self.model.can_tick, rows)))
        self.table.verticalScrollBar().setValue(at)

    def _select(self, paths: set[Path]) -> None:
        """Choose rows again after the table was filled anew."""
        if not 0 < len(paths) <= _MOST_CHOSEN:
            return
        chosen = QItemSelection()
        for at, row in enumerate(self.model.rows):
            if row.request.path in paths:
                index = self.model.index(at, 0)
                chosen.select(index, index)
        rows = QItemSelectionModel.SelectionFlag.Rows
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | rows
        self.table.selectionModel().select(chosen, flags)

    # What the user does.

    def _permit(self, items: Sequence[PlannedWrite], permitted: bool) -> None:
        found = (self._controller.session.number_of(item.request.path) for item in items)
        numbers = [number for number in found if number is not None]
        self._controller.permit_replacing(numbers, permitted=permitted)

    def _is_saved(self, path: Path) -> bool:
        number = self._controller.session.number_of(path)
        return number is not None and self._controller.session[number].saved is not None

    def _confirm(self) -> None:
        plan = self._live.plan
        if plan is not None and plan.writes:
            self.confirmed.emit(plan)
            self.accept()


def _as_sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."
