"""The list of the model library: models on this computer, then those that can be fetched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.core.format import data_size
from geoguess_app.models.library import BrokenModel, LibraryModel
from geoguess_app.models.published import PUBLISHED, PublishedModel
from geoguess_app.ui.kit.words import tr

Entry = LibraryModel | BrokenModel | PublishedModel
_WHAT = Qt.ItemDataRole.UserRole


class ModelList(QListWidget):
    """Rows of two lines; ``chosen`` follows the current row."""

    chosen = Signal(object)
    """An Entry."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelList")
        self.setAccessibleName(tr("Models"))
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.currentItemChanged.connect(self._changed)

    def fill(
        self, entries: Sequence[LibraryModel | BrokenModel], used: Path | None, wanted: object
    ) -> None:
        """List models; ``wanted`` (a path or the name of a published one) becomes current, else
        the one in use."""
        self.blockSignals(True)
        self.clear()
        self._head(tr("On this computer"))
        for entry in entries:
            self._add(entry, used)
        missing = [model for model in PUBLISHED.values() if not _is_there(model, entries)]
        if missing:
            self._head(tr("To get"))
        for model in missing:
            self._add(model, None)
        self.blockSignals(False)
        found = self._item_of(wanted) if wanted is not None else None
        if found := found or self._item_of(used):
            self.setCurrentItem(found)
        self._changed()

    def entries(self) -> list[Entry]:
        """List what the rows stand for."""
        found = (self.item(row).data(_WHAT) for row in range(self.count()))
        return [entry for entry in found if entry is not None]

    def select(self, wanted: object) -> None:
        """Make the row of a path, or of a published model's name, current."""
        if (item := self._item_of(wanted)) is not None:
            self.setCurrentItem(item)

    def current(self) -> Entry | None:
        """Return what the current row stands for."""
        item = self.currentItem()
        found: Entry | None = item.data(_WHAT) if item is not None else None
        return found

    def _item_of(self, wanted: object) -> QListWidgetItem | None:
        for row in range(self.count()):
            item = self.item(row)
            entry = item.data(_WHAT)
            if entry is not None and (wanted is None or key_of(entry) == wanted):
                return item
        return None

    def _changed(self, *_: object) -> None:
        if (entry := self.current()) is not None:
            self.chosen.emit(entry)

    def _head(self, text: str) -> None:
        item = QListWidgetItem(self)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        label = QLabel(text)
        label.setProperty("role", "heading")
        label.setContentsMargins(12, 10, 12, 4)
        item.setSizeHint(QSize(0, label.fontMetrics().height() + 18))
        self.setItemWidget(item, label)

    def _add(self, entry: Entry, used: Path | None) -> None:
        item = QListWidgetItem(self)
        item.setData(_WHAT, entry)
        title, under = _lines(entry)
        in_use = used is not None and key_of(entry) == used
        mark = tr("In use") if in_use else ""
        spoken = ", ".join(part for part in (title, under, mark) if part)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
        item.setToolTip(entry.reason if isinstance(entry, BrokenModel) else "")
        row = _ModelRow(title, under, mark)
        item.setSizeHint(QSize(0, row.sizeHint().height()))
        self.setItemWidget(item, row)


class _ModelRow(QWidget):
    """Two lines, and a mark at the right end."""

    def __init__(self, title: str, under: str, mark: str) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        first, second = QLabel(title), QLabel(under)
        first.setProperty("role", "strong")
        second.setProperty("role", "muted")
        lines = QVBoxLayout()
        lines.setSpacing(1)
        for label in (first, second):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setMinimumWidth(40)
            # The style sheet's bold letters are not known yet: they must not be cut off below.
            label.setMinimumHeight(label.fontMetrics().height() + 3)
            lines.addWidget(label)
        box = QHBoxLayout(self)
        box.setContentsMargins(12, 8, 10, 8)
        box.addLayout(lines, 1)
        if mark:
            badge = QLabel(mark)
            badge.setProperty("badge", "accent")
            box.addWidget(badge, 0, Qt.AlignmentFlag.AlignVCenter)


def key_of(entry: Entry) -> Path | str:
    """Return by what an entry is found again: its path, or the name of a published model."""
    return entry.name if isinstance(entry, PublishedModel) else entry.path


def short_kind(kind: str) -> str:
    """Return the kind of a model in two or three words."""
    return {
        "cells": tr("Cells"),
        "regression": tr("Coordinates"),
        "retrieval": tr("Look-alikes"),
        "gallery": tr("Gallery of places"),
        "ensemble": tr("Several models together"),
        "scenes": tr("Scenes only"),
    }.get(kind, kind)


def _lines(entry: Entry) -> tuple[str, str]:
    if isinstance(entry, PublishedModel):
        smallest = min(variant.about_bytes for variant in entry.variants)
        return entry.title, tr("from {size}").format(size=data_size(smallest))
    if isinstance(entry, BrokenModel):
        return entry.path.name, tr("Cannot be used")
    kind = short_kind(entry.manifest.kind)
    return entry.manifest.title, f"{kind} · {data_size(entry.size_bytes)}"


def _is_there(model: PublishedModel, entries: Sequence[LibraryModel | BrokenModel]) -> bool:
    names = {f"{model.name}-{variant.name}" for variant in model.variants}
    return any(isinstance(entry, LibraryModel) and entry.name in names for entry in entries)
