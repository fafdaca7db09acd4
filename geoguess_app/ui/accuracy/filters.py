"""Filters of judged photos: scene, continent, error, confidence, text, and the verifier's fear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.core.format import threshold
from geoguess_app.core.types import CONFIDENCE_KM
from geoguess_app.evaluation.accuracy.part import SURE, PhotoChoice, confident_errors
from geoguess_app.ui.accuracy import bands, wording
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.inputs import ComboBox, add_clear_button
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.core.types import IntArray
    from geoguess_app.evaluation.accuracy.photos import JudgedPhotos

_TYPING_MS = 180
_CONFIDENCE = ((0.9, np.inf), (SURE, 0.9), (0.1, SURE), (0.0, 0.1))


class Filters(QWidget):
    """A Choice put together by the user."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._photos: JudgedPhotos | None = None
        self.scene = _combo(tr("Scene"))
        self.continent = _combo(tr("Continent"))
        self.error = _combo(tr("Error"))
        self.confidence = _combo(tr("Confidence"))
        self.text = QLineEdit()
        self.text.setPlaceholderText(tr("Search file name or place"))
        self.text.setAccessibleName(self.text.placeholderText())
        add_clear_button(self.text)
        self.fear = QPushButton(tr("Confident but wrong"))
        self.fear.setCheckable(True)
        self.outside = QPushButton(tr("Outside radius"))
        self.outside.setCheckable(True)
        self.outside.setToolTip(
            tr("Show only photos whose true position is outside the 80% radius")
        )
        self.unseen = QCheckBox(tr("Exclude training photos"))
        self.clear = QPushButton(tr("Clear"))
        self.clear.setProperty("link", "true")
        self.clear.setToolTip(tr("Show all photos again"))
        self._typing = QTimer(self, interval=_TYPING_MS, singleShot=True)
        self._typing.timeout.connect(self.changed)
        self._lay_out()
        for combo in self._combos():
            combo.currentIndexChanged.connect(lambda _index: self.changed.emit())
        for button in (self.fear, self.outside, self.unseen):
            button.toggled.connect(lambda _on: self.changed.emit())
        self.text.textChanged.connect(lambda _text: self._typing.start())
        self.clear.clicked.connect(self.reset)
        self.changed.connect(self._mark)

    def offer(self, photos: JudgedPhotos) -> None:
        """Offer what these photos have; everything passes. Emits nothing."""
        self._photos = photos
        blocked = self.blockSignals(True)
        self.reset()
        scale = photos.about.scale
        _fill(self.scene, tr("All scenes"), _count_label(photos.scene, words.scene))
        _fill(
            self.continent, tr("All continents"), _count_label(photos.continent, wording.continent)
        )
        found = bands.band_of(photos.error_km, scale)
        _fill(self.error, tr("Any error"), _band_choices(found, photos))
        _fill(self.confidence, tr("Any confidence"), _confidence_choices(photos))
        self.fear.setToolTip(_fear_help(photos))
        self.outside.setEnabled(bool(np.isfinite(photos.radii_km[:, 1]).any()))
        self.unseen.setVisible(bool(photos.seen.any()))
        self.blockSignals(blocked)
        self._mark()

    def offer_again(self, photos: JudgedPhotos) -> None:
        """The same photos from another folder: what is set stays."""
        self._photos = photos

    def indices(self) -> IntArray:
        """The photos that pass, in their order."""
        photos = self._photos
        if photos is None:
            return np.empty(0, dtype=np.int64)
        chosen = self.choice().mask(photos)
        if self.fear.isChecked():
            chosen &= confident_errors(photos).mask(photos)
        return np.flatnonzero(chosen).astype(np.int64)

    def choice(self) -> PhotoChoice:
        """Return what is set, without the button for the sure and wrong."""
        above, up_to = self.error.currentData() or (-np.inf, np.inf)
        sure_from, sure_below = self.confidence.currentData() or (0.0, np.inf)
        return PhotoChoice(
            scene=self.scene.currentData() or "",
            continent=self.continent.currentData() or "",
            error_above_km=above,
            error_up_to_km=up_to,
            sure_from=sure_from,
            sure_below=sure_below,
            outside_radius=self.outside.isChecked(),
            without_seen=self.unseen.isChecked(),
            text=self.text.text().strip(),
        )

    def state(self) -> dict[str, object]:
        """Return what is set, as JSON values that ``set_state`` takes."""
        return {
            "scene": self.scene.currentData() or "",
            "continent": self.continent.currentData() or "",
            "error": self.error.currentIndex(),
            "confidence": self.confidence.currentIndex(),
            "text": self.text.text(),
            "sure_and_wrong": self.fear.isChecked(),
            "outside_radius": self.outside.isChecked(),
            "without_seen": self.unseen.isChecked(),
        }

    def set_state(self, state: Mapping[str, object]) -> None:
        """Set what a file says, as far as these photos offer it."""
        blocked = self.blockSignals(True)
        self.reset()
        for combo, name in ((self.scene, "scene"), (self.continent, "continent")):
            combo.setCurrentIndex(max(0, combo.findData(str(state.get(name) or None))))
        for combo, name in ((self.error, "error"), (self.confidence, "confidence")):
            index = state.get(name)
            if isinstance(index, int) and 0 <= index < combo.count():
                combo.setCurrentIndex(int(index))
        self.text.setText(str(state.get("text") or "")[:200])
        self.fear.setChecked(state.get("sure_and_wrong") is True)
        self.outside.setChecked(state.get("outside_radius") is True)
        self.unseen.setChecked(state.get("without_seen") is True)
        self._typing.stop()
        self.blockSignals(blocked)
        self.changed.emit()

    def reset(self) -> None:
        """Reset the fields, so that everything passes."""
        blocked = self.blockSignals(True)
        for combo in self._combos():
            combo.setCurrentIndex(0)
        for button in (self.fear, self.outside, self.unseen):
            button.setChecked(False)
        self.text.clear()
        self._typing.stop()
        self.blockSignals(blocked)
        self.changed.emit()

    def _mark(self) -> None:
        """Clearing is on offer while something is set."""
        some = any(combo.currentIndex() > 0 for combo in self._combos())
        pressed = any(b.isChecked() for b in (self.fear, self.outside, self.unseen))
        self.clear.setVisible(some or pressed or bool(self.text.text()))

    def _combos(self) -> tuple[QComboBox, ...]:
        return (self.scene, self.continent, self.error, self.confidence)

    def _lay_out(self) -> None:
        self._grid = QGridLayout()
        self._grid.setSpacing(6)
        self._columns = 0, 0
        self._arrange(2, 2)
        find = QHBoxLayout()
        find.setSpacing(8)
        find.addWidget(self.text, 1)
        find.addWidget(self.clear)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        box.addLayout(self._grid)
        box.addLayout(find)
        box.addWidget(self.unseen)

    def fit(self, width_px: int) -> None:
        """Two beside each other where there is room."""
        # Told from outside: two columns would never let the width fall below their own.
        choices, all_parts = self._combos(), (*self._combos(), self.fear, self.outside)
        self._arrange(
            2 if width_px >= self._two_columns_px(choices) else 1,
            2 if width_px >= self._two_columns_px(all_parts) else 1,
        )

    def _two_columns_px(self, parts: Sequence[QWidget]) -> int:
        columns = (
            max(part.minimumSizeHint().width() for part in parts[number::2]) for number in (0, 1)
        )
        return sum(columns) + self._grid.horizontalSpacing()

    def _arrange(self, choices: int, buttons: int) -> None:
        """Lay out so many choices, and so many buttons, beside each other."""
        if (choices, buttons) == self._columns:
            return
        self._columns = choices, buttons
        row = 0
        for parts, columns in ((self._combos(), choices), ((self.fear, self.outside), buttons)):
            for number, part in enumerate(parts):
                at = row + number // columns, number % columns
                self._grid.addWidget(part, *at, 1, 2 // columns)
            row += len(parts) // columns
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)


def _combo(name: str) -> QComboBox:
    combo = ComboBox()
    combo.setAccessibleName(name)
    combo.setToolTip(name)
    combo.setMinimumContentsLength(3)
    policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
    combo.setSizeAdjustPolicy(policy)
    combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return combo


def _fill(combo: QComboBox, everything: str, choices: Iterable[tuple[str, object]]) -> None:
    """The choice of all first; a combo with nothing to choose is off."""
    combo.clear()
    combo.addItem(everything, None)
    for title, value in choices:
        combo.addItem(title, value)
    combo.setEnabled(combo.count() > 1)


def _count_label(texts: tuple[str, ...], name: Callable[[str], str]) -> list[tuple[str, object]]:
    found = Counter(text for text in texts if text)
    titled = [(name(text), text, number) for text, number in found.items()]
    return [(f"{title} ({number:,})", text) for title, text, number in sorted(titled)]


def _band_choices(found: IntArray, photos: JudgedPhotos) -> list[tuple[str, object]]:
    scale = photos.about.scale
    return [
        (
            f"{bands.title(band, scale)} ({int((found == band).sum()):,})",
            bands.limits_km(band, scale),
        )
        for band in range(len(scale.thresholds_km) + 1)
    ]


def _confidence_choices(photos: JudgedPhotos) -> list[tuple[str, object]]:
    if not np.isfinite(photos.confidence).any():
        return []
    titles = (
        *(tr("90% confidence or more"), tr("50 to 90% confidence")),
        *(tr("10 to 50% confidence"), tr("Under 10% confidence")),
    )
    return list(zip(titles, _CONFIDENCE, strict=True))


def _fear_help(photos: JudgedPhotos) -> str:
    if confident_errors(photos).outside_radius:
        return tr("Show answers whose true position is outside the stated radius")
    return tr("Show answers that are stated as likely within {near} but are farther off").format(
        near=threshold(CONFIDENCE_KM)
    )
