"""The plan of shards: the same for any order of the table, complete, and one folder for one set."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from trainer.data.shard_index import PLAN_NAME, ShardError, ShardSettings
from trainer.data.shard_plan import ALL, ShardPlan, plan_shards

SMALL = ShardSettings(photos_per_shard=4)
COUNT = 23


def table(count: int = COUNT, *, split: bool = True, pieces: int = 1) -> pa.Table:
    """Photos of which every third is for validation, and the last belongs to no split."""
    columns = {
        "file_name": [f"photo_{n:02}.jpg" for n in range(count)],
        "latitude": np.linspace(-60, 60, count),
        "longitude": np.linspace(-170, 170, count),
    }
    if split:
        words = ["val" if n % 3 == 0 else "train" for n in range(count)]
        columns["split"] = [*words[:-1], ""]
    whole = pa.table(columns)
    step = -(-count // pieces)
    return pa.concat_tables([whole.slice(start, step) for start in range(0, count, step)])


def plan(photos: pa.Table, folder: Path, settings: ShardSettings = SMALL) -> ShardPlan:
    return plan_shards(photos, folder / "images", folder / "shards", settings)


def named(made: ShardPlan) -> dict[str, list[str]]:
    """File names by shard."""
    return {task.name: [row["file_name"] for row in task.rows] for task in made.tasks()}


def test_every_photo_of_a_split_is_in_one_shard(tmp_path: Path) -> None:
    made = plan(table(), tmp_path)
    assert list(made.rows) == ["train", "val"]
    assert (made.photos, made.shards) == (22, 6)
    shards = named(made)
    assert list(shards) == [
        *(f"train-{n:06}.tar" for n in range(4)),
        *(f"val-{n:06}.tar" for n in range(2)),
    ]
    assert all(1 <= len(names) <= 4 for names in shards.values())
    found = [name for names in shards.values() for name in names]
    assert sorted(found) == [f"photo_{n:02}.jpg" for n in range(COUNT - 1)]


def test_keys_count_on_within_a_split(tmp_path: Path) -> None:
    count: dict[str, int] = {}
    for task in plan(table(), tmp_path).tasks():
        assert task.first == count.get(task.split, 0)
        assert all((row["split"] == task.split) for row in task.rows)
        count[task.split] = task.first + len(task.rows)
    assert count == {"train": 14, "val": 8}


def test_neither_the_order_of_the_table_nor_its_pieces_matter(tmp_path: Path) -> None:
    whole = plan(table(), tmp_path)
    mixed = table().take(np.random.default_rng(3).permutation(COUNT))
    for other in (mixed, table(pieces=5)):
        again = plan(other, tmp_path)
        assert again.key == whole.key
        assert named(again) == named(whole)


def test_photos_are_mixed_by_the_seed(tmp_path: Path) -> None:
    one, other = (plan(table(), tmp_path, dataclasses.replace(SMALL, seed=seed)) for seed in (1, 2))
    assert named(one) != named(other)
    found = [name for names in named(one).values() for name in names]
    assert found != sorted(found)


def test_a_table_without_splits_is_one_set(tmp_path: Path) -> None:
    made = plan(table(split=False), tmp_path)
    assert list(made.rows) == [ALL]
    assert made.photos == COUNT


@pytest.mark.parametrize("name", ["../train", "a b", "train/1", "*"])
def test_a_split_that_is_no_part_of_a_file_name_is_refused(tmp_path: Path, name: str) -> None:
    photos = table(4, split=False).append_column("split", pa.array([name] * 4))
    with pytest.raises(ShardError, match="letters and digits") as refused:
        plan(photos, tmp_path)
    assert refused.value.code == "split"


def test_a_folder_is_for_one_set_with_its_settings(tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    plan(table(), tmp_path).claim_folder()
    plan(table(), tmp_path).claim_folder()  # the same set goes on
    moved = table().set_column(1, "latitude", pa.array(np.linspace(-60, 61, COUNT)))
    others = (
        plan(table(COUNT - 1), tmp_path),
        plan(moved, tmp_path),
        plan(table(), tmp_path, dataclasses.replace(SMALL, quality=80)),
    )
    for other in others:
        with pytest.raises(ShardError, match="--restart") as refused:
            other.claim_folder()
        assert refused.value.code == "other-set"


@pytest.mark.parametrize("content", ["", "[]", "{}", "{broken", '"key"'])
def test_a_damaged_plan_is_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / PLAN_NAME).write_text(content)
    with pytest.raises(ShardError, match=r"damaged; use another folder\.$"):
        plan(table(), tmp_path).claim_folder()
