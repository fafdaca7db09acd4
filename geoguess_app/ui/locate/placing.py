"""“I know where”: positions by hand for photos of the list, typed, dragged or from the map.

They are kept in the review, the one place where decisions are: here they are asked for and shown.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import Coordinate, Radii
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.area_search import AreaSearch
from geoguess_app.ui.locate.detail_panel import DetailPanel
from geoguess_app.ui.locate.photo_row import PhotoRow
from geoguess_app.ui.locate.undoing import ListSteps
from geoguess_app.ui.work.map_state import MapState
from geoguess_app.ui.work.photo_drag import drag_photos, dragged_photos

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.locate.photo_list import PhotoList
    from geoguess_app.ui.map.view import MapView
    from geoguess_app.ui.work.outcome import LocatingOutcome


class HandPlacing(QObject):
    """The field, the card and the pin for positions by hand; the review is told by ``wanted``."""

    wanted = Signal(object, object)
    """Paths of photos, and the Coordinate where they were taken; None: as if nobody had said."""
    takenBack = Signal(object)
    """Paths of photos about which the last of these wishes was none."""

    def __init__(
        self,
        services: Services,
        detail: DetailPanel,
        listed: PhotoList,
        areas: AreaSearch,
        steps: ListSteps,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services, self._detail, self._list, self._areas = services, detail, listed, areas
        self._steps = steps
        self._map: MapView | None = None
        self._numbers: dict[Path, int] = {}
        self._shown: tuple[LocatingOutcome | None, Coordinate, MapState] | None = None
        self._dragged: Path | None = None
        self._on = False
        detail.field.entered.connect(self._entered)
        detail.field.left.connect(listed.view.setFocus)
        detail.placed.forgotten.connect(self.forget)
        listed.dragRequested.connect(self._drag)
        services.map.when_map(self._map_came)

    def enter(self) -> None:
        """The mode is on: its pin can be dragged, and photos to the map."""
        self._on = True
        if self._map is not None:
            self._map.setAcceptDrops(True)

    def leave(self) -> None:
        """Let another mode use the map."""
        self._on = False
        if self._map is not None:
            self._map.setAcceptDrops(False)

    def number_of(self, path: Path) -> int:
        """Return the number by which the map knows a photo."""
        return self._numbers.setdefault(path, len(self._numbers))

    def place(self, where: Coordinate, rows: Sequence[PhotoRow] | None = None) -> None:
        """Place the selected photos by hand, or those named."""
        named = self._scope() if rows is None else rows
        chosen = [row for row in named if not row.label]
        if named and not chosen:
            # It would be gone with the window, and the review would miss it.
            text = tr("A pasted picture has no file that could keep a position.")
            self._services.notice.tell(text)
        if not chosen:
            return
        before = [row.reviewed for row in chosen]
        paths = [row.path for row in chosen]
        take_back = self._decide(tr("place by hand"), paths, where)
        name = self._detail.names.name_of(where) or cf.decimal(where, 4)
        if not any(before):
            told = tr("Placed {photos} at {place}. Save it under Review.").format(
                photos=words.photos(len(paths)), place=name
            )
            self._services.notice.tell(told, action=(tr("Undo"), take_back))

    def place_at_center(self) -> None:
        """Place the selected photos where the middle of the map is."""
        if self._map is not None:
            self.place(self._map.center())

    def type_place(self) -> None:
        """Give the keyboard to the field."""
        if self._list.current() is not None:
            self._detail.reveal(self._detail.field_part)
            self._detail.field.setFocus()

    def forget(self) -> None:
        """Take back what was decided about the selected photos."""
        decided = [row.path for row in self._scope() if row.reviewed is not None]
        if decided:
            self._decide(tr("clear decision"), decided, None)

    def _decide(self, text: str, paths: list[Path], where: Coordinate | None) -> Callable[[], None]:
        return self._steps.do(
            text,
            lambda: self.wanted.emit(paths, where),
            lambda: self.takenBack.emit(paths),
        )

    def show(self, row: PhotoRow | None, *, alone: bool = True) -> None:
        """Show a photo on the map: the model's answer, or the position by hand with its pin.

        Not ``alone``: among others, so without cells, and the map stays where it is.
        """
        state = self._state(row)
        moved = row is not None and row.path == self._dragged
        self._dragged = None
        shown = state if alone else None
        self._services.map.show_state(shown, fit=not moved)
        self._areas.show_pin(self._pin(row, state))

    def _state(self, row: PhotoRow | None) -> MapState | None:
        outcome = row.outcome if row is not None else None
        answer = outcome.map_state if outcome is not None else None
        position = row.position if row is not None else None
        if position is None:
            return answer
        where = position.coordinate
        if self._shown is None or self._shown[0] is not outcome or self._shown[1] != where:
            radius_km = position.radius_km
            state = dataclasses.replace(
                answer or MapState(),
                answer=where,
                radii=Radii(0.0, radius_km, float("inf")) if radius_km is not None else None,
                conflict=None,
                cannot_tell=False,
                name=words.place_short(position.place) if position.place.country else "",
            )
            self._shown = outcome, where, state
        return self._shown[2]

    def _pin(self, row: PhotoRow | None, state: MapState | None) -> dict[str, object] | None:
        if row is None or state is None or state.answer is None or state.cannot_tell:
            return None
        number = self.number_of(row.path)
        kind = "decided" if row.reviewed is not None else "open"
        at = [state.answer.latitude_deg, state.answer.longitude_deg]
        return {"id": number, "pin": {"at": at, "kind": kind, "title": row.name}}

    def _entered(self, where: Coordinate) -> None:
        self.place(where)
        self._detail.field.clear()
        self._list.view.setFocus()

    def _map_came(self, view: MapView) -> None:
        self._map = view
        view.listen("reviewPlaced", self._dropped)
        view.installEventFilter(self)
        view.setAcceptDrops(self._on)

    def _drag(self) -> None:
        numbers = [self.number_of(row.path) for row in self._scope()]
        if numbers:
            drag_photos(self._list.view, numbers, self._services.theme)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Photos that are dragged from the list to the map; all else is the window's."""
        if not self._on or not isinstance(event, QDragEnterEvent | QDragMoveEvent | QDropEvent):
            return False
        photos = dragged_photos(event.mimeData())
        if not photos:
            event.ignore()  # the window takes it
            return True
        event.acceptProposedAction()
        if event.type() == QEvent.Type.Drop and self._map is not None:
            self._map.place_at(event.position().toPoint(), partial(self._let_go, photos))
        return True

    def _let_go(self, numbers: Sequence[int], where: Coordinate | None) -> None:
        paths = {path for path, number in self._numbers.items() if number in numbers}
        rows = [row for row in self._list.photos() if row.path in paths]
        if where is not None:
            self.place(where, rows)

    def _dropped(self, latitude_deg: float, longitude_deg: float) -> None:
        row = self._list.current()
        if self._on and row is not None:
            self._dragged = row.path
            self.place(Coordinate(float(latitude_deg), float(longitude_deg)), [row])

    def _scope(self) -> list[PhotoRow]:
        return self._list.scope()
