"""``geoguess explain``: what in a photo supports the answer."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.commands.common import (
    OK,
    SOME_FAILED,
    UsageError,
    add_logging_option,
    add_units_option,
    say,
    use_utf8,
)
from geoguess_app.commands.model_options import add_model_options, load_model
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.format import distance, percent, plain_spaces
from geoguess_app.export.text import place_line, printable
from geoguess_app.files.atomic import atomic_binary_file

if TYPE_CHECKING:
    from PIL import Image

    from geoguess_app.core.explain.activation import Target
    from geoguess_app.core.explain.alike import LookAlikes
    from geoguess_app.core.explain.ensemble import Explainer
    from geoguess_app.core.explain.spots import AlikeSpot
    from geoguess_app.core.explain.types import ActivationMap
    from geoguess_app.core.geo.places import PlaceFinder
    from geoguess_app.core.predictor import Predictor

_SIDE = 1200
_GATHERED = 64

DESCRIPTION = """\
Show which parts of a photo, and which look-alikes among known photos, support the answer. With
--out, a coloured picture of each photo is written: yellow parts support the answer most, blue parts
do not, grey parts were not examined. These are hints at what the networks weigh, not proof; see
docs/why.md."""

EPILOG = """\
exit status: 0 all photos were explained, 1 some failed, 2 usage error.

examples:
  geoguess explain holiday.jpg --out why
  geoguess explain holiday.jpg --rank 2
  geoguess explain holiday.jpg --scene --out why"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``geoguess explain``."""
    parser.add_argument("photos", nargs="+", metavar="PHOTO", help="photo to explain")
    add_model_options(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--rank",
        type=int,
        default=1,
        metavar="K",
        help="explain candidate number K instead of the answer",
    )
    what.add_argument(
        "--scene", action="store_true", help="explain the likeliest scene label instead"
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="write a coloured picture of each photo, NAME-why.png, to this folder",
    )
    add_units_option(parser)
    add_logging_option(parser)


@dataclass(frozen=True, slots=True)
class _ExplainRequest:
    rank: int
    scene: bool
    out: Path | None
    written: set[Path] = field(default_factory=set)


def run(arguments: argparse.Namespace) -> int:
    """Explain every photo; returns the exit status. Raises UsageError."""
    asked = _ExplainRequest(arguments.rank, arguments.scene, _folder(arguments.out))
    if not 1 <= asked.rank <= 10:
        raise UsageError(
            f"there is no candidate {asked.rank}: an answer has at most ten candidates."
        )
    predictor = load_model(arguments)
    from geoguess_app.core.geo.places import PlaceFinder

    use_utf8(sys.stdout)
    places, failed = PlaceFinder(), 0
    for name in arguments.photos:
        try:
            for line in _explain(Path(name), predictor, places, asked):
                sys.stdout.write(f"{line}\n")
        except GeoGuessError as problem:
            failed += 1
            say(f"{printable(name)}: {problem}")
        sys.stdout.flush()
    return SOME_FAILED if failed else OK


def _folder(name: str | None) -> Path | None:
    if name is None:
        return None
    folder = Path(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise UsageError(f"cannot create the folder {name!r}: {reason}.") from problem
    return folder


def _explain(
    path: Path, predictor: Predictor, places: PlaceFinder, asked: _ExplainRequest
) -> Iterator[str]:
    """The lines about one photo. Raises PhotoError."""
    from geoguess_app.core.explain.ensemble import explainer_of
    from geoguess_app.core.picture.preprocess import open_upright

    photo = open_upright(path, min_side=_SIDE, cut_too=True)
    looks = explainer_of(predictor, photo)
    target, title = _target(looks, places, asked)
    yield f"{printable(str(path))}\n  {title}"
    look, target = looks.asked(target)
    if look is not looks:
        yield f"  as {printable(look.predictor.model_name)} sees it, which contributes most to it"
    regions = look.activation(target)
    yield f"  {_strongest(regions)}"
    if not asked.scene:
        from geoguess_app.core.explain.alike import look_alikes

        yield from _alike_lines(look_alikes(look, target, _GATHERED), places, asked)
    if asked.out is not None:
        file = _free_name(asked, path.stem)
        _save(photo, regions, file)
        yield f"  {printable(str(file))}"


def _target(look: Explainer, places: PlaceFinder, asked: _ExplainRequest) -> tuple[Target, str]:
    """What to explain, and its title."""
    from geoguess_app.core.decision.scenes import scene_table
    from geoguess_app.core.explain.activation import AnswerTarget, CellTarget, SceneTarget
    from geoguess_app.core.types import COMBINED, Level

    answer = look.prediction
    if asked.scene:
        if answer.scene is None:
            raise UsageError(f"the model {answer.model} has no scene labels.")
        best = int(answer.scene.s365.argmax())
        share = percent(float(answer.scene.s365[best]))
        return SceneTarget("s365", best), f"scene: {scene_table().labels[best]}, {share}"
    if asked.rank > 1:
        if asked.rank > len(answer.candidates):
            raise UsageError(f"the model {answer.model} gives no candidate {asked.rank}.")
        candidate = answer.candidates[asked.rank - 1]
        place = place_line(places.at_many([candidate.coordinate])[0])
        title = f"candidate {asked.rank}: {place}, {percent(candidate.probability)}"
        return CellTarget(COMBINED, candidate.cell_index), title
    place = place_line(places.at_many([answer.coordinate])[0])
    if answer.level is Level.CANNOT_TELL:
        place = f"cannot tell; best guess: {place}"
    chance = f", {percent(answer.candidates[0].probability)}" if answer.candidates else ""
    return AnswerTarget(), f"{place}{chance}"


def _strongest(regions: ActivationMap) -> str:
    from geoguess_app.core.explain.types import NINTHS, ExplanationMethod

    if regions.method is ExplanationMethod.NONE:
        return "this model cannot say which parts of the photo support this (an ONNX graph)"
    named = [NINTHS[row][column] for row, column in regions.strongest_ninths()]
    if not named:
        return "no part of the photo supports this"
    parts = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    return f"strongest in {parts} ({regions.method})"


def _alike_lines(
    alike: LookAlikes | None, places: PlaceFinder, asked: _ExplainRequest
) -> Iterator[str]:
    from geoguess_app.core.explain.spots import spots

    if alike is None:
        yield "  this model has no known photos to compare with"
        return
    if alike.part_of_chance is not None:
        yield f"  {percent(alike.part_of_chance)} of its probability comes from look-alikes"
    listed = spots(alike.nearest if asked.rank == 1 else alike.there)
    yield "  closest look-alikes:" if listed else "  the model has no known photo from there"
    names = places.at_many([spot.best.coordinate for spot in listed])
    for spot, place in zip(listed, names, strict=True):
        yield f"    {_spot(spot, place_line(place))}"


def _spot(spot: AlikeSpot, place: str) -> str:
    from geoguess_app.core.explain.spots import SAME_SPOT_KM

    best = spot.best
    count = f" ×{spot.count}" if spot.count > 1 else ""
    alike, away = percent(max(0.0, best.similarity)), f"{distance(best.distance_km)} away"
    if best.distance_km < SAME_SPOT_KM:
        away = "same place"
    mark = "*" if best.here else " "
    return plain_spaces(f"{mark} {alike:>5} similar, {away:>14}  {place}{count}")


def _free_name(asked: _ExplainRequest, stem: str) -> Path:
    """A file for a photo's picture; photos of one name in several folders get one each."""
    assert asked.out is not None
    file, number = asked.out / f"{stem}-why.png", 1
    while file in asked.written:
        number += 1
        file = asked.out / f"{stem}-why-{number}.png"
    asked.written.add(file)
    return file


def _save(photo: Image.Image, regions: ActivationMap, file: Path) -> None:
    from geoguess_app.core.explain.colours import overlay_regions

    small = photo.copy()
    small.thumbnail((_SIDE, _SIDE))
    try:
        with atomic_binary_file(file) as stream:
            overlay_regions(small, regions).save(stream, "PNG")
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise UsageError(f"cannot write {str(file)!r}: {reason}.") from problem
