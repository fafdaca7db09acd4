"""The last page: how good the model is, what it cannot do, and its worst photos."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.cards import Card
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.train.pieces import Page, ValueRows, label
from geoguess_app.ui.train.result import ErrorFigures, TestPhoto, TrainingResult, length
from geoguess_app.ui.work.photo_view import PhotoView
from geoguess_app.ui.work.pictures import Pictures

_MOST_WORST = 50
_Index = QModelIndex | QPersistentModelIndex


class WorstModel(QAbstractTableModel):
    """Test photos with their errors, the largest first."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[TestPhoto, ...] = ()

    def show_tests(self, tests: tuple[TestPhoto, ...]) -> None:
        """Replace the test photos."""
        self.beginResetModel()
        self._rows = tests[:_MOST_WORST]
        self.endResetModel()

    def test(self, row: int) -> TestPhoto | None:
        """The photo of a row."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def row_of(self, path: Path) -> int:
        """Return where a photo stands, or -1."""
        return next((i for i, test in enumerate(self._rows) if test.path == path), -1)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 2

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (tr("Photo"), tr("Error"))[section]

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        test = self.test(index.row())
        if test is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (test.path.name, words.distance(test.error_km))[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return str(test.path)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column():
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None


class ResultPage(Page):
    """Honest figures: the error beside what knowing nothing would give."""

    photoChosen = Signal(object)
    """A TestPhoto to show on the map, or None."""

    def __init__(self, theme: Theme, pictures: Pictures, parent: QWidget | None = None) -> None:
        super().__init__("trainResult", parent)
        self.title, self.verdict = label(role="title"), label()
        self.poor = Card("warning", "warning", theme)
        self.errors = ValueRows(columns=3)
        self.bounds, self.split = label(role="muted"), label(role="muted")
        self.radii, self.radii_note = ValueRows(), label(role="muted")
        self.limits = label()
        self.chosen = label(role="muted")
        self.photo = PhotoView(theme, pictures)
        self.answer = label(role="muted")
        self.model = WorstModel()
        self.table = _table(self.model)
        self.add(self.title, self.verdict, self.poor, self.errors)
        self.add(self.bounds, self.split)
        self._radii = self.section(tr("Coverage of the radius"), self.radii, self.radii_note)
        self.section(tr("Limitations"), self.limits)
        self._worst = self.section(tr("Worst test photos"), self.photo, self.answer, self.table)
        self._how = self.section(tr("Model selection"), self.chosen)
        self.box.addStretch(1)
        self.table.selectionModel().currentRowChanged.connect(self._row_chosen)

    def show_result(self, result: TrainingResult) -> None:
        """Fill the page with a result."""
        self.title.setText(result.title)
        good = result.beats_floor
        self.verdict.setText(result.verdict)
        self.verdict.setVisible(good)
        self.poor.setVisible(not good)
        if not good:
            self.poor.say(tr("No better than always answering the centre"), result.verdict)
        self.errors.show_rows(_error_rows(result), ("", tr("median"), tr("mean")), strong=0)
        self.errors.setVisible(result.this is not None)
        self.bounds.setText(tr(_BOUNDS))
        self.bounds.setVisible(result.floor is not None and result.ceiling is not None)
        self.split.setText(_split_words(result))
        self._show_radii(result)
        self.limits.setText("\n".join(result.limits))
        self.chosen.setText(result.chosen[:1].upper() + result.chosen[1:])
        self._how.setVisible(bool(result.chosen))
        self.model.show_tests(result.tests)
        self._worst.setVisible(bool(result.tests))
        self._show_test(None)
        rows = min(8, self.model.rowCount())
        height = self.table.verticalHeader().defaultSectionSize() * rows
        self.table.setFixedHeight(height + self.table.horizontalHeader().sizeHint().height() + 4)

    def choose(self, path: Path) -> None:
        """Select a photo, as a click on the map does."""
        row = self.model.row_of(path)
        if row >= 0:
            self.table.selectRow(row)

    def _show_radii(self, result: TrainingResult) -> None:
        self._radii.setVisible(bool(result.inside) and result.photos > 0)
        if not result.inside:
            return
        self.radii.show_rows(
            [
                (tr("{share}% radius").format(share=share), _of(held, result.photos, share))
                for share, held in zip((50, 80, 95), result.inside, strict=True)
            ]
        )
        self.radii_note.setText(tr("Number of test photos taken inside the radius."))

    def _row_chosen(self, index: QModelIndex) -> None:
        test = self.model.test(index.row())
        self._show_test(test)
        self.photoChosen.emit(test)

    def _show_test(self, test: TestPhoto | None) -> None:
        self.photo.setVisible(test is not None)
        self.answer.setVisible(test is not None)
        if test is None:
            return
        self.photo.show_photo(test.path, test.path.name)
        self.answer.setText(
            tr("Error: {error}. 80% radius: {radius}.").format(
                error=words.distance(test.error_km), radius=words.distance(test.r80_km)
            )
        )


def _of(held: int, count: int, share: int) -> str:
    return tr("{held} of {count} ({percent}; expected {share}%)").format(
        held=held, count=count, percent=words.percent(held / max(count, 1)), share=share
    )


def _error_rows(result: TrainingResult) -> list[tuple[str, str, str]]:
    rows = [
        (tr("This model"), result.this),
        (tr("Position of the closest look-alike"), result.nearest),
        (tr("Always the centre of your photos"), result.floor),
        (tr("Always the nearest training photo"), result.ceiling),
    ]
    return [(name, *_pair(figures)) for name, figures in rows if figures is not None]


_BOUNDS = (
    "The centre is what a model that knows nothing would answer. Always finding the "
    "nearest training photo is about the best that these photos allow."
)


def _pair(figures: ErrorFigures) -> tuple[str, str]:
    return length(figures.median_m), length(figures.mean_m)


def _split_words(result: TrainingResult) -> str:
    """Which question the test asked, and how the other one is answered."""
    if result.this is None:
        return ""
    text = tr("Tested on {count} held-out photos").format(count=result.photos)
    text = f"{text}: {_division(result.split)}." if result.split else f"{text}."
    if result.other is not None:
        other = tr("With the other split ({words}): median {median}.")
        text += " " + other.format(
            words=_division(result.other_words), median=length(result.other.median_m)
        )
    return text


def _division(text: str) -> str:
    """How the trainer divided the photos, without its technical terms."""
    if text.startswith("by place"):
        return tr("whole spots held out")
    if text.startswith("at random"):
        return tr("single photos held out")
    return text


def _table(model: WorstModel) -> QTableView:
    table = QTableView()
    table.setModel(model)
    table.setAccessibleName(tr("Worst test photos"))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    table.verticalHeader().hide()
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
    return table
