"""The scene table against the public hierarchy sheet, and the sums over groups."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.decision.scenes import (
    S3_NAMES,
    S16_NAMES,
    category_label,
    groups,
    read_scene_table,
    scene_table,
)


@pytest.fixture(scope="module")
def sheet(real_tables: Path) -> list[list[str]]:
    """The public sheet: category in quotes, 3 + 16 flags, after two header rows."""
    path = real_tables / "places365" / "scene_hierarchy_places365.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))[2:]


@pytest.mark.real_data
def test_order_is_that_of_the_network(real_tables: Path) -> None:
    lines = (real_tables / "places365" / "categories_places365.txt").read_text().splitlines()
    assert list(scene_table().categories) == [line.split()[0][3:] for line in lines]


@pytest.mark.real_data
def test_membership_equals_the_public_sheet(sheet: list[list[str]]) -> None:
    flags = np.array([[int(flag) for flag in row[1:]] for row in sheet])
    table = scene_table()
    np.testing.assert_array_equal(table.s3_weights > 0, flags[:, :3] == 1)
    np.testing.assert_array_equal(table.s16_weights > 0, flags[:, 3:] == 1)


def test_totals_and_overlaps() -> None:
    assert len(set(scene_table().labels)) == 365
    s3, s16 = scene_table().s3_weights > 0, scene_table().s16_weights > 0
    assert s3.sum(axis=0).tolist() == [159, 80, 159]
    assert (s3.sum(axis=1) == 2).sum() == 33
    assert (s16.sum(axis=1) >= 2).sum() == 63
    assert s16.sum(axis=1).max() == 4
    assert s3.sum(axis=1).min() == s16.sum(axis=1).min() == 1


def test_rows_share_a_category_among_its_groups() -> None:
    table = scene_table()
    np.testing.assert_allclose(table.s3_weights.sum(axis=1), 1.0)
    np.testing.assert_allclose(table.s16_weights.sum(axis=1), 1.0)
    barn = table.categories.index("barn")
    assert dict(zip(S3_NAMES, table.s3_weights[barn], strict=True)) == {
        "indoor": 0.0,
        "natural": 0.5,
        "urban": 0.5,
    }


def test_group_sums_keep_the_total_for_any_batch_shape() -> None:
    p365 = np.random.default_rng(1).dirichlet(np.full(365, 0.05), size=(4, 3))
    s3, s16 = groups(p365)
    assert s3.shape == (4, 3, 3)
    assert s16.shape == (4, 3, 16)
    np.testing.assert_allclose(s3.sum(axis=-1), 1.0)
    np.testing.assert_allclose(s16.sum(axis=-1), 1.0)
    np.testing.assert_allclose(groups(p365[2, 1])[1], s16[2, 1])


def test_best_group_may_differ_from_the_group_of_the_best_category() -> None:
    """Two doubtful categories of one group outweigh the best one of another."""
    p365 = np.zeros(365)
    for name, share in (("airfield", 0.4), ("bar", 0.3), ("bedroom", 0.3)):
        p365[scene_table().categories.index(name)] = share
    s3, _ = groups(p365)
    assert S3_NAMES[int(s3.argmax())] == "indoor"
    assert s3[S3_NAMES.index("indoor")] == pytest.approx(0.6)


@pytest.mark.real_data
def test_best_group_often_differs_on_real_answers(real_photos: Path) -> None:
    with np.load(real_photos / "teacher" / "world.npz") as answers:
        p365 = answers["probabilities"].astype(np.float64)
    p365 /= p365.sum(axis=1, keepdims=True)
    table = scene_table()
    s3, s16 = table.groups(p365)
    top = p365.argmax(axis=1)
    s3_differs = (table.s3_weights[top, s3.argmax(axis=1)] == 0).mean()
    s16_differs = (table.s16_weights[top, s16.argmax(axis=1)] == 0).mean()
    assert 0.005 < s3_differs < 0.10
    assert s3_differs < s16_differs < 0.20


def test_a_certain_category_gives_exactly_its_groups() -> None:
    certain = np.zeros(365)
    certain[scene_table().categories.index("airfield")] = 1.0
    s3, s16 = groups(certain)
    assert s3.tolist() == [0.0, 0.0, 1.0]
    assert s16[S16_NAMES.index("roads and transport")] == 1.0


def test_labels_read_like_words() -> None:
    assert category_label("bow_window/indoor") == "bow window, indoor"


def test_unknown_group_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("category,groups\nattic,home or hotle\n")
    with pytest.raises(ValueError, match="tuple"):
        read_scene_table(table)
