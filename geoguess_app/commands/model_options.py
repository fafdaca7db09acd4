"""The options that name a model and a device, and the model that they and the settings ask for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.commands.common import UsageError
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.settings import Settings, load_settings

if TYPE_CHECKING:
    from geoguess_app.core.predictor import Predictor


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add --model, --device and --crops."""
    parser.add_argument(
        "--model",
        metavar="M",
        help="model bundle: a folder or a .geomodel file "
        "(default: the model chosen in the settings, or else the starter model)",
    )
    parser.add_argument(
        "--device",
        metavar="D",
        help="compute device: auto, cpu, cuda, cuda:1 or mps "
        "(default: from the settings, or else auto)",
    )
    parser.add_argument(
        "--crops",
        type=int,
        choices=(1, 3, 5, 10),
        metavar="N",
        help="crops per photo: 1, 3, 5 or 10; more are slower and slightly more accurate "
        "(default: from the settings, or else the model's own number)",
    )


def apply_settings(arguments: argparse.Namespace) -> None:
    """Fill in from the settings what --model, --device and --crops left open.

    Raises UsageError where the model does not exist. Afterwards no model means the starter.
    """
    settings = load_settings()
    arguments.model = model_path(arguments.model, settings)
    arguments.device = arguments.device or settings.device
    arguments.crops = arguments.crops or settings.crops


def load_model(arguments: argparse.Namespace) -> Predictor:
    """The predictor that the options and the settings ask for; raises UsageError."""
    apply_settings(arguments)
    from geoguess_app.core.predictor import load_predictor

    try:
        return load_predictor(arguments.model, arguments.device, arguments.crops)
    except GeoGuessError as problem:
        raise UsageError(str(problem)) from problem


def model_path(chosen: str | None, settings: Settings) -> Path | None:
    """The bundle to open; None means the starter. Raises UsageError where there is none."""
    if chosen is not None:
        if not chosen or not Path(chosen).exists():
            raise UsageError(
                f"there is no model {chosen!r}; give a bundle folder or a .geomodel file."
            )
        return Path(chosen)
    if settings.model is None:
        return None
    if not Path(settings.model).exists():
        raise UsageError(
            f"the model chosen in the settings, {settings.model!r}, no longer exists; "
            "choose one with --model."
        )
    return Path(settings.model)
