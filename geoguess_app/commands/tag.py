"""``geoguess tag``: locate a folder and write the positions into the photos."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.commands.clue_option import add_clue_option, with_clues
from geoguess_app.commands.common import (
    OK,
    SOME_FAILED,
    UsageError,
    add_logging_option,
    add_units_option,
    count_phrase,
    print_line,
    say,
    use_utf8,
)
from geoguess_app.commands.deferred_model import (
    DeferredModel,
    add_cache_option,
    answer_memory,
)
from geoguess_app.commands.inputs import existing_paths
from geoguess_app.commands.model_options import add_model_options
from geoguess_app.commands.photo_paths import add_folder_option, photos_in
from geoguess_app.commands.progress import progress
from geoguess_app.commands.reference_option import add_references_option, refinement
from geoguess_app.commands.tag_track import add_track_arguments, match_track, track_requests
from geoguess_app.core.errors import JournalError, SessionError
from geoguess_app.core.format import distance, percent, plain_spaces

if TYPE_CHECKING:
    from geoguess_app.photos.journal import Journal
    from geoguess_app.photos.known_accuracy import KnownAccuracy
    from geoguess_app.photos.requests import Thresholds, WriteSelection
    from geoguess_app.photos.write_plan import SavePlan, WriteOptions
    from geoguess_app.review.folder_trips import FolderTrips

DESCRIPTION = """\
Estimate the positions of photos and write them: into JPEG files directly, into XMP sidecars for
all other formats. Photos that already have GPS are skipped. Every estimate is marked as such and
carries its radius. `geoguess undo` undoes the last run, `geoguess revoke` removes all estimates
from a folder. docs/tagging.md describes exactly what is written."""

EPILOG = """\
exit status: 0 success, 1 some photos could not be located or written, 2 usage error.

examples:
  geoguess tag ~/Pictures/scans --dry-run
  geoguess tag ~/Pictures/scans --min-confidence 0.7 --max-radius-km 50
  geoguess tag ~/Pictures/holiday --trips --dry-run
  geoguess tag ~/Pictures/hike --track hike.gpx --track-only
  geoguess tag ~/Pictures/scans --write sidecar --precision city"""

_EMBED_CHOICES = ("png", "tiff", "webp", "heic", "avif")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``geoguess tag``."""
    parser.add_argument("paths", nargs="+", metavar="FOLDER", help="folder or photo")
    add_model_options(parser)
    _add_choice(parser)
    add_track_arguments(parser)
    _add_writing(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be written, without writing"
    )
    parser.add_argument(
        "--journal",
        metavar="F",
        help="record what is replaced in this file (default: one file per run in the data folder)",
    )
    add_cache_option(parser)
    add_references_option(parser)
    add_clue_option(parser)
    add_folder_option(parser)
    add_units_option(parser)
    add_logging_option(parser)


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--min-confidence",
        type=_probability,
        default=0.0,
        metavar="P",
        help="write only answers with at least this confidence of being within 25 km: "
        "0 to 1, or a percentage such as 70%%",
    )
    parser.add_argument(
        "--max-radius-km",
        type=_positive_km,
        metavar="R",
        help="write only answers whose 80%% radius is at most R km",
    )
    parser.add_argument(
        "--trips",
        action="store_true",
        help="let photos with known positions help to place the others of their trip "
        "(same folder, no pause of more than a day)",
    )
    parser.add_argument(
        "--include-uncertain",
        action="store_true",
        help="also write answers where the model cannot tell (not recommended)",
    )
    parser.add_argument(
        "--uncertain-too", dest="include_uncertain", action="store_true", help=argparse.SUPPRESS
    )


def _add_writing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--write",
        choices=("none", "sidecar", "embed"),
        default="embed",
        help="embed: into JPEG files, sidecars for other formats; sidecar: sidecars only; "
        "none: only report how accurate the answers are (default: embed)",
    )
    parser.add_argument(
        "--embed-also",
        type=_kinds,
        default=(),
        metavar="KINDS",
        help=f"write into these formats too instead of sidecars: {','.join(_EMBED_CHOICES)}",
    )
    parser.add_argument(
        "--sidecar-name",
        choices=("full", "adobe"),
        default=None,
        help="full: IMG.CR2.xmp, as in digiKam and darktable; adobe: IMG.xmp, as in Lightroom "
        "(default: from the settings, or else full)",
    )
    parser.add_argument(
        "--precision",
        choices=("exact", "city", "region"),
        default=None,
        help="round the written position: city to 0.1°, region to 1° "
        "(default: from the settings, or else exact)",
    )
    parser.add_argument(
        "--place-names", action="store_true", help="also write country, region and city"
    )
    parser.add_argument("--keywords", action="store_true", help="also write scene keywords")
    parser.add_argument(
        "--replace-gps",
        action="store_true",
        help="replace the positions that photos already have",
    )


def run(arguments: argparse.Namespace) -> int:
    """Locate, plan and write; returns the exit status. Raises UsageError."""
    from geoguess_app.photos.requests import Thresholds

    paths = existing_paths(arguments.paths)
    options = _options(arguments)
    model = DeferredModel(arguments)
    use_utf8(sys.stdout)
    thresholds = Thresholds(
        arguments.min_confidence, arguments.max_radius_km, arguments.include_uncertain
    )
    chosen, accuracy, failed = _locate(paths, model, arguments, thresholds)
    _tell_accuracy(accuracy)
    if arguments.write == "none":
        _tell_refused(chosen, len(chosen.requests), "would be written")
        return SOME_FAILED if failed else OK
    plan = _plan(chosen, options)
    if arguments.dry_run:
        _tell_plan(plan)
        return SOME_FAILED if failed else OK
    not_written = _save(plan, arguments)
    return SOME_FAILED if failed or not_written else OK


def _options(arguments: argparse.Namespace) -> WriteOptions:
    from geoguess_app.photos.precision import Precision
    from geoguess_app.photos.sidecars import SidecarNaming
    from geoguess_app.photos.write_plan import WriteOptions
    from geoguess_app.settings import load_settings

    settings = load_settings()
    kinds = {"jpeg", *arguments.embed_also} if arguments.write == "embed" else set()
    return WriteOptions(
        embed_kinds=frozenset(kinds),
        naming=SidecarNaming(arguments.sidecar_name or settings.sidecar_naming),
        precision=Precision(arguments.precision or settings.precision),
        with_place=arguments.place_names,
        with_keywords=arguments.keywords,
    )


def _locate(
    paths: list[Path],
    model: DeferredModel,
    arguments: argparse.Namespace,
    thresholds: Thresholds,
) -> tuple[WriteSelection, KnownAccuracy, int]:
    from geoguess_app.core.types import FailedPhoto
    from geoguess_app.locating.stream import locate
    from geoguess_app.photos.known_accuracy import KnownAccuracy
    from geoguess_app.photos.requests import WriteSelection

    trips = _trips(arguments, model)
    chosen, accuracy, failed = WriteSelection(), KnownAccuracy(), 0
    found = list(photos_in(paths, arguments))
    tracked = match_track(found, arguments)
    if tracked is not None:
        chosen.requests += track_requests(tracked)
        found = [path for path in found if path not in tracked.positions]
    if arguments.track_only:
        return chosen, accuracy, failed
    cached, needed = not arguments.no_cache, trips is not None
    with (
        answer_memory(model, cached=cached, needed=needed) as memory,
        refinement(model.bundle, wanted=arguments.references) as refine,
    ):
        refine = with_clues(refine, model, arguments.clue)
        results = locate(found, model.predictor, memory=memory, refine=refine)
        with contextlib.closing(results), progress(len(found)) as shown:
            for count, result in enumerate(results, start=1):
                shown.update(count)
                if isinstance(result, FailedPhoto):
                    failed += 1
                    say(result.message)
                    continue
                accuracy.add(result)
                if trips is not None:
                    trips.add(result)
                else:
                    chosen.add(result, thresholds, replace_gps=arguments.replace_gps)
        if trips is not None and memory is not None:
            helped = trips.sort(chosen, thresholds, memory)
            print_line(f"Placed with the help of known positions: {helped:,}.")
            _tell_trips(trips.check(memory))
    if failed:
        say(f"{count_phrase(failed, 'photo')} could not be located.")
    return chosen, accuracy, failed


def _trips(arguments: argparse.Namespace, model: DeferredModel) -> FolderTrips | None:
    if not arguments.trips:
        return None
    if arguments.track:
        raise UsageError(
            "--track and --trips cannot be used in one run; use --track first, then --trips: the "
            "positions from the track help to place the others."
        )
    if arguments.clue:
        raise UsageError("--clue and --trips cannot be used in one run.")
    from geoguess_app.review.folder_trips import FolderTrips

    if arguments.replace_gps:
        raise UsageError(
            "--trips needs the positions that --replace-gps replaces; use one of them."
        )
    try:
        return FolderTrips(model.bundle)
    except SessionError as problem:
        raise UsageError(str(problem)) from problem


def _plan(chosen: WriteSelection, options: WriteOptions) -> SavePlan:
    from geoguess_app.photos.write_plan import make_plan

    plan = make_plan(chosen.requests, options)
    _tell_refused(chosen, None, "")
    print_line(f"To write: {plan.summary()}.")
    unusable = plan.replaced_unusable()
    if unusable:
        reasons = "; ".join(f"{count:,} {problem}" for problem, count in unusable.most_common())
        verb = "has" if unusable.total() == 1 else "have"
        print_line(
            f"Of these, {unusable.total():,} {verb} an unusable position, which is replaced: "
            f"{reasons}."
        )
    return plan


def _save(plan: SavePlan, arguments: argparse.Namespace) -> int:
    """Write the plan; how many files were not written. Raises UsageError."""
    from geoguess_app.photos.journal import Journal

    if not plan.writes:
        return 0
    file = Path(arguments.journal) if arguments.journal else None
    try:
        journal = Journal(file, {"command": "tag"})
    except JournalError as problem:
        raise UsageError(str(problem)) from problem
    written = 0
    with journal:
        try:
            for _ in _written(plan, journal):
                written += 1
        except JournalError as problem:
            say(str(problem))
        finally:
            # Also after Ctrl-C: what was written can be taken back.
            print_line(f"Written: {written:,} of {len(plan.writes):,}.")
            if written:
                where = f" --journal {arguments.journal}" if arguments.journal else ""
                print_line(f"To undo: geoguess undo {journal.run}{where}")
    return len(plan.writes) - written


def _written(plan: SavePlan, journal: Journal) -> Iterator[Path]:
    """The files written, as they come; says which were not."""
    from geoguess_app.photos.save import UnwrittenFile, save

    with progress(len(plan.writes)) as shown:
        for count, result in enumerate(save(plan, journal), start=1):
            shown.update(count)
            if isinstance(result, UnwrittenFile):
                say(result.message)
            else:
                yield result.item.target


def _tell_accuracy(accuracy: KnownAccuracy) -> None:
    if accuracy.count:
        print_line(
            f"On your {count_phrase(accuracy.count, 'photo')} with a known position: median error "
            f"{_error_and_share(accuracy)} within the 80% radius."
        )


def _tell_trips(accuracy: KnownAccuracy) -> None:
    if accuracy.count:
        print_line(
            f"Checked on {count_phrase(accuracy.count, 'photo')} with a known position: median "
            f"error {_error_and_share(accuracy)} within the 80% radius."
        )


def _error_and_share(accuracy: KnownAccuracy) -> str:
    return plain_spaces(f"{distance(accuracy.median_km)}, {percent(accuracy.share_inside)}")


def _tell_refused(chosen: WriteSelection, passed: int | None, words: str) -> None:
    parts = [f"{count:,} {reason}" for reason, count in chosen.refused.most_common()]
    if passed is not None:
        parts.insert(0, f"{passed:,} {words}")
    elif parts:
        parts[0] = f"Skipped: {parts[0]}"
    if parts:
        print_line(f"{', '.join(parts)}.")


def _tell_plan(plan: SavePlan) -> None:
    """One line per photo: what would happen, where, and to which position."""
    from geoguess_app.core.geo.coordinates import decimal
    from geoguess_app.export.text import printable

    for item in plan.items:
        place = decimal(item.position.coordinate)
        if item.position.error_m is not None:
            place += plain_spaces(f" within {distance(item.position.error_m / 1000)}")
        reason = f" ({item.reason})" if item.reason else ""
        what = {"skip": "skip", "embed": f"embed {place}", "sidecar": f"sidecar {place}"}[item.how]
        # A link has the name that the user sees, whatever the file is called that it leads to.
        file = item.request.path if item.target == item.photo else item.target
        print_line(f"{printable(str(file))}: {what}{reason}")


def _probability(text: str) -> float:
    value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("must be between 0 and 1")
    return value


def _positive_km(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError("must be greater than 0")
    return value


def _kinds(text: str) -> tuple[str, ...]:
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    wrong = [name for name in names if name not in _EMBED_CHOICES]
    if wrong:
        raise argparse.ArgumentTypeError(f"cannot embed into {wrong[0]!r}")
    return tuple("heif" if name == "heic" else name for name in names)
