"""Decisions by keys and buttons of a review, about all photos that are selected."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from geoguess_app.core.errors import CoordinateError, SessionError
from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import Coordinate
from geoguess_app.review.values import ChosenPosition, State
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.review.worklist import Worklist
from geoguess_app.ui.work.review_controller import ReviewController

_REMEMBERED = 500
"""Photos that Backspace leads back to."""


class DecisionCommands(QObject):
    """The commands of a controller for the selection of a worklist."""

    told = Signal(str)
    """One sentence about what was done, or why it was not."""
    wanted = Signal(object)
    """Numbers of photos that should be seen now, listed or not."""

    def __init__(
        self,
        controller: ReviewController,
        worklist: Worklist,
        shown: Callable[[], Sequence[int]],
        center: Callable[[], Coordinate | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._controller, self._list = controller, worklist
        self._shown, self._center = shown, center
        self._trail: list[int] = []
        self._copied: tuple[str, ChosenPosition] | None = None

    # --- decide and go on -------------------------------------------------------------------

    def accept(self) -> None:
        """Accept the selected photos and go on to the next that is open.

        Where the model cannot tell, its best guess is not accepted in passing.
        """
        scope = self._list.scope()
        if scope:
            self._controller.accept(scope, lambda done: self._accepted(scope, done))

    def accept_unsure(self) -> None:
        """Accept the selected photos, best guesses of a model that cannot tell included."""
        scope = self._list.scope()
        if scope:
            self._controller.accept(scope, lambda done: self._accepted(scope, done), unsure=True)

    def _accepted(self, scope: Sequence[int], done: Sequence[int]) -> None:
        unsure = [n for n in scope if self._is_open_guess(n)]
        if unsure:
            self._say_unsure(unsure)
            if not done and len(scope) == 1:
                return  # the sentence is about this photo
        elif not done:
            self._say_why_not(scope)
        self._go_on(scope, decided=bool(done))

    def _is_open_guess(self, number: int) -> bool:
        photo = self._controller.photo(number)
        return photo.is_unsure and photo.state is State.LOCATED

    def _say_unsure(self, unsure: Sequence[int]) -> None:
        if len(unsure) > 1:
            sentence = tr(
                "Not accepted: {photos} that the model cannot place. Press Shift+Enter to accept "
                "its best guesses."
            ).format(photos=words.photos(len(unsure)))
        else:
            sentence = tr(
                "The model cannot tell where {name} was taken. Place it by hand, or press "
                "Shift+Enter to accept the best guess."
            ).format(name=self._controller.photo(unsure[0]).path.name)
        self.told.emit(sentence)

    def reject(self) -> None:
        """Reject the selected photos, so that nothing is written to them; go on as after
        accepting."""
        scope = self._list.scope()
        if scope:
            self._controller.reject(scope, lambda _done: self._go_on(scope, decided=True))

    def back(self) -> None:
        """Go back to where one came from, else one photo up."""
        while self._trail:
            if self._list.go_to(self._trail.pop()):
                return
        self._list.step(-1)

    def _go_on(self, scope: Sequence[int], *, decided: bool) -> None:
        current = self._list.current()
        after = self._controller.next_open(self._shown(), scope[-1])
        if after is None:
            if decided and len(scope) == 1:
                self.told.emit(tr("No more photos to review in this list."))
            return
        if current is not None:
            self._trail = [*self._trail[-_REMEMBERED:], current]
        self._list.go_to(after)

    def _say_why_not(self, scope: Sequence[int]) -> None:
        if len(scope) != 1:
            self.told.emit(tr("None of these photos has an answer to accept."))
            return
        photo = self._controller.photo(scope[0])
        if photo.state is State.HAS_GPS:
            self.told.emit(
                tr("{name} already has GPS. Press G to allow replacing it.").format(
                    name=photo.path.name
                )
            )
        elif photo.state is State.WAITING:
            self.told.emit(tr("{name} has not been located yet.").format(name=photo.path.name))
        elif photo.proposed is None:
            self.told.emit(
                tr("{name} has no answer. Place it by hand.").format(name=photo.path.name)
            )

    # --- choose and place -------------------------------------------------------------------

    def choose(self, rank: int) -> None:
        """Propose one of the candidates by its rank."""
        self._controller.choose(self._list.scope(), rank)

    def place(self, where: Coordinate, photos: Sequence[int] | None = None) -> None:
        """Place the selected photos, or those named, by hand."""
        scope = list(photos) if photos is not None else self._list.scope()

        def placed(done: Sequence[int]) -> None:
            if len(done) > 1:
                self.told.emit(
                    tr("Placed {photos} at {where}.").format(
                        photos=words.photos(len(done)), where=cf.decimal(where, 4)
                    )
                )

        self._controller.place(scope, where, placed)

    def place_current(self, where: Coordinate) -> None:
        """Place the photo that is looked at, whatever else is selected: its pin was moved."""
        current = self._list.current()
        if current is not None:
            self.place(where, [current])

    def place_at_center(self) -> None:
        """Place the selected photos where the middle of the map is."""
        where = self._center()
        if where is not None:
            self.place(where)

    def clear(self) -> None:
        """Forget what was decided about the selected photos."""
        self._controller.clear(self._list.scope())

    def remove(self) -> None:
        """Take the selected photos off the list; their files stay as they are."""
        self._controller.remove(self._list.scope(), self._removed)

    def _removed(self, done: Sequence[int]) -> None:
        if done:
            self.told.emit(
                tr(
                    "Removed {photos} from the review. The files are kept; Undo adds them back."
                ).format(photos=words.photos(len(done)))
            )

    def permit(self) -> None:
        """Tick that GPS may be replaced; where all are ticked already, untick."""
        photos = [self._controller.photo(number) for number in self._list.scope()]
        located = [photo for photo in photos if photo.known is not None]
        if not located:
            self.told.emit(tr("This applies only to photos that already have GPS."))
            return
        ticked = all(photo.decision.replace_gps for photo in located)
        self._controller.permit_replacing([p.id for p in located], permitted=not ticked)

    # --- copy and paste ---------------------------------------------------------------------

    def copy(self) -> None:
        """Copy the location of the photo that is looked at."""
        current = self._list.current()
        if current is None:
            return
        try:
            location = self._controller.session.copied(current)
        except SessionError as problem:
            self.told.emit(str(problem))
            return
        text = cf.decimal(location.coordinate)
        QGuiApplication.clipboard().setText(text)
        self._copied = (text, location)
        self.told.emit(tr("Copied: {}").format(text))

    def paste(self) -> bool:
        """Give the selected photos the copied location, or a position that was copied elsewhere.

        False where the clipboard holds neither.
        """
        text, scope = QGuiApplication.clipboard().text().strip(), self._list.scope()
        if self._copied is not None and text == self._copied[0]:
            self._controller.paste(self._copied[1], scope, self._pasted)
        else:
            try:
                where = cf.parse(text)
            except CoordinateError:
                return False
            self._controller.place(scope, where, self._pasted)
        return True

    def _pasted(self, done: Sequence[int]) -> None:
        if len(done) > 1:
            self.told.emit(
                tr("Pasted the location to {photos}.").format(photos=words.photos(len(done)))
            )

    # --- steps ------------------------------------------------------------------------------

    def undo(self) -> None:
        """Take the last step back and show the photos that it concerned."""
        self._controller.undo(self._show_step)

    def redo(self) -> None:
        """Do it again and show them."""
        self._controller.redo(self._show_step)

    def _show_step(self, numbers: Sequence[int]) -> None:
        if numbers:
            self.wanted.emit(numbers)
