"""Converted trunks between starts: one folder a trunk, whole or not at all.

A folder holds OpenVINO's two files and a third, with a checksum of both, that is written last: what
was damaged since is not used, but made again.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from geoguess_app.paths import cache_dir

log = logging.getLogger(__name__)

GRAPH = "trunk.xml"
_SEAL = "complete.json"
_UNUSED_DAYS = 60
_BLOCK = 1 << 22


def kept_graph(key: str) -> Path | None:
    """The graph that is kept under this key, if it is there and sound."""
    folder = _folder(key)
    try:
        sealed = json.loads((folder / _SEAL).read_text(encoding="utf-8"))
        if sealed != _checksums(folder):
            return None
        os.utime(folder)
    except (OSError, ValueError):
        return None
    return folder / GRAPH


def keep_graph(key: str, write: Callable[[Path], None]) -> Path | None:
    """Keep what ``write`` writes to the path it gets; None where that fails, which is no harm."""
    folder = _folder(key)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _forget_unused(folder.parent)
        new = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{key[:8]}-", suffix=".new"))
        try:
            write(new / GRAPH)
            (new / _SEAL).write_text(json.dumps(_checksums(new)), encoding="utf-8")
            shutil.rmtree(folder, ignore_errors=True)
            new.rename(folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    except (OSError, RuntimeError) as error:
        log.info("A converted trunk could not be kept for the next start: %s", error)
        return None
    return folder / GRAPH


def _folder(key: str) -> Path:
    return cache_dir() / "trunks" / key


def _checksums(folder: Path) -> dict[str, int]:
    return {file.name: _checksum(file) for file in sorted(folder.iterdir()) if file.name != _SEAL}


def _checksum(file: Path) -> int:
    """Enough against accidents; whoever can write here can change the program, too."""
    value = 0
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            value = zlib.crc32(block, value)
    return value


def _forget_unused(folder: Path) -> None:
    """Remove trunks of models that are long gone, and what a crash left."""
    before = time.time() - _UNUSED_DAYS * 86_400
    for old in folder.iterdir():
        if old.stat().st_mtime < before:
            shutil.rmtree(old, ignore_errors=True)
