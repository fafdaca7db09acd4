"""The user's own photos whose position is known: of the list, and of the review."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geoguess_app.core.types import Located
    from geoguess_app.review.values import ReviewPhoto
    from geoguess_app.ui.shell.window import MainWindow


def listed(window: MainWindow) -> list[Located]:
    """Located photos of the list whose file says where they were taken."""
    located = (row.outcome.located for row in window.model.rows() if row.outcome)
    return [photo for photo in located if photo.known is not None]


def reviewed(window: MainWindow) -> list[ReviewPhoto]:
    """The same of the review, if one has been opened."""
    for mode in window.modes:
        controller = getattr(mode, "controller", None)
        if mode.name == "review" and controller is not None:
            return [p for p in controller.session if p.known is not None and p.answer is not None]
    return []
