"""The result of a comparison: both answers side by side, as a table and in sentences."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.geo.coordinates import decimal
from geoguess_app.core.types import Level
from geoguess_app.ui.compare.cells_table import CellsTable, cell_rows
from geoguess_app.ui.compare.work import Side, shared_mass
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.map.mercator import distance_km

_AROUND_PX = 14
_TITLES_SHARE = 0.37


class ComparePanel(QScrollArea):
    """The right pane; everything that the map shows of a comparison is here, too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.verdict = QLabel()
        self.verdict.setWordWrap(True)
        self.verdict.setProperty("role", "strong")
        self.detail = QLabel()
        self.detail.setWordWrap(True)
        self.detail.setProperty("role", "muted")
        self.facts = _FactsTable()
        self.cells = CellsTable()
        self._cells_title = _heading(tr("Most likely cells"))
        body = QWidget()
        body.setObjectName("detailBody")
        box = QVBoxLayout(body)
        box.setContentsMargins(16, 16, 16, 16)
        box.setSpacing(10)
        for part in (self.verdict, self.detail, self.facts, self._cells_title, self.cells):
            box.addWidget(part)
        box.addStretch(1)
        self.setWidget(body)
        self.show_sides(None, None)

    def show_sides(self, a: Side | None, b: Side | None) -> None:
        """Show both answers; with one missing, what is still awaited."""
        both = a is not None and b is not None
        for part in (self.facts, self._cells_title, self.cells):
            part.setVisible(both)
        if a is None or b is None:
            self.verdict.setText(tr("Choose two photos, two models or two decision methods."))
            self.detail.setText("")
            return
        self.verdict.setText(_verdict(a, b))
        self.detail.setText(_agreement(a, b))
        self.facts.fill([(title, of(a), of(b)) for title, of in _FACTS])
        self.cells.show_rows(cell_rows(a, b))

    def say(self, text: str) -> None:
        """One sentence instead of a comparison."""
        self.show_sides(None, None)
        self.verdict.setText(text)


def _verdict(a: Side, b: Side) -> str:
    km = distance_km(a.prediction.coordinate, b.prediction.coordinate)
    if km < 0.001:
        return tr("Both give the same position.")
    return tr("The answers are {distance} apart.").format(distance=words.distance(km))


def _agreement(a: Side, b: Side) -> str:
    shared = shared_mass(a, b)
    if shared is None:
        return tr(
            "The models use different cells, so probabilities cannot be compared cell by cell."
        )
    return tr("Their probabilities overlap by {share}.").format(share=words.percent(shared))


def _place(side: Side) -> str:
    if side.prediction.level is Level.CANNOT_TELL:
        return tr("Cannot tell ({place}?)").format(place=words.place_vague(side.place))
    return words.place_short(side.place, side.prediction.level)


def _scene(side: Side) -> str:
    scene = side.prediction.scene
    if scene is None:
        return "—"
    best = int(scene.s3.argmax())
    name = words.scene(scene_table().s3_names[best])
    return f"{name} {words.percent(float(scene.s3[best]))}"


_FACTS = (
    (tr("Photo"), lambda side: side.photo.name),
    (tr("Model"), lambda side: side.model),
    (tr("Method"), lambda side: side.way[:1].upper() + side.way[1:]),
    (tr("Place"), _place),
    (tr("Position"), lambda side: decimal(side.prediction.coordinate, 2)),
    (tr("80% radius"), lambda side: words.distance(side.prediction.radii.r80_km)),
    (tr("Confidence"), lambda side: words.percent(side.prediction.confidence)),
    (tr("Level"), lambda side: words.level(side.prediction.level)),
    (tr("Network"), lambda side: side.prediction.network),
    (tr("Scene"), _scene),
)


class _FactsTable(QTableWidget):
    """A line for each thing to compare; long ways of deciding wrap, and nothing is cut."""

    def __init__(self) -> None:
        super().__init__(0, 3)
        self.setHorizontalHeaderLabels(("", tr("A"), tr("B")))
        self.verticalHeader().hide()
        self.setAccessibleName(tr("Both answers"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        # Columns get their widths one by one, after the table has got its own.
        self._fitting = QTimer(self)
        self._fitting.setSingleShot(True)
        self._fitting.timeout.connect(self._fit_height)
        header.sectionResized.connect(lambda *_: self._fitting.start(0))

    def fill(self, rows: list[tuple[str, str, str]]) -> None:
        """Show these lines instead: title, A, B."""
        self.setRowCount(len(rows))
        for y, row in enumerate(rows):
            for x, text in enumerate(row):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.setItem(y, x, item)
        self._fit_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        # The titles share a narrow pane fairly with what they stand for.
        usual = self.sizeHintForColumn(0)
        self.setColumnWidth(0, min(usual, int(_TITLES_SHARE * event.size().width())))
        super().resizeEvent(event)

    def _fit_height(self) -> None:
        for y in range(self.rowCount()):
            self.setRowHeight(y, max(self._height(y, x) for x in range(self.columnCount())))
        rows_px = sum(self.rowHeight(y) for y in range(self.rowCount()))
        self.setFixedHeight(rows_px + self.horizontalHeader().sizeHint().height() + 4)

    def _height(self, y: int, x: int) -> int:
        # Qt's own measure leaves out the room that the theme puts around a text, and cuts it.
        text = self.model().index(y, x).data()
        room = QRect(0, 0, self.columnWidth(x) - _AROUND_PX, 1000)
        wrapped = self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, text)
        return wrapped.height() + _AROUND_PX // 2


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label
