"""Photos that could not be located, why, and trying them again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from geoguess_app.review.values import ReviewPhoto, State
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.saving.file_table import FileTable, TextTable
from geoguess_app.ui.saving.link_line import LinkLine
from geoguess_app.ui.work.review_controller import ReviewController

_DELAY_MS = 300


class FailuresCard(LinkLine):
    """A card that counts failures; hidden while there is none."""

    wanted = Signal(object)
    """Numbers of photos to show in the list."""

    def __init__(
        self, controller: ReviewController, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__("broken", theme, parent)
        self._controller = controller
        self.offer("again", tr("Try again"), lambda: controller.retry(None))
        self.offer("show", tr("Show…"), self.open_dialog)
        self._later = QTimer(self, interval=_DELAY_MS, singleShot=True)
        self._later.timeout.connect(self._refresh)
        controller.changed.connect(lambda _numbers: self._refresh_soon())
        self._refresh()

    def open_dialog(self) -> FailuresDialog:
        """List them with their reasons."""
        dialog = FailuresDialog(failures(self._controller), self.window())
        dialog.retryRequested.connect(self._controller.retry)
        dialog.wanted.connect(self.wanted)
        dialog.finished.connect(lambda _code: dialog.deleteLater())
        dialog.open()
        return dialog

    def _refresh_soon(self) -> None:
        if not self._later.isActive():
            self._later.start()

    def _refresh(self) -> None:
        count = self._controller.counts()[State.FAILED]
        if not count:
            self.hide()
            return
        text = tr("{photos} could not be located.").format(photos=words.photos(count))
        self.say(text, tr("{n} failed.").format(n=f"{count:,}"))


class FailureTable(TextTable):
    """A table of photos, reasons and folders."""

    path_column = 2

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__((tr("Photo"), tr("Reason"), tr("Folder")), parent=parent)

    def text(self, row: ReviewPhoto, column: int) -> str:
        reason = row.failure.message if row.failure is not None else ""
        return (row.path.name, reason, str(row.path.parent))[column]


class FailuresDialog(QDialog):
    """All of them; the selected ones, or all, can be tried again."""

    retryRequested = Signal(object)
    """Numbers of photos."""
    wanted = Signal(object)
    """Numbers of photos to show in the list."""

    def __init__(self, photos: Sequence[ReviewPhoto], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Photos that could not be located"))
        self.resize(820, 460)
        self.setMinimumSize(560, 320)
        self._photos = photos
        line = QLabel(_reasons(photos))
        line.setWordWrap(True)
        self.model = FailureTable(self)
        self.model.fill(photos)
        self.table = FileTable(
            self.model, ("m" * 13, "", "m" * 12), tr("Photos that could not be located")
        )
        self.table.doubleClicked.connect(lambda _index: self._show())
        self.all = QPushButton(tr("Try all again"))
        self.all.clicked.connect(lambda: self._retry(self._photos))
        self.some = QPushButton(tr("Try selected again"))
        self.some.clicked.connect(lambda: self._retry(self.table.selected_rows()))
        self.show_ = QPushButton(tr("Show in list"))
        self.show_.clicked.connect(self._show)
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.reject)
        selection = self.table.selectionModel()
        selection.selectionChanged.connect(lambda *_: self._refresh())
        foot = QHBoxLayout()
        for button in (self.all, self.some, self.show_):
            button.setAutoDefault(False)
            foot.addWidget(button)
        foot.addStretch(1)
        foot.addWidget(close)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 20, 24, 18)
        box.setSpacing(12)
        box.addWidget(line)
        box.addWidget(self.table, 1)
        box.addWidget(self.table.detail(column=1))
        box.addLayout(foot)
        self._refresh()

    def _refresh(self) -> None:
        for button in (self.some, self.show_):
            button.setEnabled(self.table.selectionModel().hasSelection())

    def _retry(self, photos: Sequence[ReviewPhoto]) -> None:
        self.retryRequested.emit([photo.id for photo in photos])
        self.accept()

    def _show(self) -> None:
        self.wanted.emit([photo.id for photo in self.table.selected_rows()])
        self.accept()


def failures(controller: ReviewController) -> list[ReviewPhoto]:
    """The photos without an answer, as they were added."""
    return [photo for photo in controller.session if photo.state is State.FAILED]


def _reasons(photos: Sequence[ReviewPhoto]) -> str:
    """``7 cannot be found, 2 are no photos``."""
    counts = Counter(photo.failure.code for photo in photos if photo.failure is not None)
    known = {
        "missing": tr("not found"),
        "not-a-photo": tr("not an image"),
        "empty": tr("empty"),
        "broken": tr("damaged"),
        "truncated": tr("truncated"),
    }
    parts: Counter[str] = Counter()
    for code, count in counts.items():
        parts[known.get(code, tr("other reasons"))] += count
    if len(parts) == 1:
        return f"{words.photos(len(photos))}: {next(iter(parts))}."
    said = ", ".join(f"{count:,} {reason}" for reason, count in parts.most_common())
    return f"{words.photos(len(photos))}: {said}."
