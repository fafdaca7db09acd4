"""Details: what the panel says of a level, a cell or a spot, as values and rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoguess_app.core.explore.cell_places import largest_towns
from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import Coordinate, Place
from geoguess_app.ui.explore import wording
from geoguess_app.ui.explore.explorer import Explorer, Spot
from geoguess_app.ui.explore.fact_list import Fact
from geoguess_app.ui.explore.rows_table import LinkRow
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.core.decision.retrieval import Bank
    from geoguess_app.core.explore.cell_facts import CellRef, ModelCells
    from geoguess_app.core.geo.places import PlaceFinder
    from geoguess_app.core.types import IntArray

_MOST_PHOTOS_LISTED = 60
_MOST_PHOTOS_LOOKED_AT = 200_000
_SAME_SPOT_DIGITS = 4
_TOWN_DEG = 0.5
"""Photos nearer together than this are told apart only by more digits."""
_WHOLE = 0.995
"""Share of a cell's area from which its children are said to cover it."""


def level_facts_shown(cells: ModelCells, level: int) -> tuple[Fact, ...]:
    """A level at a glance."""
    facts = cells.levels[level]
    photos, areas = facts.partition.photo_counts, facts.area_km2
    s2 = facts.partition.levels
    return (
        Fact(tr("Cells"), f"{facts.partition.size:,}"),
        Fact(tr("Training photos"), f"{facts.photos:,}"),
        Fact(
            tr("Photos per cell"),
            tr("{least} to {most} (median {median})").format(
                least=f"{int(photos.min()):,}",
                most=f"{int(photos.max()):,}",
                median=f"{int(np.median(photos)):,}",
            ),
        ),
        Fact(tr("Cell area"), _range(*map(words.area, (areas.min(), areas.max())))),
        Fact(tr("S2 levels"), _range(str(s2.min()), str(s2.max()))),
    )


def _range(least: str, most: str) -> str:
    return least if least == most else tr("{least} to {most}").format(least=least, most=most)


def bank_facts(cells: ModelCells) -> tuple[Fact, ...]:
    """A model without cells at a glance."""
    if cells.bank is None:
        return ()
    return (Fact(tr("Training photos in the bank"), f"{cells.bank.size:,}"),)


def no_cells(cells: ModelCells) -> str:
    """Say why there is nothing to colour, and what is shown instead."""
    if cells.bank is None:
        return tr(
            "This model predicts coordinates, not cells, and has no bank of training "
            "photos, so there is nothing to explore. Choose another model under Tools → "
            "Models."
        )
    return tr(
        "This model answers from look-alikes in its bank of training photos, not from "
        "cells. The dots on the map show these photos."
    )


def cell_facts(cells: ModelCells, ref: CellRef) -> tuple[Fact, ...]:
    """Return what is measured of a cell."""
    facts = cells.facts(ref)
    partition = facts.partition
    photos = int(partition.photo_counts[ref.cell])
    mean, center = facts.mean(ref.cell), facts.center(ref.cell)
    token = cells.token(ref)
    return (
        Fact(tr("S2 token"), token, token),
        Fact(tr("S2 level"), str(int(partition.levels[ref.cell]))),
        Fact(
            tr("Training photos"),
            tr("{photos} ({share} of all)").format(
                photos=f"{photos:,}", share=words.percent(float(facts.share[ref.cell]))
            ),
        ),
        Fact(tr("Area"), words.area(float(facts.area_km2[ref.cell]))),
        Fact(tr("Mean location"), cf.decimal(mean, 4), mean),
        Fact(tr("Centre"), cf.decimal(center, 4), center),
    )


def parent_rows(cells: ModelCells, ref: CellRef) -> list[LinkRow]:
    """Coarser cells around a cell."""
    rows = []
    for parent in cells.parents(ref):
        name, token = wording.level(cells, parent.ref.level), cells.token(parent.ref)
        text = tr("{level} {token}") if parent.holds else tr("None; assigned to {level} {token}")
        rows.append(
            LinkRow((text.format(level=name, token=token), _photos(cells, parent.ref)), parent.ref)
        )
    return rows


def child_rows(explorer: Explorer, ref: CellRef) -> list[LinkRow]:
    """Finer cells inside a cell, those with most photos first."""
    cells = explorer.cells
    assert cells is not None
    children = cells.children(ref)
    if len(children) == 1 and cells.cell_id(children[0]) == cells.cell_id(ref):
        level = wording.level(cells, ref.level + 1).lower()
        text = tr("Not divided at the {level} level").format(level=level)
        return [LinkRow((text, _photos(cells, children[0]), cells.token(children[0])), children[0])]
    ordered = sorted(children, key=lambda child: -_count(cells, child))
    return [_cell_row(explorer, child) for child in ordered]


def children_note(cells: ModelCells, ref: CellRef) -> str:
    """Return what the finer cells leave out."""
    children = cells.children(ref)
    if ref.level + 1 >= len(cells.levels):
        return ""
    finer = wording.level(cells, ref.level + 1).lower()
    if not children:
        return tr("Too few photos for {level} cells.").format(level=finer)
    area = sum(float(cells.facts(child).area_km2[child.cell]) for child in children)
    share = area / float(cells.facts(ref).area_km2[ref.cell])
    if share > _WHOLE:
        return ""
    return tr(
        "They cover {share} of its area; the rest has too few photos for {level} cells."
    ).format(share=words.percent(share), level=finer)


def neighbour_rows(explorer: Explorer, ref: CellRef) -> list[LinkRow]:
    """Cells of the same level that touch a cell."""
    assert explorer.cells is not None
    return [_cell_row(explorer, other) for other in explorer.cells.neighbours(ref)]


def town_rows(cells: ModelCells, ref: CellRef, where: Place | None) -> list[LinkRow]:
    """The largest towns inside a cell, else the one nearest to its photos."""
    inside = largest_towns(cells.cell_id(ref))
    if not inside and where is not None and where.city:
        mean = cells.facts(ref).mean(ref.cell)
        name = words.place_short(where)
        away = tr("{distance} away").format(distance=words.distance(where.distance_km))
        return [LinkRow((name, away), Spot(mean, name))]
    return [
        LinkRow(
            (words.place_short(town.place), tr("{n} people").format(n=f"{town.population:,}")),
            Spot(town.coordinate, words.place_short(town.place)),
        )
        for town in inside
    ]


def some_photos(bank: Bank) -> IntArray:
    """All photos that a model remembers, or so many that looking through them takes no time."""
    return np.arange(0, bank.size, max(1, -(-bank.size // _MOST_PHOTOS_LOOKED_AT)))


def photo_rows(
    cells: ModelCells, members: IntArray, finder: PlaceFinder | None
) -> tuple[list[LinkRow], str]:
    """Return where some remembered training photos were taken, and a sentence about the rest."""
    if cells.bank is None or not len(members):
        return [], ""
    spots, counts = np.unique(
        np.round(
            np.stack([cells.bank.latitude_deg[members], cells.bank.longitude_deg[members]], axis=1),
            _SAME_SPOT_DIGITS,
        ),
        axis=0,
        return_counts=True,
    )
    order = np.argsort(-counts, kind="stable")[:_MOST_PHOTOS_LISTED]
    places = [Coordinate(*spot) for spot in spots[order].tolist()]
    names = finder.at_many(places) if finder is not None else []
    near = max(float(np.ptp(spots[:, axis])) for axis in (0, 1)) < _TOWN_DEG
    digits = _SAME_SPOT_DIGITS if near else 2
    rows = []
    for number, place in enumerate(places):
        name = words.place_short(names[number]) if names else ""
        times = f"{int(counts[order[number]]):,}"
        rows.append(LinkRow((name, times, cf.decimal(place, digits)), Spot(place, name)))
    left = len(spots) - len(places)
    one = tr("1 photo, shown as a dot on the map.")
    many = tr("{n} photos, shown as dots on the map.").format(n=f"{len(members):,}")
    note = one if len(members) == 1 else many
    if left:
        note += " " + tr("{n} more places are not listed.").format(n=f"{left:,}")
    return rows, note


def spot_facts(spot: Spot, finder: PlaceFinder | None) -> tuple[Fact, ...]:
    """A place without a cell."""
    place = finder.at(spot.coordinate) if finder is not None else None
    facts = [Fact(tr("Position"), cf.decimal(spot.coordinate), spot.coordinate)]
    if place is not None:
        facts.append(Fact(tr("Near"), words.place_short(place)))
    return tuple(facts)


def spot_note(cells: ModelCells, level: int, spot: Spot) -> str:
    """Say why there is no cell."""
    if level < 0:
        return ""
    if spot.cell_id is not None:
        return wording.token_standing(spot.cell_id, cells) + "."
    name = wording.level(cells, level).lower()
    if cells.at(level, spot.coordinate) is not None:
        return ""
    return tr(
        "There is no {level} cell here: too few training photos were taken nearby, so "
        "the model never answers with this place."
    ).format(level=name)


def spot_links(cells: ModelCells, explorer: Explorer, spot: Spot) -> list[tuple[str, CellRef]]:
    """Cells to go to from a spot: those that hold it, finest first, else the nearest one."""
    from geoguess_app.core.explore.cell_facts import CellRef

    links = []
    for level in reversed(range(len(cells.levels))):
        if spot.cell_id is not None:
            found = cells.inside(level, spot.cell_id)
            held = max(found, key=lambda ref: _count(cells, ref)) if found else None
        else:
            held = cells.at(level, spot.coordinate)
        if held is not None:
            links.append((_link(cells, held, tr("{level} cell {token}")), held))
    if not links and explorer.level >= 0:
        nearest, km = cells.levels[explorer.level].nearest(spot.coordinate)
        ref = CellRef(explorer.level, nearest)
        text = _link(cells, ref, tr("Nearest: {level} cell {token}"))
        links.append((f"{text}, {words.distance(km)}", ref))
    return links


def _link(cells: ModelCells, ref: CellRef, text: str) -> str:
    return text.format(level=wording.level(cells, ref.level), token=cells.token(ref))


def _cell_row(explorer: Explorer, ref: CellRef) -> LinkRow:
    cells = explorer.cells
    assert cells is not None
    place = wording.place(explorer.place(ref))
    return LinkRow((place, _photos(cells, ref), cells.token(ref)), ref)


def _photos(cells: ModelCells, ref: CellRef) -> str:
    return f"{_count(cells, ref):,}"


def _count(cells: ModelCells, ref: CellRef) -> int:
    return int(cells.facts(ref).partition.photo_counts[ref.cell])
