"""Running the window where there is no screen, or as root."""

from __future__ import annotations

import os


def prepare() -> None:
    """Choose Qt's offscreen platform when there is no display; must precede the application."""
    from geoguess_app.cli import has_display

    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"


def is_root() -> bool:
    """Whether the program runs as the system's administrator (never so on Windows)."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def allow_root() -> None:
    """As root, and only then, do without Chromium's sandbox, which would refuse to start.

    The map's page is local and loads nothing from outside.
    """
    if is_root():
        os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
