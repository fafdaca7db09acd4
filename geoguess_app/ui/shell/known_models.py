"""Models that were used on this computer, with what they measured: a list to choose from."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSettings

from geoguess_app.core.records.forms import decode, encode
from geoguess_app.paths import starter_bundle_dir

if TYPE_CHECKING:
    from geoguess_app.ui.work.workers import LoadedModel

log = logging.getLogger(__name__)

_KEY = "models/known"
_MOST = 20


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


def accuracy_of(evaluation: Mapping[str, Any]) -> dict[str, float]:
    """Read the accuracy out of what a bundle measured; empty where it measured none."""
    found = evaluation.get("accuracy")
    if not isinstance(found, Mapping):
        return {}
    return {
        str(km): float(share)
        for km, share in found.items()
        if isinstance(share, int | float) and 0.0 <= share <= 1.0
    }


def note_model(state: QSettings, model: LoadedModel) -> None:
    """Remember a model that has been loaded."""
    found = accuracy_of(model.predictor.bundle.manifest.evaluation)
    new = KnownModel(model.name, str(model.path), found)
    others = [known for known in _kept(state) if known.path != new.path]
    state.setValue(_KEY, json.dumps([encode(known) for known in [new, *others][:_MOST]]))


def known_models(state: QSettings) -> list[KnownModel]:
    """List the models that are still there, the one of the program first, then the last used."""
    there = [known for known in _kept(state) if known.is_there]
    return sorted(there, key=lambda known: not known.is_starter)


def _kept(state: QSettings) -> list[KnownModel]:
    try:
        found = json.loads(str(state.value(_KEY, "") or "[]"))
        return [decode(KnownModel, entry) for entry in found]
    except (ValueError, TypeError) as problem:
        log.warning("the list of known models cannot be read: %s", problem)
        return []
