"""``geoguess references``: your own located photos, by which others of the same place are found."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoguess_app.commands.actions import add_action, run
from geoguess_app.commands.common import (
    OK,
    SOME_FAILED,
    UsageError,
    print_line,
    say,
)
from geoguess_app.commands.inputs import existing_paths
from geoguess_app.commands.model_options import add_model_options, apply_settings
from geoguess_app.commands.progress import progress
from geoguess_app.core.format import count, data_size, plain_spaces, precise_percent, threshold

__all__ = ["DESCRIPTION", "EPILOG", "add_arguments", "run"]

if TYPE_CHECKING:
    from geoguess_app.references.checking import NearestAccuracy
    from geoguess_app.references.collection import ReferenceCollection

DESCRIPTION = """\
Keep a collection of your own located photos. A photo that shows the same place as one of them gets
that photo's position. Nothing leaves this computer, and no photo is copied or changed: the
collection holds a vector, position, time and name of each."""

EPILOG = """\
exit status: 0 done, 1 interrupted or nothing to do, 2 usage error.

examples:
  geoguess references add ~/Pictures/phone
  geoguess references update
  geoguess references check
  geoguess references remove ~/Pictures/phone"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``geoguess references``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = add_action(actions, "add", "add the located photos of folders to the collection", _add)
    add.add_argument("folders", nargs="+", metavar="FOLDER", help="folder of photos")
    add_model_options(add)
    listing = add_action(actions, "list", "list the folders, and what was left out", _list)
    listing.add_argument("--json", action="store_true", help="print JSON")
    update = add_action(actions, "update", "read what is new or changed in the folders", _update)
    add_model_options(update)
    remove = add_action(actions, "remove", "take a folder out of the collection", _remove)
    remove.add_argument("folder", metavar="FOLDER", help="folder in the list")
    check = add_action(
        actions, "check", "measure how near the most alike reference photo was taken", _check
    )
    check.add_argument("--json", action="store_true", help="print JSON")


def _add(arguments: argparse.Namespace) -> int:
    folders = existing_paths(arguments.folders)
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{str(folder)!r} is not a folder; give a folder of photos.")
    return _bring_up_to_date(arguments, folders)


def _update(arguments: argparse.Namespace) -> int:
    with _opened() as collection:
        if not collection.folders():
            return _empty()
    return _bring_up_to_date(arguments, [])


def _bring_up_to_date(arguments: argparse.Namespace, folders: list[Path]) -> int:
    from geoguess_app.photos.left_out import LeftOut
    from geoguess_app.references.collection import ReferenceCollection
    from geoguess_app.references.embedder import load_embedder
    from geoguess_app.references.keeping import keep_up_to_date

    apply_settings(arguments)
    embedder = load_embedder(arguments.model, arguments.device, arguments.crops)
    left_out = LeftOut()
    with ReferenceCollection() as collection, progress() as shown:
        tally = None
        try:
            steps = keep_up_to_date(collection, embedder, folders, left_out=left_out)
            with closing(steps):
                for step in steps:
                    shown.update(step.done, step.total)
                    tally = step.tally
        except KeyboardInterrupt:
            say("interrupted; to go on from here: geoguess references update")
            raise
    for sentence in tally.sentences() if tally is not None else []:
        print_line(sentence)
    for sentence in left_out.sentences():
        say(sentence)
    return OK


def _opened() -> ReferenceCollection:
    from geoguess_app.references.collection import ReferenceCollection

    return ReferenceCollection()


def _empty() -> int:
    say("there are no reference photos; to add some: geoguess references add FOLDER")
    return SOME_FAILED


def _list(arguments: argparse.Namespace) -> int:
    with _opened() as collection:
        if arguments.json:
            print_line(json.dumps(_list_json(collection), indent=2, ensure_ascii=False))
        else:
            for line in _list_lines(collection):
                print_line(plain_spaces(line))
    return OK


def _list_lines(collection: ReferenceCollection) -> Iterator[str]:
    from geoguess_app.references.values import left_out_sentences

    counts = collection.counts()
    photos = count(counts.photos, "reference photo", "reference photos")
    folders = count(counts.folders, "folder", "folders")
    yield f"{photos} in {folders}, {data_size(counts.size_bytes)}."
    yield from (f"  {folder}" for folder in collection.folders())
    for space, number in counts.spaces:
        yield f"Compared by {space.name}: {count(number, 'photo', 'photos')}."
    yield from left_out_sentences(counts.left_out)


def _list_json(collection: ReferenceCollection) -> dict[str, Any]:
    counts = collection.counts()
    return {
        "photos": counts.photos,
        "size_bytes": counts.size_bytes,
        "folders": [str(folder) for folder in collection.folders()],
        "spaces": [{"name": space.name, "photos": number} for space, number in counts.spaces],
        "left_out": {reason.value: number for reason, number in counts.left_out.items()},
    }


def _remove(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.folder).absolute()
    with _opened() as collection:
        if folder not in collection.folders():
            known = ", ".join(map(str, collection.folders())) or "none"
            raise UsageError(f"{folder} is not in the collection; its folders are: {known}.")
        gone = collection.remove_folder(folder)
    print_line(f"Removed {count(gone, 'reference photo', 'reference photos')}.")
    return OK


def _check(arguments: argparse.Namespace) -> int:
    from geoguess_app.references.checking import better_space, check_spaces

    with _opened() as collection:
        results = list(check_spaces(collection))
        if not results:
            return _empty()
        better = better_space(results)
        if better is not None:
            collection.prefer(better)
        if arguments.json:
            used = better or results[0].space
            found = [_check_json(result, result.space == used) for result in results]
            print_line(json.dumps(found, indent=2, ensure_ascii=False))
            return OK
    for line in _check_lines(results):
        print_line(plain_spaces(line))
    if better is not None:
        print_line(f"{better.name} finds more of them: it compares photos from now on.")
    return OK


def _check_lines(results: list[NearestAccuracy]) -> Iterator[str]:
    from geoguess_app.references.checking import LIMITS_KM

    yield (
        "Each photo against the others, except its copies and those taken within ten minutes of "
        "it: how near the most alike one was taken."
    )
    for result in results:
        shares = ", ".join(
            f"{precise_percent(share)} within {threshold(km)}"
            for km, share in zip(LIMITS_KM, result.within, strict=True)
        )
        yield f"{result.space.name}, {count(result.tried, 'photo', 'photos')} tried: {shares}."


def _check_json(result: NearestAccuracy, used: bool) -> dict[str, Any]:
    from geoguess_app.references.checking import LIMITS_KM

    within = {
        f"{km:g}": round(share, 6) for km, share in zip(LIMITS_KM, result.within, strict=True)
    }
    return {
        "space": result.space.name,
        "in_use": used,
        "photos": result.tried,
        "within_km": within,
    }
