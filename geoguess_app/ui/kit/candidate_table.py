"""The possible places, ranked: the map's candidates as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import Candidate, Place
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.pick_table import PickTable
from geoguess_app.ui.kit.value_table import ModelIndex, ValueTable
from geoguess_app.ui.kit.words import tr

_RANK, _PLACE, _POSITION, _CHANCE = range(4)


class CandidateModel(ValueTable):
    """Rank, place, position, probability."""

    def __init__(self, parent: QObject | None = None) -> None:
        titles = (tr("#"), tr("Place"), tr("Position"), tr("Probability"))
        super().__init__(titles, numbers=(_CHANCE,), parent=parent)
        self.places: Sequence[Place] = ()

    def show_candidates(self, candidates: Sequence[Candidate], places: Sequence[Place]) -> None:
        """Replace the candidates in the table."""
        self.places = places
        self.fill(candidates)

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        candidate, place = self.rows[index.row()], self.places[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                str(candidate.rank),
                words.place_short(place),
                cf.decimal(candidate.coordinate, 2),
                words.percent(candidate.probability),
            )[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(
                (
                    words.place_short(place),
                    cf.decimal(candidate.coordinate),
                    tr("Cell {token}").format(token=candidate.cell),
                )
            )
        return self.alignment(index.column()) if role == Qt.ItemDataRole.TextAlignmentRole else None


class CandidateTable(PickTable):
    """A table in which picking a row shows it on the map; it stands for the candidate's rank."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._model = CandidateModel()
        super().__init__(self._model, _PLACE, tr("Candidates"), parent)

    def show_candidates(self, candidates: Sequence[Candidate], places: Sequence[Place]) -> None:
        """Fill the table; nothing is chosen."""
        self._model.show_candidates(candidates, places)
        self.fit_height()

    def picked(self) -> object:
        return self.rank()

    def rank(self) -> int | None:
        """The rank of the picked candidate."""
        row = self.picked_row()
        return None if row is None else self._model.rows[row].rank

    def candidate_at(self, point: QPoint) -> Candidate | None:
        """The candidate in the row at a point of the table."""
        row = self.rowAt(point.y())
        found: Candidate | None = self._model.rows[row] if row >= 0 else None
        return found

    def choose(self, rank: int) -> None:
        """Choose a candidate by its rank, as a click would; again: nothing is chosen."""
        for i, candidate in enumerate(self._model.rows):
            if candidate.rank == rank:
                if self.rank() == rank:
                    self.clearSelection()
                else:
                    self.selectRow(i)
                return

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setColumnHidden(_POSITION, self.viewport().width() < 330)
