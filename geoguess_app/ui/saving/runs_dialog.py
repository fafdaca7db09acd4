"""Earlier saves: each can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QDateTime, QLocale, Signal
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QVBoxLayout, QWidget

from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.pieces import foot
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.saving.file_table import FileTable, TextTable

if TYPE_CHECKING:
    from geoguess_app.photos.journal import JournalRun

_COMMANDS = {
    "save": "Saved in the window",
    "tag": "Saved by geoguess tag",
    "revoke": "Estimates removed",
}


class RunsTable(TextTable):
    """One row a run of the journal."""

    path_column = 2

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            (tr("Date"), tr("Action"), tr("Folder"), tr("Files"), tr("Can be undone")),
            parent=parent,
        )

    def text(self, row: JournalRun, column: int) -> str:
        left = len(row.open_entries)
        return (
            _when(row.started),
            tr(_COMMANDS.get(str(row.facts.get("command")), "Saved")),
            _folder(row),
            f"{len(row.entries):,}",
            f"{left:,}" if left else tr("undone"),
        )[column]


class RunsDialog(QDialog):
    """A dialog that says by ``chosen`` which run to take back."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Earlier saves"))
        self.resize(800, 440)
        self.setMinimumSize(560, 300)
        self.line = QLabel(tr("Reading the journal…"))
        self.line.setWordWrap(True)
        self.model = RunsTable(self)
        self.table = FileTable(
            self.model,
            ("12/31/2026 11:59 PM", "Saved by geoguess tag", "", "100,000", "Can be undone"),
            tr("Earlier saves, latest first"),
        )
        self.table.setSelectionMode(FileTable.SelectionMode.SingleSelection)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._refresh())
        self.undo = QPushButton(tr("Undo this save"))
        self.undo.setProperty("primary", True)
        self.undo.clicked.connect(self._choose)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 20, 24, 18)
        box.setSpacing(12)
        box.addWidget(self.line)
        box.addWidget(self.table, 1)
        box.addLayout(foot(self, tr("Close"), self.undo))
        self._refresh()

    def show_runs(self, runs: Sequence[JournalRun]) -> None:
        """Show runs, latest first; those that changed nothing are left out."""
        rows = [run for run in runs if run.entries]
        self.model.fill(rows)
        count = words.count(len(rows), tr("save"), tr("saves"))
        self.line.setText(
            tr(
                "{n}, latest first. Undo restores each file byte for byte. Files changed "
                "since then are left alone and listed."
            ).format(n=count)
            if rows
            else tr("Nothing saved yet.")
        )
        if rows:
            self.table.selectRow(0)
        self._refresh()

    def _refresh(self) -> None:
        rows = self.table.selected_rows()
        self.undo.setEnabled(bool(rows) and bool(rows[0].open_entries))

    def _choose(self) -> None:
        rows = self.table.selected_rows()
        if rows:
            self.chosen.emit(rows[0].name)
            self.accept()


def _when(started: str) -> str:
    """The time in the user's own zone and spelling."""
    try:
        at_s = datetime.fromisoformat(started).timestamp()
    except ValueError:
        return started
    local = QDateTime.fromSecsSinceEpoch(int(at_s))
    return str(QLocale().toString(local, QLocale.FormatType.ShortFormat))


def _folder(run: JournalRun) -> str:
    named = str(run.facts.get("folder") or "")
    if named:
        return named
    parents = dict.fromkeys(str(entry.target.parent) for entry in run.entries)
    first = next(iter(parents), "")
    return first if len(parents) < 2 else tr("{folder} and others").format(folder=first)
