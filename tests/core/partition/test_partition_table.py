"""A partition as a table of cells: finding the class of a point, refusing what is broken."""

from __future__ import annotations

import math

import numpy as np
import pytest

from geoguess_app.core import cells
from geoguess_app.core.errors import PartitionError
from geoguess_app.core.partition import Partition


def small_partition() -> Partition:
    ids = cells.ids_from_tokens(["0945", "478e4", "478ec", "89e3774"])
    return Partition("small", ids, np.array([3, 5, 7, 9]), *cells.centers(ids))


def test_class_of_a_point_or_cell() -> None:
    partition = small_partition()
    assert partition.tokens == ("0945", "478e4", "478ec", "89e3774")
    assert partition.class_at(*cells.centers(partition.cell_ids)).tolist() == [0, 1, 2, 3]
    assert partition.class_at([0.0, 90.0, -90.0], [0.0, 0.0, 0.0]).tolist() == [-1, -1, -1]
    ids = partition.cell_ids
    inside = cells.children(ids)
    assert partition.class_of(inside).tolist() == [[k] * 4 for k in range(4)]
    assert partition.class_of(ids).tolist() == [0, 1, 2, 3]
    assert partition.class_of(cells.parents(ids, 3)).tolist() == [-1] * 4, "a parent is no part"
    assert partition.class_of(cells.range_min(ids)).tolist() == [0, 1, 2, 3]
    assert partition.class_of(cells.range_max(ids)).tolist() == [0, 1, 2, 3]
    beyond = cells.range_max(ids) + np.uint64(2)
    assert partition.class_of(beyond).tolist() == [-1, 2, -1, -1], "478e4 and 478ec do touch"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cell_ids": cells.ids_from_tokens(["478e4", "0945"])}, "out of order"),
        ({"cell_ids": cells.ids_from_tokens(["478c", "478e4"])}, "478c and 478e4 overlap"),
        ({"cell_ids": cells.ids_from_tokens(["0945", "0945"])}, "overlap"),
        ({"cell_ids": np.array([0, 1], dtype=np.uint64)}, "invalid S2 cell"),
        ({"cell_ids": np.array([], dtype=np.uint64)}, "differ in length"),
        ({"photo_counts": np.array([1, -1])}, "negative number"),
        ({"mean_latitude_deg": np.array([0.0, 91.0])}, "is not a valid position"),
        ({"mean_longitude_deg": np.array([0.0, math.nan])}, "is not a valid position"),
    ],
)
def test_a_broken_partition_is_refused(changes: dict[str, object], words: str) -> None:
    columns: dict[str, object] = {
        "cell_ids": cells.ids_from_tokens(["0945", "478e4"]),
        "photo_counts": np.array([1, 2]),
        "mean_latitude_deg": np.array([0.0, 1.0]),
        "mean_longitude_deg": np.array([0.0, 1.0]),
    }
    with pytest.raises(PartitionError, match=words) as caught:
        Partition("broken one", **(columns | changes))  # type: ignore[arg-type]
    assert "“broken one”" in str(caught.value)


def test_a_partition_needs_cells() -> None:
    nothing = np.array([])
    with pytest.raises(PartitionError, match="no cells"):
        Partition("x", nothing.astype(np.uint64), nothing.astype(np.int64), nothing, nothing)
