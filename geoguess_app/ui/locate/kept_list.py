"""The list of Locate between two starts: paths only, in a file that is replaced as a whole.

Answers are not in it: the memory of answers has them, so that nothing is computed anew.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.records.forms import decode, encode
from geoguess_app.core.records.marks import OmitDefault, Range
from geoguess_app.files.atomic import atomic_text_file
from geoguess_app.files.json_text import json_text
from geoguess_app.settings import config_dir
from geoguess_app.ui.work.jobs import Work

log = logging.getLogger(__name__)

KEPT_LIST_VERSION = 2
"""2: the clues of photos; lists of version 1 are read, too."""


@dataclass(frozen=True, slots=True)
class KeptClues:
    """The clues of one photo that were used and dismissed, as the command line writes them."""

    photo: str
    used: tuple[str, ...] = ()
    dismissed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptList:
    """The photos of the list, in the order in which they were added."""

    version: Annotated[int, Range(1, KEPT_LIST_VERSION)] = KEPT_LIST_VERSION
    photos: tuple[str, ...] = ()
    current: str | None = None
    """The photo that was looked at."""
    clues: Annotated[tuple[KeptClues, ...], OmitDefault()] = ()


@dataclass(frozen=True, slots=True)
class FoundAgain:
    """The photos of a kept list, as far as they are still there."""

    photos: tuple[Path, ...]
    missing: tuple[Path, ...]
    """Files that are not there any more."""
    current: Path | None
    clues: tuple[KeptClues, ...] = ()


def kept_list_path() -> Path:
    """Give the path of the file."""
    return config_dir() / "photo_list.json"


def keep_list(
    photos: Sequence[Path], current: Path | None, clues: Sequence[KeptClues] = ()
) -> None:
    """Write the list; without photos there is no file. Never raises."""
    file = kept_list_path()
    try:
        if not photos:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        kept = KeptList(
            photos=tuple(str(path) for path in photos),
            current=str(current) if current is not None else None,
            clues=tuple(clues),
        )
        with atomic_text_file(file) as stream:
            stream.write(json_text(encode(kept), indent=0))
    except (OSError, ValueError) as problem:
        log.warning("the list of photos could not be kept in %s: %s", file, problem)


def read_list() -> KeptList:
    """Read the list; empty where there is none or where it cannot be read. Never raises."""
    file = kept_list_path()
    try:
        return decode(KeptList, json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return KeptList()
    except (OSError, ValueError, RecursionError) as problem:
        log.warning("the list of photos in %s cannot be read: %s", file, problem)
        return KeptList()


def restoring_work(_token: CancelToken) -> Iterator[FoundAgain]:
    """Read the kept list and see which of its files are still there; yields one FoundAgain."""
    kept = read_list()
    paths = [Path(name) for name in kept.photos]
    there = {path for path in paths if path.is_file()}
    yield FoundAgain(
        tuple(path for path in paths if path in there),
        tuple(path for path in paths if path not in there),
        Path(kept.current) if kept.current is not None else None,
        kept.clues,
    )


def keeping_work(
    photos: Sequence[Path], current: Path | None, clues: Sequence[KeptClues] = ()
) -> Work:
    """Write the list off the window's thread; yields once."""

    def work(_token: CancelToken) -> Iterator[None]:
        keep_list(photos, current, clues)
        yield None

    return work
