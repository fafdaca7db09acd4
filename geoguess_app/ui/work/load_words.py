"""What is said while a model is loaded."""

from __future__ import annotations

from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.workers import LoadStep


def loading(step: LoadStep) -> str:
    """What is being done while a model is loaded, in a few words."""
    return {
        LoadStep.ENGINE: tr("Starting the engine…"),
        LoadStep.MODEL: tr("Reading the model…"),
        LoadStep.PLACES: tr("Reading place names…"),
        LoadStep.TRIAL: tr("Trying it out…"),
    }[step]


def loading_help(step: LoadStep) -> str:
    """What a photo waits for meanwhile."""
    if step is LoadStep.ENGINE:
        return tr(
            "Waiting for the model: its engine is being started. After the computer was "
            "switched on this can take a minute, later a few seconds."
        )
    return tr("Waiting for the model: it is being loaded.")
