"""Grid search: one training run per combination of settings, the best by validation."""

from __future__ import annotations

import csv
import io
import itertools
import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geoguess_app.core.errors import GeoGuessError, TableError
from geoguess_app.core.format import distance, plain_spaces
from geoguess_app.files.atomic import make_folder, replace_file
from trainer.common.errors import TrainError
from trainer.common.fields import decode_table, read_toml, with_changes
from trainer.engine.errors import INTERRUPTED
from trainer.engine.fit import fit_module, read_curve
from trainer.engine.recipe import TrainRecipe
from trainer.engine.run import RunOptions, claim_folder, make_data, make_module, prepare_run

log = logging.getLogger(__name__)

SHORT = {
    "lr": "optimizer.learning_rate",
    "weight_decay": "optimizer.weight_decay",
    "wd": "optimizer.weight_decay",
    "decay": "schedule.gamma",
    "step": "schedule.step",
    "dropout": "regression.head_dropout",
    "batch": "training.batch",
    "epochs": "training.epochs",
    "seed": "training.seed",
}
"""Names that stand for keys of a recipe."""
TABLE_FILE, RESULT_FILE, SECTION = "search.csv", "result.json", "search"
DONE, FAILED = "done", "failed"
MOST_RUNS = 500

Grid = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The result of one run; ``value`` is the best of the monitored figure."""

    number: int
    setting: tuple[tuple[str, Any], ...]
    status: str
    value: float | None = None
    epoch: int | None = None
    median_m: float | None = None
    seconds: float = 0.0
    message: str = ""


def _full(name: str, recipe: Mapping[str, Any]) -> str:
    """A key's whole name; each task has a dropout of its own."""
    if name == "dropout" and recipe.get("task") in ("cells", "context"):
        return "cells.head_dropout"
    return SHORT.get(name, name)


def grid_of(path: Path, given: Sequence[str]) -> Grid:
    """The grid of the recipe's section ``[search]`` and of ``--grid KEY=V,V…``, which replace those
    of the same key. Raises TableError."""
    grid: dict[str, list[Any]] = {}
    recipe = read_toml(path)
    section = recipe.get(SECTION, {})
    if not isinstance(section, Mapping):
        raise TableError(f"{path}: search must be a table of lists.", code="recipe")
    for name, values in section.items():
        if not isinstance(values, list) or not values:
            raise TableError(f"{path}: search.{name} must be a list of values.", code="recipe")
        grid[_full(str(name), recipe)] = values
    for text in given:
        name, equals, values_text = text.partition("=")
        values = [part.strip() for part in values_text.split(",") if part.strip()]
        if not equals or not values:
            raise TableError(
                f"--grid {text}: expected a key and its values, such as lr=1e-3,3e-4.",
                code="option",
            )
        grid[_full(name.strip(), recipe)] = [_value(value) for value in values]
    if not grid:
        raise TableError(
            f"{path}: nothing to search; pass --grid lr=1e-3,3e-4 or a section [search].",
            code="option",
        )
    return grid


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def combinations(grid: Grid) -> list[tuple[tuple[str, Any], ...]]:
    """Every combination, the last key varying fastest. Raises TableError for too many."""
    found = [tuple(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    if len(found) > MOST_RUNS:
        raise TableError(
            f"{len(found):,} combinations are too many; at most {MOST_RUNS}.", code="option"
        )
    return found


def recipe_with(
    path: Path, changes: Sequence[str], setting: Sequence[tuple[str, Any]]
) -> TrainRecipe:
    """The recipe with a combination's values. Raises TableError naming a key that is wrong."""
    data = with_changes(read_toml(path), changes)
    data.pop(SECTION, None)
    data = with_changes(data, [f"{key}={json.dumps(value)}" for key, value in setting])
    recipe = decode_table(TrainRecipe, data, str(path))
    if recipe.task not in ("cells", "regression"):
        raise TableError(
            f"{path}: the task {recipe.task} has no learning rate to search; cells and regression "
            "have.",
            code="recipe",
        )
    return recipe


def grid_search(
    path: Path, changes: Sequence[str], grid: Grid, options: RunOptions
) -> list[SearchResult]:
    """Train every combination that is not done yet; a run that fails does not stop the others.

    Each has a folder of its own below ``options.out``, and the same seed. Raises GeoGuessError for
    what stops them all, and TrainError with code "interrupted".
    """
    settings = combinations(grid)
    recipes = [recipe_with(path, changes, setting) for setting in settings]
    make_folder(options.out)
    results: list[SearchResult] = []
    for number, (setting, recipe) in enumerate(zip(settings, recipes, strict=True), start=1):
        folder = options.out / folder_name(setting)
        known = _known_result(folder, recipe, number, setting) if options.resume else None
        if known is None:
            log.info("Run %d of %d: %s", number, len(settings), words_of(setting))
            known = _run(recipe, replace(options, out=folder), number, setting)
        results.append(known)
        write_search_table(
            options.out / TABLE_FILE, rank_results(results, recipe), recipe.training.monitor
        )
    return rank_results(results, recipes[0])


def folder_name(setting: Sequence[tuple[str, Any]]) -> str:
    """A folder that tells its setting."""
    return "_".join(f"{key.rpartition('.')[2]}={value}" for key, value in setting).replace("/", "-")


def words_of(setting: Sequence[tuple[str, Any]]) -> str:
    """Describe a combination of settings for people."""
    return ", ".join(f"{key} {value}" for key, value in setting)


def _run(
    recipe: TrainRecipe, options: RunOptions, number: int, setting: tuple[tuple[str, Any], ...]
) -> SearchResult:
    start = time.monotonic()
    try:
        prepared = prepare_run(recipe, options)
        module, data = make_module(prepared), make_data(prepared)
        if not data.validation_photos:
            raise TrainError(
                "There are no validation photos to compare runs on; divide the table with "
                "geoguess-train split.",
                code="no-validation",
            )
        claim_folder(prepared)
        fit_module(module, data, options.out, options.machine, resume=options.resume)
        result = _measurement(recipe, options.out, SearchResult(number, setting, DONE))
    except (GeoGuessError, RuntimeError, ValueError, OSError, MemoryError) as error:
        if getattr(error, "code", "") in (INTERRUPTED, "no-weights", "no-validation", "exists"):
            raise
        result = SearchResult(number, setting, FAILED, message=str(error).splitlines()[0])
        log.warning("Run %d failed: %s", number, result.message)
    result = replace(result, seconds=round(time.monotonic() - start, 1))
    if options.out.is_dir():
        text = json.dumps({"recipe": recipe.to_json(), **_plain(result)}, indent=1)
        replace_file(options.out / RESULT_FILE, (text + "\n").encode("utf-8"))
    return result


def _plain(result: SearchResult) -> dict[str, Any]:
    names = ("status", "value", "epoch", "median_m", "seconds", "message")
    return {name: getattr(result, name) for name in names}


def _measurement(recipe: TrainRecipe, folder: Path, result: SearchResult) -> SearchResult:
    """The best epoch by the recipe's monitored figure, and the median error there."""
    curve = read_curve(folder, recipe.training.monitor)
    if not curve:
        raise TrainError(
            f"The figure {recipe.training.monitor} (training.monitor) was never logged.",
            code="no-metric",
        )
    better = max if "within" in recipe.training.monitor else min
    step = better(curve, key=lambda at: curve[at])
    median = read_curve(folder, "val_median_km").get(step)
    return replace(
        result,
        value=curve[step],
        epoch=sorted(curve).index(step) + 1,
        median_m=None if median is None else round(1000.0 * median, 2),
    )


def _known_result(
    folder: Path, recipe: TrainRecipe, number: int, setting: tuple[tuple[str, Any], ...]
) -> SearchResult | None:
    """The result of a run that an earlier search finished, with the very same recipe."""
    try:
        data = json.loads((folder / RESULT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    same = data.get("recipe") == json.loads(json.dumps(recipe.to_json()))
    if not same or data.get("status") != DONE:
        return None
    values = {name: data.get(name) for name in ("value", "epoch", "median_m", "seconds")}
    return SearchResult(number, setting, DONE, **values)


def rank_results(results: Sequence[SearchResult], recipe: TrainRecipe) -> list[SearchResult]:
    """The best first, failed ones last."""
    sign = -1.0 if "within" in recipe.training.monitor else 1.0

    def key(result: SearchResult) -> tuple[bool, float, int]:
        return result.value is None, sign * (result.value or 0.0), result.number

    return sorted(results, key=key)


def write_search_table(path: Path, results: Sequence[SearchResult], monitor: str) -> None:
    """All results as CSV, the best first."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    keys = [key for key, _ in results[0].setting]
    writer.writerow(
        ["run", *keys, "status", monitor, "epoch", "val_median_m", "seconds", "message"]
    )
    for result in results:
        writer.writerow(
            [
                result.number,
                *(value for _, value in result.setting),
                result.status,
                "" if result.value is None else f"{result.value:.6g}",
                result.epoch or "",
                "" if result.median_m is None else result.median_m,
                result.seconds,
                result.message,
            ]
        )
    replace_file(path, out.getvalue().encode("utf-8"))


def text_table(results: Sequence[SearchResult], monitor: str) -> str:
    """The same for the terminal."""
    keys = [key.rpartition(".")[2] for key, _ in results[0].setting]
    rows = [["", *keys, monitor, "epoch", "median", ""]]
    for place, result in enumerate(results, start=1):
        shown = "failed" if result.value is None else f"{result.value:.4g}"
        median = "" if result.median_m is None else plain_spaces(distance(result.median_m / 1000))
        values = [str(value) for _, value in result.setting]
        epoch = str(result.epoch or "")
        rows.append([str(place), *values, shown, epoch, median, result.message[:60]])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
