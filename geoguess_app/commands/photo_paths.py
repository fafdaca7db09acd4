"""Common parts of the commands that take folders share: which photos they mean, and what is left
out."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from geoguess_app.commands.common import say
from geoguess_app.photos import scan
from geoguess_app.photos.left_out import LeftOut


def add_folder_option(parser: argparse.ArgumentParser) -> None:
    """Add the option --all-folders to a command."""
    parser.add_argument(
        "--all-folders",
        action="store_true",
        help="also search thumbnail and recycle folders of a NAS, and other programs' libraries",
    )


def photos_in(paths: Sequence[Path], arguments: argparse.Namespace) -> Iterator[Path]:
    """The photos among files and folders, as they are found; says at the end what was left out."""
    left_out = LeftOut()
    yield from scan.scan(paths, left_out=left_out, everything=arguments.all_folders)
    for sentence in left_out.sentences():
        say(sentence)
    if left_out.folders.total():
        say("add --all-folders to search these folders too.")
