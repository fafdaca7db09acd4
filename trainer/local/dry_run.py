"""The dry run of a local model: what a build would do, before it is started."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.format import percent
from geoguess_app.core.picture.preprocess import load_crops
from trainer.common import initial_weights as weights
from trainer.common.errors import TrainError
from trainer.data.source import PhotoFinder, open_photo_source
from trainer.local.build import LocalOptions
from trainer.local.recipe import LocalRecipe
from trainer.local.settings import candidate_settings
from trainer.local.trunk_features import TrunkRunner, load_local_trunk
from trainer.local.world_bank import load_world_bank

_TIMED_PHOTOS = 4


def describe_local(recipe: LocalRecipe, options: LocalOptions) -> str:
    """Lines for the terminal; nothing is written, downloaded or asked. Raises TableError."""
    missing = ""
    try:
        weights.find_initial_weights(recipe.trunk, ask=False)
    except TrainError as error:
        if error.code != "no-weights":
            raise
        missing = weights.missing_lines(recipe.trunk, error)
        recipe = replace(recipe, trunk=replace(recipe.trunk, weights=weights.SCRATCH))
    trunk = load_local_trunk(recipe)
    found, paths = _photos(options)
    world = load_world_bank(trunk, recipe.pictures)
    spaces = tuple(name for name in recipe.spaces.names if name != "world" or world is not None)
    tried = len(list(candidate_settings(recipe, spaces)))
    share = recipe.split.test_share
    origin = "ImageNet weights that are missing" if missing else trunk.origin
    sized = sum(p.numel() for p in trunk.trunk.parameters())
    lines = [
        f"{recipe.model.name} {recipe.model.version}: a local model, chosen among {tried} settings "
        "of three kinds",
        f"trunk       {recipe.trunk.architecture}, from {origin}",
        f"photos      {found:,}, before unusable ones are dropped",
        f"split       by {recipe.split.by}: {percent(1 - share)} for training and choosing "
        f"in {recipe.split.folds} folds, {percent(share)} for the test",
        f"parameters  {sized:,} trunk, not trained further",
    ]
    spent = _seconds_per_photo(recipe, TrunkRunner(trunk), paths)
    if spent is not None:
        lines.append(
            f"time        about {max(1.0, found * spent / 60):.0f} min to process every photo "
            f"({1000 * spent:.0f} ms a photo, measured on {len(paths)}), none for photos that "
            "are in the cache"
        )
    return "\n".join(lines) + "\n" + missing


def _photos(options: LocalOptions) -> tuple[int, list[Path]]:
    """How many photos there are, and a few of them."""
    chosen = options.photos
    source = open_photo_source(
        chosen.source, images=chosen.images, chosen=chosen.columns, swapped=chosen.swapped
    )
    names = [name for batch in source.batches for name in _names(batch)]
    if source.root is None:
        return len(names), []
    finder = PhotoFinder(source.root)
    picked = np.linspace(0, len(names) - 1, min(_TIMED_PHOTOS, len(names))).astype(int).tolist()
    paths = [finder.find(names[index]) for index in picked]
    return len(names), [path for path in paths if path is not None]


def _names(batch: pa.RecordBatch) -> list[str]:
    return [name or "" for name in batch.column("file_name").to_pylist()]


def _seconds_per_photo(recipe: LocalRecipe, run: TrunkRunner, paths: list[Path]) -> float | None:
    taken = []
    for path in paths:
        start = time.monotonic()
        try:
            run(np.asarray(load_crops(path, recipe.pictures)))
        except PhotoError:
            continue
        taken.append(time.monotonic() - start)
    # The first one warms up, unless it is the only one.
    counted = taken[1:] or taken
    return sum(counted) / len(counted) if counted else None
