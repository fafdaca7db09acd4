"""Save table: what a save will write, photo by photo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import Coordinate
from geoguess_app.photos.write_plan import HAS_ESTIMATE, HAS_GPS, PlannedWrite, WriteMode
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.value_table import ModelIndex
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.saving.file_table import TextTable

PHOTO, WHERE, NEW, RADIUS, SOURCE, OLD, REPLACE = range(7)


class SaveTable(TextTable):
    """One row a PlannedWrite. The tick permits to replace a position that the photo has."""

    permitted = Signal(object, bool)
    """PlannedWrites and whether the own positions of their photos may be replaced."""

    def __init__(self, is_saved: Callable[[Path], bool], parent: QObject | None = None) -> None:
        """``is_saved``: whether this review wrote the position that a photo has."""
        titles = (
            tr("Photo"),
            tr("Action"),
            tr("New position"),
            tr("Radius"),
            tr("Source"),
            tr("Current position"),
            tr("Replace"),
        )
        super().__init__(titles, parent=parent)
        self._is_saved = is_saved

    def text(self, row: PlannedWrite, column: int) -> str:
        return _TEXTS[column](row)

    def tip(self, row: PlannedWrite, column: int) -> str:
        if column == PHOTO:
            return str(row.request.path)
        if column == WHERE:
            return f"{row.target}\n{row.reason}".strip()
        if column == SOURCE:
            return row.position.method
        if column in (OLD, NEW):
            return _moved_text(row)
        if column == REPLACE and self.can_tick(row):
            return tr("Tick to replace this photo’s current position")
        return self.text(row, column)

    def can_tick(self, row: PlannedWrite) -> bool:
        """Tell whether the photo has a position, not of this review, that may be replaced or
        not."""
        if row.known is None or self._is_saved(row.request.path):
            return False
        return row.how is not WriteMode.SKIP or row.reason in (HAS_GPS, HAS_ESTIMATE)

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if index.isValid() and role == Qt.ItemDataRole.CheckStateRole and index.column() == REPLACE:
            row = self.rows[index.row()]
            if not self.can_tick(row):
                return None
            ticked = row.request.replace_gps
            return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
        return super().data(index, role)

    def setData(self, index: ModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or index.column() != REPLACE:
            return False
        row = self.rows[index.row()]
        if not self.can_tick(row):
            return False
        self.permitted.emit([row], Qt.CheckState(value) is Qt.CheckState.Checked)
        return True

    def toggle(self, rows: Sequence[PlannedWrite]) -> None:
        """Tick all of them that can be; untick them where all are ticked."""
        rows = [row for row in rows if self.can_tick(row)]
        if rows:
            self.permitted.emit(rows, not all(row.request.replace_gps for row in rows))

    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.isValid() and index.column() == REPLACE and self.can_tick(self.rows[index.row()]):
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags


def what_happens(row: PlannedWrite) -> str:
    """Say in a few words what happens with a photo; the reason where it is not what one would
    expect."""
    if row.how is WriteMode.SKIP:
        one = {HAS_GPS: tr("already has GPS"), HAS_ESTIMATE: tr("already has an estimate")}
        return tr("Skipped: {reason}").format(reason=one.get(row.reason, row.reason))
    if row.how is WriteMode.EMBED:
        return tr("Write to {kind} file").format(kind=row.label)
    new = row.target_identity is None
    text = tr("New sidecar {name}") if new else tr("Add to sidecar {name}")
    said = text.format(name=row.target.name)
    return f"{said}, {row.reason}" if row.reason else said


def _source(row: PlannedWrite) -> str:
    return tr("Estimate") if row.position.is_estimate else tr("By hand")


def _radius(row: PlannedWrite) -> str:
    if row.position.error_m is None:
        return tr("none")
    return words.distance(row.position.error_m / 1000)


def _position_now(row: PlannedWrite) -> str:
    if row.known is None:
        return tr("none")
    if row.known.coordinate is None:
        return tr("invalid")
    return cf.decimal(row.known.coordinate, 5)


def _moved_text(row: PlannedWrite) -> str:
    new = row.position.coordinate
    if row.known is None or row.known.coordinate is None:
        return cf.decimal(new)
    return tr("{km} apart").format(km=words.distance(_apart_km(row.known.coordinate, new)))


def _apart_km(one: Coordinate, other: Coordinate) -> float:
    return float(
        great_circle_km(
            one.latitude_deg, one.longitude_deg, other.latitude_deg, other.longitude_deg
        )
    )


_TEXTS: dict[int, Callable[[PlannedWrite], str]] = {
    PHOTO: lambda row: row.request.path.name,
    WHERE: what_happens,
    NEW: lambda row: cf.decimal(row.position.coordinate, 5),
    RADIUS: _radius,
    SOURCE: _source,
    OLD: _position_now,
    REPLACE: lambda row: "",
}
