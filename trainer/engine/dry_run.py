"""The dry run: what a run would do, how big it is and how long it takes, before it is started."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from geoguess_app.core.decision.scenes import S3_NAMES
from geoguess_app.core.errors import PhotoError
from geoguess_app.core.network.network import build_trunk
from geoguess_app.core.picture.preprocess import load_crops
from trainer.common import initial_weights as weights
from trainer.common.errors import TrainError
from trainer.common.recipe_sections import PartitionChoice
from trainer.common.trunk_stage import trunk_config
from trainer.engine.data_module import PhotoData
from trainer.engine.dataset import Batch, collate
from trainer.engine.fit import precision_for
from trainer.engine.modules import GeoModule
from trainer.engine.run import load_photos, make_data, make_module, prepare_run
from trainer.partitions.suggest import suggest_taus

if TYPE_CHECKING:
    from trainer.data.training_photos import TrainingPhotos
    from trainer.engine.recipe import TrainRecipe
    from trainer.engine.run import RunOptions, TrainingRun

_TIMED_PHOTOS = 4
_TIMED_STEPS = 2


def describe_training(recipe: TrainRecipe, options: RunOptions) -> str:
    """Return what would be trained, also where the trunk's weights are not on this machine: then
    with what to do about that. Nothing is downloaded, asked or written."""
    missing = ""
    if recipe.task == "context" and (options.base is None or not _scenes_known(recipe, options)):
        return _without_parents(recipe, options)
    if recipe.task != "context":
        try:
            weights.find_initial_weights(recipe.trunk, ask=False)
        except TrainError as error:
            if error.code != "no-weights":
                raise
            missing = weights.missing_lines(recipe.trunk, error)
            recipe = replace(recipe, trunk=replace(recipe.trunk, weights=weights.SCRATCH))
    text = describe_run(prepare_run(recipe, replace(options, download=False)))
    if missing:
        text = text.replace(f"from {weights.RANDOM}", "from ImageNet weights that are missing")
    return text + missing


def _scenes_known(recipe: TrainRecipe, options: RunOptions) -> bool:
    return options.scenes is not None or bool(recipe.context.scenes)


def _without_parents(recipe: TrainRecipe, options: RunOptions) -> str:
    """Scene networks before the models are there that they start from: what can be said is said,
    with what was assumed for the rest."""
    photos = load_photos(recipe, options)
    train = photos.rows("train")
    spots = (photos.latitude_deg[train], photos.longitude_deg[train])
    taus = suggest_taus(*spots).taus
    names = ("coarse", "middle", "fine")[-len(taus) :]
    partitions = tuple(
        PartitionChoice(name, low, high) for name, (low, high) in zip(names, taus, strict=True)
    )
    trunk = replace(recipe.trunk, weights=weights.SCRATCH)
    assumed = replace(recipe, task="cells", trunk=trunk, partitions=partitions)
    text = describe_run(prepare_run(assumed, replace(options, download=False)))
    text = text.replace(f"{recipe.model.version}: cells", f"{recipe.model.version}: context")
    text = text.replace(f"from {weights.RANDOM}", "from the model that --base will name")
    lines = [f"assumed     {name}" for name in _assumptions(recipe, photos, options)]
    return "\n".join([text.rstrip("\n"), *lines]) + "\n"


def _assumptions(recipe: TrainRecipe, photos: TrainingPhotos, options: RunOptions) -> list[str]:
    said = []
    if options.base is None:
        said.append("no --base: the cells are those that would suit these photos")
    if photos.scenes is None:
        said.append(
            "no scene labels: steps and time are those of one network trained on all photos; "
            "three networks take at most three times as long"
        )
        return said
    shares = photos.scenes[photos.rows("train")]
    counts = (np.nan_to_num(shares) > recipe.context.threshold).sum(axis=0).tolist()
    counted = ", ".join(f"{count:,} {name}" for name, count in zip(S3_NAMES, counts, strict=True))
    times = sum(counts) / max(1, len(shares))
    said.append(f"photos by scene: {counted}; the three networks take {times:.1f} times as long")
    return said


def describe_run(prepared: TrainingRun) -> str:
    """Lines for the terminal. Nothing is written; a few photos pass the network, to take time."""
    recipe, photos = prepared.recipe, prepared.photos
    counts = {split: photos.rows(split).size for split in ("train", "val", "test")}
    lines = [
        f"{recipe.model.name} {recipe.model.version}: {recipe.task}",
        f"trunk       {recipe.trunk.architecture}, from {prepared.start.origin}",
        f"photos      {counts['train']:,} train, {counts['val']:,} validation, "
        f"{counts['test']:,} test",
    ]
    for partition in prepared.targets.partitions:
        lines.append(f"cells       {partition.size:,} {partition.name}")
    if recipe.task == "retrieval":
        return "\n".join([*lines, *_bank(prepared)]) + "\n"
    module, data = make_module(prepared), make_data(prepared)
    return "\n".join([*lines, *_sizes(prepared, module, data)]) + "\n"


def _bank(prepared: TrainingRun) -> list[str]:
    """Nothing is trained, but every photo passes the trunk once."""
    recipe = prepared.recipe
    config = trunk_config(recipe.trunk.architecture, recipe.trunk.pooling)
    trunk = build_trunk(config).eval()
    rows = prepared.photos.rows("train")
    lines = [
        "training    none: the photos become the bank",
        f"parameters  {sum(p.numel() for p in trunk.parameters()):,} trunk; bank of {rows.size:,} "
        f"× {config.feature_size:,} numbers",
    ]
    if prepared.photos.shards is not None:
        return lines
    taken: list[float] = []
    for path in prepared.photos.take(rows[:_TIMED_PHOTOS]).paths():
        start = time.monotonic()
        try:
            crops = torch.from_numpy(load_crops(path, recipe.preprocessing))
        except PhotoError:
            continue
        with torch.inference_mode():
            trunk(crops)
        taken.append(time.monotonic() - start)
    if not taken:
        return lines
    # The first one warms up, unless it is the only one.
    per_photo_s = sum(taken[1:] or taken) / len(taken[1:] or taken)
    total = _duration(per_photo_s * prepared.photos.size)
    timed = f"{per_photo_s * 1000:.0f} ms a photo, measured on {len(taken)} photos on the processor"
    return [*lines, f"time        about {total} ({timed})"]


def _sizes(prepared: TrainingRun, module: GeoModule, data: PhotoData) -> list[str]:
    training, machine = prepared.recipe.training, prepared.options.machine
    trunk = sum(p.numel() for p in module.trunk.parameters())
    heads = sum(p.numel() for p in module.network.parameters())
    steps = data.steps
    per_photo_s = seconds_per_photo(module, data, machine.kind)
    photos = data.portions.per_step * steps + data.validation_photos / 3.0
    total_s = per_photo_s * photos * training.epochs / machine.ranks
    return [
        f"parameters  {trunk + heads:,} ({trunk:,} trunk, {heads:,} heads)",
        f"steps       {steps:,} an epoch of {data.portions.per_step} photos, "
        f"{steps * training.epochs:,} in {training.epochs} epochs",
        f"devices     {machine.ranks} × {machine.kind}, {data.portions.micro} photos at once, "
        f"{precision_for(training, machine.kind)}",
        f"time        about {_duration(total_s)} ({per_photo_s * 1000:.0f} ms a photo, measured "
        f"on {_TIMED_STEPS} small steps)",
    ]


def seconds_per_photo(module: GeoModule, data: PhotoData, kind: str) -> float:
    """Measure decoding and learning from one photo; decoding runs beside where it has workers."""
    loader = data.train_dataloader()
    data.start_epoch(0)
    dataset: Any = loader.dataset
    start = time.monotonic()
    photos = range(len(dataset)) if data.photos.shards is None else None
    source = iter(dataset) if photos is None else (dataset[number] for number in photos)
    samples = list(islice(source, min(_TIMED_PHOTOS, data.portions.micro)))
    decoding = (time.monotonic() - start) / len(samples)
    learning = _seconds_per_step(module, collate(samples), kind) / len(samples)
    workers = data.recipe.training.workers
    return max(decoding / workers, learning) if workers else decoding + learning


def _seconds_per_step(module: GeoModule, batch: Batch, kind: str) -> float:
    device = torch.device(kind)
    module.to(device).train()
    batch = batch.to(device)
    taken = 0.0
    for number in range(_TIMED_STEPS + 1):
        start = time.monotonic()
        torch.autograd.backward(module.loss(module.network(module.trunk(batch.images)), batch))
        if kind == "cuda":
            torch.cuda.synchronize()
        if number:  # the first one warms up
            taken += time.monotonic() - start
    module.zero_grad()
    return taken / _TIMED_STEPS


def _duration(seconds: float) -> str:
    for unit, size in (("days", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{max(1.0, seconds):.0f} s"
