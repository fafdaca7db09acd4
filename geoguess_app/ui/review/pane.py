"""The left pane of a review: how far it is, what is listed, the list, and room for saving."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.review.values import State
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.cards import Card
from geoguess_app.ui.kit.icons import Icons
from geoguess_app.ui.kit.pieces import NothingShown
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.review.filters import FilterBar
from geoguess_app.ui.review.worklist import Worklist

if TYPE_CHECKING:
    from geoguess_app.ui.review.work import WorkState


class ReviewPane(QFrame):
    """A pane that shows the worklist, or why there is none."""

    addRequested = Signal()
    pauseRequested = Signal()
    againRequested = Signal()
    anewRequested = Signal()

    def __init__(
        self, worklist: Worklist, theme: Theme, icons: Icons, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("listPane")
        self.list = worklist
        self.filters = FilterBar(icons)
        self.header, self.summary, self.progress_words = QLabel(), QLabel(), QLabel()
        self.header.setProperty("role", "strong")
        for label in (self.summary, self.progress_words):
            label.setProperty("role", "muted")
            label.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Photos located"))
        self.pause = icons.bind(QToolButton(), "cancel")
        self.pause.clicked.connect(self.pauseRequested)
        self._make_states(theme)
        self._lay_out()
        self._progress.hide()
        self.show_opening()

    def _make_states(self, theme: Theme) -> None:
        self.nothing_shown = NothingShown(self.filters.reset)
        self.invitation = QWidget()
        words_ = QLabel(
            tr(
                "Add a folder of photos. They are located in the background; you review "
                "the answers, and positions are written only when you save."
            )
        )
        words_.setWordWrap(True)
        words_.setProperty("role", "muted")
        self.add = QPushButton(tr("Add folder…"))
        self.add.setProperty("primary", "true")
        self.add.clicked.connect(self.addRequested)
        box = QVBoxLayout(self.invitation)
        box.setContentsMargins(14, 4, 14, 14)
        box.setSpacing(12)
        box.addWidget(words_)
        box.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        box.addStretch(1)
        self.trouble = QWidget()
        self.card = Card("error", "warning", theme)
        self.again = QPushButton(tr("Try again"))
        self.again.clicked.connect(self.againRequested)
        self.anew = QPushButton(tr("Start new review"))
        self.anew.clicked.connect(self.anewRequested)
        box = QVBoxLayout(self.trouble)
        box.setContentsMargins(14, 4, 14, 14)
        box.addWidget(self.card)
        for button in (self.again, self.anew):
            box.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        box.addStretch(1)

    def _lay_out(self) -> None:
        head = QVBoxLayout()
        head.setContentsMargins(14, 12, 10, 8)
        head.setSpacing(2)
        head.addWidget(self.header)
        head.addWidget(self.summary)
        self._progress = QWidget()
        at_work = QHBoxLayout(self._progress)
        at_work.setContentsMargins(0, 4, 0, 0)
        both = QVBoxLayout()
        both.setSpacing(4)
        both.addWidget(self.progress_words)
        both.addWidget(self.bar)
        at_work.addLayout(both, 1)
        at_work.addWidget(self.pause)
        head.addWidget(self._progress)
        self.foot = QVBoxLayout()
        self.foot.setContentsMargins(0, 0, 0, 0)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(head)
        box.addWidget(self.filters)
        box.addWidget(self.list, 1)
        box.addWidget(self.nothing_shown, 1)
        box.addWidget(self.invitation, 1)
        box.addWidget(self.trouble, 1)
        box.addLayout(self.foot)

    def keyboard_widget(self) -> QWidget:
        """Return what the keys go to: the list, or the invitation where there is none."""
        return self.add if self.invitation.isVisibleTo(self) else self.list

    def take_keyboard(self) -> None:
        """Give the keys to it."""
        self.keyboard_widget().setFocus()

    # --- what it says -----------------------------------------------------------------------

    def show_opening(self) -> None:
        """The review is being read."""
        self.header.setText(tr("Opening the review…"))
        self.summary.hide()
        self._show(None)

    def show_trouble(self, sentence: str, *, anew: bool) -> None:
        """The review cannot be opened; ``anew``: one can be started in its place."""
        self.header.setText(tr("Could not open the review"))
        self.summary.hide()
        self.card.say("", sentence)
        self.anew.setVisible(anew)
        self._show(self.trouble)

    def show_counts(self, counts: Counter[State], shown: int, selected: int) -> None:
        """Show how many photos there are, are to be reviewed, and are selected."""
        total = sum(counts.values())
        self.header.setText(words.photos(total) if total else tr("No photos to review yet"))
        parts = []
        if counts[State.LOCATED]:
            parts.append(tr("{n} to review").format(n=f"{counts[State.LOCATED]:,}"))
        elif total and not counts[State.WAITING]:
            parts.append(tr("all decided"))
        if 0 < shown < total:
            parts.append(tr("{n} shown").format(n=f"{shown:,}"))
        if selected > 1:
            parts.append(tr("{n} selected").format(n=f"{selected:,}"))
        self.summary.setText(" · ".join(parts))
        self.summary.setVisible(bool(parts))
        self.filters.show_counts(counts)
        self._show(self.invitation if not total else self.list if shown else self.nothing_shown)

    def show_work(self, state: WorkState) -> bool:
        """Return how far locating is; False where nothing is being done."""
        text = _progress_words(state)
        self._progress.setVisible(bool(text))
        self.progress_words.setText(text)
        self.bar.setMaximum(max(1, state.total))
        self.bar.setValue(state.done)
        word = tr("Resume locating") if state.paused else tr("Pause locating")
        self.pause.setAccessibleName(word)
        self.pause.setToolTip(word)
        return bool(text)

    def _show(self, part: QWidget | None) -> None:
        listing = part in (self.list, self.nothing_shown)
        self.filters.setVisible(listing)
        focused = QApplication.focusWidget()
        for one in (self.list, self.nothing_shown, self.invitation, self.trouble):
            one.setVisible(one is part)
        if part is self.list and focused in (self.add, self.again, self.anew):
            self.list.setFocus()


def _progress_words(state: WorkState) -> str:
    if state.paused and state.waiting:
        return tr("Paused: {n} to locate").format(n=f"{state.waiting:,}")
    if not (state.locating or state.looking):
        return ""
    done, total = f"{state.done:,}", f"{state.total:,}"
    parts = [tr("{done} of {total} located").format(done=done, total=total)]
    if state.looking:
        parts.append(tr("searching for photos"))
    elif state.left_s is not None and state.photos_per_s > 0:
        rate = state.photos_per_s
        pace = f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"
        parts.append(tr("{rate} photos/s").format(rate=pace))
        parts.append(tr("{time} left").format(time=words.duration(state.left_s)))
    return " · ".join(parts)
