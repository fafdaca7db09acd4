"""Save table: what a save will write, photo by photo."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QPixmap

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import Coordinate
from geoguess_app.photos.write_plan import HAS_ESTIMATE, HAS_GPS, PlannedWrite, WriteMode
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.value_table import ModelIndex
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.saving.file_table import TextTable

PHOTO, WHERE, NEW, RADIUS, SOURCE, OLD, REPLACE = range(7)
PICTURE_PX = 34
"""Side of the small picture of a photo, in logical pixels."""
_FAR_KM = 25.0
"""A position that is replaced by one so far away is worth a look."""


class SaveTable(TextTable):
    """One row a PlannedWrite. The tick permits to replace a position that the photo has."""

    permitted = Signal(object, bool)
    """PlannedWrites and whether the own positions of their photos may be replaced."""

    def __init__(
        self,
        is_saved: Callable[[Path], bool],
        picture_of: Callable[[Path], QPixmap | None],
        parent: QObject | None = None,
    ) -> None:
        """``is_saved``: whether this review wrote the position that a photo has; ``picture_of``:
        its small picture, once there is one."""
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
        self._is_saved, self._picture_of = is_saved, picture_of

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
        if index.isValid() and role == Qt.ItemDataRole.DecorationRole and index.column() == PHOTO:
            return _small(self._picture_of(self.rows[index.row()].request.path))
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


def _small(picture: QPixmap | None) -> QPixmap:
    if picture is None or picture.isNull():
        return _no_picture()
    side_px = round(PICTURE_PX * picture.devicePixelRatio())
    return picture.scaled(
        side_px,
        side_px,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )


@functools.cache
def _no_picture() -> QPixmap:
    """What keeps the room of a picture that has not come yet."""
    empty = QPixmap(PICTURE_PX, PICTURE_PX)
    empty.fill(Qt.GlobalColor.transparent)
    return empty


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
    here = cf.decimal(row.known.coordinate, 5)
    apart_km = _apart_km(row.known.coordinate, row.position.coordinate)
    if row.how is WriteMode.SKIP or apart_km < _FAR_KM:
        return here
    return f"⚠ {tr('{km} away').format(km=words.distance(apart_km))}"


def _moved_text(row: PlannedWrite) -> str:
    new = row.position.coordinate
    if row.known is None or row.known.coordinate is None:
        return cf.decimal(new)
    apart = tr("{km} apart").format(km=words.distance(_apart_km(row.known.coordinate, new)))
    return f"{cf.decimal(row.known.coordinate)} → {cf.decimal(new)}: {apart}"


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
