"""Vectors on disk: what is written is found, also among many and after a cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geoguess_app.references.vectors import VectorFile


def unit_rows(count: int, size: int, seed: int = 1) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, size)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("size", [48, 384, 512, 1280])
def test_the_nearest_of_many_is_the_one_that_products_give(tmp_path: Path, size: int) -> None:
    file, rows = VectorFile(tmp_path / "v", size), unit_rows(20_000, size)
    assert file.append(rows[:15_000]) == 0
    assert file.append(rows[15_000:]) == 15_000
    alive = np.ones(20_000, np.bool_)
    alive[:100] = False
    noise = unit_rows(20, size, seed=2)
    for number, row in enumerate([50, *range(200, 19_000, 4_000)]):
        asked = rows[row] + noise[number]
        asked /= np.linalg.norm(asked)
        products = np.where(alive, rows @ asked, -2.0)
        found, similarity = file.nearest(asked, alive, 5)
        assert found[0] == products.argmax()
        assert similarity[0] == pytest.approx(products.max(), abs=2e-3)
        assert list(similarity) == sorted(similarity, reverse=True)
        assert alive[found].all()


def test_a_row_that_is_only_in_one_file_is_cut_off(tmp_path: Path) -> None:
    file = VectorFile(tmp_path / "v", 64)
    rows = unit_rows(30, 64)
    file.append(rows[:10])
    with file.matrix_path.open("ab") as stream:
        stream.write(b"half a row and more" * 9)
    assert file.rows == 10
    assert file.append(rows[10:]) == 10
    assert np.abs(file.read(np.arange(30)) - rows).max() < 1e-3
    found, _ = file.nearest(rows[20], np.ones(30, np.bool_), 1)
    assert found.tolist() == [20]


def test_nothing_is_nearest_in_an_empty_file(tmp_path: Path) -> None:
    found, similarity = VectorFile(tmp_path / "v", 8).nearest(np.ones(8), np.zeros(0, np.bool_), 3)
    assert len(found) == len(similarity) == 0
