"""Undo and redo of what is done to the list: photos taken off it, and positions by hand."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QUndoCommand, QUndoStack

from geoguess_app.ui.kit.words import tr

_MOST_STEPS = 100


class _ListStep(QUndoCommand):
    def __init__(self, text: str, do: Callable[[], object], undo: Callable[[], object]) -> None:
        super().__init__(text)
        self._do, self._undo = do, undo

    def redo(self) -> None:
        self._do()

    def undo(self) -> None:
        self._undo()


class ListSteps(QObject):
    """The steps of a list, the last one first to go back."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._stack = QUndoStack(self)
        self._stack.setUndoLimit(_MOST_STEPS)

    def do(
        self, text: str, do: Callable[[], object], undo: Callable[[], object]
    ) -> Callable[[], None]:
        """Do something as a step named ``text``; returns what takes it back while it is the last
        one."""
        step = _ListStep(text, do, undo)
        self._stack.push(step)
        place = self._stack.index()

        def take_back() -> None:
            if self._stack.index() == place and self._stack.command(place - 1) is step:
                self._stack.undo()

        return take_back

    def undo(self) -> None:
        """Take the last step back."""
        self._stack.undo()

    def redo(self) -> None:
        """Do the step again that was taken back last."""
        self._stack.redo()

    def name(self, undo: QAction, redo: QAction) -> None:
        """Let two actions say from now on what they would do."""
        for action, title, told, able in (
            (undo, tr("Undo"), self._stack.undoTextChanged, self._stack.canUndoChanged),
            (redo, tr("Redo"), self._stack.redoTextChanged, self._stack.canRedoChanged),
        ):
            action.setEnabled(False)
            able.connect(action.setEnabled)
            told.connect(
                lambda text, action=action, title=title: action.setText(
                    f"{title}: {text}" if text else title
                )
            )
