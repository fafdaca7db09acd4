"""The fourth step's page: stages, live curves, and what the trainer says."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.train.chart import Curve, CurveChart
from geoguess_app.ui.train.events import FLOOR, TrainingProgress, stage_words
from geoguess_app.ui.train.pieces import Page, ValueRows, label

_LOG_LINES = 400
_WILD = 4.0
"""So many times the floor's error is where a first epoch may be, and no more is to be seen."""
_TOWN_KM = 50.0
"""Errors of an area are told in metres."""


class TrainingPage(Page):
    """Stages, curves, and what the trainer says."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("trainTraining", parent)
        self.stages = ValueRows()
        self.chart_title, self.chart_note = label(role="heading"), label(role="muted")
        self.chart = CurveChart(theme, tr("photos"))
        self.validation_title, self.validation_note = label(), label(role="muted")
        self.validation = CurveChart(theme, tr("epochs"))
        self.loss_title = label(tr("Loss on training photos"))
        self.loss = CurveChart(theme, tr("epochs"))
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(_LOG_LINES)
        self.log.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.log.setMinimumHeight(140)
        self.log.setAccessibleName(tr("Trainer log"))
        self.log.setTabChangesFocus(True)
        self.division = label(role="muted")
        self.add(label(tr("Training"), "title"), self.stages, self.division)
        self._trying = self.section(
            tr("Median error on held-out photos, in metres"), self.chart, self.chart_note
        )
        self._losses = self.section(
            tr("Learning curves"),
            *(self.validation_title, self.validation, self.validation_note),
            *(self.loss_title, self.loss, label(tr(_EPOCH), "muted")),
        )
        self.section(tr("Trainer log"), self.log)
        self.box.addStretch(1)

    def show_progress(self, progress: TrainingProgress) -> None:
        """Show all that is known so far."""
        at = progress.stages.index(progress.stage) if progress.stage in progress.stages else -1
        marks = [("✓" if i < at else "●" if i == at else "○") for i in range(len(progress.stages))]
        if progress.state == "done":
            marks = ["✓"] * len(marks)
        self.stages.show_rows(
            [(mark, stage_words(name)) for mark, name in zip(marks, progress.stages, strict=True)]
        )
        self.division.setText(_division(progress.division))
        self.division.setVisible(bool(progress.division))
        self._show_tried(progress)
        self._losses.setVisible(bool(progress.loss or progress.validation))
        self._show_learned(progress)

    def show_log(self, lines: Sequence[str]) -> None:
        """Replace the lines of the log."""
        self.log.setPlainText("\n".join(lines))
        self.log.verticalScrollBar().setValue(self.log.verticalScrollBar().maximum())

    def add_line(self, text: str) -> None:
        """One more line of the log."""
        self.log.appendPlainText(text)

    def _show_learned(self, progress: TrainingProgress) -> None:
        per_epoch = progress.steps_per_epoch
        loss = [(step / per_epoch, value) for step, value in progress.loss]
        self.loss.show_curves(tr("Training loss"), [Curve(tr("loss"), loss)])
        name = _shown_figure(progress)
        values = progress.validation.get(name, [])
        floor_km = progress.floor_km if name == _MEDIAN else None
        largest = max([value for _, value in values] + [floor_km or 0.0], default=0.0)
        scale = 1000.0 if name == _MEDIAN and largest < _TOWN_KM else 1.0
        points = [(step / per_epoch, value * scale) for step, value in values]
        curves = [Curve(tr("this model"), points)]
        if points and floor_km is not None:
            line = [(x, floor_km * scale) for x in (0.0, points[-1][0])]
            curves.append(Curve(tr("centre of all"), line, quiet=True))
        self.validation_title.setText(_figure_words(name, metres=scale != 1.0))
        most = math.inf
        if len(curves) > 1:
            most = max(_WILD * (floor_km or 0.0) * scale, 1.1 * points[-1][1])
        self.validation.show_curves(self.validation_title.text(), curves, most=most)
        self.validation_note.setText(tr(_LOWER))
        for widget in (self.validation, self.validation_title):
            widget.setVisible(bool(points))
        self.validation_note.setVisible(len(curves) > 1)

    def _show_tried(self, progress: TrainingProgress) -> None:
        self._trying.setVisible(bool(progress.tried))
        curves = [
            Curve(tr("centre of all") if name == FLOOR else name, points, quiet=name == FLOOR)
            for name, points in progress.tried.items()
        ]
        self.chart.show_curves(tr("Median error on held-out photos, in metres"), curves)
        self.chart_note.setText(tr(_LOWER))


def _shown_figure(progress: TrainingProgress) -> str:
    """The validation figure that says most to people."""
    for wanted in (_MEDIAN, "val_loss"):
        if wanted in progress.validation:
            return wanted
    return next(iter(progress.validation), "")


def _division(division: Mapping[str, Any]) -> str:
    """How the photos were divided, and what that lets slip."""
    if not division:
        return ""
    text = tr("{test} photos are held out for testing, {train} are used for training.").format(
        train=f"{division['train']:,}", test=f"{division['test']:,}"
    )
    leaks = (
        leak.replace("train photos", tr("training photos")) for leak in division.get("leaks", ())
    )
    return " ".join([text, *(f"{leak}." for leak in leaks)])


def _figure_words(name: str, *, metres: bool) -> str:
    if name == _MEDIAN:
        return tr("Median error on held-out photos, in {unit}").format(unit="m" if metres else "km")
    return {"val_loss": tr("Loss on held-out photos")}.get(name, name)


_MEDIAN = "val_median_km"
_LOWER = (
    "Lower is better. The dashed line always answers the centre of your photos; a curve "
    "above it has learned nothing useful."
)
_EPOCH = (
    "In each epoch the network sees every photo once. The best epoch on held-out photos is kept."
)
