"""The window's list of models that were used: taken over once from where earlier versions kept it.

``models/known.py`` keeps it now, for the commands too.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings

from geoguess_app.models import known

if TYPE_CHECKING:
    from geoguess_app.ui.work.workers import LoadedModel

log = logging.getLogger(__name__)

_KEY = "models/known"


def note_model(state: QSettings, model: LoadedModel) -> None:
    """Remember a model that has been loaded."""
    take_over(state)
    known.note_model(model.name, model.path, model.predictor.bundle.manifest.evaluation)


def take_over(state: QSettings) -> None:
    """Move the list of an earlier version, if there is one."""
    text = str(state.value(_KEY, "") or "")
    if not text:
        return
    state.remove(_KEY)
    try:
        if not known.has_list():
            known.keep_known(known.read_known(text))
    except (ValueError, TypeError) as problem:
        log.warning("the list of known models cannot be read: %s", problem)
