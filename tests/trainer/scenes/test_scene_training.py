"""From a photo table over its scene labels to the training photos of scene networks."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.bundle import open_bundle, write_bundle
from tests.core.bundle.test_scene_bundles import scene_parts
from tests.trainer.engine.sets import train, write_rows, write_set
from trainer import cli
from trainer.common.errors import TrainError
from trainer.data.scene_columns import S3_COLUMNS
from trainer.data.shard_rows import ROWS_NAME
from trainer.data.training_photos import read_photo_shards, read_photo_table
from trainer.scenes.labelling import Portion
from trainer.scenes.pictures import shard_pictures, shard_table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scenes")


@pytest.fixture(scope="module")
def model(folder: Path, base: Path) -> Path:
    """A scene model that prepares pictures as the base model does."""
    spec = open_bundle(base).manifest.preprocessing
    parts = scene_parts(preprocessing=spec)
    return write_bundle(folder / "scenes.geomodel", parts.manifest, (), parts.tensors)


@pytest.fixture(scope="module")
def table(photo_sets: Path, folder: Path) -> Path:
    return write_set(photo_sets, folder)


@pytest.fixture(scope="module")
def base(folder: Path, table: Path, photo_sets: Path) -> Path:
    """A multi-scale model, hardly trained."""
    run = train(folder, table, photo_sets, "base", "--epochs", "1")
    return run / "Small.geomodel"


@pytest.fixture(scope="module")
def labelled(folder: Path, table: Path, photo_sets: Path, model: Path) -> Path:
    out = folder / "labelled.csv"
    arguments = ["scenes", str(table), "--images", str(photo_sets), "--model", str(model)]
    assert cli.main([*arguments, "--out", str(out), "--device", "cpu", "--quiet"]) == 0
    return out


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def context(folder: Path, table: Path, images: Path, out: str, *more: str) -> dict[str, object]:
    """Train scene networks for one epoch; what the model says about its training."""
    still = ("--set", "optimizer.learning_rate=1e-12", "--epochs", "1")
    run = train(folder, table, images, out, "--set", "task=context", *still, *more)
    training = open_bundle(run / "Small.geomodel").manifest.evaluation["training"]
    assert isinstance(training, dict)
    return training


def test_labels_of_the_table_choose_the_training_photos(
    folder: Path, labelled: Path, photo_sets: Path, base: Path, model: Path
) -> None:
    rows = rows_of(labelled)
    for number, row in enumerate(rows):
        # Five photos train two networks, six one, four another; one has no label. All of these
        # shares are other than the model's own, so it cannot have been asked.
        shares = (0.5, 0.0, 0.5) if number < 5 else (0.0, 1.0, 0.0) if number < 11 else (0, 0, 1)
        texts = [""] * 3 if number == 15 else [str(share) for share in shares]
        row.update(zip(S3_COLUMNS, texts, strict=True))
    table = folder / "chosen.csv"
    write_rows(table, rows)
    facts = context(folder, table, photo_sets, "given", "--base", str(base), "--scenes", str(model))
    counts = [facts[f"photos_{scene}"] for scene in ("indoor", "natural", "urban")]
    assert counts == [5, 6, 9]
    assert facts["scene_labels"] == "given with the photos"
    assert not (folder / "given" / "scenes.npy").exists()


def test_labels_made_before_are_those_that_training_would_make(
    folder: Path, table: Path, labelled: Path, photo_sets: Path, base: Path, model: Path
) -> None:
    # The recipe may name the scene model, too.
    more = ("--base", str(base), "--set", f"context.scenes={model}")
    asked = context(folder, table, photo_sets, "asked", *more)
    assert asked["scene_labels"] == "Tiny 0.1"
    made = np.load(folder / "asked" / "scenes.npy")
    photos = read_photo_table(labelled, photo_sets, seed=1)
    assert photos.scenes is not None
    learning = np.isin(photos.split, ("train", "val"))
    assert made[learning] == pytest.approx(photos.scenes[learning], abs=1e-6)
    assert (made[~learning] == 0).all()
    assert read_photo_table(table, photo_sets, seed=1).scenes is None
    assert photos.fingerprint() != read_photo_table(table, photo_sets, seed=1).fingerprint()


def test_labels_go_along_into_shards(folder: Path, labelled: Path, photo_sets: Path) -> None:
    shards = folder / "shards"
    arguments = ["shards", str(labelled), "--images", str(photo_sets), "--out", str(shards)]
    assert cli.main([*arguments, "--workers", "0", "--quiet"]) == 0
    photos = read_photo_table(labelled, photo_sets, seed=1)
    packed = read_photo_shards(shards)
    assert packed.scenes is not None
    assert photos.scenes is not None
    expected = dict(zip(photos.names, photos.scenes, strict=True))
    for name, scenes in zip(packed.names, packed.scenes, strict=True):
        assert scenes == pytest.approx(expected[name])
    assert (shards / ROWS_NAME).is_file()
    assert read_photo_shards(shards).scenes == pytest.approx(packed.scenes)


@pytest.fixture(scope="module")
def plain_shards(folder: Path, table: Path, photo_sets: Path) -> Path:
    """The table without labels, packed."""
    shards = folder / "plain-shards"
    arguments = ["shards", str(table), "--images", str(photo_sets), "--out", str(shards)]
    assert cli.main([*arguments, "--per-shard", "5", "--workers", "0", "--quiet"]) == 0
    return shards


def test_shards_are_labelled_like_the_table_they_were_packed_from(
    folder: Path, plain_shards: Path, labelled: Path, model: Path
) -> None:
    out = folder / "from-shards.csv"
    place = ["scenes", str(plain_shards), "--model", str(model), "--out", str(out)]
    options = ["--portion", "7", "--device", "cpu", "--quiet"]
    assert cli.main([*place, *options]) == 0
    expected = {row["file_name"]: row for row in rows_of(labelled)}
    found = rows_of(out)
    assert {row["file_name"] for row in found} == set(expected)
    for row in found:
        theirs = expected[row["file_name"]]
        assert (row["split"], row["scene_category"]) == (theirs["split"], theirs["scene_category"])
        for name in S3_COLUMNS:
            assert float(row[name]) == pytest.approx(float(theirs[name]), abs=1e-6)


def test_of_shards_only_what_is_missing_is_read(plain_shards: Path) -> None:
    table = shard_table(plain_shards)
    names = table["file_name"].to_pylist()
    pictures = shard_pictures(plain_shards, table["split"].to_pylist())
    portions = [Portion(0, 0, tuple(names[:3])), Portion(4, 15, tuple(names[15:20]))]
    chosen = list(pictures(portions))
    everything = list(pictures([Portion(0, 0, tuple(names))]))
    assert len(everything) == len(names)
    assert chosen == everything[:3] + everything[15:20]


def test_a_column_that_holds_no_numbers_is_named(
    folder: Path, labelled: Path, photo_sets: Path
) -> None:
    rows = rows_of(labelled)
    rows[3]["s3_natural"] = "much"
    table = folder / "broken.csv"
    write_rows(table, rows)
    with pytest.raises(TrainError, match="s3_natural, s3_urban holds something other than numbers"):
        read_photo_table(table, photo_sets, seed=1)
