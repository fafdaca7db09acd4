"""``geoguess-train ensemble``: several models that answer together."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.commands.options import add_images, add_quiet

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
    parser.add_argument(
        "--device",
        default="auto",
        metavar="D",
        help="auto, cpu, cuda, cuda:1 or mps (default: auto)",
    )
    add_quiet(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Pool. Raises a GeoGuessError for unusable photos, unfit models, a full disk."""
    from tqdm import tqdm

    from trainer.published.pool import make_ensemble

    with tqdm(unit="photo", disable=args.quiet) as bar:

        def report(step: str, done: int, total: int) -> None:
            bar.set_description_str(step)
            bar.total, bar.n = total or None, done
            bar.refresh()

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
    from geoguess_app.core.format import percent, threshold

    judged = {**outcome.alone, "together": outcome.together}
    lines = [f"{outcome.title}, fitted to {outcome.photos:,} photos: {outcome.model}"]
    for name, metrics in judged.items():
        shares = ", ".join(
            f"{percent(share.value)} within {threshold(km)}"
            for km, share in metrics.overall.accuracy_every_photo.items()
        )
        lines.append(f"  {name}: {shares}")
    return "\n".join(lines) + "\n"
