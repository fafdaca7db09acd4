"""The menu and the keys of a review; they work in the whole window while the review is on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QMainWindow,
    QWidget,
)

from geoguess_app.ui.kit.icons import Icons
from geoguess_app.ui.kit.words import tr

CANDIDATE_KEYS = 9


class ReviewActions:
    """All actions of a review, by name; ``menu`` is in the order of the menu."""

    def __init__(self, owner: QObject, icons: Icons) -> None:
        self._owner, self._icons = owner, icons
        make = self._make
        self.accept = make(tr("Accept and go to next"), "Return", "Enter", icon="review-accepted")
        self.accept_unsure = make(tr("Accept best guess"), "Shift+Return", "Shift+Enter")
        self.accept_matches = make(tr("Accept all verified matches"), "Ctrl+Shift+Return")
        self.reject = make(tr("Reject and go to next"), "R", icon="review-rejected")
        self.clear = make(tr("Clear decision"), "Del", icon="clear")
        self.back = make(tr("Back to last visited photo"), "Backspace")
        self.next = make(tr("Next photo"), "Alt+Down")
        self.previous = make(tr("Previous photo"), "Alt+Up")
        self.place = make(tr("Place at map centre"), "M", icon="review-placed")
        self.type = make(tr("Type position"), "T")
        self.copy = make(tr("Copy location"), "Ctrl+C", icon="copy")
        self.paste = make(tr("Paste location"), "Ctrl+V", icon="paste")
        self.track = make(tr("Place by GPS track…"))
        self.permit = make(tr("Allow replacing GPS"), "G", icon="review-gps")
        self.undo = make(tr("Undo"), "Ctrl+Z")
        self.redo = make(tr("Redo"), "Ctrl+Shift+Z", "Ctrl+Y")
        self.search = make(tr("Search"), "Ctrl+F", icon="search")
        self.all = make(tr("Select all"), "Ctrl+A")
        self.preview = make(tr("Full preview"), "Space", icon="photo")
        self.evidence = make(tr("Compare with reference photos"), "E")
        self.fit = make(tr("Zoom to answer"), "F", icon="fit")
        self.retry = make(tr("Locate failed photos again"), "F5", icon="again")
        self.remove = make(tr("Remove from review"), "Shift+Del", icon="remove")
        self.pause = make(tr("Pause locating"), "Ctrl+.")
        self.candidates = [
            make(tr("Candidate {rank}").format(rank=rank), str(rank))
            for rank in range(1, CANDIDATE_KEYS + 1)
        ]
        self.menu = [
            *(self.accept, self.accept_unsure, self.accept_matches, self.reject, self.clear),
            *(self.back, self.line()),
            *(self.undo, self.redo, self.line()),
            *(self.place, self.type, self.copy, self.paste, self.track, self.permit, self.line()),
            *(self.search, self.all, self.next, self.previous, self.preview, self.evidence),
            *(self.fit, self.line(), self.remove, self.retry, self.pause),
        ]
        self.deciding = [
            *(self.accept, self.accept_unsure, self.reject, self.clear, self.back),
            *(self.place, self.preview),
            *self.candidates,
        ]
        """Those whose keys mean something else while an area is drawn."""

    def connect(self, slots: dict[QAction, Callable[[], object]]) -> None:
        """Connect each action with what it does."""
        for action, slot in slots.items():
            action.triggered.connect(lambda _checked=False, slot=slot: slot())

    def enter(self, window: QMainWindow) -> None:
        """The keys without a line in the menu begin to work."""
        window.addActions(self.candidates)

    def leave(self, window: QMainWindow) -> None:
        """Switch the keys of a review off."""
        for action in self.candidates:
            window.removeAction(action)

    def name_steps(self, undo: str | None, redo: str | None) -> None:
        """Say what undo and redo would do."""
        for action, title, step in (
            (self.undo, tr("Undo"), undo),
            (self.redo, tr("Redo"), redo),
        ):
            action.setEnabled(step is not None)
            action.setText(f"{title}: {step_name(step)}" if step is not None else title)

    def name_pause(self, *, paused: bool, busy: bool) -> None:
        """Say what the key that stops locating does."""
        self.pause.setEnabled(busy)
        self.pause.setText(tr("Resume locating") if paused else tr("Pause locating"))

    def _make(self, text: str, *keys: str, icon: str | None = None) -> QAction:
        action = QAction(text, self._owner)
        action.setShortcuts([QKeySequence(key) for key in keys])
        if icon is not None:
            self._icons.bind(action, icon)
        return action

    def line(self) -> QAction:
        """A line between parts of the menu."""
        line = QAction(self._owner)
        line.setSeparator(True)
        return line


def step_name(step: str) -> str:
    """A step in words."""
    return {
        "accept": tr("accept"),
        "reject": tr("reject"),
        "choose": tr("choose candidate"),
        "place": tr("place by hand"),
        "paste": tr("paste location"),
        "narrow": tr("search in area"),
        "track": tr("place by GPS track"),
        "clear": tr("clear decision"),
        "restore": tr("restore decision"),
        "permit": tr("allow replacing GPS"),
        "remove": tr("remove from review"),
        "add": tr("add again"),
    }.get(step, step)


class OwnKeys(QObject):
    """Fields and buttons keep the keys that they need from the keys of the window."""

    def guard(self, pane: QWidget) -> None:
        """All fields and buttons of a pane."""
        for kind in (QAbstractButton, QComboBox, QAbstractSpinBox, QLineEdit):
            for widget in pane.findChildren(kind):
                widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        modified = event.modifiers() & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        )
        if modified:
            return False
        wanted = event.key() == Qt.Key.Key_Space
        if not isinstance(watched, QAbstractButton):
            wanted = not Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35
        if wanted:
            event.accept()
        return wanted
