"""The map of a review: the answer, a pin to drag, the other photos, drawn areas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QPoint, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent

from geoguess_app.core.errors import SessionError
from geoguess_app.core.types import Coordinate, Level, Radii
from geoguess_app.review.values import ChosenPosition, Origin, ReviewPhoto, State
from geoguess_app.ui.areas.drawing import area_of, outline
from geoguess_app.ui.kit import words
from geoguess_app.ui.review.dots import ReviewDots
from geoguess_app.ui.review.layers import CellLayers
from geoguess_app.ui.work.map_state import MapState
from geoguess_app.ui.work.photo_drag import dragged_photos

if TYPE_CHECKING:
    from geoguess_app.ui.map.view import MapView

_TOPIC, _DOTS, _DRAW, _NAME = "review", "reviewDots", "reviewDraw", "reviewName"
_PATIENCE_MS = 120
"""Cells of an answer are usually there by then; the old picture stays so long."""
_DOTS_MS = 250
_NEAREST_KM, _FARTHEST_KM = 8.0, 120.0
_AROUND = 20.0
"""What is shown around a position, in its radii, between those two."""
_UNKNOWN_KM = 5.0
"""Taken for the radius of a position placed by hand."""


class ReviewMapSide(QObject):
    """A link with the map page that pushes what is new to the page and tells what was done
    there."""

    placed = Signal(object)
    """The pin of the current photo was dropped on a Coordinate."""
    photosDropped = Signal(object, object)
    """Numbers of photos that were dragged to the map, and the Coordinate."""
    dotClicked = Signal(int)
    """The number of another photo."""
    candidateClicked = Signal(int)
    drawn = Signal(object)
    """An Area, or None when drawing was given up."""
    problem = Signal(str)
    fitted = Signal()
    """The map has been told to go to what is shown."""

    name_of: Callable[[int], str]
    """The name of a photo by its number."""

    def __init__(self, layers: CellLayers, parent: QObject) -> None:
        super().__init__(parent)
        self.name_of = str
        self.dots = ReviewDots()
        self._layers = layers
        self._map: MapView | None = None
        self._on = False
        self._photo: ReviewPhoto | None = None
        self._fit_wanted = False
        self._shown: Sequence[int] = ()
        self._version = 0
        self._waiting = QTimer(self, interval=_PATIENCE_MS, singleShot=True)
        self._waiting.timeout.connect(lambda: self._push({}))
        self._dots_later = QTimer(self, interval=_DOTS_MS, singleShot=True)
        self._dots_later.timeout.connect(self._push_dots)
        layers.came.connect(self._cells_came)

    def use_map(self, view: MapView) -> None:
        """The map is there."""
        self._map = view
        view.listen("reviewPlaced", self._pin_dropped)
        view.listen("reviewDot", self._dot_clicked)
        view.listen("reviewHover", self._name_dot)
        view.listen("reviewArea", self._area_drawn)
        view.candidateClicked.connect(self._candidate_clicked)
        view.installEventFilter(self)
        if self._on:
            self.enter()

    def enter(self) -> None:
        """Show the whole review on the map."""
        self._on = True
        if self._map is not None:
            self._map.setAcceptDrops(True)
            self.show_photo(self._photo, fit=True)
            self._push_dots()

    def leave(self) -> None:
        """Take everything off the map."""
        self._on = False
        self._waiting.stop()
        self._dots_later.stop()
        if self._map is not None:
            self._map.setAcceptDrops(False)
            for topic in (_TOPIC, _DOTS, _DRAW, _NAME):
                self._map.push(topic, None)
            self._map.clear()

    # --- what is shown ------------------------------------------------------------------------

    def show_photo(self, photo: ReviewPhoto | None, *, fit: bool = False) -> None:
        """Show one photo's answer and pin; ``fit`` moves the map there."""
        self._fit_wanted = fit or _is_news(self._photo, photo) or self._fit_wanted
        self._photo = photo
        if not self._on or self._map is None:
            return
        layers = self._layers.of(photo) if photo is not None else {}
        if layers is None:
            self._waiting.start()
        else:
            self._push(layers)

    def show_dots(self, numbers: Sequence[int]) -> None:
        """Dots for these photos, soon."""
        self._shown = numbers
        if self._on:
            self._dots_later.start()

    def draw(self, kind: str | None) -> None:
        """Let the user draw a "box" or a "ring"; None: no more."""
        if self._map is not None:
            self._map.push(_DRAW, kind)
            if kind is not None:
                self._map.setFocus()

    def center(self) -> Coordinate | None:
        """The middle of the map."""
        return self._map.center() if self._map is not None else None

    def fit(self) -> None:
        """Show the place of the current photo with enough around it to recognise it."""
        photo, view = self._photo, self._map
        shown = photo.proposed if photo is not None else None
        if view is None or photo is None:
            return
        if shown is None:
            if photo.known is not None:
                view.fit_region(photo.known, _FARTHEST_KM)
            else:
                view.fit_world()
        elif photo.state is State.HAS_GPS and photo.known is not None:
            view.fit_places([photo.known, shown.coordinate])
        elif _cannot_tell(photo, shown):
            view.fit_world()
        else:
            radius = shown.radius_km or _UNKNOWN_KM
            near = min(max(_AROUND * radius, _NEAREST_KM), _FARTHEST_KM)
            view.fit_region(shown.coordinate, max(near, 1.3 * radius))

    def highlight(self, rank: int | None) -> None:
        """Mark one of the candidates."""
        if self._on and self._map is not None:
            self._map.highlight_candidate(rank)

    def _cells_came(self, number: int) -> None:
        photo = self._photo
        if not self._on or photo is None or photo.id != number:
            return
        layers = self._layers.of(photo)
        if layers is not None:
            self._push(layers)

    def _push(self, layers: Any) -> None:
        self._waiting.stop()
        if self._map is None or not self._on:
            return
        photo = self._photo
        self._map.show_prediction(None if photo is None else _state(photo, layers))
        self._map.push(_TOPIC, None if photo is None else _payload(photo))
        if self._fit_wanted:
            self._fit_wanted = False
            self.fit()
            self.fitted.emit()

    def _push_dots(self) -> None:
        if self._map is None or not self._on:
            return
        content = self.dots.packed(self._shown)
        if not content:
            self._map.push(_DOTS, None)
            return
        # Two names in turn, so that the page never reads what is being replaced.
        self._version += 1
        path = self._map.publish(f"review-dots-{self._version % 2}", content)
        self._map.push(_DOTS, {"path": path, "version": self._version})

    # --- what was done there --------------------------------------------------------------------

    def _pin_dropped(self, latitude_deg: float, longitude_deg: float) -> None:
        if self._on:
            self.placed.emit(Coordinate(float(latitude_deg), float(longitude_deg)))

    def _candidate_clicked(self, rank: int) -> None:
        if self._on:
            self.candidateClicked.emit(rank)

    def _dot_clicked(self, number: float) -> None:
        if self._on:  # other modes have dots of their own
            self.dotClicked.emit(int(number))

    def _name_dot(self, number: int) -> None:
        """The pointer is on a dot: fifty thousand names would be much to send beforehand."""
        if self._on and self._map is not None:
            self._map.push(_NAME, [int(number), self.name_of(int(number))])

    def _area_drawn(self, kind: str | None, corners: list[list[float]]) -> None:
        if not self._on:
            return
        if kind is None:
            self.drawn.emit(None)
            return
        try:
            self.drawn.emit(area_of(kind, corners))
        except SessionError as problem:
            self.drawn.emit(None)
            self.problem.emit(str(problem))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Photos that are dragged from the list to the map; all else is the window's."""
        if not self._on or not isinstance(event, QDragEnterEvent | QDragMoveEvent | QDropEvent):
            return False
        photos = dragged_photos(event.mimeData())
        if not photos:
            event.ignore()  # the window takes it
            return True
        event.acceptProposedAction()
        if event.type() == QEvent.Type.Drop:
            self._drop(photos, event.position().toPoint())
        return True

    def _drop(self, photos: list[int], at: QPoint) -> None:
        def found(place: Coordinate | None) -> None:
            if place is not None:
                self.photosDropped.emit(photos, place)

        if self._map is not None:
            self._map.place_at(at, found)


def _is_news(before: ReviewPhoto | None, now: ReviewPhoto | None) -> bool:
    """Another photo, or one whose answer has just come: worth moving the map."""
    if before is None or now is None or before.id != now.id:
        return True
    return before.current != now.current


def _cannot_tell(photo: ReviewPhoto, shown: ChosenPosition) -> bool:
    own = shown.origin in (Origin.ESTIMATE, Origin.AREA)
    return own and photo.current is not None and photo.current.level is Level.CANNOT_TELL


def _state(photo: ReviewPhoto, layers: Any) -> MapState:
    """The answer as Locate draws it, at the position that is proposed or chosen."""
    shown, answer = photo.proposed, photo.current
    own = shown is not None and shown.origin in (Origin.ESTIMATE, Origin.AREA)
    radii = answer.radii if own and answer is not None else _one_radius(shown)
    return MapState(
        layers=layers,
        answer=shown.coordinate if shown is not None else None,
        radii=radii,
        candidates=answer.candidates if answer is not None else (),
        known=photo.known,
        cannot_tell=shown is not None and _cannot_tell(photo, shown),
        name=_name(photo),
    )


def _name(photo: ReviewPhoto) -> str:
    """The place proposed, no finer than the model's own answer may be trusted."""
    shown, answer = photo.proposed, photo.current
    if shown is None:
        return ""
    own = shown.origin in (Origin.ESTIMATE, Origin.AREA) and answer is not None
    return words.place_short(shown.place, answer.level if own and answer else Level.FINE)


def _one_radius(shown: ChosenPosition | None) -> Radii | None:
    if shown is None or shown.radius_km is None:
        return None
    return Radii(0.0, shown.radius_km, float("inf"))


def _payload(photo: ReviewPhoto) -> dict[str, Any]:
    shown = photo.proposed
    pin = None
    if shown is not None:
        decided = photo.is_decided
        unsure = not decided and _cannot_tell(photo, shown)
        pin = {
            "at": [shown.coordinate.latitude_deg, shown.coordinate.longitude_deg],
            "kind": "unsure" if unsure else "decided" if decided else "open",
            "title": photo.path.name,
        }
    return {"id": photo.id, "pin": pin, "area": outline(photo.decision.area)}
