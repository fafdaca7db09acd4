"""The question where to write a file: it remembers the folder, and a name gets its suffix."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSettings, QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

_SAVED = "folders/saved"
Kind = tuple[str, tuple[str, ...]]
"""What files are called in the dialog, and their suffixes: ("Models", (".geomodel",))."""


def ask_to_save(
    host: QWidget,
    title: str,
    suggested: str | Path,
    kinds: Sequence[Kind],
    memory: QSettings | None = None,
) -> Path | None:
    """Ask where to write a file; None where the user thinks better of it.

    A bare name is suggested in the folder of the last such question, a whole path as it is. A name
    without one of the suffixes gets the first of the chosen kind, before the dialog asks whether to
    replace a file.
    """
    path = Path(suggested)
    dialog = QFileDialog(host, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDirectory(str(path.parent if path.is_absolute() else _remembered(memory)))
    suffix_of = {_filter(kind): kind[1][0] for kind in kinds}
    dialog.setNameFilters(list(suffix_of))
    dialog.filterSelected.connect(lambda name: dialog.setDefaultSuffix(suffix_of[name]))
    dialog.setDefaultSuffix(kinds[0][1][0])
    dialog.selectFile(path.name)
    chosen = Path(dialog.selectedFiles()[0]) if dialog.exec() else None
    dialog.deleteLater()
    if chosen is not None and memory is not None:
        memory.setValue(_SAVED, str(chosen.parent))
    return chosen


def show_in_folder(path: Path) -> None:
    """Open the folder that holds a file in the desktop's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))


def _filter(kind: Kind) -> str:
    label, suffixes = kind
    patterns = [f"*{suffix}" for each in suffixes for suffix in dict.fromkeys((each, each.upper()))]
    return f"{label} ({' '.join(patterns)})"


def _remembered(memory: QSettings | None) -> Path:
    """The folder of the last such question, else that of the photos, else the documents."""
    for key in (_SAVED, "folder"):
        found = str(memory.value(key, "") or "") if memory is not None else ""
        if found and Path(found).is_dir():
            return Path(found)
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(documents or Path.home())
