"""Models that were used on this computer, wherever they lie: the window and the commands list
them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.records.forms import decode, encode
from geoguess_app.files.atomic import replace_file
from geoguess_app.files.json_text import json_text
from geoguess_app.files.user_data import models_dir
from geoguess_app.paths import starter_bundle_dir

log = logging.getLogger(__name__)

_FILE = "known.json"
_MOST = 20
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class KnownModel:
    """One model, as it was when it was used last."""

    name: str
    path: str
    accuracy: Mapping[str, float] = field(default_factory=dict)
    """Share of its test photos (0…1) that it placed within so many km: "25", "200", "750"."""

    @property
    def is_there(self) -> bool:
        """Tell whether its files still are where they were."""
        return Path(self.path).exists()

    @property
    def is_starter(self) -> bool:
        """Tell whether it is the one that comes with the program."""
        return Path(self.path) == starter_bundle_dir()


def accuracy_of(evaluation: Mapping[str, Any], key: str = "accuracy") -> dict[str, float]:
    """Read the accuracy out of what a bundle measured; empty where it measured none.

    ``key``: another row of shares by distance, such as "floor".
    """
    found = evaluation.get(key)
    if not isinstance(found, Mapping):
        return {}
    return {
        str(km): float(share)
        for km, share in found.items()
        if isinstance(share, int | float) and 0.0 <= share <= 1.0
    }


def note_model(name: str, path: Path, evaluation: Mapping[str, Any]) -> None:
    """Remember a model that has been used; never raises."""
    new = KnownModel(name, str(path), accuracy_of(evaluation))
    keep_known([new, *(known for known in _kept() if known.path != new.path)])


def keep_known(models: list[KnownModel]) -> None:
    """Write the list, at most twenty, the last used first; never raises."""
    content = json_text([encode(known) for known in models[:_MOST]])
    try:
        models_dir().mkdir(parents=True, exist_ok=True)
        replace_file(_list_path(), content.encode())
    except (OSError, GeoGuessError) as problem:
        log.warning("the list of known models cannot be kept: %s", problem)


def known_models() -> list[KnownModel]:
    """List the models that are still there, the one of the program first, then the last used."""
    there = [known for known in _kept() if known.is_there]
    return sorted(there, key=lambda known: not known.is_starter)


def has_list() -> bool:
    """Tell whether any model was remembered here; earlier versions kept the list elsewhere."""
    return _list_path().exists()


def read_known(text: str) -> list[KnownModel]:
    """Read the list as it is written; raises ValueError."""
    found = json.loads(text)
    if not isinstance(found, list):
        raise ValueError("it is no list")
    return [decode(KnownModel, entry) for entry in found]


def _list_path() -> Path:
    return models_dir() / _FILE


def _kept() -> list[KnownModel]:
    try:
        if _list_path().stat().st_size > _MOST_BYTES:
            raise ValueError("it is too large")
        return read_known(_list_path().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError) as problem:
        log.warning("the list of known models cannot be read: %s", problem)
        return []
