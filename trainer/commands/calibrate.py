"""``geoguess-train calibrate``: how far a published model may be trusted on your photos."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.commands.options import add_images, add_inference_device, add_quiet
from trainer.commands.photo_steps import photo_steps

if TYPE_CHECKING:
    from trainer.published.calibrate import CalibrationOutcome

    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_EPILOG = """\
The photos are a table as for evaluate, or a folder: then every photo counts whose file, sidecar or
album says where it was taken, and that this program did not place itself. At least 300 are needed.
Nothing is learned but a few numbers: the networks stay as they are."""


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command ``calibrate`` and its options."""
    parser = subparsers.add_parser(
        "calibrate",
        help="measure how far a published model may be trusted, on your own located photos",
        description="Fits the temperature, radii and levels of a model with a gallery, such as "
        "GeoCLIP, on photos whose positions are known, and writes the model again.",
        epilog=_EPILOG,
    )
    parser.add_argument("model", type=Path, metavar="MODEL", help="model with a gallery")
    parser.add_argument(
        "--photos", type=Path, required=True, metavar="TABLE", help="table or folder of photos"
    )
    add_images(parser)
    parser.add_argument(
        "--out", type=Path, metavar="MODEL", help="model to write (default: the same one)"
    )
    add_inference_device(parser)
    add_quiet(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Calibrate. Raises a GeoGuessError for unusable photos, another kind of model, a full disk."""
    from trainer.published.calibrate import calibrate

    with photo_steps(quiet=args.quiet) as report:
        outcome = calibrate(
            args.model,
            args.photos,
            args.out or args.model,
            images=args.images,
            device=args.device,
            report=report,
        )
    sys.stdout.write(_text(outcome))
    return 0


def _text(outcome: CalibrationOutcome) -> str:
    from trainer.common.figures import accuracy_text

    shares = accuracy_text(outcome.metrics)
    lines = [f"{outcome.title} is calibrated on {outcome.photos:,} photos: {outcome.model}", shares]
    if outcome.left_out:
        lines.append(f"{outcome.left_out:,} photos without a usable position were left out.")
    if outcome.unreadable:
        lines.append(f"{outcome.unreadable:,} photos could not be read.")
    return "\n".join(lines) + "\n"
