"""What tests of the core share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.types import FloatArray


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Networks this small are slower on several threads than on one."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def many_points(some_tables: Path) -> tuple[FloatArray, FloatArray]:
    """A hundred thousand positions of photos: latitudes and longitudes in degrees."""
    return read_points(some_tables)


def read_points(tables: Path) -> tuple[FloatArray, FloatArray]:
    """The positions in a folder of tables."""
    table = np.loadtxt(tables / "coordinates_100K.csv", delimiter=",", skiprows=1)
    return table[:, 0], table[:, 1]
