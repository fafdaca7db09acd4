"""Where to write a file: the real dialog, its suffix, and the folder that is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from geoguess_app.ui.kit.choose import Kind, ask_to_save

TABLES: list[Kind] = [("CSV", (".csv",)), ("JSON lines", (".jsonl", ".ndjson"))]


@pytest.fixture
def memory(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "state.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def host(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def answer(qtbot: QtBot, name: str | None, kind: int = 0) -> list[str]:
    """Type a name into the dialog that opens next; what it suggested and where comes back."""
    seen: list[str] = []

    def typed() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QFileDialog)
        field = dialog.findChild(QLineEdit, "fileNameEdit")
        assert isinstance(field, QLineEdit)
        seen.extend([dialog.directory().absolutePath(), field.text()])
        if name is None:
            dialog.reject()
            return
        dialog.selectNameFilter(dialog.nameFilters()[kind])
        dialog.filterSelected.emit(dialog.nameFilters()[kind])
        field.setText(name)
        dialog.accept()

    QTimer.singleShot(200, typed)
    return seen


def test_a_name_without_a_suffix_gets_that_of_the_chosen_kind(
    qtbot: QtBot, host: QWidget, memory: QSettings, tmp_path: Path
) -> None:
    memory.setValue("folder", str(tmp_path))
    seen = answer(qtbot, "holiday")
    assert ask_to_save(host, "Export", "photos.csv", TABLES, memory) == tmp_path / "holiday.csv"
    assert seen == [str(tmp_path), "photos.csv"]
    answer(qtbot, "holiday", kind=1)
    assert ask_to_save(host, "Export", "photos.csv", TABLES, memory) == tmp_path / "holiday.jsonl"
    answer(qtbot, "holiday.ndjson", kind=1)
    assert ask_to_save(host, "Export", "photos.csv", TABLES, memory) == tmp_path / "holiday.ndjson"


def test_the_next_question_begins_where_the_last_was_answered(
    qtbot: QtBot, host: QWidget, memory: QSettings, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    answer(qtbot, str(tmp_path / "out" / "a.csv"))
    assert ask_to_save(host, "Export", "a.csv", TABLES, memory) == tmp_path / "out" / "a.csv"
    seen = answer(qtbot, None)
    assert ask_to_save(host, "Export", "b.csv", TABLES, memory) is None
    assert seen == [str(tmp_path / "out"), "b.csv"]
    # A whole path is suggested as it is: a copy belongs beside its photo.
    seen = answer(qtbot, None)
    ask_to_save(host, "Save copy", tmp_path / "photo-copy.csv", TABLES, memory)
    assert seen == [str(tmp_path), "photo-copy.csv"]
