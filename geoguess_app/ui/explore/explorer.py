"""The state of Explore mode: level, colours, filter, and the chosen cell or spot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.types import Coordinate, Place

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from geoguess_app.core.explore.cell_facts import CellRef, ModelCells
    from geoguess_app.core.types import IntArray
    from geoguess_app.ui.explore.work import LevelNames, PreparedCells

MEASURES = ("photos", "density", "area", "share")
_MOST_STEPS_BACK = 200


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the map that was asked for, and no cell of the level holds it."""

    coordinate: Coordinate
    label: str
    cell_id: int | None = None
    """The S2 cell that was asked for by its token, which is none of the level's cells."""


@dataclass(frozen=True, slots=True)
class CellFilter:
    """A filter for the cells that are shown."""

    least_photos: int = 0
    country_code: str = ""

    @property
    def is_on(self) -> bool:
        """Tell whether it leaves anything out."""
        return self.least_photos > 0 or bool(self.country_code)


class Explorer(QObject):
    """The state of Explore mode; widgets and map show it and change it through its methods."""

    loaded = Signal()
    """Another model's cells are there, or none (``cells`` is None)."""
    named = Signal(int)
    """The names of a level's cells are known."""
    levelChanged = Signal()
    coloursChanged = Signal()
    filterChanged = Signal()
    photosChanged = Signal()
    """All remembered training photos are shown, or only those of the chosen cell."""
    chosenChanged = Signal(bool)
    """A CellRef, a Spot or None is ``chosen``; True when the map should go there."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cells: ModelCells | None = None
        self.names: dict[int, tuple[Place, ...]] = {}
        self.countries: dict[int, npt.NDArray[np.str_]] = {}
        """Per level the country codes of its cells."""
        self.ranks: dict[int, IntArray] = {}
        """Per level those of its cells by name."""
        self.pages: dict[int, bytes] = {}
        """Per level what the map's page fetches about its cells."""
        self.level = -1
        self.measure = MEASURES[0]
        self.log = True
        self.filter = CellFilter()
        self.all_photos = False
        self.chosen: CellRef | Spot | None = None
        self._past: list[CellRef | Spot | None] = []

    # --- the model ----------------------------------------------------------------------

    def set_cells(self, read: PreparedCells | None) -> None:
        """Explore another model, or none: its coarsest level, nothing chosen."""
        self.cells = cells = read.cells if read is not None else None
        self.names, self.ranks, self.countries = {}, {}, {}
        self.pages = dict(enumerate(read.pages)) if read is not None else {}
        self.level = 0 if cells is not None and cells.levels else -1
        self.filter = CellFilter()
        self.chosen = None
        self._past.clear()
        self.loaded.emit()

    def set_names(self, found: LevelNames) -> None:
        """The names of one level have been looked up."""
        self.names[found.level] = found.places
        self.ranks[found.level] = found.ranks
        self.countries[found.level] = found.countries
        self.pages[found.level] = found.page
        self.named.emit(found.level)

    def level_names(self) -> list[str]:
        """The model's own names of its levels, coarse to fine."""
        return [facts.partition.name for facts in self.cells.levels] if self.cells else []

    def place(self, ref: CellRef) -> Place | None:
        """Return where a cell's photos are, once that is known."""
        names = self.names.get(ref.level)
        return names[ref.cell] if names else None

    # --- what is shown ------------------------------------------------------------------

    def set_level(self, level: int) -> None:
        """Show another level's cells; what is chosen stays chosen."""
        if self.cells and 0 <= level < len(self.cells.levels) and level != self.level:
            self.level = level
            self.levelChanged.emit()

    def step_level(self, by: int) -> None:
        """One level finer (1) or coarser (-1)."""
        self.set_level(self.level + by)

    def set_measure(self, measure: str) -> None:
        """Colour the cells by something else; areas differ too much for an even scale."""
        if measure != self.measure:
            self.measure = measure
            self.coloursChanged.emit()

    def set_log(self, on: bool) -> None:
        """Colours by powers of ten, or in proportion."""
        if on != self.log:
            self.log = on
            self.coloursChanged.emit()

    def show_all_photos(self, on: bool) -> None:
        """Show every training photo that the model remembers, or only those of the chosen cell."""
        if on != self.all_photos:
            self.all_photos = on
            self.photosChanged.emit()

    def set_filter(self, wanted: CellFilter) -> None:
        """Show only some of the cells."""
        if wanted != self.filter:
            self.filter = wanted
            self.filterChanged.emit()

    def shown(self, level: int) -> npt.NDArray[np.bool_] | None:
        """Return which cells of a level the filter lets through; None for all of them."""
        if self.cells is None or not self.filter.is_on:
            return None
        photos = self.cells.levels[level].partition.photo_counts
        passing: npt.NDArray[np.bool_] = photos >= self.filter.least_photos
        if self.filter.country_code and level in self.countries:
            passing = passing & (self.countries[level] == self.filter.country_code)
        return passing

    # --- what is chosen -----------------------------------------------------------------

    def choose(self, wanted: CellRef | Spot | None, *, go: bool = False) -> None:
        """Choose a cell (of any level, which is then shown), a spot, or nothing."""
        if wanted != self.chosen:
            self._past.append(self.chosen)
            del self._past[:-_MOST_STEPS_BACK]
        self._choose(wanted, go)

    def back(self) -> None:
        """Choose what was chosen before."""
        if self._past:
            self._choose(self._past.pop(), True)

    def _choose(self, wanted: CellRef | Spot | None, go: bool) -> None:
        self.chosen = wanted
        if wanted is not None and not isinstance(wanted, Spot):
            self.set_level(wanted.level)
        self.chosenChanged.emit(go)

    def cell(self) -> CellRef | None:
        """The chosen cell, if it is one."""
        return None if isinstance(self.chosen, Spot) else self.chosen

    def choose_at(self, coordinate: Coordinate, label: str, *, go: bool = False) -> None:
        """Choose the cell of this level that holds a place; the place itself where none does."""
        if self.cells is None:
            return
        held = self.cells.at(self.level, coordinate) if self.level >= 0 else None
        self.choose(held or Spot(coordinate, label), go=go)

    def choose_token(self, cell_id: int, center: Coordinate, label: str) -> None:
        """Choose an S2 cell: one of the model's at any level, finest first, or a spot."""
        if self.cells is None:
            return
        for level in reversed(range(len(self.cells.levels))):
            for ref in self.cells.inside(level, cell_id):
                if self.cells.cell_id(ref) == cell_id:
                    self.choose(ref, go=True)
                    return
        self.choose(Spot(center, label, cell_id), go=True)

    def choose_parent(self) -> None:
        """The next coarser cell around the chosen one."""
        ref = self.cell()
        if ref is not None and self.cells is not None:
            parents = self.cells.parents(ref)
            if parents:
                self.choose(parents[-1].ref, go=True)

    def choose_child(self) -> None:
        """The finer cell with most photos inside the chosen one."""
        ref = self.cell()
        if ref is None or self.cells is None:
            return
        children = self.cells.children(ref)
        if children:
            photos = self.cells.levels[ref.level + 1].partition.photo_counts
            self.choose(max(children, key=lambda child: photos[child.cell]), go=True)
