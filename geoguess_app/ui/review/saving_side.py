"""The saving side of the Review mode: what stands under the worklist, and its menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFrame, QMenu, QVBoxLayout, QWidget

from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.review_controller import ReviewController

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.review.accuracy_card import AccuracyCard
    from geoguess_app.ui.review.trips import TripScoring, TripSwitch
    from geoguess_app.ui.review.work import ReviewWork
    from geoguess_app.ui.saving.link_line import LinkLine
    from geoguess_app.ui.saving.saving import SavingController


_LOW_PX = 720
"""In windows below this height the list needs the room more than whole sentences do."""


class WorklistFooter(QFrame):
    """A footer that stands under the worklist; hidden while there is no photo."""

    def __init__(self, window: QWidget) -> None:
        """``window`` is the one whose height decides how much is said."""
        super().__init__()
        self._lines: Sequence[LinkLine] = ()
        self._trips: TripSwitch | None = None
        self._window = window
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        window.installEventFilter(self)
        self.hide()

    def fill(self, lines: Sequence[LinkLine], trips: TripSwitch, bar: QWidget) -> None:
        """Put its parts in, from the top."""
        self._lines, self._trips = lines, trips
        rule = QFrame()
        rule.setProperty("line", True)
        self._box.addWidget(rule)
        upper = QVBoxLayout()
        upper.setContentsMargins(14, 8, 12, 0)
        upper.setSpacing(6)
        for line in lines:
            upper.addWidget(line)
        upper.addWidget(trips)
        self._box.addLayout(upper)
        self._box.addWidget(bar)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self._window:
            self._fit()
        return False

    def _fit(self) -> None:
        low = self._window.height() < _LOW_PX
        for line in self._lines:
            line.shorten(low)
        if self._trips is not None:
            self._trips.shorten(low)


class SavingSide(QObject):
    """The part of the Review mode that saves, filled by ``use`` as soon as the review is open;
    ``close`` comes before the controller's."""

    wanted = Signal(object)
    """Numbers of photos to show in the list."""

    def __init__(self, services: Services) -> None:
        super().__init__(services.host)
        self._services = services
        self._saving: SavingController | None = None
        self._trips: TripScoring | None = None
        self._accuracy: AccuracyCard | None = None
        self.foot = WorklistFooter(services.host)
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
    def saving(self) -> SavingController | None:
        """The part that writes; None until the review is open."""
        return self._saving

    def actions(self) -> list[QAction]:
        """List the actions for the mode's menu."""
        return [self.save, self.undo, self.runs, self.revoke, self.export]

    def units_changed(self) -> None:
        """Write distances in the units that are chosen now."""
        if self._accuracy is not None:
            self._accuracy.units_changed()

    def use(self, controller: ReviewController, work: ReviewWork) -> None:
        """The review is open."""
        from geoguess_app.ui.review.accuracy_card import AccuracyCard
        from geoguess_app.ui.review.failures_card import FailuresCard
        from geoguess_app.ui.review.trips import TripScoring, TripSwitch
        from geoguess_app.ui.saving.saving import SavingController

        services = self._services
        menu = QMenu(services.host)
        menu.addActions([self.undo, self.runs])
        menu.addSeparator()
        menu.addActions([self.revoke, self.export])
        self._saving = SavingController(services, controller, menu)
        self._saving.busyChanged.connect(self._busy_changed)
        self._trips = TripScoring(services, controller, work)
        self._trips.problem.connect(services.tell_error)
        # With a parent from the start: a card that shows itself without one is a window.
        failures = FailuresCard(controller, services.theme, self.foot)
        self._accuracy = AccuracyCard(controller, services.theme, self.foot)
        for card in (failures, self._accuracy):
            card.wanted.connect(self.wanted)
        self.foot.fill([failures, self._accuracy], TripSwitch(self._trips), self._saving.bar)
        controller.changed.connect(lambda _numbers: self.foot.setVisible(len(controller) > 0))
        self.foot.setVisible(len(controller) > 0)
        for action in self.actions():
            action.setEnabled(True)
        services.locator.modelReady.connect(lambda _model: self._offer_model(work))

    def _offer_model(self, work: ReviewWork) -> None:
        """Another model is there: answers of the one before can be had from it."""
        others = work.of_other_models()
        if others:
            self._services.notice.tell(
                tr("{photos} to review were located with another model.").format(
                    photos=words.photos(len(others))
                ),
                action=(tr("Locate again"), lambda: work.locate_again(others)),
            )

    def close(self) -> bool:
        """Stop after the file at work and note what was done; True when no thread is left."""
        if self._trips is not None:
            self._trips.close()
        return self._saving.close() if self._saving is not None else True

    def _busy_changed(self, busy: bool) -> None:
        for action in self.actions():
            action.setEnabled(not busy)

    def _action(
        self, icon: str | None, text: str, slot: Callable[[SavingController], object], key: str = ""
    ) -> QAction:
        action = QAction(text, self)
        action.setEnabled(False)

        def triggered(_checked: bool = False) -> None:
            if self._saving is not None:
                slot(self._saving)

        action.triggered.connect(triggered)
        if icon:
            self._services.icons.bind(action, icon)
        if key:
            action.setShortcut(QKeySequence(key))
        return action
