"""``geoguess models``: the models on this machine, and those that can be fetched."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.commands.actions import add_action, run
from geoguess_app.commands.common import OK, UsageError, print_line

__all__ = ["DESCRIPTION", "EPILOG", "add_arguments", "run"]

if TYPE_CHECKING:
    from geoguess_app.models.published import PublishedModel

DESCRIPTION = """\
List the models on this machine, fetch published ones, add and remove files, choose the one to use.
Only `get` connects to a host, and only after you agreed to it by name."""

EPILOG = """\
exit status: 0 done, 1 it failed or was cancelled, 2 usage error.

examples:
  geoguess models list
  geoguess models get geoclip                       about 350 MB, for processors
  geoguess models get geoclip --variant fp16        about 650 MB, in half precision
  geoguess models get geoclip --variant official    1.3 GB, for graphics cards and training
  geoguess models build-geoclip --from FOLDER       from files that you brought by hand
  geoguess models use geoclip-int8"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``geoguess models``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = add_action(
        actions, "list", "list the models here and those that can be fetched", _list
    )
    _json_option(listing)
    info = add_action(actions, "info", "say what a model is, and what it measured", _info)
    info.add_argument("name", metavar="NAME", help="name in the list, or the path of a bundle")
    _json_option(info)
    _get_action(actions)
    add = add_action(actions, "add", "copy a model file or folder into the library", _add)
    add.add_argument("file", metavar="FILE", help=".geomodel file or bundle folder")
    remove = add_action(actions, "remove", "delete a model of the library", _remove)
    remove.add_argument("name", metavar="NAME", help="name in the list")
    use = add_action(actions, "use", "locate with this model from now on", _use)
    use.add_argument("name", metavar="NAME", help="name in the list; starter for the one included")
    _build_action(actions)


def _get_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    get = add_action(actions, "get", "fetch a published model, after a question", _get)
    get.add_argument("name", metavar="NAME", help="geoclip, places365 or dinov2-small")
    get.add_argument("--variant", metavar="V", help="geoclip: int8 (default), fp16 or official")
    get.add_argument("--yes", action="store_true", help="agree to the download without a question")
    get.add_argument(
        "--keep-files", action="store_true", help="keep the files that the model is built from"
    )


def _build_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    build = add_action(
        actions, "build-geoclip", "build a GeoCLIP model from files on this machine", _build
    )
    build.add_argument(
        "--from",
        dest="source",
        required=True,
        metavar="FOLDER",
        help="folder with GeoCLIP's files, as they are published",
    )
    build.add_argument(
        "--gallery", metavar="CSV", help="positions to compare photos with, instead of GeoCLIP's"
    )
    build.add_argument("--to", metavar="FILE", help="bundle to write (default: into the library)")


def _json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _list(arguments: argparse.Namespace) -> int:
    from geoguess_app.commands.models_shown import list_json, list_lines

    print_line(list_json() if arguments.json else "\n".join(list_lines()))
    return OK


def _info(arguments: argparse.Namespace) -> int:
    from geoguess_app.commands.models_shown import info_json, info_lines

    name = arguments.name
    print_line(info_json(name) if arguments.json else "\n".join(info_lines(name)))
    return OK


def _get(arguments: argparse.Namespace) -> int:
    from geoguess_app.commands.models_get import get

    return get(
        arguments.name,
        arguments.variant,
        agreed=arguments.yes,
        keep_files=arguments.keep_files,
    )


def _build(arguments: argparse.Namespace) -> int:
    from geoguess_app.commands.models_get import build_from_folder

    gallery = Path(arguments.gallery) if arguments.gallery else None
    return build_from_folder(
        Path(arguments.source), gallery, Path(arguments.to) if arguments.to else None
    )


def _add(arguments: argparse.Namespace) -> int:
    from geoguess_app.models.library import add_model

    added = add_model(Path(arguments.file))
    print_line(f"Added {added.manifest.title}. To use it: geoguess models use {added.name}")
    return OK


def _remove(arguments: argparse.Namespace) -> int:
    from geoguess_app.models.library import find_model, remove_model
    from geoguess_app.models.published import EYES

    if (eye := EYES.get(arguments.name)) is not None:
        return _remove_eye(eye)
    found = find_model(arguments.name)
    remove_model(found)
    print_line(f"Removed {found.manifest.title} ({found.path}).")
    return OK


def _remove_eye(eye: PublishedModel) -> int:
    from geoguess_app.models.getting import built_path
    from geoguess_app.models.origin import origin_beside

    path = built_path(eye, eye.variants[0])
    if not path.exists():
        raise UsageError(f"{eye.title} is not on this computer.")
    path.unlink()
    origin_beside(path).unlink(missing_ok=True)
    print_line(f"Removed {eye.title} ({path}).")
    return OK


def _use(arguments: argparse.Namespace) -> int:
    from geoguess_app.models.library import find_model, use_model

    found = find_model(arguments.name)
    use_model(found)
    print_line(f"GeoGuess now locates with {found.manifest.title}.")
    return OK
