"""The order of the list, and which photos it shows."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel

from geoguess_app.core.types import Level
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.photo_model import PhotoModel
from geoguess_app.ui.locate.photo_row import PhotoRow, RowState

ModelIndex = QModelIndex | QPersistentModelIndex
_LEVELS = (Level.SAME_PLACE, Level.FINE, Level.MIDDLE, Level.COARSE, Level.CANNOT_TELL)


class ListOrder(StrEnum):
    """The orders of the list; the values are remembered between runs."""

    ADDED = "added"
    NAME = "name"
    TAKEN = "taken"
    CONFIDENCE = "confidence"
    LEVEL = "level"


class ListPart(StrEnum):
    """The parts of the list to choose from."""

    ALL = "all"
    PLACED = "placed"
    FINE = "fine"
    MIDDLE = "middle"
    COARSE = "coarse"
    UNSURE = "unsure"
    GPS = "gps"
    FAILED = "failed"
    WAITING = "waiting"


def order_titles() -> dict[ListOrder, str]:
    """The orders in words, in the order of the choice."""
    return {
        ListOrder.ADDED: tr("Order added"),
        ListOrder.NAME: tr("Name"),
        ListOrder.TAKEN: tr("Date taken"),
        ListOrder.CONFIDENCE: tr("Confidence"),
        ListOrder.LEVEL: tr("Level"),
    }


def part_titles() -> dict[ListPart, str]:
    """The parts in words, in the order of the choice."""
    return {
        ListPart.ALL: tr("All photos"),
        ListPart.FINE: words.level(Level.FINE),
        ListPart.MIDDLE: words.level(Level.MIDDLE),
        ListPart.COARSE: words.level(Level.COARSE),
        ListPart.UNSURE: words.level(Level.CANNOT_TELL),
        ListPart.PLACED: tr("Decided by you"),
        ListPart.GPS: tr("With GPS"),
        ListPart.FAILED: tr("Unreadable"),
        ListPart.WAITING: tr("Not located yet"),
    }


class ArrangedPhotos(QSortFilterProxyModel):
    """The photos of a PhotoModel in an order, some of them left out."""

    def __init__(self, model: PhotoModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._photos = model
        self._part, self._text = ListPart.ALL, ""
        self.order = ListOrder.ADDED
        self.setSourceModel(model)

    @property
    def is_filtered(self) -> bool:
        """Tell whether some photos may be left out."""
        return self._part is not ListPart.ALL or bool(self._text)

    def sort_by(self, order: ListOrder) -> None:
        """Sort; the current photo stays the current one."""
        self.order = order
        self.invalidate()
        self.sort(-1 if order is ListOrder.ADDED else 0)

    def show_part(self, part: ListPart, text: str) -> None:
        """List only these; ``text`` is part of the name, the folder or the place."""
        if (part, text.casefold()) != (self._part, self._text):
            self._part, self._text = part, text.casefold()
            self.invalidate()

    def photo(self, index: ModelIndex) -> PhotoRow | None:
        """The photo at a place of the list, or None."""
        return self._photos.row(self.mapToSource(index))

    def photos(self) -> list[PhotoRow]:
        """All photos listed, in order."""
        found = (self.photo(self.index(row, 0)) for row in range(self.rowCount()))
        return [row for row in found if row is not None]

    def filterAcceptsRow(self, source_row: int, _parent: ModelIndex) -> bool:
        if not self.is_filtered:
            return True
        row = self._photos.rows()[source_row]
        return _belongs(row, self._part) and self._text in _searched(row)

    def lessThan(self, left: ModelIndex, right: ModelIndex) -> bool:
        rows = self._photos.rows()
        first, second = rows[left.row()], rows[right.row()]
        keys = (sort_key(first, self.order), sort_key(second, self.order))
        return (keys[0], left.row()) < (keys[1], right.row())


def sort_key(row: PhotoRow, order: ListOrder) -> tuple[float, str]:
    """Return what photos are compared by: the surest and the finest first, the oldest first."""
    outcome = row.outcome
    if order is ListOrder.NAME:
        return 0.0, row.name.casefold()
    if order is ListOrder.TAKEN:
        taken = row.facts.taken if row.facts is not None else None
        return (0.0, taken.isoformat()) if taken is not None else (1.0, "")
    if order is ListOrder.CONFIDENCE and outcome is not None:
        return -outcome.located.prediction.confidence, ""
    if order is ListOrder.LEVEL and outcome is not None:
        found = outcome.located.prediction
        return _LEVELS.index(found.level) - found.confidence, ""
    return float(len(_LEVELS)) + 1.0, ""


def _belongs(row: PhotoRow, part: ListPart) -> bool:
    if part is ListPart.ALL:
        return True
    if part is ListPart.PLACED:
        return row.reviewed is not None
    if part is ListPart.GPS:
        return row.has_gps
    if part is ListPart.FAILED:
        return row.state is RowState.FAILED
    if part is ListPart.WAITING:
        return row.state in (RowState.WAITING, RowState.STOPPED)
    level = row.outcome.located.prediction.level if row.outcome is not None else None
    return (
        level
        in {
            ListPart.FINE: (Level.SAME_PLACE, Level.FINE),
            ListPart.MIDDLE: (Level.MIDDLE,),
            ListPart.COARSE: (Level.COARSE,),
            ListPart.UNSURE: (Level.CANNOT_TELL,),
        }[part]
    )


def _searched(row: PhotoRow) -> str:
    return f"{row.name}\n{row.path.parent}\n{row.headline}".casefold()
