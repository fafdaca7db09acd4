"""``geoguess-train ensemble``: several models that answer together."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.commands.options import add_images, add_inference_device, add_quiet
from trainer.commands.photo_steps import photo_steps

if TYPE_CHECKING:
    from trainer.published.pool import PoolOutcome

    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_EPILOG = """\
The photos are a table as for evaluate, or a folder; none of the models may have learned from them.
At least 300 are needed. The members are copied into the new model, which can be moved or shared as
one file."""


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command ``ensemble`` and its options."""
    parser = subparsers.add_parser(
        "ensemble",
        help="make one model of several, each heard where it is surer",
        description="Pools models of kind cells or gallery (GeoCLIP and the starter's memory of "
        "places, say) on common cells. How much each says is fitted on located photos; where no "
        "weights beat the best model, that one speaks alone.",
        epilog=_EPILOG,
    )
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL", help="two to four models")
    parser.add_argument(
        "--photos", type=Path, required=True, metavar="TABLE", help="table or folder of photos"
    )
    add_images(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="MODEL", help="model to write")
    parser.add_argument("--name", default="Ensemble", help="its name (default: Ensemble)")
    add_inference_device(parser)
    add_quiet(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Pool. Raises a GeoGuessError for unusable photos, unfit models, a full disk."""
    from trainer.published.pool import make_ensemble

    with photo_steps(quiet=args.quiet) as report:
        outcome = make_ensemble(
            args.models,
            args.photos,
            args.out,
            name=args.name,
            images=args.images,
            device=args.device,
            report=report,
        )
    sys.stdout.write(_text(outcome))
    return 0


def _text(outcome: PoolOutcome) -> str:
    from trainer.common.figures import accuracy_text

    judged = {**outcome.alone, "together": outcome.together}
    lines = [f"{outcome.title}, fitted to {outcome.photos:,} photos: {outcome.model}"]
    lines += [f"  {name}: {accuracy_text(metrics)}" for name, metrics in judged.items()]
    return "\n".join(lines) + "\n"
