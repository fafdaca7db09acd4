"""Running the window where there is no screen, or as root. Loads no Qt."""

from __future__ import annotations

import os
import sys


def has_display() -> bool:
    """Tell whether a window can be shown; asked before Qt is loaded, which would abort
    otherwise."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(v) for v in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def prepare() -> None:
    """Choose Qt's offscreen platform when there is no display; must precede the application."""
    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"


def is_root() -> bool:
    """Tell whether the program runs as the system's administrator (never so on Windows)."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def allow_root() -> None:
    """Do without Chromium's sandbox as root, and only then, since it would refuse to start.

    The map's page is local and loads nothing from outside.
    """
    if is_root():
        os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
