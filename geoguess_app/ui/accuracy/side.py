"""The left side: what was measured, how good it is, which photos are shown, and all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.ui.accuracy import wording
from geoguess_app.ui.accuracy.filters import Filters
from geoguess_app.ui.accuracy.invitation import Invitation
from geoguess_app.ui.accuracy.shares import ShareBars
from geoguess_app.ui.accuracy.table import ErrorTable
from geoguess_app.ui.kit.cards import Card
from geoguess_app.ui.kit.pieces import say, text_label
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.core.types import IntArray
    from geoguess_app.evaluation.accuracy.part import PartFigures
    from geoguess_app.evaluation.accuracy.photos import JudgedPhotos

_EDGE_PX = 14
_SCROLL_PX = 11
_MOST_UPPER = 0.66
"""Share of the height that figures and filters take at most by themselves."""


class ErrorSide(QStackedWidget):
    """An invitation until something is open, then figures, filters and the table."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("listPane")
        self.setMinimumWidth(205)
        self._theme = theme
        self._name = ""
        self._moved = False  # whether the user has moved the halves
        self.invitation = Invitation()
        self.title = text_label("strong")
        self.origin = text_label("muted")
        self.warning = Card("warning", "warning", theme)
        self.seen = text_label("muted")
        self.shares = ShareBars(theme)
        self.marks = text_label("muted")
        self.median = text_label(None)
        self.coverage = text_label(None)
        self.caution = Card("warning", "warning", theme)
        self.filters = Filters()
        self.tally = text_label("heading")
        self.tally.setObjectName("accuracyCount")
        self.table = ErrorTable(theme)
        self._lay_out()

    def show_set(self, photos: JudgedPhotos) -> None:
        """Say what was measured, and offer its filters."""
        self._name = photos.about.set_name
        self.title.setToolTip(self._name)
        self._elide()
        self.origin.setText(f"{wording.origin(photos)}\n{wording.photo_count(photos)}")
        warning, plain = wording.training_overlap(photos)
        self.warning.setVisible(bool(warning))
        if warning:
            self.warning.say("", warning)
        say(self.seen, plain)
        self.filters.offer(photos)
        self.setCurrentIndex(1)
        self._top.verticalScrollBar().setValue(0)

    def show_part(
        self, photos: JudgedPhotos, shown: IntArray, figures: PartFigures, index: int
    ) -> None:
        """The figures of the photos that pass, and their rows."""
        self.shares.show_figures(figures)
        say(self.marks, _marks(figures))
        self.marks.setToolTip(
            tr(
                "Floor: answers drawn at random from the training photos.\nCeiling: "
                "always the centre of the correct cell.\nPoint at a bar to see its "
                "figures."
            )
        )
        self.median.setText(wording.median(figures))
        self.median.setToolTip(wording.distances_help(figures))
        say(self.coverage, wording.coverage(figures))
        self.coverage.setToolTip(wording.coverage_help(figures))
        caution = wording.caution(figures)
        self.caution.setVisible(bool(caution))
        if caution:
            self.caution.say("", caution)
        self.tally.setText(wording.shown_count(len(shown), photos))
        self.table.show_photos(photos, shown, index)
        self._share_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()
        self.filters.fit(self.width() - 2 * _EDGE_PX - _SCROLL_PX)
        self._share_height()

    def _share_height(self) -> None:
        """As much as the upper half wants, unless that leaves the table too little."""
        if self._moved:
            return
        wanted = self._body.sizeHint().height() + 2
        upper = min(wanted, round(_MOST_UPPER * self.height()))
        self._halves.setSizes([upper, self.height() - upper])

    def _elide(self) -> None:
        width = max(80, self.width() - 36)
        elided = self.title.fontMetrics().elidedText(
            self._name, Qt.TextElideMode.ElideMiddle, width
        )
        self.title.setText(elided)

    def _halves_moved(self) -> None:
        self._moved = True

    def _lay_out(self) -> None:
        self._body = top = QWidget()
        top.setObjectName("detailBody")
        box = QVBoxLayout(top)
        box.setContentsMargins(_EDGE_PX, 12, _EDGE_PX, 10)
        box.setSpacing(8)
        line = QFrame()
        line.setProperty("line", "true")
        for part in (
            *(self.title, self.origin, self.warning, self.seen),
            *(self.shares, self.marks, self.median, self.coverage, self.caution),
            *(line, self.filters),
        ):
            box.addWidget(part)
        box.addStretch(1)
        self._top = QScrollArea()
        self._top.setWidgetResizable(True)
        self._top.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._top.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._top.setWidget(top)
        bottom = QWidget()
        under = QVBoxLayout(bottom)
        under.setContentsMargins(_EDGE_PX, 8, _EDGE_PX, 10)
        under.setSpacing(6)
        under.addWidget(self.tally)
        under.addWidget(self.table, 1)
        bottom.setMinimumHeight(130)
        self._halves = halves = QSplitter(Qt.Orientation.Vertical)
        halves.setHandleWidth(1)
        halves.setChildrenCollapsible(False)
        halves.addWidget(self._top)
        halves.addWidget(bottom)
        halves.setStretchFactor(1, 1)
        halves.splitterMoved.connect(self._halves_moved)
        self.addWidget(self.invitation)
        self.addWidget(halves)


def _marks(figures: PartFigures) -> str:
    """What the marks over the bars mean."""
    floor = tr("Dotted: random guesses.") if figures.floor is not None else ""
    ceiling = tr("Solid: always the correct cell.") if figures.ceiling is not None else ""
    return " ".join(text for text in (floor, ceiling) if text)
