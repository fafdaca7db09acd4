"""The trainer's command lines."""

from __future__ import annotations

import json

from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.train.runs import TrainingFolder, TrainingPlan


def list_recipes() -> list[str]:
    """Return which recipes there are."""
    return ["recipes", "--json"]


def read_photos(run: TrainingFolder) -> list[str]:
    """Read, measure and judge the photos."""
    place = ["--out", str(run.table), "--report", str(run.report)]
    cache = ["--cache", str(run.cache / "measurements.sqlite")]
    return ["photos", run.plan.source, *_images(run.plan), *place, *cache, "--quiet"]


def compare_photos(run: TrainingFolder) -> list[str]:
    """Return how alike photos are that chance would put on both sides of a test."""
    place = ["--out", str(run.data / "split.csv"), "--report", str(run.split_report)]
    return ["split", str(run.table), "--by", "random", "--replace", *place, "--quiet"]


def build(run: TrainingFolder, *, dry: bool = False) -> list[str]:
    """The whole training; what an earlier one has left is gone on with."""
    plan = run.plan
    place = ["--out", plan.out, "--work", str(run.work), "--cache", str(run.cache)]
    words = {"name": plan.name, "license": plan.license, "description": _description(plan)}
    # TOML takes texts as JSON writes them.
    told = [
        part
        for key, text in words.items()
        for part in ("--set", f"model.{key}={json.dumps(text, ensure_ascii=False)}")
    ]
    within = ["--within", f"{plan.within_km:g}"] if plan.within_km > 0 else []
    start = ["--weights", plan.weights] if plan.weights else []
    start += ["--download"] if plan.download else []
    end = ["--dry-run"] if dry else ["--resume"]
    photos = ["--photos", plan.source, *_images(plan)]
    return ["build", plan.recipe, *photos, *place, *told, *within, *start, "--quiet", *end]


def _images(plan: TrainingPlan) -> list[str]:
    return ["--images", plan.images] if plan.images else []


def _description(plan: TrainingPlan) -> str:
    if plan.author:
        return tr("Made by {author} from photos of one area.").format(author=plan.author)
    return tr("Made from photos of one area.")
