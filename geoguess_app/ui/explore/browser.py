"""The left pane of Explore mode: search, level, colours, filter, and the table of all cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.ui.explore import wording
from geoguess_app.ui.explore.cell_table import CellTable
from geoguess_app.ui.explore.explorer import MEASURES, CellFilter, Explorer
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.inputs import ComboBox, SpinBox
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.map.search.box import SearchBox

if TYPE_CHECKING:
    from geoguess_app.core.explore.cell_search import CellSearchResult

_FIELD_HEIGHT = 28


class CellBrowser(QFrame):
    """A browser that shows an Explorer and changes it."""

    opened = Signal()
    """Enter on a cell: the keyboard goes to its details."""

    def __init__(
        self, explorer: Explorer, theme: Theme, ask: Callable[[str], CellSearchResult | None]
    ) -> None:
        super().__init__()
        self.setObjectName("explorePane")
        self._explorer = explorer
        self.search = SearchBox(theme, ask, lambda hit: wording.hit_texts(hit, explorer.cells))
        self.table = CellTable(explorer)
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self.message = QLabel()
        self.message.setProperty("role", "muted")
        self.message.setWordWrap(True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.levels = QWidget()
        self._level_buttons = QButtonGroup(self)
        self.measure = ComboBox()
        self.country = ComboBox()
        self.least = SpinBox()
        self.photos = QCheckBox(tr("Show training photos"))
        self.references = QCheckBox(tr("Show reference photos (green)"))
        self._make_fields()
        self._lay_out()
        self.table.opened.connect(self.opened)
        self.search.left.connect(self.focus_table)
        explorer.loaded.connect(self._loaded)
        explorer.named.connect(lambda _level: self._list_countries())
        explorer.levelChanged.connect(self._level_changed)
        explorer.coloursChanged.connect(self._show_colours)
        explorer.filterChanged.connect(self._show_filter)
        explorer.photosChanged.connect(self._offer_photos)
        self.table.cells.modelReset.connect(self._count_cells)
        self._loaded()

    def focus_table(self) -> None:
        """Keyboard to the cells, or to the search where there are none."""
        target = self.table if self.table.isVisibleTo(self) else self.search.field
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def offer_references(self, number: int, *, on: bool) -> None:
        """Offer to show so many reference photos on the map, which are shown or not."""
        self.references.setVisible(number > 0)
        self.references.setChecked(on)

    def say(self, text: str) -> None:
        """Say what is shown instead of cells."""
        self.message.setText(text)
        self._cells_part.hide()
        self.message.show()

    def _make_fields(self) -> None:
        for name in MEASURES:
            self.measure.addItem(wording.measure(name), name)
        self.measure.setAccessibleName(tr("Colour cells by"))
        self.measure.activated.connect(
            lambda _row: self._explorer.set_measure(self.measure.currentData())
        )
        self.country.setAccessibleName(tr("Only cells in this country"))
        self.country.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.country.setMinimumContentsLength(6)
        self.country.activated.connect(lambda _row: self._filter_edited())
        self.least.setRange(0, 9_999_999)
        self.least.setGroupSeparatorShown(True)
        self.least.setSpecialValueText(tr("any number"))
        self.least.setSuffix(" " + tr("photos"))
        self.least.setKeyboardTracking(False)
        self.least.setStepType(QSpinBox.StepType.AdaptiveDecimalStepType)
        self.least.setAccessibleName(tr("Minimum number of photos per cell"))
        self.least.valueChanged.connect(lambda _value: self._filter_edited())
        self.photos.setToolTip(
            tr("Show all photos in the model’s bank, not only those of the selected cell")
        )
        self.photos.toggled.connect(self._explorer.show_all_photos)
        self.references.hide()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self.levels)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._level_row = row
        self._cells_part = QWidget()
        part = QVBoxLayout(self._cells_part)
        part.setContentsMargins(0, 0, 0, 0)
        part.setSpacing(8)
        part.addWidget(self.levels)
        part.addLayout(self._field_grid())
        part.addWidget(self.photos)
        part.addWidget(self.references)
        part.addWidget(self.count)
        part.addWidget(self.table, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 12, 12, 12)
        box.setSpacing(10)
        box.addWidget(self.search)
        box.addWidget(self._cells_part, 1)
        box.addWidget(self.message, 1)

    def _field_grid(self) -> QGridLayout:
        fields = QGridLayout()
        fields.setHorizontalSpacing(8)
        fields.setVerticalSpacing(6)
        fields.setColumnStretch(1, 1)
        for number, (text, field) in enumerate(
            (
                (tr("Colour by"), self.measure),
                (tr("Country"), self.country),
                (tr("At least"), self.least),
            )
        ):
            label = QLabel(text)
            label.setProperty("role", "muted")
            label.setBuddy(field)
            field.setMinimumHeight(_FIELD_HEIGHT)
            fields.addWidget(label, number, 0)
            fields.addWidget(field, number, 1)
        return fields

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.search.fit_rows()

    # --- the state in the fields ---------------------------------------------------------

    def _loaded(self) -> None:
        cells = self._explorer.cells
        has_cells = cells is not None and bool(cells.levels)
        self._cells_part.setVisible(has_cells)
        self.message.setVisible(not has_cells)
        self._list_levels()
        self._list_countries()
        self._show_colours()
        self._show_filter()
        self._offer_photos()
        self.search.refresh()

    def _offer_photos(self) -> None:
        cells = self._explorer.cells
        self.photos.setVisible(cells is not None and cells.bank is not None and cells.bank.size > 0)
        self.photos.setChecked(self._explorer.all_photos)

    def _list_levels(self) -> None:
        for button in self._level_buttons.buttons():
            self._level_buttons.removeButton(button)
            button.hide()
            button.deleteLater()
        names = self._explorer.level_names()
        self.levels.setVisible(len(names) > 1)
        for level, name in enumerate(names):
            button = QToolButton()
            button.setText(words.layer(name))
            button.setCheckable(True)
            button.setChecked(level == self._explorer.level)
            button.setToolTip(self._level_help(level))
            button.setAccessibleName(tr("{level} cells").format(level=words.layer(name)))
            button.clicked.connect(lambda _checked=False, n=level: self._explorer.set_level(n))
            self._level_buttons.addButton(button, level)
            self._level_row.addWidget(button, 1)

    def _level_help(self, level: int) -> str:
        assert self._explorer.cells is not None
        size = self._explorer.cells.levels[level].partition.size
        return tr("{n} cells; press [ for coarser, ] for finer").format(n=f"{size:,}")

    def _level_changed(self) -> None:
        button = self._level_buttons.button(self._explorer.level)
        if button is not None:
            button.setChecked(True)
        self._list_countries()

    def _show_colours(self) -> None:
        self.measure.setCurrentIndex(self.measure.findData(self._explorer.measure))

    def _show_filter(self) -> None:
        wanted = self._explorer.filter
        self.least.blockSignals(True)
        self.least.setValue(wanted.least_photos)
        self.least.blockSignals(False)
        self.country.setCurrentIndex(max(0, self.country.findData(wanted.country_code)))

    def _list_countries(self) -> None:
        """Countries of the level's cells, by name; the one that is filtered by stays."""
        names = self._explorer.names.get(self._explorer.level, ())
        countries = {place.country_code: place.country for place in names if place.country_code}
        counts = Counter(place.country_code for place in names)
        wanted = self._explorer.filter.country_code
        self.country.clear()
        self.country.addItem(tr("All"), "")
        for code, country in sorted(countries.items(), key=lambda item: item[1]):
            self.country.addItem(f"{country} ({counts[code]:,})", code)
        if wanted and self.country.findData(wanted) < 0:
            self.country.addItem(f"{wanted} (0)", wanted)
        self.country.setCurrentIndex(max(0, self.country.findData(wanted)))
        self.country.setEnabled(bool(countries))

    def _filter_edited(self) -> None:
        self._explorer.set_filter(CellFilter(self.least.value(), self.country.currentData() or ""))

    def _count_cells(self) -> None:
        cells, level = self._explorer.cells, self._explorer.level
        if cells is None or level < 0:
            return
        shown, size = self.table.cells.rowCount(), cells.levels[level].partition.size
        whole = words.count(size, tr("cell"), tr("cells"))
        self.count.setText(
            whole if shown == size else tr("{n} of {cells}").format(n=f"{shown:,}", cells=whole)
        )
