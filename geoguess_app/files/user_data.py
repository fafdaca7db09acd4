"""Places of what must outlive a session: journals, results and models."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def data_dir() -> Path:
    """The folder for it; the variable GEOGUESS_DATA_DIR overrides the platform's."""
    override = os.environ.get("GEOGUESS_DATA_DIR")
    if override:
        return Path(override)
    return platformdirs.user_data_path("geoguess", appauthor=False)


def journal_dir() -> Path:
    """One file per save: what was there before."""
    return data_dir() / "journal"


def results_path() -> Path:
    """The store of answers by photo and model."""
    return data_dir() / "results.sqlite"


def session_path() -> Path:
    """The review that is going on: photos and what was decided about them."""
    return data_dir() / "review.sqlite"


def models_dir() -> Path:
    """Return the folder of the models that were trained, fetched or added on this machine."""
    return data_dir() / "models"


def references_dir() -> Path:
    """Return the folder of the reference photos: their vectors, positions, times and names."""
    return data_dir() / "references"
