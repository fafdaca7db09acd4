"""Common parts of the commands that take folders share: which photos they mean, and what is left
out."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from geoguess_app.commands.common import count_phrase, say
from geoguess_app.photos import scan
from geoguess_app.photos.scan import ForeignFolder

_LEFT_OUT = {
    ForeignFolder.NAS: "in thumbnail and recycle folders of a NAS left out",
    ForeignFolder.LIBRARY: "in the libraries of other programs left out",
}


def add_folder_option(parser: argparse.ArgumentParser) -> None:
    """Add the option --all-folders to a command."""
    parser.add_argument(
        "--all-folders",
        action="store_true",
        help="also search thumbnail and recycle folders of a NAS, and other programs' libraries",
    )


def photos_in(paths: Sequence[Path], arguments: argparse.Namespace) -> Iterator[Path]:
    """The photos among files and folders, as they are found; says at the end what was left out."""
    left_out: Counter[ForeignFolder] = Counter()
    yield from scan.scan(paths, left_out=left_out, everything=arguments.all_folders)
    for kind, count in left_out.items():
        if count:
            say(
                f"{count_phrase(count, 'photo')} {_LEFT_OUT[kind]}; search them with --all-folders."
            )
