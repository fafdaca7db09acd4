"""Both answers side by side, as a table and in sentences."""

from __future__ import annotations

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

from geoguess_app.core.coordinate_format import decimal
from geoguess_app.core.scenes import scene_table
from geoguess_app.core.types import Level
from geoguess_app.ui import words
from geoguess_app.ui.compare.work import Side, shared_mass
from geoguess_app.ui.map.mercator import distance_km
from geoguess_app.ui.words import tr

_TOP_CELLS = 8


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
        self.facts = _table((tr(""), tr("A"), tr("B")))
        self.cells = _table((tr("Cell"), tr("A"), tr("B")))
        self._cells_title = _heading(tr("Likeliest cells"))
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
        """Both answers; with one missing, what is still awaited."""
        both = a is not None and b is not None
        for part in (self.facts, self._cells_title, self.cells):
            part.setVisible(both)
        if a is None or b is None:
            self.verdict.setText(tr("Choose two photos, two models or two ways of deciding."))
            self.detail.setText("")
            return
        self.verdict.setText(_verdict(a, b))
        self.detail.setText(_agreement(a, b))
        _fill(self.facts, [(title, of(a), of(b)) for title, of in _FACTS])
        _fill(self.cells, _cell_rows(a, b))

    def say(self, text: str) -> None:
        """One sentence instead of a comparison."""
        self.show_sides(None, None)
        self.verdict.setText(text)


def _verdict(a: Side, b: Side) -> str:
    km = distance_km(a.prediction.coordinate, b.prediction.coordinate)
    if km < 0.001:
        return tr("Both give the same position.")
    return tr("The answers lie {distance} apart.").format(distance=words.distance(km))


def _agreement(a: Side, b: Side) -> str:
    shared = shared_mass(a, b)
    if shared is None:
        return tr("Their cells differ, so that probabilities cannot be compared cell by cell.")
    return tr("They agree on {share} of the probability.").format(share=words.percent(shared))


def _place(side: Side) -> str:
    if side.prediction.level is Level.CANNOT_TELL:
        return tr("Cannot tell ({place}?)").format(place=words.place_vague(side.place))
    return words.place_short(side.place, words.naming_level(side.prediction))


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
    (tr("Decides"), lambda side: side.way[:1].upper() + side.way[1:]),
    (tr("Place"), _place),
    (tr("Position"), lambda side: decimal(side.prediction.coordinate, 2)),
    (tr("80 % within"), lambda side: words.distance(side.prediction.radii.r80_km)),
    (tr("Within 25 km"), lambda side: words.percent(side.prediction.confidence)),
    (tr("Trust"), lambda side: words.level(side.prediction.level)),
    (tr("Network"), lambda side: side.prediction.network),
    (tr("Scene"), _scene),
)


def _cell_rows(a: Side, b: Side) -> list[tuple[str, str, str]]:
    """The likeliest cells of both, with the probability that each side gives them."""
    by_side = [_by_token(side) for side in (a, b)]
    tokens = sorted(
        {token for found in by_side for token in list(found)[:_TOP_CELLS]},
        key=lambda token: -max(found.get(token, 0.0) for found in by_side),
    )
    a_says, b_says = by_side
    return [(token, _chance(a_says, token), _chance(b_says, token)) for token in tokens]


def _chance(found: dict[str, float], token: str) -> str:
    return words.percent(found[token]) if token in found else "—"


def _by_token(side: Side) -> dict[str, float]:
    if side.partition is None:
        return {}
    order = (-side.cells).argsort(kind="stable")
    tokens = side.partition.tokens
    return {tokens[i]: float(side.cells[i]) for i in order}


def _table(titles: tuple[str, ...]) -> QTableWidget:
    table = QTableWidget(0, len(titles))
    table.setHorizontalHeaderLabels(titles)
    table.verticalHeader().hide()
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setShowGrid(False)
    table.setWordWrap(True)
    header = table.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
    return table


def _fill(table: QTableWidget, rows: list[tuple[str, str, str]]) -> None:
    table.setRowCount(len(rows))
    for y, row in enumerate(rows):
        for x, text in enumerate(row):
            item = QTableWidgetItem(text)
            item.setToolTip(text)
            table.setItem(y, x, item)
    table.resizeRowsToContents()
    rows_px = sum(table.rowHeight(y) for y in range(table.rowCount()))
    table.setFixedHeight(rows_px + table.horizontalHeader().sizeHint().height() + 4)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label
