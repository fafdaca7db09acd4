"""The list of photos as a Qt model: thousands of rows, changed in batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from geoguess_app.core.types import FailedPhoto
from geoguess_app.review.values import ReviewPhoto, State
from geoguess_app.ui.locate.photo_row import PhotoRow, RowState
from geoguess_app.ui.work.outcome import LocatingOutcome
from geoguess_app.ui.work.photo_facts import PhotoFacts

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
"""The PhotoRow itself."""
_COALESCE_MS = 60

ModelIndex = QModelIndex | QPersistentModelIndex


class PhotoModel(QAbstractListModel):
    """Rows in the order they came; a file is listed once."""

    changed = Signal()
    """Rows came, went or changed state (already gathered over some milliseconds)."""
    rowChanged = Signal(object)
    """A PhotoRow got a result."""
    rowDecided = Signal(object)
    """Something was decided about a PhotoRow in the review, or taken back."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[PhotoRow] = []
        self._position: dict[Path, int] = {}
        self._dirty: set[int] = set()
        self._counts: Counter[RowState] = Counter()
        self._flush_later = QTimer(self, interval=_COALESCE_MS, singleShot=True)
        self._flush_later.timeout.connect(self._flush)

    def rowCount(self, parent: ModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index)
        if row is None:
            return None
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.spoken
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.path}\n{row.headline}\n{row.explained}".strip()
        return None

    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        usual = super().flags(index)
        return usual | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else usual

    def row(self, index: ModelIndex) -> PhotoRow | None:
        """The photo at ``index``, or None."""
        inside = index.isValid() and index.row() < len(self._rows)
        return self._rows[index.row()] if inside else None

    def rows(self) -> Sequence[PhotoRow]:
        """All photos, in order; not to be changed."""
        return self._rows

    def find(self, path: Path) -> QModelIndex:
        """Return where the photo stands; an invalid index when it is not listed."""
        position = self._position.get(path, -1)
        return self.index(position) if position >= 0 else QModelIndex()

    def counts(self) -> Counter[RowState]:
        """Return how many photos are in which state; kept up to date, so asking costs nothing."""
        return self._counts

    @property
    def settled(self) -> bool:
        """Tell whether ``changed`` has told of everything that happened."""
        return not self._flush_later.isActive()

    def add(self, paths: Iterable[Path], label: str = "") -> list[Path]:
        """Append photos that are not listed yet; returns those."""
        new = [path for path in dict.fromkeys(paths) if path not in self._position]
        if new:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(new) - 1)
            self._rows += [PhotoRow(path, label=label) for path in new]
            self._position.update((path, first + i) for i, path in enumerate(new))
            self._counts[RowState.WAITING] += len(new)
            self.endInsertRows()
            if first:
                self._later()
            else:
                self._flush()  # the empty window's invitation gives way at once
        return new

    def remove(self, indexes: Iterable[QModelIndex]) -> list[Path]:
        """Take photos off the list (never off the disk); returns them."""
        positions = sorted({index.row() for index in indexes if index.isValid()}, reverse=True)
        gone = [self._rows[position].path for position in positions]
        for first, last in _runs(positions):
            self.beginRemoveRows(QModelIndex(), first, last)
            self._counts.subtract(row.state for row in self._rows[first : last + 1])
            del self._rows[first : last + 1]
            self.endRemoveRows()
        self._position = {row.path: i for i, row in enumerate(self._rows)}
        self._dirty.clear()
        self._later()
        return gone

    def put_back(self, rows: Sequence[tuple[int, PhotoRow]]) -> list[Path]:
        """List photos again that were taken off, at their old positions, which rise; they wait to
        be located.

        Returns their paths, without those that have been added anew meanwhile.
        """
        back = [(at, row) for at, row in rows if row.path not in self._position]
        self._flush()  # while the changed rows still stand where they were
        done = 0
        for first, last in reversed(_runs([at for at, _ in reversed(back)])):
            these = [row for _, row in back[done : done + last - first + 1]]
            done += len(these)
            at = min(first, len(self._rows))
            self.beginInsertRows(QModelIndex(), at, at + len(these) - 1)
            for row in these:
                row.state, row.outcome, row.failure = RowState.WAITING, None, None
            self._rows[at:at] = these
            self._counts[RowState.WAITING] += len(these)
            self.endInsertRows()
        self._position = {row.path: i for i, row in enumerate(self._rows)}
        self._flush()
        return [row.path for _, row in back]

    def clear(self) -> None:
        """Remove all rows of the list."""
        self.beginResetModel()
        self._rows, self._position, self._dirty = [], {}, set()
        self._counts.clear()
        self.endResetModel()
        self._later()

    def set_result(self, path: Path, result: LocatingOutcome | FailedPhoto) -> None:
        """The answer for ``path``, or why there is none; ignored if it left the list."""
        position = self._position.get(path)
        if position is None:
            return
        row = self._rows[position]
        if isinstance(result, FailedPhoto):
            row.failure, row.outcome = result, None
            self._change_state(row, RowState.FAILED)
        else:
            row.failure, row.outcome = None, result
            self._change_state(row, RowState.LOCATED)
        self._touch(position)
        self.rowChanged.emit(row)

    def set_reviewed(self, photos: Iterable[ReviewPhoto]) -> None:
        """Take over what was decided in the review about photos that are listed here."""
        for photo in photos:
            position = self._position.get(photo.path)
            if position is None:
                continue
            row, decided = self._rows[position], photo if _is_decided(photo) else None
            if row.reviewed != decided:
                row.reviewed = decided
                self._touch(position)
                self.rowDecided.emit(row)

    def set_facts(self, facts: Iterable[tuple[Path, PhotoFacts]]) -> None:
        """Take over date and camera of photos."""
        for path, found in facts:
            position = self._position.get(path)
            if position is not None:
                self._rows[position].facts = found
                self._touch(position)

    def set_waiting(self, paths: Iterable[Path]) -> None:
        """Mark these as photos to be located (again)."""
        self._set_state(paths, RowState.WAITING)

    def set_stopped(self) -> None:
        """Whatever was waiting has been stopped by the user."""
        waiting = [row.path for row in self._rows if row.state is RowState.WAITING]
        self._set_state(waiting, RowState.STOPPED)

    def _set_state(self, paths: Iterable[Path], state: RowState) -> None:
        for path in paths:
            position = self._position.get(path)
            if position is not None:
                row = self._rows[position]
                row.outcome, row.failure = None, None
                self._change_state(row, state)
                self._touch(position)
                self.rowChanged.emit(row)

    def _change_state(self, row: PhotoRow, state: RowState) -> None:
        self._counts[row.state] -= 1
        self._counts[state] += 1
        row.state = state

    def _touch(self, position: int) -> None:
        self._dirty.add(position)
        self._later()

    def _later(self) -> None:
        if not self._flush_later.isActive():
            self._flush_later.start()

    def _flush(self) -> None:
        dirty = sorted(self._dirty, reverse=True)
        self._dirty.clear()
        for first, last in _runs(dirty):
            self.dataChanged.emit(self.index(first), self.index(last))
        self.changed.emit()


def _is_decided(photo: ReviewPhoto) -> bool:
    states = (State.ACCEPTED, State.PLACED, State.SAVED)
    return photo.state in states and not photo.decision.removed


def _runs(descending: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbouring positions as (first, last), from the back to the front."""
    runs: list[tuple[int, int]] = []
    for position in descending:
        if runs and runs[-1][0] == position + 1:
            runs[-1] = (position, runs[-1][1])
        else:
            runs.append((position, position))
    return runs
