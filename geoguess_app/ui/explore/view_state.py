"""The state of Explore mode in a view: level, colours, filter, and the chosen cell or spot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from PySide6.QtCore import QTimer

from geoguess_app.core.cells.ids import ids_from_tokens, tokens
from geoguess_app.core.records.marks import OmitDefault, OneOf, Range, Text, Via
from geoguess_app.core.types import Coordinate
from geoguess_app.ui.explore.explorer import MEASURES, CellFilter, Explorer, Spot
from geoguess_app.ui.views.values import Latitude, Longitude, Word, Words, write_part
from geoguess_app.ui.views.view_state import ViewState

if TYPE_CHECKING:
    from pathlib import Path

    from geoguess_app.core.explore.cell_facts import CellRef
    from geoguess_app.ui.explore.mode import ExploreMode
    from geoguess_app.ui.views.opened import OpenedView

_Token = Annotated[str, Text(16, shortest=0)]


@dataclass(frozen=True, slots=True)
class _SpotState:
    latitude: Latitude
    longitude: Longitude
    label: Word = ""
    cell: _Token = ""


def _spot(found: _SpotState) -> Spot:
    cell_id = int(ids_from_tokens([found.cell])[0]) if found.cell else None
    return Spot(Coordinate(found.latitude, found.longitude), found.label, cell_id)


def _spot_state(spot: Spot) -> _SpotState:
    where, cell = spot.coordinate, tokens([spot.cell_id])[0] if spot.cell_id is not None else ""
    return _SpotState(where.latitude_deg, where.longitude_deg, spot.label, cell)


_StoredSpot = Annotated[Spot, Via(_SpotState, _spot, _spot_state)]


@dataclass(frozen=True, slots=True)
class ExploreChoices:
    """The choices of the mode as the file has them; cells and levels by their own names."""

    level: Words = ""
    measure: Annotated[str, OneOf(MEASURES)] = MEASURES[0]
    logarithmic: bool = True
    least_photos: Annotated[int, Range(0, 10**12)] = 0
    country: Annotated[str, Text(2, shortest=0)] = ""
    training_photos: bool = False
    cell: Annotated[_Token, OmitDefault()] = ""
    spot: Annotated[_StoredSpot | None, OmitDefault()] = None


class ExploreViewState(ViewState):
    """Level, colours, filter, dots and the chosen cell or spot of Explore mode."""

    def __init__(self, mode: ExploreMode) -> None:
        super().__init__(mode)
        self._explorer = mode.explorer

    def captured(self, folder: Path) -> dict[str, object]:
        explorer = self._explorer
        chosen, names = explorer.chosen, explorer.level_names()
        spot, cell = (chosen, None) if isinstance(chosen, Spot) else (None, chosen)
        state = ExploreChoices(
            level=names[explorer.level] if 0 <= explorer.level < len(names) else "",
            measure=explorer.measure,
            logarithmic=explorer.log,
            least_photos=explorer.filter.least_photos,
            country=explorer.filter.country_code,
            training_photos=explorer.all_photos,
            cell=explorer.cells.token(cell) if explorer.cells is not None and cell else "",
            spot=spot,
        )
        return write_part(state, folder)

    def restore(self, view: OpenedView) -> None:
        _restore(self._explorer, view)


def _restore(explorer: Explorer, view: OpenedView) -> None:
    """Look at the same, as soon as the model's cells are there; what they lack is left out."""
    looked = view.state(ExploreChoices)

    def show() -> None:
        if view.wanted and explorer.cells is None:
            return  # the cells of the model before are gone, the new ones on their way
        explorer.loaded.disconnect(show)
        if view.wanted:
            _show(explorer, looked)
            # Later: the mode may still move the map to what a new model knows.
            QTimer.singleShot(0, explorer, view.shown)

    def wait() -> None:
        explorer.loaded.connect(show)
        show()

    view.when_model(wait)


def _show(explorer: Explorer, looked: ExploreChoices) -> None:
    names = explorer.level_names()
    explorer.set_measure(looked.measure)
    explorer.set_log(looked.logarithmic)
    explorer.set_filter(CellFilter(looked.least_photos, looked.country))
    explorer.show_all_photos(looked.training_photos)
    explorer.choose(looked.spot or _cell(explorer, looked.cell))
    if looked.level in names:
        explorer.set_level(names.index(looked.level))


def _cell(explorer: Explorer, token: str) -> CellRef | None:
    from geoguess_app.core.explore.cell_facts import CellRef

    assert explorer.cells is not None
    for level, facts in enumerate(explorer.cells.levels):
        known = facts.partition.tokens
        if token in known:
            return CellRef(level, known.index(token))
    return None
