"""Facts of cells against s2sphere and by hand: cells at ±180°, at the poles, of all sizes."""

from __future__ import annotations

import numpy as np
import pytest
import s2sphere

from geoguess_app.core import cells
from geoguess_app.core.decision.retrieval import build_bank
from geoguess_app.core.explore.cell_facts import CellRef, ModelCells, Parent, level_facts
from geoguess_app.core.partition import Partition, build_partition
from geoguess_app.core.partition.hierarchy import build_hierarchy
from geoguess_app.core.partition.neighbours import edge_neighbours, neighbours, overlapping_cells
from geoguess_app.core.types import Coordinate, IdArray


def anywhere(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Points spread evenly over the sphere, with some on ±180° and at both poles."""
    random = np.random.default_rng(seed)
    latitude = np.degrees(np.arcsin(random.uniform(-1, 1, count)))
    longitude = random.uniform(-180, 180, count)
    latitude[:4], longitude[:4] = (-16.8, -16.8, 89.9, -89.9), (179.99, -179.99, 10.0, 10.0)
    return latitude, longitude


def partition_of(name: str, tokens: list[str], photos: list[int]) -> Partition:
    """A partition of named cells whose photos lie in their middles."""
    ids = cells.ids_from_tokens(tokens)
    order = np.argsort(ids)
    latitude, longitude = cells.centers(ids[order])
    return Partition(name, ids[order], np.array(photos)[order], latitude, longitude)


def mixed_partition(points: int = 3000) -> Partition:
    """Cells of many sizes all over the Earth."""
    latitude, longitude = anywhere(points)
    longitude[points // 2 :] /= 6
    made = build_partition(latitude, longitude, name="mixed", tau_min=1, tau_max=12)
    return made.partition


def all_levels() -> IdArray:
    """Cells of every level, from faces to leaves."""
    latitude, longitude = anywhere(310)
    leaves = cells.leaf_ids(latitude, longitude)
    return np.concatenate(
        [cells.parents(leaves[10 * k : 10 * k + 10], k) for k in range(cells.MAX_LEVEL + 1)]
    )


def test_edge_neighbours_are_those_of_s2sphere() -> None:
    ids = all_levels()
    found = edge_neighbours(ids).tolist()
    for cell, row in zip(ids.tolist(), found, strict=True):
        assert row == [other.id() for other in s2sphere.CellId(cell).get_edge_neighbors()]


def test_neighbours_of_cells_of_all_sizes() -> None:
    partition = mixed_partition()
    ids = [s2sphere.CellId(int(cell)) for cell in partition.cell_ids]
    touching: dict[int, set[int]] = {cell: set() for cell in range(partition.size)}
    for small, cell in enumerate(ids):
        for beside in cell.get_edge_neighbors():
            found = partition.class_of(np.uint64(beside.id()))
            if found >= 0:
                touching[small].add(int(found))
                touching[int(found)].add(small)
    assert len(set(partition.levels.tolist())) >= 4
    for cell in range(partition.size):
        assert set(neighbours(partition, cell).tolist()) == touching[cell]


def test_what_overlaps_a_cell_holds_it_or_lies_inside() -> None:
    partition = mixed_partition(600)
    ids = [s2sphere.CellId(int(cell)) for cell in partition.cell_ids]
    for asked in all_levels().tolist():
        other = s2sphere.CellId(asked)
        want = [n for n, cell in enumerate(ids) if cell.intersects(other)]
        assert overlapping_cells(partition, asked).tolist() == want


def test_sizes_middles_and_shares_of_a_level() -> None:
    partition = partition_of("few", ["478c", "47a4", "1"], [30, 10, 60])
    facts = level_facts(partition)
    assert facts.photos == 100
    shares = dict(zip(partition.tokens, facts.share.tolist(), strict=True))
    assert shares == {"478c": 0.3, "47a4": 0.1, "1": 0.6}
    face = partition.tokens.index("1")
    assert facts.area_km2[face] == pytest.approx(4 * np.pi * 6371**2 / 6, rel=1e-9)
    for cell, token in enumerate(partition.tokens):
        want = s2sphere.LatLng.from_point(
            s2sphere.Cell(s2sphere.CellId.from_token(token)).get_center()
        )
        assert facts.center(cell).latitude_deg == pytest.approx(want.lat().degrees, abs=1e-9)
        assert facts.center(cell).longitude_deg == pytest.approx(want.lng().degrees, abs=1e-9)


def test_nearest_cell_is_found_across_the_antimeridian() -> None:
    latitude, longitude = [-17.0, -17.0], [178.0, 150.0]
    ids = cells.parents(cells.leaf_ids(latitude, longitude), 6)
    order = np.argsort(ids)
    partition = Partition(
        "fiji", ids[order], np.ones(2), np.array(latitude)[order], np.array(longitude)[order]
    )
    cell, km = level_facts(partition).nearest(Coordinate(-17.0, -179.0))
    assert partition.mean_longitude_deg[cell] == 178.0
    assert km == pytest.approx(3 * 111.19 * np.cos(np.radians(17)), rel=0.001)


def family() -> ModelCells:
    """478c is divided into two of its four quarters, 1 is not divided, 3 has lost its parent."""
    coarse = partition_of("coarse", ["478c", "1"], [50, 20])
    fine = partition_of("fine", ["4789", "478b", "1", "3"], [30, 20, 20, 5])
    partitions = (coarse, fine)
    latitude, longitude = fine.mean_latitude_deg, fine.mean_longitude_deg
    classes = [fine.tokens.index(token) for token in ("4789", "478b", "478b", "3")]
    bank = build_bank(
        np.eye(5, dtype=np.float32),
        np.append(latitude[classes], 0.0),
        np.append(longitude[classes], 0.0),
        np.array([*classes, -1]),
        fine.size,
    )
    return ModelCells(partitions, build_hierarchy(partitions), bank)


def named(model: ModelCells, level: int, token: str) -> CellRef:
    return CellRef(level, model.levels[level].partition.tokens.index(token))


def test_parents_and_children_across_levels() -> None:
    model = family()
    big, small = named(model, 0, "478c"), named(model, 1, "478b")
    assert model.parents(small) == (Parent(big, holds=True),)
    assert {model.token(child) for child in model.children(big)} == {"4789", "478b"}
    undivided = named(model, 0, "1")
    assert [model.token(child) for child in model.children(undivided)] == ["1"]
    assert model.parents(undivided) == ()
    assert model.children(small) == ()
    lost = model.parents(named(model, 1, "3"))
    assert [parent.holds for parent in lost] == [False]


def test_training_photos_of_a_cell_at_every_level() -> None:
    model = family()
    assert model.training_photos(named(model, 1, "478b")).tolist() == [1, 2]
    assert model.training_photos(named(model, 0, "478c")).tolist() == [0, 1, 2]
    # Neither a photo without a cell nor one whose cell lost its parent.
    assert model.training_photos(named(model, 0, "1")).tolist() == []


def test_a_place_is_looked_up_in_one_level() -> None:
    model = family()
    middle = model.facts(named(model, 1, "478b")).center(named(model, 1, "478b").cell)
    assert model.at(1, middle) == named(model, 1, "478b")
    assert model.at(0, middle) == named(model, 0, "478c")
    assert model.at(1, Coordinate(-60.0, -120.0)) is None
    quarter = int(cells.ids_from_tokens(["478c4"])[0])
    assert [model.token(ref) for ref in model.inside(0, quarter)] == ["478c"]


def test_a_model_without_cells_has_only_its_photos() -> None:
    bank = build_bank(np.eye(2), np.zeros(2), np.zeros(2), np.full(2, -1), 0)
    model = ModelCells((), None, bank)
    assert model.levels == ()
    assert model.bank is bank


def test_a_cell_at_the_pole_has_its_four_neighbours() -> None:
    leaves = cells.leaf_ids(*anywhere(4))
    ids = np.unique(np.concatenate([cells.parents(leaves, 3), [cells.parents(leaves, 3)[2]]]))
    around = np.unique(np.concatenate([ids, edge_neighbours(ids).ravel()]))
    latitude, longitude = cells.centers(around)
    partition = Partition("poles", around, np.ones(len(around)), latitude, longitude)
    for cell in partition.class_of(ids).tolist():
        found = neighbours(partition, cell)
        assert set(partition.cell_ids[found].tolist()) == set(
            edge_neighbours(partition.cell_ids[cell])[0].tolist()
        )
