"""The known photos that look most like this one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QWidget

from geoguess_app.core.explain.spots import SAME_SPOT_KM, AlikeSpot
from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import Place
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.pick_table import PickTable
from geoguess_app.ui.kit.value_table import ModelIndex, ValueTable
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.why.wording import spot_help
from geoguess_app.ui.why.work import KnownPhoto

_PLACE, _ALIKE, _AWAY = range(3)
_PICTURE = QSize(88, 66)
_ROOM_FOR_AWAY = 250
"""Pixels; in less, names would be cut off. The tooltip tells the distance as well."""


class AlikeModel(ValueTable):
    """Place, similarity, distance from the place in question."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (tr("Place"), tr("Similarity"), tr("Distance")),
            numbers=(_ALIKE, _AWAY),
            tips=(
                tr("Where the photo was taken (bold: the place being explained)"),
                tr("Similarity of the two photos according to the model"),
                tr("Distance from the place being explained"),
            ),
            parent=parent,
        )
        self.places: Mapping[int, Place] = {}
        self.photos: Mapping[int, KnownPhoto] = {}

    def show_spots(
        self,
        rows: Sequence[AlikeSpot],
        places: Mapping[int, Place],
        photos: Mapping[int, KnownPhoto],
    ) -> None:
        """Replace the spots in the table."""
        self.places, self.photos = places, photos
        self.fill(rows)

    @property
    def pictured(self) -> bool:
        """Tell whether any of the spots has a picture."""
        return any(photo.picture is not None for photo in self.photos.values())

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        spot = self.rows[index.row()]
        row, name = spot.best, self.name(spot)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return (
                    self._caption(spot, name),
                    words.percent(max(0.0, row.similarity)),
                    _away(row.distance_km),
                )[index.column()]
            case Qt.ItemDataRole.ToolTipRole:
                position = cf.decimal(row.coordinate, 2)
                return spot_help(spot, name, position, self.photos.get(row.bank_index))
            case Qt.ItemDataRole.DecorationRole if index.column() == _PLACE:
                photo = self.photos.get(row.bank_index)
                return photo.picture if photo is not None else None
            case Qt.ItemDataRole.TextAlignmentRole:
                return self.alignment(index.column())
            case Qt.ItemDataRole.FontRole if row.here and index.column() == _PLACE:
                bold = QFont()
                bold.setWeight(QFont.Weight.DemiBold)
                return bold
            case Qt.ItemDataRole.AccessibleTextRole if index.column() == _PLACE and row.here:
                return tr("{place}, the place being explained").format(place=name)
        return None

    def _caption(self, spot: AlikeSpot, name: str) -> str:
        """Place and number of photos; below a picture's place, whose it is."""
        line = f"{name} ×{spot.count}" if spot.count > 1 else name
        photo = self.photos.get(spot.best.bank_index)
        pictured = photo is not None and photo.picture is not None and photo.credit
        return f"{line}\n{photo.credit}" if photo is not None and pictured else line

    def name(self, spot: AlikeSpot) -> str:
        """The name of a spot."""
        place = self.places.get(spot.best.bank_index)
        if place is None:
            return cf.decimal(spot.best.coordinate, 2)
        return words.place_in_sentence(place, spot.best.coordinate)


class AlikeTable(PickTable):
    """A table in which picking a row shows it on the map; it stands for its position."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.rows_model = AlikeModel()
        super().__init__(self.rows_model, _PLACE, tr("Look-alikes"), parent)
        self._line_px = self.verticalHeader().defaultSectionSize()

    def show_rows(
        self,
        rows: Sequence[AlikeSpot],
        places: Mapping[int, Place],
        photos: Mapping[int, KnownPhoto] | None = None,
    ) -> None:
        """Fill the table; nothing is chosen."""
        had = self.picked_row() is not None
        self.rows_model.show_spots(rows, places, photos or {})
        pictured = self.rows_model.pictured
        self.setIconSize(_PICTURE if pictured else QSize())
        self.verticalHeader().setDefaultSectionSize(
            _PICTURE.height() + 8 if pictured else self._line_px
        )
        self.fit_height()
        if had:
            self.chosen.emit(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setColumnHidden(_AWAY, self.viewport().width() < _ROOM_FOR_AWAY)


def _away(km: float) -> str:
    return tr("same spot") if km < SAME_SPOT_KM else words.distance(km)
