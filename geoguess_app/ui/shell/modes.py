"""The modes of the program, each with what saves and restores its views."""

from __future__ import annotations

from geoguess_app.ui.frame.modes import ModeEntry


def _entry(name: str, title: str, icon: str) -> ModeEntry:
    package, kind = f"geoguess_app.ui.{name}", name.capitalize()
    return ModeEntry(
        name, title, icon, f"{package}.mode:{kind}Mode", f"{package}.view_state:{kind}ViewState"
    )


MODES = (
    _entry("locate", "Locate", "pin"),
    _entry("review", "Review", "mode-review"),
    _entry("explore", "Explore", "mode-explore"),
    _entry("compare", "Compare", "mode-compare"),
    _entry("accuracy", "Accuracy", "mode-accuracy"),
    _entry("train", "Train", "mode-train"),
)
"""In the order of the toolbar."""
