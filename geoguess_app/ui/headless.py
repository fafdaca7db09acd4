"""Running the window where there is no screen, or as root."""

from __future__ import annotations

import os


def prepare() -> None:
    """Choose Qt's offscreen platform when there is no display; must precede the application."""
    from geoguess_app.cli import has_display

    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"


def allow_root() -> None:
    """Chromium refuses to start its sandbox as root; our page is local and loads nothing else."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
