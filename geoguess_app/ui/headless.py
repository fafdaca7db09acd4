"""Running the window where there is no screen."""

from __future__ import annotations

import os
import sys


def has_display() -> bool:
    """Whether a window can be shown to somebody here."""
    if os.environ.get("QT_QPA_PLATFORM"):
        return True
    always = not sys.platform.startswith("linux")
    return always or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def prepare() -> None:
    """Choose Qt's offscreen platform when there is no display; must precede the application."""
    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Chromium refuses its sandbox to root; our page is local and takes nothing from outside.
        os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
