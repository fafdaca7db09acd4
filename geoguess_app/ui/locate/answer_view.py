"""The answer in words: place, radius, level, confidence, coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import Level, LocatedPhoto, is_uncalibrated
from geoguess_app.ui.kit import sentences, words
from geoguess_app.ui.kit.copy_button import CopyButton
from geoguess_app.ui.kit.icons import Icons
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.core.calibration.model import LevelRule


class AnswerView(QWidget):
    """A view that says where, how precisely and how surely; honest when the model cannot tell."""

    copied = Signal(str)
    calibrateWanted = Signal()

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rules: Mapping[Level, LevelRule] = {}
        self.title = _label("title", wrap=True, selectable=True)
        self.place = _label("muted", wrap=True, selectable=True)
        self.badge = _label(None)
        self.badge.setText(tr("Estimate"))
        self.badge.setProperty("badge", "accent")
        self.badge.setToolTip(tr("Estimated from the image alone; it may be wrong."))
        self.radius = _label(None, wrap=True)
        self.limits = _label("muted", wrap=True)
        self.level = _label(None)
        self.level.setProperty("badge", "plain")
        self.confidence = _label("muted", wrap=True)
        self.calibrate = QPushButton(tr("Calibrate…"))
        self.calibrate.setToolTip(
            tr("Fit this model’s confidence to your own located photos (300 or more)")
        )
        self.calibrate.clicked.connect(self.calibrateWanted)
        self.coordinates = _label("strong", selectable=True)
        self.coordinates.setAccessibleName(tr("Coordinates"))
        self.copy = CopyButton()
        icons.bind(self.copy, "copy")
        self.copy.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.copy.copied.connect(self.copied)
        self._lay_out()

    def show_answer(self, located: LocatedPhoto) -> None:
        """Fill in every part of the answer."""
        prediction, place = located.prediction, located.place
        unsure = prediction.level is Level.CANNOT_TELL
        level_help = words.level_help(prediction.level, self._rules)
        if unsure:
            self.title.setText(tr("Cannot tell"))
            self.place.setText(sentences.not_recognised(prediction.model, level_help))
            self.radius.setText(sentences.best_guess(place, prediction.radii.r80_km))
        else:
            self.title.setText(words.place_title(place, prediction.level))
            self.place.setText(words.place_rest(place, prediction.level))
            sentence = words.radii(prediction.radii)
            self.radius.setText(f"{sentence[:1].upper()}{sentence[1:]}.")
        self.place.setVisible(bool(self.place.text()))
        self.level.setText(words.level(prediction.level))
        self.level.setToolTip(level_help)
        self.level.setVisible(not unsure)
        self.confidence.setText(f"{words.confidence(prediction.confidence, prediction.model)}.")
        self.confidence.setVisible(not unsure)
        self.calibrate.setVisible(is_uncalibrated(prediction.model))
        self.limits.setVisible(unsure and bool(self.limits.text()))
        self.badge.setText(tr("Best guess") if unsure else tr("Estimate"))
        _set_role(self.coordinates, "muted" if unsure else "strong")
        self.coordinates.setText(
            cf.decimal(prediction.coordinate, _digits(prediction.radii.r50_km))
        )
        self.copy.set_coordinate(prediction.coordinate)

    def use_model(self, intended_area: str, rules: Mapping[Level, LevelRule]) -> None:
        """Take what the loaded model is meant for, shown where it could not tell, and its
        levels."""
        self._rules = rules
        self.limits.setText(sentences.limits(intended_area))

    def _lay_out(self) -> None:
        badges = QHBoxLayout()
        badges.setSpacing(6)
        for badge in (self.badge, self.level):
            badges.addWidget(badge)
        badges.addStretch(1)
        position = QHBoxLayout()
        position.addWidget(self.coordinates)
        position.addStretch(1)
        position.addWidget(self.copy)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.title)
        box.addWidget(self.place)
        box.addSpacing(4)
        box.addWidget(self.radius)
        box.addWidget(self.confidence)
        box.addWidget(self.calibrate, alignment=Qt.AlignmentFlag.AlignLeft)
        box.addSpacing(4)
        box.addLayout(badges)
        box.addSpacing(4)
        box.addLayout(position)
        box.addWidget(self.limits)


def _digits(r50_km: float) -> int:
    """Digits after the point that the radius is worth; copying gives all of them."""
    return 5 if r50_km < 0.05 else 4 if r50_km < 1 else 3 if r50_km < 10 else 2


def _set_role(label: QLabel, role: str) -> None:
    """Change a label's rank; a style sheet looks at properties only when told to."""
    if label.property("role") != role:
        label.setProperty("role", role)
        label.style().unpolish(label)
        label.style().polish(label)


def _label(role: str | None, *, wrap: bool = False, selectable: bool = False) -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    if role:
        label.setProperty("role", role)
    if selectable:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
