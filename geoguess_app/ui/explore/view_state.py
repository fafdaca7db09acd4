"""What Explore mode looks at, in a view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from geoguess_app.core.cells.ids import ids_from_tokens, tokens
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.ui.explore.explorer import MEASURES, CellFilter, Explorer, Spot
from geoguess_app.ui.views.values import ViewValues
from geoguess_app.ui.views.view_state import ViewState

if TYPE_CHECKING:
    from pathlib import Path

    from geoguess_app.core.explore.cell_facts import CellRef
    from geoguess_app.ui.explore.mode import ExploreMode
    from geoguess_app.ui.views.opened import OpenedView

_MOST_PHOTOS = 10**12
_TOKEN = 16
"""Letters of the longest."""


@dataclass(frozen=True, slots=True)
class _ExploreState:
    """What is looked at; cells and levels by their own names."""

    level: str
    measure: str
    log: bool
    filter: CellFilter
    all_photos: bool
    cell: str
    spot: Spot | None


class ExploreViewState(ViewState):
    """Level, colours, filter, dots and the chosen cell or spot of Explore mode."""

    def __init__(self, mode: ExploreMode) -> None:
        super().__init__(mode)
        self._explorer = mode.explorer

    def captured(self, folder: Path) -> dict[str, object]:
        return _captured(self._explorer)

    def restore(self, view: OpenedView) -> None:
        _restore(self._explorer, view)


def _captured(explorer: Explorer) -> dict[str, object]:
    """Level, colours, filter, dots and the chosen cell or spot."""
    chosen, names = explorer.chosen, explorer.level_names()
    state: dict[str, object] = {
        "level": names[explorer.level] if 0 <= explorer.level < len(names) else "",
        "measure": explorer.measure,
        "logarithmic": explorer.log,
        "least_photos": explorer.filter.least_photos,
        "country": explorer.filter.country_code,
        "training_photos": explorer.all_photos,
    }
    if isinstance(chosen, Spot):
        state["spot"] = _spot_values(chosen)
    elif explorer.cells is not None and chosen is not None:
        state["cell"] = explorer.cells.token(chosen)
    return state


def _restore(explorer: Explorer, view: OpenedView) -> None:
    """Look at the same, as soon as the model's cells are there; what they lack is left out."""
    looked = _read(view.values)

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


def _read(values: ViewValues) -> _ExploreState:
    country = values.text("country", 2)
    return _ExploreState(
        level=values.text("level"),
        measure=values.choice("measure", MEASURES, MEASURES[0]),
        log=values.flag("logarithmic", default=True),
        filter=CellFilter(values.whole("least_photos", 0, _MOST_PHOTOS, 0), country),
        all_photos=values.flag("training_photos"),
        cell=values.text("cell", _TOKEN),
        spot=_spot(values.part("spot")) if values.has("spot") else None,
    )


def _spot_values(spot: Spot) -> dict[str, object]:
    where = spot.coordinate
    return {
        "latitude": where.latitude_deg,
        "longitude": where.longitude_deg,
        "label": spot.label,
        "cell": tokens([spot.cell_id])[0] if spot.cell_id is not None else "",
    }


def _spot(values: ViewValues) -> Spot:
    where, token = values.position(), values.text("cell", _TOKEN)
    try:
        cell_id = int(ids_from_tokens([token])[0]) if token else None
    except GeoGuessError as error:
        raise values.wrong("“cell”") from error
    return Spot(where, values.text("label", 200), cell_id)


def _show(explorer: Explorer, looked: _ExploreState) -> None:
    names = explorer.level_names()
    explorer.set_measure(looked.measure)
    explorer.set_log(looked.log)
    explorer.set_filter(looked.filter)
    explorer.show_all_photos(looked.all_photos)
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
