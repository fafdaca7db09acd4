"""Removing every estimate from a folder: count first, then ask, then do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.pieces import foot
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.saving.file_table import FileTable, TextTable


class EstimateTable(TextTable):
    """Files that carry an estimate."""

    path_column = 1

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__((tr("File"), tr("Folder")), parent=parent)

    def text(self, row: Path, column: int) -> str:
        return (row.name, str(row.parent))[column]


class RevokeDialog(QDialog):
    """A dialog that says by ``confirmed`` from which files the estimates are to be removed."""

    confirmed = Signal(object)
    """A list of files."""

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Remove estimates"))
        self.resize(720, 440)
        self.setMinimumSize(520, 320)
        self._folder = folder
        self._files: list[Path] = []
        self.line = QLabel()
        self.line.setWordWrap(True)
        self.line.setProperty("role", "strong")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)
        self.model = EstimateTable(self)
        self.table = FileTable(self.model, ("m" * 24, ""), tr("Files with an estimate"))
        note = QLabel(
            tr(
                "Removes positions estimated by GeoGuess, even from files that have been "
                "moved or renamed. Files in the journal are restored to their original "
                "state. Positions placed by hand or measured by GPS are kept. You can "
                "undo this."
            )
        )
        note.setWordWrap(True)
        note.setProperty("role", "muted")
        self.remove = QPushButton(tr("Remove"))
        self.remove.setProperty("primary", True)
        self.remove.setEnabled(False)
        self.remove.clicked.connect(self._confirm)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 20, 24, 18)
        box.setSpacing(12)
        for widget in (self.line, self.bar):
            box.addWidget(widget)
        box.addWidget(self.table, 1)
        box.addWidget(note)
        box.addLayout(foot(self, tr("Cancel"), self.remove))
        self.found([])

    def found(self, files: Sequence[Path]) -> None:
        """More files were found."""
        self._files += files
        self.line.setText(
            tr("Searching {folder}: {files} with an estimate so far…").format(
                folder=self._folder.name or str(self._folder), files=_files(len(self._files))
            )
        )

    def counted(self, *, complete: bool) -> None:
        """The search has ended."""
        self.bar.hide()
        self.model.fill(self._files)
        place = self._folder.name or str(self._folder)
        text = tr("Found {files} with a GeoGuess estimate in {folder}.")
        if not complete:
            text = tr("Search stopped early: found {files} with an estimate in {folder}.")
        if not self._files:
            text = tr("No GeoGuess estimates in {folder}.")
        self.line.setText(text.format(files=_files(len(self._files)), folder=place))
        self.remove.setText(tr("Remove from {files}").format(files=_files(len(self._files))))
        self.remove.setEnabled(bool(self._files))

    def _confirm(self) -> None:
        self.confirmed.emit(list(self._files))
        self.accept()


def _files(count: int) -> str:
    return words.count(count, tr("file"), tr("files"))
