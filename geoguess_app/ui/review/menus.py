"""The right-click menus of the review: of the list, the photo, a candidate and the map."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu

from geoguess_app.core.types import Coordinate
from geoguess_app.ui.frame.position_menu import add_position_actions
from geoguess_app.ui.kit.choose import show_in_folder
from geoguess_app.ui.kit.menus import offer_menus
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.ui.review.mode import ReviewMode


class ReviewMenus:
    """Menus made when they are asked for; they act on what is selected."""

    def __init__(self, mode: ReviewMode) -> None:
        self._mode, self._services = mode, mode.services
        offer_menus(
            (
                (mode.list, self.of_photos),
                (mode.panel.photo, self.of_photos),
                (mode.panel.candidates, self.of_candidate),
            )
        )

    def of_photos(self, _at: QPoint | None = None) -> QMenu | None:
        """Make the menu of the selected photos; None where there are none."""
        photo = self._mode.listing.current()
        if photo is None:
            return None
        keys, menu = self._mode.keys, QMenu(self._services.host)
        menu.addActions([keys.accept, keys.accept_unsure, keys.reject, keys.clear, keys.permit])
        menu.addSeparator()
        shown = photo.proposed.coordinate if photo.proposed is not None else photo.known
        if shown is not None:
            add_position_actions(menu, self._services, shown)
        menu.addActions([keys.copy, keys.paste, keys.place, keys.type])
        menu.addSeparator()
        menu.addAction(keys.preview)
        menu.addAction(tr("Show in folder"), lambda: show_in_folder(photo.path))
        menu.addActions([keys.retry, keys.remove])
        return menu

    def of_candidate(self, at: QPoint) -> QMenu | None:
        """Make the menu of the candidate at a point of the table; None beside all of them."""
        found = self._mode.panel.candidates.candidate_at(at)
        if found is None:
            return None
        menu = QMenu(self._services.host)
        self.add_placing(menu, found.coordinate)
        menu.addSeparator()
        add_position_actions(menu, self._services, found.coordinate)
        return menu

    def add_placing(self, menu: QMenu, where: Coordinate) -> None:
        """Offer to place the selected photos at a position."""
        scope, controller = self._mode.list.scope(), self._mode.controller
        text = tr("Place photo here") if len(scope) == 1 else tr("Place {n} photos here")
        if scope and controller is not None:
            placed = partial(controller.place, scope, where)
            menu.addAction(text.format(n=f"{len(scope):,}"), placed)
