"""Captions of an exported map: what it shows, whose estimates, and that they are some."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from geoguess_app import __version__
from geoguess_app.core.format import data_size
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.map.export.snapshot import Caption

if TYPE_CHECKING:
    from geoguess_app.ui.frame.modes import Modes
    from geoguess_app.ui.work.workers import LoadedModel


def caption(modes: Modes, model: LoadedModel | None) -> Caption:
    """Write the caption for what the map shows now; ``model`` is the one that is loaded."""
    mode = modes.current
    if mode is None:
        return Caption("", _note("", model))
    title = mode.caption() or tr(modes.entries[mode.name].title)
    return Caption(title, _note(mode.answered_by(), model))


def _note(name: str, model: LoadedModel | None) -> str:
    name = name or (model.name if model is not None else "")
    made = datetime.now().astimezone().strftime("%d %b %Y")
    by = tr("Estimated from images, not measured.")
    if name:
        by = tr("Estimated from images by {model}, not measured.").format(model=name)
    program = tr(
        "Created on {day} with GeoGuess {version}. Map data: Natural Earth, GSHHG, GeoNames."
    )
    return f"{by} {program.format(day=made, version=__version__)}"


def file_name(title: str) -> str:
    """A title as the beginning of a file name."""
    kept = "".join(c if c.isalnum() or c in " -_." else " " for c in title)
    return " ".join(kept.split())[:60].strip(" .") or "map"


def about_file(path_name: str, size_bytes: int) -> str:
    """Return what has been written, and a word of care."""
    return tr("Saved {name} ({size}). It contains the positions shown on the map.").format(
        name=path_name, size=data_size(size_bytes)
    )
