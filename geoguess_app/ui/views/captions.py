"""What stands above an exported map: what it shows, whose estimates, and that they are some."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from geoguess_app import __version__
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.map.export.snapshot import Caption
from geoguess_app.ui.shell.modes import MODES

if TYPE_CHECKING:
    from geoguess_app.ui.shell.window import MainWindow


def caption(window: MainWindow) -> Caption:
    """For what the window's map shows now."""
    mode = window.modes.current
    own = mode.caption() if mode is not None else ""
    return Caption(own or _title(window), _note(window))


def _title(window: MainWindow) -> str:
    mode = window.modes.current
    if mode is None or mode.name == "locate":
        row = window.list.current()
        if row is None:
            return tr("World map")
        return f"{row.name}: {row.headline}" if row.outcome is not None else row.name
    model = window.locator.model
    if mode.name == "explore" and model is not None:
        return tr("Cells of {model}").format(model=model.name)
    entry = next(entry for entry in MODES if entry.name == mode.name)
    return tr(entry.title)


def _note(window: MainWindow) -> str:
    mode, model = window.modes.current, window.locator.model
    name = mode.answered_by() if mode is not None else ""
    name = name or (model.name if model is not None else "")
    made = datetime.now().astimezone().strftime("%d %b %Y")
    by = tr("Estimated from images, not measured.")
    if name:
        by = tr("Estimated from images by {model}, not measured.").format(model=name)
    program = tr("Created on {day} with GeoGuess {version}. Map data: Natural Earth, GeoNames.")
    return f"{by} {program.format(day=made, version=__version__)}"


def file_name(title: str) -> str:
    """A title as the beginning of a file name."""
    kept = "".join(c if c.isalnum() or c in " -_." else " " for c in title)
    return " ".join(kept.split())[:60].strip(" .") or "map"


def about_file(path_name: str, size_bytes: int) -> str:
    """What has been written, and a word of care."""
    return tr("Saved {name} ({size}). It contains the positions shown on the map.").format(
        name=path_name, size=size_text(size_bytes)
    )


def size_text(size_bytes: int) -> str:
    """``820 KB``, ``1.2 MB``."""
    if size_bytes < 1_000_000:
        return f"{max(1, round(size_bytes / 1000))} KB"
    return f"{size_bytes / 1e6:.1f} MB"
