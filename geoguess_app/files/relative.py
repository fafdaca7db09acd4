"""Names of files as seen from a folder, for files that refer to others beside them."""

from __future__ import annotations

import os
from pathlib import Path


def relative_name(path: Path, folder: Path) -> str:
    """Write a path as seen from a folder, so that both may move together.

    It stays absolute where the path lies on another drive.
    """
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.absolute().as_posix()
