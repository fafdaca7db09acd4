"""The evidence for "the same place": a photo and a reference photo, with the points that agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QTransform
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from geoguess_app.core import format as fmt
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.references.answer import ComparedReference
from geoguess_app.ui.frame.large_photo import large_pictures, middle_of
from geoguess_app.ui.frame.pair_viewer import PairViewer
from geoguess_app.ui.kit.inputs import Slider
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.references.points_overlay import PointsOverlay, PointsShown
from geoguess_app.ui.work.pictures import Pictures

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from geoguess_app.core.types import FloatArray
    from geoguess_app.ui.frame.services import Services

_BLEND_STEP = 10
_STYLE = """
QFrame { background: #161b22; border: none; }
QLabel { color: #e6ebf2; background: transparent; }
QPushButton { color: #e6ebf2; background: #232a34; border: 1px solid #3c4654; border-radius: 6px;
              padding: 5px 10px; }
QPushButton:hover { background: #2c3542; }
QPushButton:focus { border-color: #7aa7ff; }
QPushButton:checked { background: #2f4a7d; border-color: #7aa7ff; }
QPushButton:disabled, QLabel:disabled { color: #78828f; }
"""


@dataclass(frozen=True)
class ShownCandidate:
    """A compared reference, and the camera that took it ("" where it does not say)."""

    compared: ComparedReference
    camera: str


class SamePlaceViewer(PairViewer):
    """Photo left, reference right: 1 to 9 choose the reference, L the lines, B blends, N refuses.

    The pictures zoom and move together. Where one homography explains the points, the reference
    can be laid over the photo.
    """

    refused = Signal(object)
    """The user says that this reference (ComparedReference) is not the same place."""

    def __init__(self, theme: Theme, pictures: Pictures, parent: QWidget) -> None:
        super().__init__(theme, pictures, parent)
        self.setAccessibleName(tr("Photo and reference photo side by side"))
        self._photo: Path | None = None
        self.candidates: list[ShownCandidate] = []
        self.number = 0
        self.overlay = PointsOverlay((self.sides[0], self.sides[1]), self.area)
        self.title, self.place = QLabel(), QLabel()
        self.title.setStyleSheet("font-weight: 600;")
        self.points = QPushButton(tr("Lines"))
        self.points.setToolTip(tr("Lines, dots, or no matching points (L)"))
        self.blend = Slider()
        self.blend_label = QLabel(tr("Blend"))
        self.earlier, self.later = QPushButton("‹"), QPushButton("›")
        self.not_same = QPushButton(tr("Not the same place"))
        self.done = QPushButton(tr("Close"))
        self._lay_out()
        self._connect()

    def begin(self, photo: Path, caption: str) -> None:
        """Show a photo whose candidates are still looked for."""
        self._photo, self._caption = photo, caption
        self.candidates, self.number = [], 0
        self.title.setText(tr("Comparing with your reference photos…"))
        self.place.setText("")
        self.open([(photo, caption), (None, "")])
        self._show_parts()

    def show_candidates(self, candidates: Sequence[ShownCandidate]) -> None:
        """Show what the photo was compared with, the first of them."""
        self.candidates = list(candidates)
        self.choose(0)

    def choose(self, number: int) -> None:
        """Show the candidate of this number, from 0 on; others than there are are passed over."""
        if not self.candidates:
            self.number = 0
            self.title.setText(tr("No reference photo resembles this one."))
            self.place.setText("")
            self.sides[1].show_photo(None, "")
        elif 0 <= number < len(self.candidates):
            self.number = number
            self._show_candidate(self.candidates[number])
        self._show_parts()

    def forget(self, compared: ComparedReference) -> None:
        """Take a refused reference away and show the next one."""
        self.candidates = [one for one in self.candidates if one.compared is not compared]
        self.choose(min(self.number, max(len(self.candidates) - 1, 0)))

    def event(self, event: QEvent) -> bool:
        """Keep the viewer's keys from the shortcuts of the mode below."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            plain = event.modifiers() in (
                Qt.KeyboardModifier.NoModifier,
                Qt.KeyboardModifier.KeypadModifier,
            )
            if plain and (_digit(event) or event.key() in _KEYS):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        digit = _digit(event)
        if digit:
            self.choose(digit - 1)
        elif event.key() == Qt.Key.Key_L:
            self.points.click()
        elif event.key() == Qt.Key.Key_B:
            self._blend_on()
        elif event.key() == Qt.Key.Key_N:
            self.not_same.click()
        elif event.key() == Qt.Key.Key_Escape:
            self.close_()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: object) -> None:
        self._place_overlay()

    def showEvent(self, event: object) -> None:
        self._place_overlay()

    def _show_candidate(self, shown: ShownCandidate) -> None:
        compared = shown.compared
        reference, match = compared.near.reference, compared.match
        self.title.setText(_verdict(compared))
        self.place.setText(self._apart(compared))
        facts = [tr("{number} of {count}").format(number=self.number + 1, count=self._count())]
        facts.append(reference.path.name)
        if reference.taken is not None:
            facts.append(fmt.calendar_day(reference.taken))
        if shown.camera:
            facts.append(shown.camera)
        self.sides[1].show_photo(reference.path, " · ".join(facts))
        if match is not None:
            self.overlay.show_points(match.query_points, match.reference_points)
        self.overlay.setVisible(match is not None)
        self.setAccessibleDescription(f"{self.title.text()} {' · '.join(facts)}")
        self._lay_over(0)

    def _apart(self, compared: ComparedReference) -> str:
        """How far this candidate was taken from the first one."""
        first = self.candidates[0].compared
        if compared is first:
            return ""
        here, there = (one.near.reference.coordinate for one in (first, compared))
        apart = great_circle_km(
            here.latitude_deg, here.longitude_deg, there.latitude_deg, there.longitude_deg
        )
        return tr("{distance} from candidate 1").format(distance=fmt.distance(float(apart)))

    def _count(self) -> int:
        return len(self.candidates)

    def _show_parts(self) -> None:
        current = self._current()
        match = current.match if current is not None else None
        self.earlier.setEnabled(self.number > 0)
        self.later.setEnabled(self.number + 1 < self._count())
        self.not_same.setEnabled(current is not None)
        self.points.setEnabled(match is not None and match.n_inliers > 0)
        can_blend = match is not None and match.homography is not None
        for part in (self.blend, self.blend_label):
            part.setVisible(can_blend)
        if match is None:
            self.overlay.hide()
            self.sides[0].lay_over(None, QTransform(), 0.0)

    def _current(self) -> ComparedReference | None:
        return self.candidates[self.number].compared if self.candidates else None

    def _step_points(self) -> None:
        order = list(PointsShown)
        shown = order[(order.index(self.overlay.shown) + 1) % len(order)]
        self.overlay.draw_as(shown)
        names = {
            PointsShown.LINES: tr("Lines"),
            PointsShown.DOTS: tr("Dots"),
            PointsShown.NONE: tr("No points"),
        }
        self.points.setText(names[shown])

    def _blend_on(self) -> None:
        """Off, half and whole in turn, for the keyboard."""
        if self.blend.isVisible():
            value = self.blend.value()
            self.blend.setValue(50 if value < 50 else 100 if value < 100 else 0)

    def _lay_over(self, percent: int) -> None:
        if self.blend.value() != percent:
            self.blend.setValue(percent)
            return
        current = self._current()
        match = current.match if current is not None else None
        if current is None or match is None or match.homography is None:
            self.sides[0].lay_over(None, QTransform(), 0.0)
            return
        shares = _as_transform(match.homography)
        self.sides[0].lay_over(current.near.reference.path, shares, percent / 100)

    def _refuse(self) -> None:
        current = self._current()
        if current is not None:
            self.refused.emit(current)

    def _place_overlay(self) -> None:
        self.overlay.setGeometry(self.area.rect())
        self.overlay.raise_()

    def _connect(self) -> None:
        self.points.clicked.connect(self._step_points)
        self.blend.valueChanged.connect(self._lay_over)
        self.earlier.clicked.connect(lambda: self.choose(self.number - 1))
        self.later.clicked.connect(lambda: self.choose(self.number + 1))
        self.not_same.clicked.connect(self._refuse)
        self.done.clicked.connect(self.close_)
        self.pictures.ready.connect(self.overlay.update)
        for side in self.sides:
            side.stepped.disconnect()
            side.stepped.connect(lambda by: self.choose(self.number + by))

    def _lay_out(self) -> None:
        head, foot = QFrame(), QFrame()
        above, below = QHBoxLayout(head), QHBoxLayout(foot)
        for bar, line in ((head, above), (foot, below)):
            bar.setStyleSheet(_STYLE)
            line.setContentsMargins(14, 7, 14, 7)
            line.setSpacing(10)
        self.earlier.setAccessibleName(tr("Previous candidate"))
        self.later.setAccessibleName(tr("Next candidate"))
        self.not_same.setToolTip(tr("Never compare these two photos again (N)"))
        self.blend.setRange(0, 100)
        self.blend.setSingleStep(_BLEND_STEP)
        self.blend.setPageStep(_BLEND_STEP)
        self.blend.setMaximumWidth(220)
        self.blend.setToolTip(tr("Lay the reference photo over the photo (B)"))
        self.blend.setAccessibleName(tr("Blend the reference photo over the photo"))
        self.blend_label.setBuddy(self.blend)
        above.addWidget(self.title)
        above.addWidget(self.place)
        above.addStretch(1)
        above.addWidget(self.done)
        for widget in (self.earlier, self.later, self.points, self.blend_label):
            below.addWidget(widget)
        below.addWidget(self.blend, 1)
        below.addStretch(1)
        below.addWidget(self.not_same)
        for button in (self.earlier, self.later, self.points, self.not_same, self.done):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAutoDefault(False)
        beside = self.area.layout()
        assert beside is not None
        beside.setSpacing(0)
        self.box.insertWidget(0, head)
        self.box.addWidget(foot)


_KEYS = (Qt.Key.Key_L, Qt.Key.Key_B, Qt.Key.Key_N)


def make_same_place_viewer(services: Services, parent: QObject) -> SamePlaceViewer:
    """Make the viewer over the middle of the window."""
    return SamePlaceViewer(services.theme, large_pictures(services, parent), middle_of(services))


def _verdict(compared: ComparedReference) -> str:
    """What the points say, in one line."""
    if compared.match is None:
        return tr("This reference photo cannot be read.")
    points = fmt.count(compared.match.n_inliers, tr("matching point"), tr("matching points"))
    place = compared.same_place
    if place is not None and compared.is_verified:
        return tr("Same place: {points}, {close} within {near}, {share} within {around}").format(
            points=points,
            close=fmt.percent(place.probability_100m),
            near=fmt.threshold(0.1),
            share=fmt.percent(place.probability_1km),
            around=fmt.threshold(1.0),
        )
    return tr("Not verified: {points}, too few to prove anything").format(points=points)


def _as_transform(homography: FloatArray) -> QTransform:
    """The same mapping as Qt writes it: points are rows there."""
    return QTransform(*homography.T.ravel().tolist())


def _digit(event: QKeyEvent) -> int:
    """1 to 9, or 0 for another key."""
    number = event.key() - Qt.Key.Key_0.value
    return number if 1 <= number <= 9 else 0
