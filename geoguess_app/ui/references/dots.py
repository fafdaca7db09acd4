"""Reference photos as dots on the map, near ones together; the pointer names a single one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.references.collecting import ReferenceSpots, spots_work
from geoguess_app.ui.work.jobs import Job

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.map.view import MapView

_DOTS, _NAME = "reviewDots", "reviewName"
_KNOWN = 2
"""How a dot of a photo with a position looks; the page knows this number."""


class ReferenceDots(QObject):
    """A layer of the collection's photos while a mode is on; ``is_on`` while it is wanted."""

    changed = Signal()
    """The photos were read anew, or are wanted or not."""

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._map: MapView | None = None
        self._job: Job | None = None
        self._entered = False
        self.is_on = True
        self.spots = ReferenceSpots(b"", ())
        self._version = 0
        services.map.when_map(self._map_came)

    def enter(self) -> None:
        """The mode is on: read the collection anew."""
        self._entered = True
        self._read()

    def leave(self) -> None:
        """Take the dots off the map, which another mode uses now."""
        self._entered = False
        self._clear()

    def turn(self, *, on: bool) -> None:
        """Show the dots, or take them away."""
        self.is_on = on
        if on:
            self._read()
        else:
            self._clear()
        self.changed.emit()

    def _read(self) -> None:
        if not (self.is_on and self._entered) or self._job is not None:
            return
        job = self._job = Job(spots_work(_KNOWN), self)
        job.item.connect(self._came)
        job.finished.connect(self._done)
        job.start(self._services.pools.files)

    def _done(self) -> None:
        self._job = None

    def _came(self, spots: ReferenceSpots) -> None:
        self.spots = spots
        self._push()
        self.changed.emit()

    def _push(self) -> None:
        if self._map is None or not (self.is_on and self._entered) or not self.spots.names:
            return
        # Two names in turn, so that the page never reads what is being replaced.
        self._version += 1
        path = self._map.publish(f"reference-dots-{self._version % 2}", self.spots.packed)
        titles = [(_KNOWN, tr("Reference photos"))]
        self._map.push(
            _DOTS, {"path": path, "version": self._version, "clustered": True, "titles": titles}
        )

    def _clear(self) -> None:
        if self._map is not None:
            self._map.push(_DOTS, None)
            self._map.push(_NAME, None)

    def _map_came(self, view: MapView) -> None:
        self._map = view
        view.listen("reviewHover", self._named)
        view.listen("reviewCluster", self._opened)
        self._push()

    def _named(self, number: float) -> None:
        if self._map is not None and self.is_on and self._entered:
            name = self.spots.names[int(number)] if int(number) < len(self.spots.names) else ""
            self._map.push(_NAME, [int(number), name])

    def _opened(self, numbers: Sequence[float]) -> None:
        """A mark of several was clicked: look closer."""
        if self._map is None or not (self.is_on and self._entered):
            return
        places = [self.spots.places[int(n)] for n in numbers if int(n) < len(self.spots.places)]
        if places:
            self._map.fit_places(places)
