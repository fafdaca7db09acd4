"""Everything of this package for the Review mode: what stands under the worklist, and its menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from geoguess_app.ui.review.controller import ReviewController
from geoguess_app.ui.words import tr

if TYPE_CHECKING:
    from collections.abc import Callable

    from geoguess_app.ui.saving.saving import Saving
    from geoguess_app.ui.saving.trips import TripScoring
    from geoguess_app.ui.saving.work import ReviewWork
    from geoguess_app.ui.window import MainWindow


class SavingSide(QObject):
    """Made with the mode, filled by `use` as soon as the review is open; `close` comes before the
    controller's."""

    wanted = Signal(object)
    """Numbers of photos to show in the list."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._saving: Saving | None = None
        self._trips: TripScoring | None = None
        self.foot = QWidget()
        self._box = QVBoxLayout(self.foot)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self.save = self._action("save", tr("Save…"), lambda s: s.open_dialog(), "Ctrl+S")
        self.undo = self._action("undo", tr("Undo last save"), lambda s: s.undo_last())
        self.runs = self._action(None, tr("Earlier saves…"), lambda s: s.open_runs())
        self.revoke = self._action(
            None, tr("Remove estimates from a folder…"), lambda s: s.choose_revoke()
        )
        self.export = self._action(
            "export", tr("Export review…"), lambda s: s.open_export(), "Ctrl+E"
        )

    @property
    def saving(self) -> Saving | None:
        """The part that writes; None until the review is open."""
        return self._saving

    def actions(self) -> list[QAction]:
        """For the mode's menu."""
        return [self.save, self.undo, self.runs, self.revoke, self.export]

    def use(self, controller: ReviewController, work: ReviewWork) -> None:
        """The review is open."""
        from geoguess_app.ui.saving.accuracy_card import AccuracyCard
        from geoguess_app.ui.saving.failures_card import FailuresCard
        from geoguess_app.ui.saving.saving import Saving
        from geoguess_app.ui.saving.trips import TripScoring, TripSwitch

        window = self._window
        menu = QMenu(window)
        menu.addActions([self.undo, self.runs])
        menu.addSeparator()
        menu.addActions([self.revoke, self.export])
        self._saving = Saving(window, controller, menu)
        self._saving.busyChanged.connect(self._busy_changed)
        self._trips = TripScoring(window, controller, work)
        self._trips.problem.connect(lambda text: window.notice.tell(text, error=True))
        cards = QVBoxLayout()
        cards.setContentsMargins(12, 8, 12, 0)
        cards.setSpacing(8)
        for card in (
            FailuresCard(controller, window.theme),
            AccuracyCard(controller, window.theme),
        ):
            card.wanted.connect(self.wanted)
            cards.addWidget(card)
        cards.addWidget(TripSwitch(self._trips))
        self._box.addLayout(cards)
        self._box.addWidget(self._saving.bar)
        for action in self.actions():
            action.setEnabled(True)

    def close(self) -> bool:
        """Stop after the file at work and note what was done; True when no thread is left."""
        if self._trips is not None:
            self._trips.close()
        return self._saving.close() if self._saving is not None else True

    def _busy_changed(self, busy: bool) -> None:
        for action in self.actions():
            action.setEnabled(not busy)

    def _action(
        self, icon: str | None, text: str, slot: Callable[[Saving], object], key: str = ""
    ) -> QAction:
        action = QAction(text, self)
        action.setEnabled(False)

        def triggered(_checked: bool = False) -> None:
            if self._saving is not None:
                slot(self._saving)

        action.triggered.connect(triggered)
        if icon:
            self._window.icons.bind(action, icon)
        if key:
            action.setShortcut(QKeySequence(key))
        return action
