"""Bodies of the steps, on the left side of the Train mode: what can be done in each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.cards import Card
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.train.events import PAUSED, TrainingProgress, stage_words
from geoguess_app.ui.train.pieces import button, label
from geoguess_app.ui.train.runs import DONE, TrainingFolder

_MOST_RUNS = 4


class _Body(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(36, 0, 0, 10)
        self.box.setSpacing(8)

    def add(self, *widgets: QWidget) -> None:
        for widget in widgets:
            self.box.addWidget(widget)

    def row(self, *widgets: QWidget) -> None:
        line = QHBoxLayout()
        line.setSpacing(8)
        for widget in widgets:
            line.addWidget(widget)
        line.addStretch(1)
        self.box.addLayout(line)


class PhotosBody(_Body):
    """The body of the first step: which photos; and trainings that were begun before."""

    folderWanted = Signal()
    tableWanted = Signal()
    runWanted = Signal(object)
    """A Run to go on with, or to look at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.folder = button(tr("Choose folder…"), primary=True)
        self.table = button(tr("Choose table (CSV)…"), link=True)
        self.folder.clicked.connect(self.folderWanted)
        self.table.clicked.connect(self.tableWanted)
        self.before = label(tr("Previous runs"), "heading")
        self.add(label(tr("Photos that have GPS."), "muted"))
        self.row(self.folder)
        self.row(self.table)
        self.add(self.before)
        self._runs: list[QWidget] = []
        self._usable = True
        self.list_runs([])

    def set_usable(self, usable: bool) -> None:
        """Without a trainer only results can be looked at."""
        self._usable = usable
        self.folder.setEnabled(usable)
        self.table.setEnabled(usable)
        for widget in self._runs:
            widget.setEnabled(usable or bool(widget.property("done")))

    def list_runs(self, runs: Sequence[TrainingFolder]) -> None:
        """List the runs that can be gone on with or looked at, the newest first."""
        for widget in self._runs:
            widget.hide()
            widget.deleteLater()
        self._runs = []
        for run in runs[:_MOST_RUNS]:
            done = run.plan.state == DONE
            text = tr("Show results of {name}") if done else tr("Resume {name}")
            made = button(text.format(name=run.plan.name or run.folder.name), link=True)
            made.setToolTip(run.plan.source)
            made.setProperty("done", done)
            made.setEnabled(self._usable or done)
            made.clicked.connect(lambda _checked=False, run=run: self.runWanted.emit(run))
            self.add(made)
            self._runs.append(made)
        self.before.setVisible(bool(self._runs))

    def runs(self) -> list[QWidget]:
        """The buttons of earlier trainings."""
        return list(self._runs)


class CheckBody(_Body):
    """The body of the check: reading the photos, and what to do about it."""

    cancelWanted = Signal()
    goOnWanted = Signal()
    imagesWanted = Signal()
    againWanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.said = label(role="muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)
        self.trouble = Card("error", "warning", theme)
        self.trouble.hide()
        self.cancel = button(tr("Cancel"))
        self.go_on = button(tr("Continue"), primary=True)
        self.images = button(tr("Choose photo folder…"))
        self.again = button(tr("Read again"))
        self.cancel.clicked.connect(self.cancelWanted)
        self.go_on.clicked.connect(self.goOnWanted)
        self.images.clicked.connect(self.imagesWanted)
        self.again.clicked.connect(self.againWanted)
        self.add(self.said, self.bar, self.trouble)
        self.row(self.go_on, self.cancel)
        self.row(self.images)
        self.row(self.again)
        self.show_reading(0)

    def show_reading(self, done: int) -> None:
        """The trainer reads; so many are done."""
        read = tr("{photos} read…").format(photos=words.photos(done))
        self._show(read if done else tr("Reading the photos…"), reading=True)

    def show_comparing(self) -> None:
        """The photos are compared with one another."""
        self._show(tr("Comparing the photos…"), reading=True)

    def show_done(self, shortage: str, *, needs_images: bool) -> None:
        """The report is there; ``shortage`` says what is lacking, empty where nothing is."""
        enough = not shortage
        self._show(tr("The report is on the right.") if enough else "", reading=False)
        self.go_on.setVisible(enough and not needs_images)
        self.images.setVisible(needs_images)
        self.again.setVisible(not enough or needs_images)
        if shortage and not needs_images:
            self.trouble.say(tr("Not enough to learn from"), shortage)
        if needs_images:
            self.trouble.say(
                tr("No photos next to the table"), tr("Choose the folder that contains them.")
            )

    def show_trouble(self, sentence: str, *, needs_images: bool = False) -> None:
        """Show that it ended in an error."""
        self._show("", reading=False)
        self.trouble.say(tr("These photos cannot be used"), sentence)
        self.images.setVisible(needs_images)
        self.again.show()

    def _show(self, said: str, *, reading: bool) -> None:
        self.said.setText(said)
        self.said.setVisible(bool(said))
        self.bar.setVisible(reading)
        self.cancel.setVisible(reading)
        for widget in (self.trouble, self.go_on, self.images, self.again):
            widget.hide()


class TrainBody(_Body):
    """The body of the training: how far it is, and how to pause and stop it."""

    pauseWanted = Signal()
    goOnWanted = Signal()
    stopWanted = Signal()
    resumeWanted = Signal()
    changeWanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = label(role="strong")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.left = label(role="muted")
        self.trouble = Card("error", "warning", theme)
        self.trouble.hide()
        self.pause = button(tr("Pause"))
        self.go_on = button(tr("Resume"), primary=True)
        self.stop = button(tr("Stop"))
        self.resume = button(tr("Resume"), primary=True)
        self.change = button(tr("Change settings"))
        self.note = label(role="muted")
        self.pause.clicked.connect(self.pauseWanted)
        self.go_on.clicked.connect(self.goOnWanted)
        self.stop.clicked.connect(self.stopWanted)
        self.resume.clicked.connect(self.resumeWanted)
        self.change.clicked.connect(self.changeWanted)
        self.add(self.stage, self.bar, self.left, self.trouble)
        self.row(self.pause, self.go_on, self.stop)
        self.row(self.resume)
        self.row(self.change)
        self.add(self.note)

    def show_running(self, progress: TrainingProgress, *, pausing: bool) -> None:
        """Show that the training is at work, or rests."""
        resting = progress.state == PAUSED
        self._buttons(running=True, resting=resting or pausing)
        self.trouble.hide()
        text = stage_words(progress.stage) if progress.stage else tr("Starting…")
        self.stage.setText(tr("Paused") if resting else text)
        self.bar.show()
        self.bar.setRange(0, progress.total)
        self.bar.setValue(progress.done)
        self.left.setText(_left(progress, pausing=pausing))
        self.left.setVisible(bool(self.left.text()))
        self.note.show()
        self.note.setText(
            tr(
                "You can keep using the window. Closing it stops the training; you can "
                "resume it next time."
            )
        )

    def show_stopping(self) -> None:
        """The trainer was asked to end."""
        self._buttons(running=False, resting=False)
        self.resume.hide()
        self.change.hide()
        self.stage.setText(tr("Stopping…"))
        self.left.setText(tr("Progress is kept."))
        self.left.show()
        self.bar.setRange(0, 0)
        self.note.hide()

    def show_finished(self) -> None:
        """The model is there."""
        self._end("")
        self.left.setText(tr("The curves and the trainer log are on the right."))
        self.left.show()
        for widget in (self.resume, self.change):
            widget.hide()

    def show_stopped(self) -> None:
        """Show that it ended on the user's wish."""
        self._end(tr("Stopped"))
        self.left.setText(tr("Progress is kept. Resume to continue from there."))
        self.left.show()

    def show_failed(self, sentence: str) -> None:
        """Show that it ended in an error."""
        self._end("")
        self.trouble.say(tr("Training failed"), sentence)

    def _end(self, stage: str) -> None:
        self._buttons(running=False, resting=False)
        self.stage.setText(stage)
        self.stage.setVisible(bool(stage))
        self.bar.hide()
        self.left.hide()
        self.trouble.hide()
        self.note.hide()

    def _buttons(self, *, running: bool, resting: bool) -> None:
        self.stage.show()
        self.pause.setVisible(running and not resting)
        self.go_on.setVisible(running and resting)
        self.stop.setVisible(running)
        self.resume.setVisible(not running)
        self.change.setVisible(not running)


def _left(progress: TrainingProgress, *, pausing: bool) -> str:
    parts = []
    if progress.stage == "training" and progress.epochs:
        now = min(progress.epoch + 1, progress.epochs)
        parts.append(tr("epoch {now} of {all}").format(now=now, all=progress.epochs))
    elif progress.total:
        parts.append(
            tr("{done} of {total}").format(done=f"{progress.done:,}", total=f"{progress.total:,}")
        )
    if progress.state == PAUSED:
        parts.append(tr("not using the processor"))
    elif pausing:
        parts.append(tr("pauses after this step"))
    elif progress.remaining_s is not None and progress.total:
        parts.append(tr("{time} left").format(time=words.duration(progress.remaining_s)))
    return " · ".join(parts)


class ResultBody(_Body):
    """The body of the last step: what to do with the model."""

    useWanted = Signal()
    reportWanted = Signal()
    cardWanted = Signal()
    anotherWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.use = button(tr("Use this model"), primary=True)
        self.report = button(tr("Test report"))
        self.report.setToolTip(tr("Open the local report page in your browser"))
        self.another = button(tr("Train another model"), link=True)
        self.where = label(role="muted")
        self.use.clicked.connect(self.useWanted)
        self.report.clicked.connect(self.reportWanted)
        self.another.clicked.connect(self.anotherWanted)
        self.row(self.use)
        self.row(self.report)
        self.add(self.where)
        self.row(self.another)

    def show_result(self, model: str, *, has_report: bool, in_use: bool) -> None:
        """Show where the model lies, and whether it is loaded already."""
        self.where.setText(tr("Model file: {file}").format(file=model))
        self.report.setVisible(has_report)
        self.use.setEnabled(not in_use)
        self.use.setText(tr("In use") if in_use else tr("Use this model"))
