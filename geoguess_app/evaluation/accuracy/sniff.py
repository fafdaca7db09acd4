"""A glance that tells a finished evaluation without reading it."""

from __future__ import annotations

from pathlib import Path

from geoguess_app.evaluation.study.file_names import METRICS_FILE, PREDICTIONS_FILE

_HEADER_BYTES = 4000


def holds_evaluation(path: Path) -> bool:
    """Tell whether a folder or file looks like one; a glance at names and the first bytes only."""
    try:
        if path.is_dir():
            return (path / PREDICTIONS_FILE).is_file()
        if path.name == METRICS_FILE:
            return (path.parent / PREDICTIONS_FILE).is_file()
        if path.suffix.lower() != ".csv" or not path.is_file():
            return False
        with path.open("rb") as stream:
            header = stream.readline(_HEADER_BYTES).decode("utf-8", errors="replace").lower()
        return "pred_lat" in header and "true_lat" in header
    except OSError:
        return False
