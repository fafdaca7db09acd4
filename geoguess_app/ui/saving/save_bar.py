"""The bar under the worklist: what a save would write, in one line, and the button for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.icons import Icons
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.saving.outcomes import WriterTask
from geoguess_app.ui.saving.planning import PlanningProgress

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu

    from geoguess_app.photos.write_plan import SavePlan

_WORKING = {
    WriterTask.SAVE: "Writing {done} of {total}",
    WriterTask.UNDO: "Undoing {done} of {total}",
    WriterTask.REVOKE: "Removing {done} of {total}",
}


class SaveBar(QFrame):
    """A bar that only shows; what happens is up to ``SavingController``."""

    saveRequested = Signal()
    stopRequested = Signal()

    def __init__(self, icons: Icons, menu: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("saveBar")
        self._doing = WriterTask.SAVE
        self.line = QLabel()
        self.line.setWordWrap(True)
        self.line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.save = QPushButton(tr("Save…"))
        self.save.setProperty("primary", True)
        self.save.setToolTip(tr("Check what will be written, then save (Ctrl+S)"))
        self.save.clicked.connect(self.saveRequested)
        self.more = QToolButton()
        icons.bind(self.more, "undo")
        self.more.setToolTip(tr("Undo saves or remove estimates"))
        self.more.setAccessibleName(tr("Undo saves or remove estimates"))
        self.more.setMenu(menu)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.stop = QPushButton(tr("Stop"))
        self.stop.setToolTip(tr("Stop after the current file"))
        self.stop.clicked.connect(self.stopRequested)
        self._lay_out()

    def _lay_out(self) -> None:
        ready, busy = QWidget(), QWidget()
        for widget, parts in ((ready, (self.save, self.more)), (busy, (self.bar, self.stop))):
            row = QHBoxLayout(widget)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(8)
            row.addWidget(parts[0], 1)
            row.addWidget(parts[1])
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 8, 12, 10)
        box.setSpacing(6)
        box.addWidget(self.line)
        self._pages = QStackedLayout()
        box.addLayout(self._pages)
        # Only now: a page without a parent would be shown as a window and take the keyboard.
        self._pages.addWidget(ready)
        self._pages.addWidget(busy)

    def show_plan(self, plan: SavePlan, line: str) -> None:
        """The plan is up to date; it in one line."""
        self._say(line, quiet=not plan.items)
        self.save.setEnabled(bool(plan.items))

    def show_planning(self, looked: PlanningProgress) -> None:
        """The plan is being made; a short one does not flicker."""
        if looked.done:
            text = tr("Checking {n} of {photos}…")
            photos = words.photos(looked.total)
            self._say(text.format(n=f"{looked.done:,}", photos=photos), quiet=True)

    def show_work(self, doing: WriterTask) -> None:
        """Files are being changed."""
        self._doing = doing
        self.show_progress(0, 0)
        self._pages.setCurrentIndex(1)

    def show_progress(self, done: int, total: int) -> None:
        """Show that so many files of so many are done."""
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        text = tr(_WORKING[self._doing]).format(done=f"{done:,}", total=f"{total:,}")
        begun = tr("Writing…") if self._doing is WriterTask.SAVE else tr("Reading the journal…")
        self._say(text if total else begun, quiet=False)

    def show_ready(self) -> None:
        """Show that nothing is being changed."""
        self._pages.setCurrentIndex(0)

    def _say(self, text: str, *, quiet: bool) -> None:
        self.line.setText(text)
        role = "muted" if quiet else ""
        if role == self.line.property("role"):
            return
        self.line.setProperty("role", role)
        self.line.style().unpolish(self.line)
        self.line.style().polish(self.line)
