"""The results of a save or of taking one back, file by file."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.ui.kit.inputs import ComboBox
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.saving.file_table import FileTable, TextTable
from geoguess_app.ui.saving.outcomes import OutcomeLine, WriterOutcome, WriterTask

_TITLES = {
    WriterTask.SAVE: "Save results",
    WriterTask.UNDO: "Undo results",
    WriterTask.REVOKE: "Removal results",
}


class ResultTable(TextTable):
    """File, and what came of it."""

    path_column = 2

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__((tr("File"), tr("Result"), tr("Folder")), parent=parent)

    def text(self, row: OutcomeLine, column: int) -> str:
        return (row.file.name, row.text, str(row.file.parent))[column]


class ResultsDialog(QDialog):
    """Files that were left alone come first."""

    def __init__(self, outcome: WriterOutcome, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr(_TITLES[outcome.doing]))
        self.resize(820, 480)
        self.setMinimumSize(560, 320)
        self._outcome = outcome
        title = QLabel(outcome.sentence())
        title.setWordWrap(True)
        title.setProperty("role", "strong")
        self.show_only = ComboBox()
        self.show_only.setAccessibleName(tr("Show files"))
        bad = len(outcome.bad)
        self.show_only.addItem(tr("Not changed: {n}").format(n=f"{bad:,}"))
        self.show_only.addItem(tr("All files: {n}").format(n=f"{len(outcome.lines):,}"))
        self.model = ResultTable(self)
        self.table = FileTable(self.model, ("m" * 13, "", "m" * 12), tr("Files and results"))
        self.show_only.currentIndexChanged.connect(self._fill)
        self.show_only.setCurrentIndex(0 if bad else 1)
        self._fill()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 20, 24, 18)
        box.setSpacing(12)
        box.addWidget(title)
        row = QHBoxLayout()
        row.addWidget(self.show_only)
        row.addStretch(1)
        box.addLayout(row)
        box.addWidget(self.table, 1)
        box.addWidget(self.table.detail(column=1))
        box.addWidget(buttons)

    def _fill(self, *_: object) -> None:
        only_bad = self.show_only.currentIndex() == 0
        self.model.fill(self._outcome.bad if only_bad else self._outcome.lines)
        self.table.selectRow(0)
