"""The dry run of the starter model: what a build would do, before it is started."""

from __future__ import annotations

from pathlib import Path

from trainer.common.photo_table import GeoTable, read_geo_table, read_scene_photo_table
from trainer.starter.recipe import StarterRecipe


def describe_starter(recipe: StarterRecipe, folder: Path) -> str:
    """Lines for the terminal; nothing is computed. Raises TableError for a table that is amiss."""
    geo = GeoTable.joined([read_geo_table(folder / name) for name in recipe.photos.places])
    scenes = read_scene_photo_table(folder / recipe.photos.scenes)
    counts = {split: len(geo.in_split(split)) for split in ("train", "val", "test")}
    crops = recipe.preprocessing.crops
    passes = len(geo.files) * crops + len(scenes.files)
    cells = ", ".join(f"{p.name} ({p.tau_min} to {p.tau_max} photos)" for p in recipe.partitions)
    lines = [
        f"{recipe.model.name} {recipe.model.version}: cells, scenes, and a bank of similar photos",
        f"trunk       {recipe.trunk.architecture} ({recipe.trunk.pooling}), not trained further",
        f"photos      {counts['train']:,} train, {counts['val']:,} validation, "
        f"{counts['test']:,} test; {len(scenes.files):,} for scenes",
        f"cells       {cells}",
        f"time        {passes:,} crops through the trunk, about {passes * 0.05 / 60:.0f} min at "
        "50 ms "
        "each; all other stages take minutes",
    ]
    return "\n".join(lines) + "\n"
