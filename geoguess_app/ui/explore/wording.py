"""Words of Explore mode: areas, measures, cells, and what a search found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoguess_app.core.explore.cell_search import Hit, HitKind
from geoguess_app.core.types import Coordinate, Place
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.map.search import hits

if TYPE_CHECKING:
    from geoguess_app.core.explore.cell_facts import CellRef, ModelCells


def measure(name: str) -> str:
    """Return what the cells are coloured by."""
    return {
        "photos": tr("Training photos"),
        "density": tr("Photo density"),
        "area": tr("Area"),
        "share": tr("Share of photos"),
    }[name]


def place(found: Place | None) -> str:
    """A cell's place in a table; dots until it is known."""
    return "…" if found is None else words.place_short(found)


def level(cells: ModelCells, number: int) -> str:
    """Name a level of the model, such as ``Fine``."""
    return words.layer(cells.levels[number].partition.name)


def cell_title(cells: ModelCells, ref: CellRef, where: Place | None) -> str:
    """Return what stands over a cell's facts."""
    if where is not None and (where.city or where.region or where.country):
        return words.place_short(where)
    return tr("Cell {token}").format(token=cells.token(ref))


def hit_texts(hit: Hit, cells: ModelCells | None) -> tuple[str, str]:
    """Say in two lines what a search found: where that is, and which cell holds it."""
    title, where = hits.hit_texts(hit)
    if hit.kind is HitKind.TOKEN and hit.cell_id is not None:
        return title, token_standing(hit.cell_id, cells)
    if cells is None or not cells.levels:
        return title, where
    cell = finest_cell_text(hit.coordinate, cells)
    return title, f"{where} · {cell}" if hit.kind is HitKind.PLACE else cell


def finest_cell_text(coordinate: Coordinate, cells: ModelCells) -> str:
    """The finest cell that holds a place."""
    for number in reversed(range(len(cells.levels))):
        ref = cells.at(number, coordinate)
        if ref is not None:
            name = level(cells, number).lower()
            return tr("{level} cell {token}").format(level=name, token=cells.token(ref))
    return tr("no cell")


def token(cell_id: int) -> str:
    """The S2 token of any cell."""
    from geoguess_app.core.cells import tokens

    return tokens([cell_id])[0]


def token_standing(cell_id: int, cells: ModelCells | None) -> str:
    """Return how an S2 cell stands to the cells of the model, finest level first."""
    if cells is None or not cells.levels:
        return tr("This model has no cells")
    levels = list(reversed(range(len(cells.levels))))
    overlaps = {number: cells.inside(number, cell_id) for number in levels}
    for number, found in overlaps.items():
        if any(cells.cell_id(ref) == cell_id for ref in found):
            name = level(cells, number).lower()
            return tr("A {level} cell of this model").format(level=name)
    for number, found in overlaps.items():
        if found:
            return _overlap(cell_id, cells, number, found)
    return tr("This model has no cell there")


def _overlap(cell_id: int, cells: ModelCells, number: int, found: tuple[CellRef, ...]) -> str:
    name = level(cells, number).lower()
    if len(found) > 1:
        return tr("Contains {n} {level} cells").format(n=f"{len(found):,}", level=name)
    if is_smaller(cell_id, cells.cell_id(found[0])):
        text = tr("Inside the {level} cell {token}")
    else:
        text = tr("Contains the {level} cell {token}")
    return text.format(level=name, token=cells.token(found[0]))


def is_smaller(cell_id: int, other: int) -> bool:
    """Tell whether the first of two overlapping S2 cells lies inside the second."""
    return (cell_id & -cell_id) < (other & -other)
