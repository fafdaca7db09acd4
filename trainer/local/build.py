"""From a folder of photos to a local model, in one go: the stages in order."""

from __future__ import annotations

import errno
import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from geoguess_app.core.errors import TableError
from geoguess_app.core.predictor import load_predictor
from geoguess_app.core.types import IntArray
from geoguess_app.files.atomic import make_folder, replace_file
from trainer.common.progress import Progress, Stage
from trainer.data.photo_set import PhotoSet
from trainer.local import tell
from trainer.local.calibrate import calibrate
from trainer.local.choose import Choice, choose, errors_m, refit
from trainer.local.contents import contents_of
from trainer.local.elsewhere import Elsewhere, photos_below
from trainer.local.feature_store import FeatureStore
from trainer.local.gather import FEWEST_PHOTOS, Gathered, PhotoOptions, gather
from trainer.local.groups import Parted, folds, part, part_as_given
from trainer.local.kinds import Examples, Setting, settings
from trainer.local.measure import measure, measure_elsewhere
from trainer.local.models import fit_middle
from trainer.local.recipe import LocalRecipe, SplitBy
from trainer.local.run_trunk import LocalTrunk, features_key, features_of, load_local_trunk
from trainer.local.spaces import Seen, World
from trainer.local.world import load_world

LOG = logging.getLogger(__name__)
OTHER: dict[SplitBy, SplitBy] = {"place": "random", "random": "place"}
STAGES = ("reading", "features", "candidates", "other-split", "calibrating", "measuring")
"""In this order, by the names that ``progress.jsonl`` calls them."""


@dataclass(frozen=True)
class LocalOptions:
    """What the command line adds to a recipe."""

    photos: PhotoOptions
    out: Path
    """The bundle."""
    work: Path
    """Table, split, report and figures of this build."""
    cache: Path
    """Measurements and features, kept between builds."""
    elsewhere: Path | None = None
    """A folder of photos of other places."""
    download: bool = False
    report: bool = True


@dataclass(frozen=True, eq=False)
class Material:
    """What all later stages work on; rows of everything run in step."""

    gathered: Gathered
    trunk: LocalTrunk
    examples: Examples
    world: World | None
    elsewhere: Elsewhere


def build_local(recipe: LocalRecipe, options: LocalOptions) -> Path:
    """Run every stage and write the bundle; returns where it lies. Raises GeoGuessError.

    How far it is stands in ``progress.jsonl`` in the folder ``options.work``.
    """
    make_folder(options.work)
    progress = Progress(options.work)
    with progress.told(), _room(options.work):
        progress.write("start", task=recipe.task, stages=list(STAGES))
        bundle = _build(recipe, options, progress)
        progress.write("done", model=str(bundle))
    return bundle


@contextmanager
def _room(work: Path) -> Iterator[None]:
    """A full disk as one sentence; raises TableError."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        if not full and "disk is full" not in str(error):
            raise
        raise TableError(
            f"The disk of {work} is full. Make room and run the same command again: what was read "
            "and computed is kept.",
            code="disk-full",
        ) from error


def _build(recipe: LocalRecipe, options: LocalOptions, progress: Progress) -> Path:
    # First, because without weights all reading of photos would be in vain.
    trunk = load_local_trunk(recipe, download=options.download)
    gathered = gather(options.photos, recipe.photos, options.work, options.cache)
    LOG.info("%s", tell.gathered(gathered, options.work))
    material = _material(recipe, options, trunk, gathered, progress)
    parted = divide(material.gathered, recipe)
    _write_split(options.work, material.gathered, parted)
    division = tell.division_facts(parted, material.gathered)
    LOG.info("%s", tell.division(division))
    progress.write("division", **division)
    choice, fold = _choose(
        material, parted, recipe, progress, "candidates", bars=options.photos.progress
    )
    LOG.info("%s", tell.table(choice))
    LOG.info("%s", choice.sentence())
    if not choice.beats_floor:
        LOG.warning("%s", tell.NO_BETTER)
    LOG.info("Asking the same with the photos divided the other way …")
    other = other_split(material, parted, recipe, progress)
    return _write(recipe, options, material, parted, choice, fold, other, progress)


def _material(
    recipe: LocalRecipe,
    options: LocalOptions,
    trunk: LocalTrunk,
    gathered: Gathered,
    progress: Progress,
) -> Material:
    spec = recipe.pictures
    names = [*gathered.photos.names, *gathered.elsewhere]
    paths = [gathered.root / name for name in names]
    own = photos_below(options.elsewhere) if options.elsewhere else []
    with (
        FeatureStore(options.cache / "features.sqlite", features_key(trunk, spec)) as store,
        tqdm(
            total=len(paths) + len(own),
            unit="photo",
            desc="features",
            disable=not options.photos.progress,
        ) as bar,
    ):
        stage = Stage(progress, "features", bar, len(paths) + len(own))
        found = features_of(trunk, spec, [*paths, *own], store, stage)
    here = paths[: gathered.size]
    readable = np.array([path in found for path in here])
    kept = keep(gathered, np.flatnonzero(readable))
    if kept.size < FEWEST_PHOTOS:
        raise TableError(
            f"{options.photos.source}: only {kept.size} photos can be decoded; at least "
            f"{FEWEST_PHOTOS} are needed.",
            code="too-few",
        )
    photos = kept.photos
    features = np.stack([found[path] for path in here if path in found])
    examples = Examples(Seen(features), photos.latitude_deg, photos.longitude_deg)
    strangers = [found[path] for path in [*paths[gathered.size :], *own] if path in found]
    world = load_world(trunk, spec) if "world" in recipe.spaces.names else None
    middle = (float(np.median(photos.latitude_deg)), float(np.median(photos.longitude_deg)))
    elsewhere = Elsewhere(Seen(np.stack(strangers)) if strangers else None, world, *middle)
    return Material(kept, trunk, examples, world, elsewhere)


def keep(gathered: Gathered, rows: IntArray) -> Gathered:
    """Some of the photos."""
    if rows.size == gathered.size:
        return gathered

    def pick(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(values[row] for row in rows.tolist())

    return replace(
        gathered,
        photos=gathered.photos.take(rows),
        source=pick(gathered.source),
        licence=pick(gathered.licence),
        precision=pick(gathered.precision),
        split=pick(gathered.split),
    )


def divide(gathered: Gathered, recipe: LocalRecipe, by: SplitBy | None = None) -> Parted:
    """Put test photos aside: those of the table's own column split, else as the recipe says."""
    given = np.array([text == "test" for text in gathered.split])
    if by is None and given.any() and not given.all():
        return part_as_given(gathered.photos, recipe.split, given)
    return part(gathered.photos, recipe.split, by)


def _choose(
    material: Material,
    parted: Parted,
    recipe: LocalRecipe,
    progress: Progress,
    name: str,
    *,
    bars: bool = False,
) -> tuple[Choice, IntArray]:
    """Try all settings on the photos that are not put aside, and the folds used for that."""
    rows = np.flatnonzero(~parted.test)
    names = tuple(material.gathered.photos.names[row] for row in rows.tolist())
    count = min(recipe.split.folds, len(np.unique(parted.group[rows])))
    fold = folds(parted.group[rows], names, count, recipe.split.seed)
    spaces = tuple(n for n in recipe.spaces.names if n != "world" or material.world is not None)
    tried = list(settings(recipe, spaces))
    with tqdm(total=len(tried) * count, desc="trying", unit="fit", disable=not bars) as bar:
        stage = Stage(progress, name, bar, len(tried) * count)
        choice = choose(
            material.examples.take(rows),
            fold,
            tried,
            recipe,
            material.world,
            stage.update,
            lambda answered: progress.write("tried", stage=name, **tell.tried(answered)),
        )
    return choice, fold


def other_split(
    material: Material, parted: Parted, recipe: LocalRecipe, progress: Progress
) -> dict[str, Any]:
    """The same questions with the photos divided the other way: chosen and measured anew."""
    apart = divide(material.gathered, recipe, OTHER[parted.by])
    choice, _ = _choose(material, apart, recipe, progress, "other-split")
    learned, asked = material.examples.take(~apart.test), material.examples.take(apart.test)
    model = refit(learned, choice.best.setting, recipe, material.world)
    return {
        "split": apart.words,
        "chosen": choice.best.setting.kind,
        **tell.figures(errors_m(model.answers(asked.seen), asked)),
        "floor_mean_point": tell.figures(errors_m(fit_middle(learned).answers(asked.seen), asked)),
    }


def _write(
    recipe: LocalRecipe,
    options: LocalOptions,
    material: Material,
    parted: Parted,
    choice: Choice,
    fold: IntArray,
    other: dict[str, Any],
    progress: Progress,
) -> Path:
    learned = material.examples.take(~parted.test)
    setting = choice.best.setting
    model = refit(learned, setting, recipe, material.world)
    photos = photo_set_of(material.gathered, parted)
    facts = tell.facts(recipe, material, parted, choice)
    progress.write("stage", name="calibrating", photos=learned.size)
    group = parted.group[~parted.test]
    fitted = calibrate(learned, fold, setting, recipe, material.world, material.elsewhere, group)
    contents = contents_of(model, learned, photos, material.trunk, recipe, facts, fitted)
    contents.write(options.out, recipe.model)
    predictor = load_predictor(options.out)
    LOG.info("Measuring on %d test photos …", int(parted.test.sum()))
    progress.write("stage", name="measuring", photos=int(parted.test.sum()))
    figures = measure(predictor, photos, options.work, report=options.report)
    figures |= {"split": parted.words, "other_split": other}
    figures["nearest_neighbour"] = _nearest(material, parted, recipe)
    strangers = measure_elsewhere(fitted.area, learned, material.elsewhere)
    if strangers is not None:
        figures["elsewhere"] = strangers
    contents.measured(figures).write(options.out, recipe.model)
    replace_file(
        options.work / "figures.json", (json.dumps(figures, indent=1) + "\n").encode("utf-8")
    )
    LOG.info("%s", tell.outcome(figures))
    return options.out


def _nearest(material: Material, parted: Parted, recipe: LocalRecipe) -> dict[str, float]:
    """The error of the plainest model that learns: the place of the most similar photo."""
    learned, asked = material.examples.take(~parted.test), material.examples.take(parted.test)
    model = refit(learned, Setting("retrieval", neighbours=1, temperature=1.0), recipe, None)
    return tell.figures(errors_m(model.answers(asked.seen), asked))


def photo_set_of(gathered: Gathered, parted: Parted) -> PhotoSet:
    """List the photos with their division, as bundles and figures need them."""
    return PhotoSet(
        names=gathered.photos.names,
        latitude_deg=gathered.photos.latitude_deg,
        longitude_deg=gathered.photos.longitude_deg,
        split=np.where(parted.test, "test", "train"),
        source=gathered.source,
        licence=gathered.licence,
        precision=gathered.precision,
        root=gathered.root,
    )


def _write_split(work: Path, gathered: Gathered, parted: Parted) -> None:
    lines = ["file_name,latitude,longitude,group,split"]
    photos = photo_set_of(gathered, parted)
    for row, name in enumerate(photos.names):
        quoted = '"' + name.replace('"', '""') + '"'
        spot = f"{photos.latitude_deg[row]:.7f},{photos.longitude_deg[row]:.7f}"
        lines.append(f"{quoted},{spot},{parted.group[row]},{photos.split[row]}")
    replace_file(work / "split.csv", ("\n".join(lines) + "\n").encode("utf-8"))
