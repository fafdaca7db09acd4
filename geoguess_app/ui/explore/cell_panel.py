"""The right pane of Explore mode: all about the chosen cell, or about the level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPushButton, QScrollArea, QVBoxLayout, QWidget

from geoguess_app.ui.explore import details, wording
from geoguess_app.ui.explore.explorer import Explorer, Spot
from geoguess_app.ui.explore.fact_list import Fact, FactList
from geoguess_app.ui.explore.rows_table import LinkRow, RowsTable
from geoguess_app.ui.kit.icons import Icons
from geoguess_app.ui.kit.pieces import section, stand_as_pane, text_label
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.core.explore.cell_facts import CellRef, ModelCells
    from geoguess_app.core.geo.places import PlaceFinder
    from geoguess_app.core.types import IntArray


class CellPanel(QScrollArea):
    """A panel that shows what an Explorer has chosen; links and tables choose other cells."""

    copied = Signal(str)
    left = Signal()
    """Escape: the keyboard goes back to the cells."""

    def __init__(self, explorer: Explorer, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        stand_as_pane(self, tr("Details of the selected cell"))
        self._explorer = explorer
        self.finder: PlaceFinder | None = None  # once it answers at once
        self.title = text_label("title")
        self.subtitle = text_label("muted")
        self.facts = FactList(icons)
        self.note = text_label("muted")
        self.links = QWidget()
        self._links_box = QVBoxLayout(self.links)
        self._links_box.setContentsMargins(0, 0, 0, 0)
        self._links_box.setSpacing(2)
        self._make_tables()
        self._lay_out()
        self.facts.copied.connect(self.copied)
        for table in self.tables():
            table.followed.connect(self._follow)
        explorer.loaded.connect(self.refresh)
        explorer.levelChanged.connect(self._level_changed)
        explorer.named.connect(lambda _level: self.refresh())
        explorer.chosenChanged.connect(lambda _go: self._chosen_changed())
        self.refresh()

    def _make_tables(self) -> None:
        self.parents = RowsTable(tr("Parent cells"), (tr("Level and cell"), tr("Photos")))
        self.children_ = RowsTable(tr("Child cells"), (tr("Place"), tr("Photos"), tr("Cell")))
        self.neighbours = RowsTable(tr("Neighbours"), (tr("Place"), tr("Photos"), tr("Cell")))
        self.towns = RowsTable(tr("Towns"), (tr("Largest first"), ""))
        self.photos = RowsTable(
            tr("Training photos in the bank"), (tr("Near"), tr("Photos"), tr("Position"))
        )
        self.photos_note = text_label("muted")
        self.children_note = text_label("muted")

    def tables(self) -> tuple[RowsTable, ...]:
        """All tables, top down."""
        return (self.parents, self.children_, self.neighbours, self.towns, self.photos)

    def sizeHint(self) -> QSize:
        return QSize(350, 600)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)

    def refresh(self) -> None:
        """Show what is chosen now."""
        cells, chosen = self._explorer.cells, self._explorer.chosen
        if isinstance(chosen, Spot) or cells is None or chosen is None:
            for part in self._parts.values():
                part.hide()
        self.links.hide()
        if cells is None:
            self._head("", "", ())
            self.note.setText("")
        elif chosen is None:
            self._show_overview(cells)
        elif isinstance(chosen, Spot):
            self._show_spot(cells, chosen)
        else:
            self._show_cell(cells, chosen)
        self.note.setVisible(bool(self.note.text()))

    # --- the three things that can be shown ----------------------------------------------

    def _show_overview(self, cells: ModelCells) -> None:
        level = self._explorer.level
        if level < 0:
            self._head(tr("No cells"), "", details.bank_facts(cells))
            self.note.setText(details.no_cells(cells))
            if cells.bank is not None:
                self._show_photos(cells, details.some_photos(cells.bank))
            return
        name = wording.level(cells, level)
        self._head(
            tr("{level} cells").format(level=name), "", details.level_facts_shown(cells, level)
        )
        self.note.setText(tr("Select a cell on the map or in the table to see its details."))

    def _show_spot(self, cells: ModelCells, spot: Spot) -> None:
        self._head(spot.label, "", details.spot_facts(spot, self.finder))
        self.note.setText(details.spot_note(cells, self._explorer.level, spot))
        targets = details.spot_links(cells, self._explorer, spot)
        while (item := self._links_box.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for text, ref in targets:
            link = QPushButton(text)
            link.setProperty("link", "true")
            link.clicked.connect(lambda _checked=False, r=ref: self._explorer.choose(r, go=True))
            self._links_box.addWidget(link)
        self.links.setVisible(bool(targets))

    def _show_cell(self, cells: ModelCells, ref: CellRef) -> None:
        explorer = self._explorer
        where = explorer.place(ref)
        level = wording.level(cells, ref.level)
        subtitle = tr("{level} cell {token}").format(level=level, token=cells.token(ref))
        self._head(wording.cell_title(cells, ref, where), subtitle, details.cell_facts(cells, ref))
        self.note.setText("")
        self._fill("parents", self.parents, details.parent_rows(cells, ref))
        self._fill("children", self.children_, details.child_rows(explorer, ref))
        self.children_note.setText(details.children_note(cells, ref))
        has_note = bool(self.children_note.text())
        self.children_note.setVisible(has_note)
        self.children_.setVisible(bool(self.children_.rows))
        self._parts["children"].setVisible(has_note or bool(self.children_.rows))
        self._fill("neighbours", self.neighbours, details.neighbour_rows(explorer, ref))
        towns = details.town_rows(cells, ref, where) if self.finder is not None else []
        self._fill("towns", self.towns, towns)
        self._show_photos(cells, cells.training_photos(ref))

    def _show_photos(self, cells: ModelCells, indices: IntArray) -> None:
        rows, note = details.photo_rows(cells, indices, self.finder)
        self._fill("photos", self.photos, rows)
        self.photos_note.setText(note)

    def _head(self, title: str, subtitle: str, facts: tuple[Fact, ...]) -> None:
        self.title.setText(title)
        self.subtitle.setText(subtitle)
        self.subtitle.setVisible(bool(subtitle))
        self.facts.show_facts(facts)
        self.setAccessibleDescription(
            ", ".join([title, subtitle, *(f"{fact.name} {fact.value}" for fact in facts)])
        )

    def _fill(self, part: str, table: RowsTable, rows: list[LinkRow]) -> None:
        table.show_rows(rows)
        self._parts[part].setVisible(bool(rows))

    # --- wires ---------------------------------------------------------------------------

    def _follow(self, target: object) -> None:
        self._explorer.choose(target, go=True)  # type: ignore[arg-type]

    def _chosen_changed(self) -> None:
        self.verticalScrollBar().setValue(0)
        self.refresh()

    def _level_changed(self) -> None:
        if self._explorer.cell() is None:
            self.refresh()

    def _lay_out(self) -> None:
        body = QWidget()
        body.setObjectName("detailBody")
        box = QVBoxLayout(body)
        box.setContentsMargins(16, 16, 16, 18)
        box.setSpacing(8)
        for widget in (self.title, self.subtitle, self.facts, self.note, self.links):
            box.addWidget(widget)
        self._parts = {
            "parents": section(tr("Parent cells"), self.parents),
            "children": section(tr("Child cells"), self.children_, self.children_note),
            "neighbours": section(tr("Neighbours"), self.neighbours),
            "towns": section(tr("Towns"), self.towns),
            "photos": section(tr("Training photos in the bank"), self.photos, self.photos_note),
        }
        for part in self._parts.values():
            box.addWidget(part)
        box.addStretch(1)
        self.setWidget(body)
