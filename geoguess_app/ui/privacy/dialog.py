"""The privacy check: the photo, what a model makes of it, what to hide, and the copy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shiboken6
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.core.explain.hide import HidingStyle, PhotoRegion
from geoguess_app.ui.kit.cards import Card
from geoguess_app.ui.kit.choose import ask_to_save
from geoguess_app.ui.kit.inputs import ComboBox
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.privacy import sentences, work
from geoguess_app.ui.privacy.canvas import CoverCanvas
from geoguess_app.ui.privacy.regions import MIDDLE, RegionList
from geoguess_app.ui.privacy.work import CopyAssessment, HidingPlan, OpenedPhoto
from geoguess_app.ui.work.jobs import Job, Work
from geoguess_app.ui.work.locator import sentence

if TYPE_CHECKING:
    from geoguess_app.ui.kit.theme import Theme
    from geoguess_app.ui.work.pools import Pools, TaskPool
    from geoguess_app.ui.work.workers import LoadedModel

_PAUSE_MS = 350
"""After the last change of a region, before the estimate is made anew."""


class PrivacyDialog(QDialog):
    """A dialog that is not modal: the window behind it stays in use. Nothing is written but the
    copy."""

    def __init__(
        self, path: Path, model: LoadedModel, theme: Theme, pools: Pools, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Privacy check: {name}").format(name=path.name))
        self._path, self._model, self._pools = path, model, pools
        self._opened: OpenedPhoto | None = None
        self._jobs: set[Job] = set()
        self._judging: Job | None = None
        self.first: CopyAssessment | None = None
        """What the model makes of the photo as it is."""
        self.now: CopyAssessment | None = None
        """… and of what would be saved; None until it is known."""
        self._make_parts(theme)
        self._lay_out()
        self._wait = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._wait.timeout.connect(self._judge)
        self._connect()
        self.setMinimumHeight(620)
        self.resize(self.sizeHint())
        self._start(work.opening_work(path), self._came, self._pools.files)

    def sizeHint(self) -> QSize:
        return QSize(1040, 700)

    def plan(self) -> HidingPlan:
        """Return what is to be hidden now."""
        regions = self.regions.regions()
        how = self.how.currentData()
        if how == "frame":
            return HidingPlan(frame=regions[0] if regions else None)
        return HidingPlan(regions=regions, how=HidingStyle(how))

    def closeEvent(self, event: QCloseEvent) -> None:
        self._wait.stop()
        for job in self._jobs:
            job.cancel()
        event.accept()

    def _make_parts(self, theme: Theme) -> None:
        self.canvas = CoverCanvas(theme)
        self.as_it_is = Card("plain", "pin", theme)
        self.as_it_is.say(tr("Estimating…"))
        self.with_hidden = Card("plain", "pin", theme)
        self.with_hidden.hide()
        self.told = QLabel()
        self.told.setWordWrap(True)
        self.regions = RegionList()
        self.how = ComboBox()
        self.how.setAccessibleName(tr("Hiding method"))
        for text, value in (
            (tr("Blur the regions"), HidingStyle.BLUR),
            (tr("Fill the regions with a solid colour"), HidingStyle.FILL),
            (tr("Keep only region 1 (crop)"), "frame"),
        ):
            self.how.addItem(text, value)
        self.suggest = QPushButton(tr("Suggest regions"))
        self.suggest.setToolTip(tr("Suggest the regions that contribute most to the estimate"))
        self.suggest.setEnabled(False)
        self.add = QPushButton(tr("Add"))
        self.remove = QPushButton(tr("Remove"))
        self.save = QPushButton(tr("Save copy…"))
        self.save.setProperty("primary", True)
        self.save.setEnabled(False)
        self.close_button = QPushButton(tr("Close"))
        for button in (self.suggest, self.add, self.remove, self.save, self.close_button):
            button.setAutoDefault(False)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setProperty("role", "muted")

    def _lay_out(self) -> None:
        side = QWidget()
        side.setFixedWidth(360)
        box = QVBoxLayout(side)
        box.setContentsMargins(16, 0, 0, 0)
        box.setSpacing(9)
        box.addWidget(_heading(tr("Original")))
        box.addWidget(self.as_it_is)
        self.hidden_heading = _heading(tr("With regions hidden"))
        self.hidden_heading.hide()
        box.addWidget(self.hidden_heading)
        box.addWidget(self.with_hidden)
        box.addWidget(self.told)
        box.addSpacing(4)
        box.addWidget(_heading(tr("Hide")))
        box.addWidget(_text(tr("Draw regions on the photo, or choose Suggest regions.")))
        box.addWidget(self.regions, 1)
        row = QHBoxLayout()
        for button in (self.suggest, self.add, self.remove):
            row.addWidget(button)
        box.addLayout(row)
        box.addWidget(self.how)
        box.addWidget(
            _text(
                tr(
                    "This checks only what this model recognises; people and other "
                    "programs may find more. The original photo is not changed."
                )
            )
        )
        box.addWidget(self.said)
        last = QHBoxLayout()
        last.addStretch(1)
        last.addWidget(self.close_button)
        last.addWidget(self.save)
        box.addLayout(last)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(16, 16, 16, 16)
        whole.addWidget(self.canvas, 1)
        whole.addWidget(side)

    def _connect(self) -> None:
        self.canvas.drawn.connect(self.regions.add)
        self.canvas.moved.connect(self.regions.replace)
        self.canvas.chosen.connect(self.regions.setCurrentRow)
        self.regions.changed.connect(self._changed)
        self.how.currentIndexChanged.connect(lambda _index: self._changed())
        self.suggest.clicked.connect(self._suggest)
        self.add.clicked.connect(lambda: self.regions.add(MIDDLE))
        self.remove.clicked.connect(self.regions.remove_current)
        self.save.clicked.connect(self._ask_where)
        self.close_button.clicked.connect(self.close)

    # What the work brings.

    def _came(self, opened: OpenedPhoto) -> None:
        self._opened = opened
        self.told.setText(sentences.metadata(opened))
        self.save.setEnabled(True)
        self._changed()

    def _changed(self) -> None:
        if self._opened is None:
            return
        regions, plan = self.regions.regions(), self.plan()
        # A crop shows the whole photo with its frame: else nobody could move the frame.
        hiding = plan if plan.frame is None else HidingPlan()
        self.canvas.show_picture(hiding.apply(self._opened.picture))
        self.canvas.show_regions(regions, self.regions.currentRow())
        self.remove.setEnabled(bool(regions))
        self.now = None
        self._wait.start()

    def _judge(self) -> None:
        if self._opened is None:
            return
        if self._judging is not None:
            self._judging.cancel()
        plan = self.plan()
        if self.first is not None and not plan.changes:
            self._judged(plan, self.first)
            return
        if self.first is not None:
            self._show_hidden(tr("Estimating…"), "")
        judging = work.judging_work(self._model, self._opened.picture, plan)
        self._judging = self._start(
            judging, lambda verdict: self._judged(plan, verdict), self._pools.inference
        )

    def _judged(self, plan: HidingPlan, verdict: CopyAssessment) -> None:
        if plan != self.plan():
            return
        self.now = verdict
        self.suggest.setEnabled(bool(verdict.giveaways))
        if not plan.changes:
            self.first = verdict
            self.as_it_is.say(sentences.title(verdict), sentences.body(verdict))
            self.with_hidden.hide()
            self.hidden_heading.hide()
        else:
            moved = sentences.change(self.first, verdict) if self.first else ""
            self._show_hidden(sentences.title(verdict), f"{sentences.body(verdict)} {moved}")

    def _show_hidden(self, title: str, body: str) -> None:
        self.hidden_heading.show()
        self.with_hidden.say(title, body)

    def _suggest(self) -> None:
        if self.now is not None:
            had: tuple[PhotoRegion, ...] = self.regions.regions()
            new = tuple(region for region in self.now.giveaways if region not in had)
            self.regions.set_regions((*had, *new), len(had))

    # The copy.

    def _ask_where(self) -> None:
        suffix = self._path.suffix if self._path.suffix.lower() in (".jpg", ".png") else ".jpg"
        suggested = self._path.with_name(f"{self._path.stem}-without-place{suffix}")
        own = (tr("Photos"), (suffix, ".jpg", ".png", ".webp", ".tif"))
        target = ask_to_save(self, tr("Save copy without metadata"), suggested, [own])
        if target is not None:
            self.save_to(target)

    def save_to(self, target: Path) -> None:
        """Write the copy; what came of it is said beside the buttons."""
        if not target.suffix:
            target = target.with_suffix(".jpg")
        self.said.setText(tr("Saving…"))
        self._start(
            work.saving_work(self._path, target, self.plan()),
            lambda path: self.said.setText(
                tr("Saved {file} without metadata.").format(file=path.name)
            ),
            self._pools.writing,
        )

    def _start(self, what: Work, done: Callable[[Any], object], pool: TaskPool) -> Job:
        job = Job(what)
        self._jobs.add(job)

        def came(value: object, use: Callable[[Any], object]) -> None:
            # What was on its way when the dialog went away comes all the same.
            if not job.token.cancelled and shiboken6.isValid(self):
                use(value)

        job.item.connect(lambda value: came(value, done))
        job.failed.connect(lambda error: came(error, lambda e: self.said.setText(sentence(e))))
        job.finished.connect(lambda _complete: self._jobs.discard(job))
        return job.start(pool)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label


def _text(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("role", "muted")
    label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return label
