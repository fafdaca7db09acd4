"""Words for the loading of a model."""

from __future__ import annotations

from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.workers import LoadStep


def loading_text(step: LoadStep) -> str:
    """Return what is being done while a model is loaded, in a few words."""
    return {
        LoadStep.ENGINE: tr("Loading PyTorch…"),
        LoadStep.MODEL: tr("Loading the model…"),
        LoadStep.PLACES: tr("Loading place names…"),
        LoadStep.TRIAL: tr("Running a test…"),
    }[step]


def loading_help(step: LoadStep) -> str:
    """Return what a photo waits for meanwhile."""
    if step is LoadStep.ENGINE:
        return tr(
            "Waiting for the model: PyTorch is loading. The first time after a restart "
            "of the computer this can take a minute; later it takes a few seconds."
        )
    return tr("Waiting for the model to load.")
