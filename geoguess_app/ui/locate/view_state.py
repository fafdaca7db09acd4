"""The state of Locate mode in a view: the list, the photo, the area that is searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from geoguess_app.core.area.areas import Area, Box, Countries, Country, Ring
from geoguess_app.core.clues.clue import parse_clue
from geoguess_app.core.errors import ClueError
from geoguess_app.core.records.marks import Count, OmitDefault, Range, Via
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.keeping import choices_of
from geoguess_app.ui.views.values import Latitude, ViewPath, Word, write_part
from geoguess_app.ui.views.view_state import ViewState

if TYPE_CHECKING:
    from geoguess_app.ui.locate.mode import LocateMode
    from geoguess_app.ui.locate.photo_row import PhotoRow
    from geoguess_app.ui.views.opened import OpenedView

_OnwardLongitude = Annotated[float, Range(-540.0, 540.0)]
"""Runs on without a jump across the date line."""
_Corner = tuple[Latitude, _OnwardLongitude]


@dataclass(frozen=True, slots=True)
class _AreaState:
    """One of these."""

    countries: Annotated[Annotated[tuple[Word, ...], Count(300)] | None, OmitDefault()] = None
    box: Annotated[
        tuple[Latitude, _OnwardLongitude, Latitude, _OnwardLongitude] | None, OmitDefault()
    ] = None
    ring: Annotated[Annotated[tuple[_Corner, ...], Count(5000)] | None, OmitDefault()] = None


def _area(found: _AreaState) -> Area | None:
    if found.countries is not None:
        codes = found.countries
        return Country(codes[0]) if len(codes) == 1 else Countries(codes)
    if found.box is not None:
        return Box(*found.box)
    return Ring(found.ring) if found.ring is not None else None


def _area_state(area: Area | None) -> _AreaState:
    if isinstance(area, Box):
        return _AreaState(box=(area.south_deg, area.west_deg, area.north_deg, area.east_deg))
    if isinstance(area, Ring):
        return _AreaState(ring=area.corners)
    codes = (area.code,) if isinstance(area, Country) else None
    return _AreaState(countries=area.codes if isinstance(area, Countries) else codes)


_ClueWords = Annotated[tuple[Word, ...], Count(20), OmitDefault()]
"""Clues as the command line writes them."""


@dataclass(frozen=True, slots=True)
class PhotoChoices:
    """The clues of one photo."""

    photo: ViewPath
    used: _ClueWords = ()
    dismissed: _ClueWords = ()


@dataclass(frozen=True, slots=True)
class LocateChoices:
    area: Annotated[Area | None, Via(_AreaState, _area, _area_state), OmitDefault()] = None
    clues: _ClueWords = ()
    """Those of all photos."""
    by_photo: Annotated[tuple[PhotoChoices, ...], Count(50_000), OmitDefault()] = ()


class LocateViewState(ViewState):
    """The list of Locate, the photo looked at, and the area that is searched."""

    def __init__(self, mode: LocateMode) -> None:
        super().__init__(mode)
        self._mode = mode

    def captured(self, folder: Path) -> dict[str, object]:
        areas = self._mode.areas
        listed = {row.path for row in self._mode.model.rows()}
        by_photo = tuple(
            PhotoChoices(path, tuple(map(str, each.used)), tuple(map(str, each.dismissed)))
            for path, each in areas.photos.all_choices().items()
            if path in listed
        )
        clues = tuple(map(str, areas.clues))
        return write_part(LocateChoices(areas.own, clues, by_photo), folder)

    def photos(self) -> tuple[Sequence[Path], Path | None]:
        row = self._mode.list.current()
        paths = [found.path for found in self._mode.model.rows()]
        return paths, row.path if row is not None else None

    def restore(self, view: OpenedView) -> None:
        """Open the photos, look at the one, and search the area once the model is there."""
        mode = self._mode
        choices = view.state(LocateChoices)
        view.when_model(lambda: _search(mode, view, choices))
        mode.areas.photos.choose(
            {each.photo: choices_of(each.used, each.dismissed) for each in choices.by_photo}
        )
        there = [photo for photo in view.view.photos if photo.is_file()]
        current, listed = mode.list.current(), {row.path for row in mode.model.rows()}
        new = [path for path in there if path not in listed]
        if new:
            # Not as what a user opens: among photos there may be neither models nor views.
            mode.services.locator.scan(new)
        photo = view.view.photo
        if photo is None or photo not in there:
            view.shown()
            return
        row = mode.model.row(mode.model.find(photo))
        if row is not None and row.outcome is not None and not mode.services.locator.loading:
            mode.list.select(photo)
            _when_searched(mode, view)
        else:
            _when_located(mode, view, photo, current.path if current is not None else None)


def _search(mode: LocateMode, view: OpenedView, choices: LocateChoices) -> None:
    """Look there, as far as the model can."""
    if (choices.area is not None or choices.clues) and not mode.areas.box.isEnabled():
        view.tell(tr("This model does not support search areas; the view’s area was ignored."))
        return
    mode.areas.search(None)
    mode.areas.search(choices.area)
    try:
        mode.areas.use_clues([parse_clue(text) for text in choices.clues])
    except ClueError as problem:
        view.tell(str(problem))


def _when_located(mode: LocateMode, view: OpenedView, photo: Path, before: Path | None) -> None:
    """The answer moves the map: only after it the view's own place can stay."""

    def located(row: PhotoRow) -> None:
        if row.path != photo and view.wanted:
            return
        mode.photoLocated.disconnect(located)
        current = mode.list.current()
        # Another one has been chosen in the meantime: that one stays.
        unmoved = (photo, before or mode.model.rows()[0].path)
        if view.wanted and (current is None or current.path in unmoved):
            mode.list.select(photo)
            _when_searched(mode, view)

    mode.photoLocated.connect(located)


def _when_searched(mode: LocateMode, view: OpenedView) -> None:
    """So does the answer inside an area."""

    def found() -> None:
        if view.wanted and not mode.areas.settled(mode.list.current()):
            return
        mode.areas.changed.disconnect(found)
        view.shown()

    mode.areas.changed.connect(found)
    found()
