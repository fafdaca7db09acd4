"""``geoguess-train recipes``: which recipes come with the trainer, and what each is for."""

from __future__ import annotations

import argparse
import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

FORMAT = 1
_SCALES = {"local": "area", "regression": "area", "retrieval": "area", "cells": "world"}
_MODULES = ("lightning", "pyarrow", "torchmetrics", "tqdm", "webdataset")
"""What the extra "trainer" brings."""


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command ``recipes`` and its options."""
    parser = subparsers.add_parser(
        "recipes",
        help="list the recipes that come with the trainer",
        description="Lists the recipes for geoguess-train build and what each of them makes.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for other programs")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the list of recipes."""
    recipes = [
        _describe(path) for path in sorted((Path(__file__).parents[1] / "recipes").glob("*"))
    ]
    found = [recipe for recipe in recipes if recipe is not None]
    if args.json:
        missing = [name for name in _MODULES if find_spec(name) is None]
        value = {"format": FORMAT, "steered": True, "missing": missing, "recipes": found}
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    else:
        lines = [f"{recipe['id']:<34}{recipe['description']}" for recipe in found]
        sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _describe(path: Path) -> dict[str, Any] | None:
    """A recipe that ``build`` takes with photos alone; None for others."""
    from trainer.common.fields import read_toml

    if path.suffix != ".toml":
        return None
    data = read_toml(path)
    scale, model = _SCALES.get(str(data.get("task"))), data.get("model")
    if scale is None or not isinstance(model, dict):
        return None
    trunk = data.get("trunk", {})
    return {
        "id": path.stem,
        "path": str(path),
        "task": data["task"],
        "scale": scale,
        "name": model["name"],
        "description": model["description"],
        "license": model["license"],
        "trunk": trunk.get("architecture", ""),
        "weights": trunk.get("weights", "imagenet"),
    }
