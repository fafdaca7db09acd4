"""The right-click menus of Locate: of the list, the photo, a candidate and the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu

from geoguess_app.core.types import Coordinate
from geoguess_app.ui.frame.position_menu import add_position_actions
from geoguess_app.ui.kit.choose import show_in_folder
from geoguess_app.ui.kit.menus import offer_menus
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.photo_row import PhotoRow

if TYPE_CHECKING:
    from geoguess_app.ui.locate.mode import LocateMode


class LocateMenus:
    """Menus made when they are asked for; they act on what is selected."""

    def __init__(self, mode: LocateMode) -> None:
        self._mode, self._services = mode, mode.services
        offer_menus(
            (
                (mode.list.view, self.of_photos),
                (mode.detail.photo, self.of_photos),
                (mode.detail.candidates, self.of_candidate),
            )
        )

    def of_photos(self, _at: QPoint | None = None) -> QMenu | None:
        """Make the menu of the selected photos; None where there are none."""
        row = self._mode.list.current()
        if row is None:
            return None
        menu, actions = QMenu(self._services.host), self._mode.actions_
        menu.addActions([actions.view, actions.review])
        if not row.label:
            menu.addAction(tr("Show in folder"), lambda: show_in_folder(row.path))
        menu.addSeparator()
        where = shown_position(row)
        if where is not None:
            add_position_actions(menu, self._services, where)
            menu.addSeparator()
        menu.addActions([actions.know, actions.centre, actions.forget])
        menu.addSeparator()
        menu.addActions([actions.evidence, actions.find_place])
        menu.addSeparator()
        menu.addActions([actions.privacy, actions.again, actions.remove])
        return menu

    def of_candidate(self, at: QPoint) -> QMenu | None:
        """Make the menu of the candidate at a point of the table; None beside all of them."""
        candidate = self._mode.detail.candidates.candidate_at(at)
        if candidate is None:
            return None
        menu = QMenu(self._services.host)
        self.add_placing(menu, candidate.coordinate)
        menu.addSeparator()
        add_position_actions(menu, self._services, candidate.coordinate)
        return menu

    def add_placing(self, menu: QMenu, where: Coordinate) -> None:
        """Offer to place the selected photos at a position."""
        photos = len(self._mode.list.scope())
        text = tr("Place photo here") if photos == 1 else tr("Place {n} photos here")
        if photos:
            menu.addAction(text.format(n=f"{photos:,}"), lambda: self._mode.placing.place(where))


def shown_position(row: PhotoRow) -> Coordinate | None:
    """Return where a photo lies: as decided, else as estimated, else as its file says."""
    if row.position is not None:
        return row.position.coordinate
    if row.outcome is not None:
        return row.outcome.located.prediction.coordinate
    return None
