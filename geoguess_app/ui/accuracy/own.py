"""The user's own photos whose position is known: of the list, and of the review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoguess_app.evaluation.own_photos import OwnPhoto, of_located, of_review

if TYPE_CHECKING:
    from geoguess_app.ui.window import MainWindow


def listed(window: MainWindow) -> list[OwnPhoto]:
    """Located photos of the list whose file says where they were taken."""
    found = (of_located(row.outcome.located) for row in window.model.rows() if row.outcome)
    return [photo for photo in found if photo is not None]


def reviewed(window: MainWindow) -> list[OwnPhoto]:
    """The same of the review, if one has been opened."""
    for mode in window.modes:
        controller = getattr(mode, "controller", None)
        if mode.name == "review" and controller is not None:
            found = (of_review(photo) for photo in controller.session)
            return [photo for photo in found if photo is not None]
    return []
