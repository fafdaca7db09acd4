"""All photos on show as a table: what the map shows, readable and sortable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from geoguess_app.core.format import distance, threshold
from geoguess_app.core.types import CONFIDENCE_KM
from geoguess_app.ui.accuracy import bands, wording
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.core.types import IntArray
    from geoguess_app.evaluation.accuracy.photos import JudgedPhotos

PHOTO, ERROR, SURE, RADIUS, SCENE, CONTINENT, PLACE = range(7)
_NUMBERS = (ERROR, SURE)
_DOT_PX = 12

ModelIndex = QModelIndex | QPersistentModelIndex


class ErrorModel(QAbstractTableModel):
    """Rows are indices into the judged photos, in the order that they are sorted by."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._photos: JudgedPhotos | None = None
        self._rows: IntArray = np.empty(0, dtype=np.int64)
        self._row_of: dict[int, int] = {}
        self._band: IntArray = np.empty(0, dtype=np.int64)
        self._sorted = (ERROR, Qt.SortOrder.DescendingOrder)
        self._dots: list[QPixmap] = []
        theme.changed.connect(self._recolour)

    def fill(self, photos: JudgedPhotos | None, shown: IntArray) -> None:
        """Show these photos instead, sorted as before."""
        self.beginResetModel()
        if photos is not self._photos:
            self._photos = photos
            self._band = (
                bands.band_of(photos.error_km, photos.about.scale)
                if photos is not None
                else np.empty(0, dtype=np.int64)
            )
        self._rows = shown
        self._arrange()
        self.endResetModel()

    def index_at(self, row: int) -> int:
        """Return which photo stands in a row; −1 for none."""
        return int(self._rows[row]) if 0 <= row < len(self._rows) else -1

    def row_of(self, index: int) -> int:
        """Find the row in which a photo stands; −1 where it is not shown."""
        return self._row_of.get(index, -1)

    def rowCount(self, parent: ModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: ModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 7

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by one column; photos of which it is not known come last."""
        self._sorted = (column, order)
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        indices = [self.index_at(index.row()) for index in before]
        self._arrange()
        after = [
            self.index(self.row_of(photo), index.column())
            for photo, index in zip(indices, before, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                *(tr("Photo"), tr("Error"), tr("Confidence"), tr("80% radius")),
                *(tr("Scene"), tr("Continent"), tr("Answer")),
            )[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                tr("File name"),
                tr("Distance between answer and true position"),
                tr("Stated probability that the answer is within {near}").format(
                    near=threshold(CONFIDENCE_KM)
                ),
                tr("Whether the true position is inside the 80% radius"),
                tr("Labelled scene, otherwise the scene predicted by the model"),
                tr("Continent of the true position"),
                tr("Place of the answer"),
            )[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            # Left above numbers too: the arrow of the sorted column stands on the right.
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._photos is None:
            return None
        photo, column = self.index_at(index.row()), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(self._photos, photo, column)
        if role == Qt.ItemDataRole.DecorationRole and column == ERROR:
            return self._dot(int(self._band[photo]))
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._photos.files[photo] if column == PHOTO else None
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _text(self, photos: JudgedPhotos, photo: int, column: int) -> str:
        if column == PHOTO:
            return photos.files[photo].replace("\\", "/").rsplit("/", 1)[-1]
        if column == ERROR:
            return distance(float(photos.error_km[photo]))
        if column == SURE:
            return wording.percent(float(photos.confidence[photo]))
        if column == RADIUS:
            known = np.isfinite(photos.radii_km[photo, 1])
            return "" if not known else tr("inside") if photos.inside[photo] else tr("outside")
        if column == SCENE:
            return words.scene(photos.scene[photo])
        if column == CONTINENT:
            return wording.continent(photos.continent[photo])
        return photos.place[photo]

    def _arrange(self) -> None:
        column, order = self._sorted
        if self._photos is not None and len(self._rows):
            keys = self._keys(self._photos, column)
            found = np.argsort(keys, kind="stable")
            if order == Qt.SortOrder.DescendingOrder:
                found = found[::-1]
            unknown = keys[found] != keys[found] if keys.dtype.kind == "f" else keys[found] == ""
            self._rows = self._rows[np.concatenate([found[~unknown], found[unknown]])]
        self._row_of = {photo: row for row, photo in enumerate(self._rows.tolist())}

    def _keys(self, photos: JudgedPhotos, column: int) -> Any:
        if column == ERROR:
            return photos.error_km[self._rows]
        if column == SURE:
            return photos.confidence[self._rows]
        texts = [self._text(photos, photo, column).casefold() for photo in self._rows.tolist()]
        return np.array(texts, dtype=str)

    def _dot(self, band: int) -> QPixmap:
        if not self._dots:
            self._dots = [_dot(colour) for colour in bands.COLOURS[self._theme.name]]
        return self._dots[band]

    def _recolour(self) -> None:
        self._dots = []
        if self.rowCount():
            self.dataChanged.emit(self.index(0, ERROR), self.index(self.rowCount() - 1, ERROR))


class ErrorTable(QTableView):
    """One row is chosen at a time, with the mouse or the arrow keys."""

    chosen = Signal(int)
    """Index of the photo that the user chose."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = ErrorModel(theme, self)
        self.setModel(self._model)
        self.setObjectName("accuracyTable")
        self.setAccessibleName(tr("Photos with their errors"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setIconSize(QSize(_DOT_PX, _DOT_PX))
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setAcceptDrops(False)
        self.verticalHeader().hide()
        # Fixed heights: Qt then never asks thousands of rows how high they want to be.
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 10)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        self._size_columns()
        self.setSortingEnabled(True)
        self.sortByColumn(ERROR, Qt.SortOrder.DescendingOrder)
        # Not the current row: Qt moves that by itself when the table gets the keyboard.
        self.selectionModel().selectionChanged.connect(lambda *_: self._selected())

    def show_photos(self, photos: JudgedPhotos | None, shown: IntArray, index: int) -> None:
        """Fill the table; ``index`` stays chosen if it is among them. Emits nothing."""
        blocked = self.blockSignals(True)
        self._model.fill(photos, shown)
        self.choose(index)
        self.blockSignals(blocked)

    def choose(self, index: int) -> None:
        """Choose a photo's row and bring it into view; none where it is not shown."""
        row = self._model.row_of(index)
        if row < 0:
            self.clearSelection()
        elif row != self.currentIndex().row() or not self.selectionModel().hasSelection():
            self.selectRow(row)
            self.scrollTo(self._model.index(row, PHOTO))

    def step(self, by: int) -> None:
        """Choose the next or previous row, the first one where none is chosen."""
        chosen = self.selectionModel().hasSelection()
        row = self.currentIndex().row() + by if chosen else 0
        if 0 <= row < self._model.rowCount():
            self.selectRow(row)

    def _selected(self) -> None:
        rows = self.selectionModel().selectedRows()
        if rows:
            self.chosen.emit(self._model.index_at(rows[0].row()))

    def _size_columns(self) -> None:
        wide = self.fontMetrics().horizontalAdvance
        widths = {
            PHOTO: wide("IMG_202401") + 8,
            ERROR: wide("12,345 km") + _DOT_PX + 24,
            SURE: wide(">99%") + 14,
            RADIUS: wide("80% radius") + 18,
            SCENE: wide("Natural") + 22,
            CONTINENT: wide("South America") + 14,
            PLACE: wide("Aix-en-Provence, France"),
        }
        for column, width in widths.items():
            self.setColumnWidth(column, width)


def _dot(colour: str) -> QPixmap:
    drawn = QPixmap(2 * _DOT_PX, 2 * _DOT_PX)
    drawn.setDevicePixelRatio(2.0)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawEllipse(QRectF(1.5, 1.5, _DOT_PX - 3, _DOT_PX - 3))
    painter.end()
    return drawn
