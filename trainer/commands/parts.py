"""``geoguess-train parts``: the photos of shards located or labelled by many processes."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.errors import TableError
from trainer.commands.options import add_inference_device, add_quiet

if TYPE_CHECKING:
    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_EPILOG = """\
Under torchrun, Slurm or mpirun every process takes its own shards; a process alone takes all. Every
finished shard is a part in FOLDER, so the same command goes on after a stop, with any number of
processes."""


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command ``parts`` and its three actions."""
    parser = subparsers.add_parser(
        "parts",
        help="locate or label the photos of shards with many processes, and merge the answers",
        description="Locates or labels millions of photos out of shards, a part for each shard, "
        "split among the processes of a launcher; merges the parts into one table.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for kind, what in (("locate", "locate the photos"), ("scenes", "label the photos' scenes")):
        action = actions.add_parser(kind, help=what, description=f"{what}.", epilog=_EPILOG)
        _add_answering(action)
        action.set_defaults(run=run, kind=kind)
    merging = actions.add_parser(
        "merge",
        help="make one table of all parts",
        description="Makes one Parquet table of all parts, in the order of the shards. Complains "
        "where parts are missing, there twice, or of another model or other options.",
    )
    merging.add_argument(
        "folders",
        type=Path,
        nargs="+",
        metavar="FOLDER",
        help="folder of parts; one for each machine without a common disk",
    )
    merging.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help="table to write, .parquet"
    )
    merging.set_defaults(run=run_merge)


def _add_answering(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "--shards",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of shards that geoguess-train shards packed or index-tars indexed",
    )
    action.add_argument(
        "--output", type=Path, required=True, metavar="FOLDER", help="folder of the parts"
    )
    action.add_argument(
        "--model", type=Path, metavar="BUNDLE", help="model to ask (default: the starter model)"
    )
    action.add_argument(
        "--split", default="", metavar="NAME", help="only the shards of this split (default: all)"
    )
    action.add_argument(
        "--crops",
        type=int,
        choices=(1, 3, 5, 10),
        help="crops per photo (default: what the model asks for)",
    )
    add_inference_device(action)
    action.add_argument(
        "--threads",
        type=int,
        metavar="N",
        help="threads of each process that decode photos (default: 2; one per core with a graphics "
        "card)",
    )
    add_quiet(action)


def run(args: argparse.Namespace) -> int:
    """Answer this process's shards: 0 done, 1 a shard could not be read by a process alone.

    Raises a GeoGuessError for unusable input or a folder of another model's parts.
    """
    from tqdm import tqdm

    from geoguess_app.core.predictor import load_predictor
    from trainer.common.ranks import rank_device, this_rank
    from trainer.data.shard_index import read_index
    from trainer.parts.answering import LocateAnswering, SceneAnswering
    from trainer.parts.manifest import PartsManifest
    from trainer.parts.work import PartsTask

    if args.threads is not None and not 1 <= args.threads <= 1024:
        raise TableError(f"--threads {args.threads}: must be 1 to 1024.", code="option")
    rank = this_rank()
    index = read_index(args.shards)
    shards = index.of(args.split) if args.split else index.shards
    predictor = load_predictor(
        args.model, rank_device(args.device, rank), args.crops, for_scenes=args.kind == "scenes"
    )
    answering_type = LocateAnswering if args.kind == "locate" else SceneAnswering
    answering = answering_type(predictor, args.threads)
    model = predictor.bundle
    manifest = PartsManifest(
        answering.kind, model.name, model.digest, predictor.crops, args.split, shards
    )
    task = PartsTask(args.shards, args.output, manifest, answering, predictor.device_name)
    total = sum(shard.photos for shard in shards[rank.number :: rank.ranks])
    hide = args.quiet or rank.number > 0
    start_s = time.monotonic()
    with tqdm(total=total, unit=" photos", disable=hide, desc=args.kind) as bar:
        summary = task.run(rank, bar.update)
    took_s = time.monotonic() - start_s
    who = f"process {rank.number} of {rank.ranks}: " if rank.ranks > 1 else ""
    rate = f" ({summary.photos / took_s:,.2f} photos/s)" if summary.photos else ""
    sys.stdout.write(
        f"{who}{summary.photos:,} photos of {summary.shards:,} shards by {model.name} in "
        f"{took_s:,.0f} s{rate}, {summary.kept:,} shards from before: {args.output}\n"
    )
    if summary.failed:
        sys.stdout.write(f"{summary.failed:,} photos have an error instead of an answer\n")
    sys.stderr.write("".join(f"{sentence}\n" for sentence in summary.broken))
    # torchrun and mpirun end all processes when one fails; merge says what is missing.
    return 1 if summary.broken and rank.ranks == 1 else 0


def run_merge(args: argparse.Namespace) -> int:
    """Merge. Raises a GeoGuessError for parts that are missing or do not belong together."""
    from trainer.parts.merge import merge_parts

    if args.output.suffix.lower() != ".parquet":
        raise TableError(f"--output {args.output}: must end in .parquet.", code="option")
    manifest = merge_parts(args.folders, args.output)
    photos = sum(shard.photos for shard in manifest.shards)
    sys.stdout.write(
        f"{photos:,} photos of {len(manifest.shards):,} shards by {manifest.model}: {args.output}\n"
    )
    return 0
