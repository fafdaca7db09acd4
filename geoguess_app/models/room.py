"""Room on the disk, which is looked at before anything is fetched or copied."""

from __future__ import annotations

import shutil
from pathlib import Path

from geoguess_app.core.format import data_size, plain_spaces
from geoguess_app.models.web import DownloadError

MARGIN_BYTES = 200_000_000
"""Left free on the disk whatever is fetched."""


def check_room(folder: Path, needed_bytes: int) -> None:
    """Raise DownloadError unless the disk has room for so many bytes and a margin."""
    lacking = needed_bytes + MARGIN_BYTES - free_bytes(folder)
    if needed_bytes and lacking > 0:
        raise DownloadError(
            f"{folder}: the disk has room for {size_text(free_bytes(folder))}, but "
            f"{size_text(needed_bytes + MARGIN_BYTES)} are needed; free "
            f"{size_text(lacking)} and try again.",
            code="disk-full",
        )


def free_bytes(folder: Path) -> int:
    """Return the room on the disk of a folder, which need not exist yet."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def size_text(size_bytes: int) -> str:
    """Write how large a file is, with plain spaces: ``350 MB``."""
    return plain_spaces(data_size(size_bytes))
