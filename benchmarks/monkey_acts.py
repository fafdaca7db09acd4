"""What the monkey of `benchmarks.monkey` does: keys, clicks, drags, drops, switches."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from geoguess_app.ui.shell.window import MainWindow

KEYS = (
    *("Up", "Down", "Left", "Right", "Tab", "Backtab", "Return", "Space", "Delete", "Backspace"),
    *("Home", "End", "Escape", "PageUp", "PageDown", "F1", "F2", "F5", "F6", "F9", "Plus", "Minus"),
)
WORDS = ("paris", "48.85, 2.29", "-90", "999", "Zürich", "\N{GRINNING FACE}", "a" * 300, "'\"<b>&")


class Monkey:
    """Someone who does anything, at any moment."""

    def __init__(self, window: MainWindow, chance: random.Random, album: Path, models: list[Path]):
        self.window, self.chance, self.album, self.models = window, chance, album, models
        self.acts: Counter[str] = Counter()
        self._choices: list[tuple[int, Callable[[], None]]] = [
            (30, self.click),
            (8, self.double_click),
            (6, self.right_click),
            (25, self.press_key),
            (6, self.shortcut),
            (3, self.type_words),
            (3, self.wheel),
            (2, self.drag),
            (3, self.drop_files),
            (4, self.switch_mode),
            (1, self.switch_model),
            (1, self.resize),
            (2, self.trigger),
        ]

    def act(self) -> None:
        """Do one thing; dialogs are left by Escape as often as not."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QApplication

        above = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if above is not None and self.chance.random() < 0.3:
            self.acts["escape"] += 1
            QTest.keyClick(above, Qt.Key.Key_Escape)
            return
        weights = [weight for weight, _ in self._choices]
        (_, chosen), *_ = self.chance.choices(self._choices, weights)
        self.acts[chosen.__name__] += 1
        chosen()

    def _somewhere(self) -> QWidget:
        from PySide6.QtWidgets import QApplication, QWidget

        above = QApplication.activePopupWidget() or QApplication.activeModalWidget() or self.window
        inside = [w for w in above.findChildren(QWidget) if w.isVisible() and w.isEnabled()]
        return self.chance.choice([above, *inside])

    def _point(self, widget: QWidget) -> Any:
        from PySide6.QtCore import QPoint

        wide, high = max(1, widget.width()), max(1, widget.height())
        return QPoint(self.chance.randrange(wide), self.chance.randrange(high))

    def _modifier(self) -> Any:
        from PySide6.QtCore import Qt

        of = Qt.KeyboardModifier
        return self.chance.choice([*[of.NoModifier] * 5, of.ShiftModifier, of.ControlModifier])

    def click(self) -> None:
        """Click anywhere."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        there = self._somewhere()
        QTest.mouseClick(there, Qt.MouseButton.LeftButton, self._modifier(), self._point(there))

    def double_click(self) -> None:
        """Click twice."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        there = self._somewhere()
        QTest.mouseDClick(there, Qt.MouseButton.LeftButton, pos=self._point(there))

    def right_click(self) -> None:
        """Ask for a menu, which is left again before long."""
        from PySide6.QtGui import QContextMenuEvent
        from PySide6.QtWidgets import QApplication

        there = self._somewhere()
        point = self._point(there)
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, there.mapToGlobal(point))
        QApplication.sendEvent(there, event)

    def press_key(self) -> None:
        """Press a key where the focus is."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QApplication

        keys = [getattr(Qt.Key, f"Key_{letter}") for letter in "ABCDEFGHIJKLMNOPRSTUVXYZ0123456789"]
        for name in KEYS:
            keys += 2 * [getattr(Qt.Key, f"Key_{name}")]
        there = QApplication.focusWidget() or self._somewhere()
        QTest.keyClick(there, self.chance.choice(keys), self._modifier_but_quit())

    def _modifier_but_quit(self) -> Any:
        from PySide6.QtCore import Qt

        of = Qt.KeyboardModifier
        return self.chance.choice([*[of.NoModifier] * 4, of.ShiftModifier])

    def shortcut(self) -> None:
        """Press Control and a letter that closes nothing."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        letter = self.chance.choice("ABCDEFGHIJKLMNOPRSTUVXYZ123456")
        held = Qt.KeyboardModifier.ControlModifier
        if self.chance.random() < 0.2:
            held |= Qt.KeyboardModifier.ShiftModifier
        QTest.keyClick(self.window, getattr(Qt.Key, f"Key_{letter}"), held)

    def type_words(self) -> None:
        """Write into what takes text."""
        from PySide6.QtCore import QEvent, Qt
        from PySide6.QtGui import QKeyEvent
        from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QSpinBox

        there = self._somewhere()
        fields = [w for w in there.window().findChildren(QLineEdit) if w.isVisible()]
        target = self.chance.choice(fields) if fields else there
        if fields or isinstance(there, QComboBox | QSpinBox):
            for letter in self.chance.choice(WORDS):  # QTest's own ends the process at an emoji
                event = QKeyEvent(QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, letter)
                QApplication.sendEvent(target, event)

    def wheel(self) -> None:
        """Turn the wheel."""
        from PySide6.QtCore import QPoint, QPointF, Qt
        from PySide6.QtGui import QWheelEvent
        from PySide6.QtWidgets import QApplication

        there = self._somewhere()
        point = self._point(there)
        turn = QPoint(0, self.chance.choice((-480, -120, 120, 480)))
        nothing = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
        phase = Qt.ScrollPhase.NoScrollPhase
        above = QPointF(there.mapToGlobal(point))
        QApplication.sendEvent(
            there, QWheelEvent(QPointF(point), above, QPoint(), turn, *nothing, phase, False)
        )

    def drag(self) -> None:
        """Press, move, let go somewhere else."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        there, left = self._somewhere(), Qt.MouseButton.LeftButton
        QTest.mousePress(there, left, pos=self._point(there))
        QTest.mouseMove(there, self._point(there))
        with suppress(RuntimeError):  # the widget may have gone by now
            QTest.mouseRelease(there, left, pos=self._point(there))

    def drop_files(self) -> None:
        """Drop some photos, a folder, a model or a text."""
        from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
        from PySide6.QtGui import QDragEnterEvent, QDropEvent
        from PySide6.QtWidgets import QApplication

        files = sorted(self.album.rglob("*"))
        chosen = self.chance.sample(files, min(len(files), self.chance.randrange(1, 6)))
        mime = QMimeData()
        if self.chance.random() < 0.1:
            mime.setText(self.chance.choice(WORDS))
        else:
            if self.chance.random() < 0.2:
                chosen = [self.album]
            mime.setUrls([QUrl.fromLocalFile(str(path)) for path in chosen])
        point = QPoint(self.chance.randrange(self.window.width()), 200)
        target = self.window.childAt(point) or self.window
        at = QPointF(target.mapFrom(self.window, point))
        how = Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton
        enter = QDragEnterEvent(at.toPoint(), *how, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(target, enter)
        if enter.isAccepted():
            dropped = QDropEvent(at, *how, Qt.KeyboardModifier.NoModifier)
            QApplication.sendEvent(target, dropped)

    def switch_mode(self) -> None:
        """Look at another mode."""
        modes = ("locate", "review", "explore", "compare", "accuracy", "train")
        self.window.modes.switch(self.chance.choice(modes))

    def switch_model(self) -> None:
        """Load another model, or one that is none."""
        self.window.load_model(self.chance.choice(self.models))

    def resize(self) -> None:
        """Give the window another size, or change its colours."""
        if self.chance.random() < 0.5:
            self.window.resize(*self.chance.choice(((1000, 650), (1280, 800), (1366, 768))))
        else:
            self.window.theme.choose(self.chance.choice(("light", "dark")))

    def trigger(self) -> None:
        """Choose an entry of the menus; not the one that ends the program."""
        from PySide6.QtGui import QAction
        from PySide6.QtWidgets import QApplication

        if QApplication.activeModalWidget() is not None:
            return
        actions = [a for a in self.window.findChildren(QAction) if a.isEnabled() and a.isVisible()]
        named = [a for a in actions if a.text() and not a.menu() and "uit" not in a.text()]
        if named:
            self.chance.choice(named).trigger()
