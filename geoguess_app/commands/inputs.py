"""Files and folders that a command line names, checked before the long work begins."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from geoguess_app.commands.common import UsageError


def photo_paths(names: Sequence[str]) -> Iterator[Path]:
    """The arguments as paths; Windows leaves it to programs to expand ``*.jpg``."""
    for name in names:
        if not name:
            raise UsageError("an empty path was given; give a photo or a folder.")
        matches = glob.glob(name) if os.name == "nt" and not Path(name).exists() else []  # noqa: PTH207
        yield from map(Path, sorted(matches) or [name])


def existing_paths(names: Sequence[str]) -> list[Path]:
    """List paths, as ``photo_paths`` does, all of which must exist; raises UsageError."""
    paths = list(photo_paths(names))
    for path in paths:
        if not path.exists():
            raise UsageError(f"{str(path)!r} does not exist; give a folder or a photo.")
    return paths


def checked_output(name: str | None) -> Path | None:
    """The file to write; refuses before the long work what would only fail after it."""
    if name is None:
        return None
    path = Path(name)
    if not name or path.is_dir():
        raise UsageError(f"cannot write to {name!r}: it is a folder; give the name of a file.")
    if not path.parent.is_dir():
        raise UsageError(f"cannot write to {name!r}: there is no folder {path.parent}.")
    return path
