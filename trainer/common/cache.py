"""Results of long stages kept on disk under a name made of everything they depend on."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.files.atomic import atomic_binary_file

log = logging.getLogger(__name__)

Arrays = dict[str, np.ndarray]


def content_key(config: Mapping[str, Any], files: Sequence[Path] = ()) -> str:
    """A short hash of a configuration and of the bytes of files, in order."""
    digest = hashlib.sha256(json.dumps(config, sort_keys=True, default=str).encode())
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:20]


class StageCache:
    """A folder of ``<stage>-<key>.npz`` files; nothing in it is ever changed, only added."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, stage: str, key: str, make: Callable[[], Arrays]) -> Arrays:
        """The arrays made earlier under this key, or those that ``make`` gives now."""
        path = self.folder / f"{stage}-{key}.npz"
        if path.is_file():
            log.info("%s: taken from the cache", stage)
            with np.load(path, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        arrays = make()
        with atomic_binary_file(path) as stream:
            np.savez(stream, allow_pickle=False, **arrays)
        return arrays
