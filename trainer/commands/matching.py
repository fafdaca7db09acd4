"""``geoguess-train matching``: fit and prove how far "the same place" can be trusted."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.commands.options import add_device

if TYPE_CHECKING:
    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command ``matching`` and its options."""
    parser = subparsers.add_parser(
        "matching",
        help='fit and measure how far "the same place" can be trusted',
        description="Compares photos with known positions point by point, fits the numbers of "
        "resources/matching/trust.json, and prints what they are worth on photos that they were "
        "not fitted on.",
        epilog="The tables need the columns file, latitude, longitude and source; precision and "
        "split are used where they are there. Photos whose split is test only measure.",
    )
    parser.add_argument("area", type=Path, metavar="AREA", help="table of photos of a small area")
    parser.add_argument("world", type=Path, metavar="WORLD", help="table of photos of the world")
    parser.add_argument(
        "--set", default="", metavar="NAME", help="only the area's rows whose column set says so"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write the fitted numbers there (JSON)"
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path("runs/matching"),
        metavar="DIR",
        help="folder for compared pairs, which take long (default: %(default)s)",
    )
    parser.add_argument(
        "--trials",
        type=int,
        default=0,
        metavar="N",
        help="also change N photos of the area (dusk, grey, turned, cropped …) and ask again",
    )
    add_device(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    # Torch and OpenCV take seconds to import.
    import json

    from geoguess_app.core.predictor import load_predictor
    from geoguess_app.core.records.forms import encode
    from geoguess_app.files.atomic import atomic_text_file
    from trainer.common.cache import StageCache
    from trainer.matching.measuring import fit_all, proof_table, prove
    from trainer.matching.stages import compare_sets
    from trainer.matching.trials import trial_table

    predictor = load_predictor(device=args.device)
    data = compare_sets(predictor, StageCache(args.cache), (args.area, args.set), args.world)
    fitted = fit_all(data)
    text = json.dumps(encode(fitted), indent=2) + "\n"
    if args.out is not None:
        with atomic_text_file(args.out) as stream:
            stream.write(text)
    sys.stdout.write(f"{text}\n{proof_table(prove(data))}")
    if args.trials:
        sys.stdout.write(f"\n{trial_table(predictor, data, fitted, args.trials)}")
    return 0
